package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.AttemptTrace;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.Call;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a tracer hears of calls, in which order and how often. */
@Timeout(300)
class TracedCallsTest {

    /** What is heard, in its order; what only the thread of a call may say is checked. */
    private static final class Recorder implements CallTracer {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public CallTrace start(String adapter, String method, String host, int port) {
            heard.add("start " + adapter + " " + method + " " + host + " " + port);
            Thread caller = Thread.currentThread();
            return new CallTrace() {
                @Override
                public void waited(String service, long nanos) {
                    heard.add("waited " + service + (nanos > 0 ? "" : " for " + nanos));
                }

                @Override
                public void refused(String service, Refusal.Kind kind) {
                    heard.add("refused " + service + " " + kind);
                }

                @Override
                public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
                    heard.add("retry " + service + " " + failed.id() + " " + outcome + " " + decision);
                }

                @Override
                public AttemptTrace attempt(AttemptTrace.Start start) {
                    String name = start.number() + " " + start.service() + " "
                            + start.endpoint().id();
                    heard.add("attempt " + name);
                    return attemptTrace(start, caller);
                }
            };
        }

        private AttemptTrace attemptTrace(AttemptTrace.Start start, Thread caller) {
            String number = start.number() + " ";
            return new AttemptTrace() {
                @Override
                public void headers(BiConsumer<String, String> set) {
                    set.accept("x-attempt", String.valueOf(start.number()));
                }

                @Override
                public void entered() {
                    heard.add(number + "entered" + (Thread.currentThread() == caller ? "" : " elsewhere"));
                }

                @Override
                public void connected(@Nullable SocketAddress peer) {
                    boolean right = peer instanceof InetSocketAddress inet
                            && inet.getPort() == start.endpoint().port();
                    heard.add(number + "connected" + (right ? "" : " to " + peer));
                }

                @Override
                public void answered(Outcome outcome, String status) {
                    heard.add(number + "answered " + outcome + " " + status
                            + (Thread.currentThread() == caller ? "" : " elsewhere"));
                }

                @Override
                public void ended(Outcome outcome, @Nullable String status) {
                    heard.add(number + "ended " + outcome + " " + status);
                }
            };
        }
    }

    private final Recorder recorder = new Recorder();

    private Rig traced() {
        return new Rig(TestPolicies.roundRobin(3), routing -> routing.tracer(recorder), UnaryOperator.identity());
    }

    @Test
    void anAttemptIsAnsweredWithItsHeadersAndEndsWithItsBody() throws Exception {
        try (Rig rig = traced()) {
            TestServer server = rig.servers(1).get(0);
            try (Response response = rig.client.newCall(Rig.get("/")).execute()) {
                assertThat(recorder.heard)
                        .containsExactly(
                                "start okhttp GET orders 80",
                                "attempt 1 orders s0",
                                "1 entered",
                                "1 connected",
                                "1 answered SUCCESS 200");
                response.body().bytes();
            }
            assertThat(recorder.heard).endsWith("1 answered SUCCESS 200", "1 ended SUCCESS 200");
            assertThat(server.only().getHeaders().get("x-attempt")).isEqualTo("1");
        }
    }

    @Test
    void aRepetitionIsAnAttemptOfTheSameCall() throws Exception {
        try (Rig rig = traced()) {
            TestServer server = rig.servers(2).get(0);
            server.answers(new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket()));
            rig.text("/");
            assertThat(recorder.heard)
                    .containsExactly(
                            "start okhttp GET orders 80",
                            "attempt 1 orders s0",
                            "1 entered",
                            "1 connected",
                            "1 ended TRANSPORT_FAILURE null",
                            "retry orders s0 TRANSPORT_FAILURE GRANTED",
                            "attempt 2 orders s1",
                            "2 entered",
                            "2 connected",
                            "2 answered SUCCESS 200",
                            "2 ended SUCCESS 200");
        }
    }

    @Test
    void anAttemptThatNeverConnectsBeginsAndEnds() throws Exception {
        try (Rig rig = traced()) {
            rig.resolver.push(Rig.dead("a"));
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(IOException.class);
            assertThat(recorder.heard)
                    .containsExactly(
                            "start okhttp GET orders 80",
                            "attempt 1 orders a",
                            "1 ended CONNECT_FAILURE null",
                            "retry orders a CONNECT_FAILURE GRANTED",
                            "waited orders",
                            "attempt 2 orders a",
                            "2 ended CONNECT_FAILURE null",
                            "retry orders a CONNECT_FAILURE GRANTED",
                            "waited orders",
                            "attempt 3 orders a",
                            "3 ended CONNECT_FAILURE null",
                            "retry orders a CONNECT_FAILURE ATTEMPTS_EXHAUSTED");
        }
    }

    @Test
    void aCallWithoutAnEndpointIsRefused() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                routing -> routing.tracer(recorder),
                client -> client.connectTimeout(Duration.ofMillis(1)))) {
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(NoEndpointIOException.class);
            assertThat(recorder.heard)
                    .containsExactly("start okhttp GET orders 80", "waited orders", "refused orders NONE_KNOWN");
        }
    }

    @Test
    void aCallThatIsCancelledEndsItsAttemptOnce() throws Exception {
        try (Rig rig = traced()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder().onResponseStart(SocketEffect.Stall.INSTANCE));
            Call call = rig.client.newCall(Rig.get("/"));
            CompletableFuture<Void> done = CompletableFuture.runAsync(
                    () -> assertThatThrownBy(call::execute).isInstanceOf(IOException.class));
            await().until(() -> recorder.heard.contains("1 connected"));
            call.cancel();
            done.join();
            assertThat(recorder.heard)
                    .containsExactly(
                            "start okhttp GET orders 80",
                            "attempt 1 orders s0",
                            "1 entered",
                            "1 connected",
                            "1 ended CANCELLED null");
        }
    }

    @Test
    void anAnswerOfTheCacheIsNoAttempt(@TempDir File directory) throws Exception {
        try (Cache cache = new Cache(directory, 1 << 20);
                Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        routing -> routing.tracer(recorder),
                        client -> client.cache(cache))) {
            rig.servers(1)
                    .get(0)
                    .answers(new MockResponse.Builder().body("fresh").addHeader("Cache-Control", "max-age=60"));
            rig.text("/");
            assertThat(recorder.heard).contains("attempt 1 orders s0", "1 ended SUCCESS 200");
            recorder.heard.clear();
            assertThat(rig.text("/")).isEqualTo("fresh");
            assertThat(recorder.heard).containsExactly("start okhttp GET orders 80");
        }
    }

    @Test
    void aTracerOfTheProcessIsForClientsThatAreMadeLater() throws Exception {
        Cancellable process = BalancerRegistry.trace(recorder);
        Rig later;
        try {
            later = Rig.roundRobin();
        } finally {
            process.cancel();
        }
        try (later;
                Rig untraced = Rig.roundRobin()) {
            later.servers(1);
            untraced.servers(1);
            untraced.text("/");
            assertThat(recorder.heard).isEmpty();
            later.text("/");
            assertThat(recorder.heard).contains("attempt 1 orders s0");
        }
    }

    @Test
    void aTracerThatThrowsDisturbsNoCall() throws Exception {
        CallTracer broken = (adapter, method, host, port) -> start -> {
            throw new AssertionError("as code of others may");
        };
        try (Rig rig =
                new Rig(TestPolicies.roundRobin(3), routing -> routing.tracer(broken), UnaryOperator.identity())) {
            rig.servers(1);
            assertThat(rig.text("/")).isEqualTo("s0");
        }
    }
}
