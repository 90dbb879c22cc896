package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.KeySource;
import dev.zerohop.RetryBudget;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Time;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a listener hears of calls beside outcomes, and how often. */
@Timeout(300)
class CallEventsTest {
    private static final MockResponse.Builder DROP =
            new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket());

    private static final KeySource BY_USER = new KeySource(KeySource.Place.QUERY, "user", true);

    /** A rig whose calls wait this long for an endpoint. */
    private static Rig waiting(BalancerSettings settings, Duration atMost) {
        return new Rig(settings, UnaryOperator.identity(), builder -> builder.connectTimeout(atMost));
    }

    // ---- repetitions ----

    @Test
    void aCallThatSucceedsAtOnceIsAPickAndNothingElse() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            rig.text("/");
            assertThat(rig.events).containsExactly("pick s0");
        }
    }

    @Test
    void aRepetitionIsGrantedOnceForEachFailedAttempt() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Rig.dead("a"), server.endpoint(), Rig.dead("z"));
            await().until(() -> rig.balancer.current().snapshot().members().size() == 3);
            rig.text(Rig.post("/", "x"));
            List<String> picks = rig.events.stream()
                    .filter(event -> event.startsWith("pick"))
                    .toList();
            List<String> expected = new ArrayList<>();
            for (String pick : picks.subList(0, picks.size() - 1)) {
                expected.add(pick);
                expected.add(pick.replace("pick", "retry") + " CONNECT_FAILURE GRANTED");
            }
            expected.add("pick s0");
            assertThat(rig.events).hasSizeGreaterThan(2).containsExactlyElementsOf(expected);
        }
    }

    @Test
    void theLastAttemptOfACallIsNotRepeatedAndAnAttemptAtTheSameEndpointIsWaitedFor() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.resolver.push(Rig.dead("a"));
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("at most 3 attempts are allowed");
            assertThat(rig.events)
                    .containsExactly(
                            "pick a",
                            "retry a CONNECT_FAILURE GRANTED",
                            "pick a",
                            "wait",
                            "retry a CONNECT_FAILURE GRANTED",
                            "pick a",
                            "wait",
                            "retry a CONNECT_FAILURE ATTEMPTS_EXHAUSTED");
        }
    }

    /** Three attempts, none of which may be a second one. */
    private record Broke() implements RetryPolicy {
        @Override
        public int maxAttempts() {
            return 3;
        }

        @Override
        public boolean idempotent(String method) {
            return true;
        }

        @Override
        public RetryBudget newBudget(Time time) {
            return RetryPolicy.NONE.newBudget(time);
        }
    }

    @Test
    void anEmptyBudgetRepeatsNothing() throws Exception {
        try (Rig rig = new Rig(BalancerSettings.builder(new TestPolicies.RoundRobin(false))
                .retry(new Broke())
                .build())) {
            rig.resolver.push(Rig.dead("a"), Rig.dead("b"));
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("budget is used up");
            assertThat(rig.events).containsExactly("pick a", "retry a CONNECT_FAILURE BUDGET_EXHAUSTED");
        }
    }

    @Test
    void whatTheServerMayHaveRunIsRepeatedOnlyIfItMayRunTwice() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(2);
            servers.get(0).answers(DROP);
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x"))).hasMessageContaining("it is not idempotent");
            assertThat(rig.events).containsExactly("pick s0", "retry s0 TRANSPORT_FAILURE NOT_IDEMPOTENT");
        }
    }

    @Test
    void aBodyThatWasSentIsNotSentAgain() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(2).get(0).answers(DROP);
            Request request = new Request.Builder()
                    .url("http://orders/")
                    .put(new RequestBody() {
                        @Override
                        public MediaType contentType() {
                            return null;
                        }

                        @Override
                        public boolean isOneShot() {
                            return true;
                        }

                        @Override
                        public void writeTo(BufferedSink sink) throws IOException {
                            sink.writeUtf8("once");
                        }
                    })
                    .tag(Idempotent.class, Idempotent.YES)
                    .build();
            assertThatThrownBy(() -> rig.text(request)).hasMessageContaining("can be sent only once");
            assertThat(rig.events).containsExactly("pick s0", "retry s0 TRANSPORT_FAILURE BODY_CONSUMED");
        }
    }

    @Test
    void aClientMaySwitchRepetitionsOff() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.retryOnConnectionFailure(false))) {
            rig.servers(2).get(0).answers(DROP);
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("retryOnConnectionFailure is off");
            assertThat(rig.events).containsExactly("pick s0", "retry s0 TRANSPORT_FAILURE SWITCHED_OFF");
        }
    }

    @Test
    void whatIsTheApplicationsOwnFailureIsNoQuestionOfRepeating() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(2);
            OkHttpClient broken = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        throw new IOException("no token today");
                    })
                    .build();
            assertThatThrownBy(() -> broken.newCall(Rig.get("/")).execute()).hasMessage("no token today");
            assertThat(rig.events).containsExactly("pick s0");
        }
    }

    // ---- waits ----

    private static CompletableFuture<String> text(Call call) {
        return CompletableFuture.supplyAsync(() -> {
            try (var response = call.execute()) {
                return response.body().string();
            } catch (IOException failed) {
                throw new java.io.UncheckedIOException(failed);
            }
        });
    }

    /** By ordinal, with picks that are counted, so that a test knows that a call has looked in vain. */
    private static BalancerSettings counted(AtomicInteger picks) {
        return TestPolicies.settings(
                new TestPolicies.Intercepted(new TestPolicies.ByOrdinal(), picks::incrementAndGet), 3, BY_USER);
    }

    @Test
    void aWaitIsReportedOnceHoweverOftenTheCallLooksMeanwhile() throws Exception {
        AtomicInteger picks = new AtomicInteger();
        try (Rig rig = new Rig(counted(picks))) {
            List<TestServer> servers = rig.servers(1);
            CompletableFuture<String> answer = text(rig.call(Rig.get("/?user=-1")));
            lookAgain(rig, picks, 10);
            assertThat(answer).isNotDone();
            assertThat(rig.events).isEmpty();
            // The routing ends, and with it the call.
            rig.zerohop.close();
            assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
                    .hasMessageContaining("routing of this client is closed");
            assertThat(rig.events).containsExactly("wait", "refusal CLOSED");
            assertThat(servers.get(0).log).isEmpty();
        }
    }

    /** Lets the call look so often, by changes that have nothing for it. */
    private static void lookAgain(Rig rig, AtomicInteger picks, int times) {
        AtomicInteger weight = new AtomicInteger(1);
        await().until(() -> {
            rig.resolver.push(
                    Rig.dead("a").toBuilder().weight(weight.incrementAndGet()).build());
            return picks.get() >= times;
        });
    }

    @Test
    void aCallThatFindsItsEndpointAfterAWaitReportsIt() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            CompletableFuture<String> answer = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                try {
                    answer.complete(rig.text("/"));
                } catch (IOException failed) {
                    answer.completeExceptionally(failed);
                }
            });
            caller.start();
            await().until(() -> Arrays.stream(caller.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("awaitChange")));
            rig.servers(1);
            assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("s0");
            assertThat(rig.events).containsExactly("pick s0", "wait");
            assertThat(rig.text("/")).isEqualTo("s0");
            assertThat(rig.events).as("one that has not waited").containsExactly("pick s0", "wait", "pick s0");
        }
    }

    @Test
    void waitingInVainIsAWaitAndARefusal() throws Exception {
        try (Rig rig = waiting(TestPolicies.roundRobin(3), Duration.ofMillis(100))) {
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(NoEndpointIOException.class);
            assertThat(rig.events).containsExactly("wait", "refusal NONE_KNOWN");
        }
    }

    @Test
    void aCallThatRunsOutOfItsTimeWhileItWaitsHasWaited() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.callTimeout(Duration.ofMillis(200)))) {
            assertThatThrownBy(() -> rig.text("/")).hasMessage("timeout");
            assertThat(rig.events).containsExactly("wait");
        }
    }

    @Test
    void aCallThatIsCancelledWhileItWaitsHasWaited() throws Exception {
        AtomicInteger picks = new AtomicInteger();
        try (Rig rig = new Rig(counted(picks))) {
            rig.servers(1);
            Call call = rig.call(Rig.get("/?user=-1"));
            CompletableFuture<String> answer = text(call);
            lookAgain(rig, picks, 6);
            call.cancel();
            assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS)).hasMessageContaining("Canceled");
            assertThat(rig.events).containsExactly("wait");
        }
    }

    // ---- refusals ----

    @Test
    void aRefusalIsReportedOnceForItsCall() throws Exception {
        try (Rig rig = new Rig(TestPolicies.byOrdinal(BY_USER))) {
            rig.servers(1);
            for (String user : List.of("?user=-2", "?user=none", "")) {
                assertThatThrownBy(() -> rig.text("/" + user)).isInstanceOf(NoEndpointIOException.class);
            }
            assertThat(rig.events).containsExactly("refusal OWNER_DOWN", "refusal BAD_KEY", "refusal BAD_KEY");
        }
    }

    @Test
    void aRefusalAfterAFailedAttemptIsOneToo() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.observer = request -> {
                rig.resolver.push();
                await().until(() -> rig.balancer.current().snapshot().members().isEmpty());
            };
            server.answers(DROP);
            assertThatThrownBy(() -> rig.text("/"))
                    .isNotInstanceOf(NoEndpointIOException.class)
                    .hasMessageContaining("no endpoint known");
            assertThat(rig.events)
                    .containsExactly("pick s0", "retry s0 TRANSPORT_FAILURE GRANTED", "refusal NONE_KNOWN");
        }
    }

    // ---- stand-ins and the cache ----

    @Test
    void aStandInIsReportedBesideItsPick() throws Exception {
        try (Rig rig = new Rig(TestPolicies.byOrdinal(BY_USER))) {
            rig.servers(2);
            rig.text("/?user=-3");
            rig.text("/?user=1");
            assertThat(rig.events).containsExactly("pick s0", "spill s0", "pick s1");
        }
    }

    @Test
    void anAnswerOfTheCacheReportsNothing(@TempDir File directory) throws Exception {
        try (Cache cache = new Cache(directory, 1 << 20);
                Rig rig = new Rig(
                        TestPolicies.byOrdinal(BY_USER), UnaryOperator.identity(), builder -> builder.cache(cache))) {
            rig.servers(1)
                    .get(0)
                    .answers(new MockResponse.Builder().body("fresh").addHeader("Cache-Control", "max-age=600"));
            rig.text("/?user=-3");
            assertThat(rig.events).containsExactly("pick s0", "spill s0");
            rig.text("/?user=-3");
            rig.resolver.push();
            await().until(() -> rig.balancer.current().snapshot().members().isEmpty());
            assertThat(rig.text("/?user=-3")).isEqualTo("fresh");
            assertThat(rig.events).hasSize(2);
        }
    }

    // ---- who listens ----

    /** Names of balancers that listeners were made for, and of those that ended. */
    private static final class Lives implements BalancerListener.Factory {
        final List<String> made = new CopyOnWriteArrayList<>();
        final List<String> closed = new CopyOnWriteArrayList<>();

        @Override
        public BalancerListener forBalancer(Balancer balancer) {
            made.add(balancer.name() + " " + balancer.adapter());
            return new BalancerListener() {
                @Override
                public void onClose(String service) {
                    closed.add(service);
                }
            };
        }
    }

    @Test
    void aFactoryMakesAListenerForEachRoutedTarget() {
        Lives lives = new Lives();
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///127.0.0.1:1")
                .route("stock", "static:///127.0.0.1:2")
                .listener(lives)
                .build();
        assertThat(lives.made).containsExactly("orders okhttp", "stock okhttp");
        zerohop.close();
        await().untilAsserted(() -> assertThat(lives.closed).containsExactlyInAnyOrder("orders", "stock"));
    }

    @Test
    void aRoutingThatCannotBeBuiltEndsWhatItHasBegun() {
        Lives lives = new Lives();
        ZerohopOkHttp.Builder builder = ZerohopOkHttp.builder()
                .route("orders", "static:///127.0.0.1:1")
                .route("stock", "nowhere:///stock")
                .listener(lives);
        assertThatThrownBy(builder::build).hasMessageContaining("nowhere");
        assertThat(lives.made).containsExactly("orders okhttp");
        await().untilAsserted(() -> assertThat(lives.closed).containsExactly("orders"));
    }
}
