package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.AttemptTrace;
import dev.zerohop.BalancerListener;
import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.Time;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener hears of calls beside outcomes, and how often, with gRPC's retries and hedges on. */
@Timeout(300)
class CallEventsTest {
    private static final String UNLIMITED = "{'retry': {'budgetPercent': 100, 'minPerSecond': 1000, 'maxAttempts': 5}}";
    private static final String BROKE = "{'retry': {'budgetPercent': 0, 'minPerSecond': 0}}";

    private static String shards(String ownerDown) {
        return "{'policy': {'shard': {'strategy': 'modulo', 'shards': 2, 'ownerDown': '" + ownerDown
                + "'}}, 'retry': {'budgetPercent': 100, 'minPerSecond': 1000, 'maxAttempts': 5}}";
    }

    private static final CallOptions ONE = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(1));

    private static String hedges(int attempts) {
        return "{'name': [{}], 'hedgingPolicy': {'maxAttempts': " + attempts
                + ", 'hedgingDelay': '0.01s', 'nonFatalStatusCodes': ['UNAVAILABLE']}}";
    }

    /** What is heard of calls, in its order. */
    private static final class Events implements BalancerListener {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public void onPick(String service, Endpoint endpoint) {
            heard.add("pick " + endpoint.id());
        }

        @Override
        public void onRefusal(String service, Refusal refusal) {
            heard.add("refusal " + refusal.kind());
        }

        @Override
        public void onWait(String service, long waitedNanos) {
            heard.add(waitedNanos > 0 ? "wait" : "wait of " + waitedNanos);
        }

        @Override
        public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
            heard.add("retry " + failed.id() + " " + outcome + " " + decision);
        }

        @Override
        public void onHedge(String service, RetryDecision decision) {
            heard.add("hedge " + decision);
        }

        @Override
        public void onSpill(String service, Endpoint endpoint) {
            heard.add("spill " + endpoint.id());
        }

        @Override
        public void onClose(String service) {
            heard.add("close");
        }

        /** A refused call may have waited before: for the first connection, or while a version was on its way. */
        List<String> withoutWaits() {
            return heard.stream().filter(event -> !event.equals("wait")).toList();
        }

        List<String> of(String kind) {
            return heard.stream().filter(event -> event.startsWith(kind)).toList();
        }
    }

    /** What is heard of traced calls, in the words of {@link Events}. */
    private static final class Traced implements CallTracer {
        final List<String> heard = new CopyOnWriteArrayList<>();

        @Override
        public CallTrace start(String adapter, String method, String host, int port) {
            return new CallTrace() {
                @Override
                public void waited(String service, long nanos) {
                    heard.add(nanos > 0 ? "wait" : "wait of " + nanos);
                }

                @Override
                public void refused(String service, Refusal.Kind kind) {
                    heard.add("refusal " + kind);
                }

                @Override
                public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
                    heard.add("retry " + failed.id() + " " + outcome + " " + decision);
                }

                @Override
                public void hedgeDecided(String service, RetryDecision decision) {
                    heard.add("hedge " + decision);
                }

                @Override
                public @Nullable AttemptTrace attempt(AttemptTrace.Start start) {
                    return null;
                }
            };
        }
    }

    private final Events events = new Events();
    private final Traced traced = new Traced();
    private boolean traces;

    /** Calls that are traced say the same to their traces as to the listener. */
    @AfterEach
    void tracesHearTheSame() {
        List<String> told = events.heard.stream()
                .filter(event -> !event.matches("(pick|spill|close).*"))
                .sorted()
                .toList();
        if (traces) {
            // A test may have forgotten what the listener heard first.
            await().untilAsserted(() -> {
                List<String> all = traced.heard;
                assertThat(all).hasSizeGreaterThanOrEqualTo(told.size());
                assertThat(all.subList(all.size() - told.size(), all.size()).stream()
                                .sorted()
                                .toList())
                        .isEqualTo(told);
            });
        }
    }

    private ManagedChannel channel(Fleet fleet, boolean intercepted, String zerohop, String methodConfig) {
        ManagedChannelBuilder<?> builder = fleet.builder()
                .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                .defaultServiceConfig(Json.serviceConfig(zerohop, methodConfig));
        return fleet.built(intercepted ? builder.intercept(interceptor()) : builder);
    }

    private ClientInterceptor interceptor() {
        traces = true;
        return ZerohopGrpc.interceptor(traced);
    }

    private static Future<String> start(ManagedChannel channel, CallOptions options) {
        return ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, options), "x");
    }

    private static void failAll(Fleet fleet) {
        fleet.servers.values().forEach(server -> server.fails = request -> Status.UNAVAILABLE.withDescription("no"));
    }

    // ---- repetitions ----

    /** After each of these attempts but the last one a repetition was granted, and after that one came this, if anything. */
    private void assertAttempts(int attempts, String... end) {
        List<String> expected = new ArrayList<>();
        List<String> picks = events.of("pick");
        assertThat(picks).as(events.heard.toString()).hasSize(attempts);
        for (int i = 0; i < attempts; i++) {
            expected.add(picks.get(i));
            String failed = picks.get(i).replace("pick", "retry") + " ERROR_RESPONSE ";
            if (i < attempts - 1) {
                expected.add(failed + "GRANTED");
            } else {
                for (String last : end) {
                    expected.add(failed + last);
                }
            }
        }
        assertThat(events.heard).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRepetitionIsGrantedOnceForEachFailedAttempt(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = channel(fleet, intercepted, UNLIMITED, Json.retries(3, "['UNAVAILABLE']"));
            RoutingTest.awaitAll(channel, "a", "b", "c");
            failAll(fleet);
            events.heard.clear();
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("UNAVAILABLE: no");
            // That gRPC allows no fourth attempt is gRPC's own business: it asks nobody.
            assertAttempts(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEmptyBudgetRepeatsNothing(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = channel(fleet, intercepted, BROKE, Json.retries(3, "['UNAVAILABLE']"));
            RoutingTest.awaitAll(channel, "a", "b");
            failAll(fleet);
            events.heard.clear();
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("budget is used up");
            assertAttempts(1, "BUDGET_EXHAUSTED");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theConfigurationsMaximumEndsTheRepetitions(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c", "d")) {
            ManagedChannel channel = channel(
                    fleet,
                    intercepted,
                    "{'retry': {'maxAttempts': 3, 'minPerSecond': 1000}}",
                    Json.retries(5, "['UNAVAILABLE']"));
            RoutingTest.awaitAll(channel, "a", "b", "c", "d");
            failAll(fleet);
            events.heard.clear();
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("3 attempts are the most");
            assertAttempts(3, "ATTEMPTS_EXHAUSTED");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatGrpcRepeatsOfItselfIsKnownWithTheInterceptor(boolean intercepted) throws Exception {
        AtomicInteger streams = new AtomicInteger();
        try (RawServer server = new RawServer((on, stream) -> {
            if (streams.getAndIncrement() == 0) {
                on.reset(stream, RawServer.REFUSED_STREAM);
            } else {
                on.succeed(stream, "fine");
            }
        })) {
            String id = "127.0.0.1:" + server.port();
            ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(
                            "static:///" + id, InsecureChannelCredentials.create())
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events);
            ManagedChannel channel = (intercepted ? builder.intercept(interceptor()) : builder).build();
            try {
                assertThat(TestServer.call(channel)).isEqualTo("fine");
                String granted = "retry " + id + " NOT_DISPATCHED GRANTED";
                assertThat(events.withoutWaits())
                        .isEqualTo(
                                intercepted
                                        ? List.of("pick " + id, granted, "pick " + id)
                                        : List.of("pick " + id, "pick " + id));
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void hedgesAreGrantedOnceEachAndAreNoRepetitions() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = channel(fleet, true, UNLIMITED, null);
            RoutingTest.awaitAll(channel, "a", "b", "c");
            ManagedChannel hedging = channel(fleet, true, UNLIMITED, hedges(3));
            // One call at a time, until all are connected: the first ones may hedge as well.
            RoutingTest.awaitAll(hedging, "a", "b", "c");
            fleet.servers.values().forEach(server -> server.holds = true);
            events.heard.clear();
            Future<String> call = start(hedging, CallOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(events.of("pick")).hasSize(3));
            assertThat(events.heard)
                    .containsSubsequence("hedge GRANTED", "hedge GRANTED")
                    .hasSize(5);
            release(fleet, Status.OK);
            assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("done");
            assertThat(events.heard).hasSize(5);
        }
    }

    private static void release(Fleet fleet, Status status) {
        for (TestServer server : fleet.servers.values()) {
            synchronized (server.held) {
                server.held.forEach(answer -> {
                    if (status.isOk()) {
                        answer.onNext("done");
                        answer.onCompleted();
                    } else {
                        answer.onError(status.asRuntimeException());
                    }
                });
                server.held.clear();
            }
        }
    }

    /** The channel has looked at its waiting calls so many times more. */
    private static void lookAgain(Fleet fleet, RecordingPolicy policy, String... ids) {
        for (int i = 2; i < 7; i++) {
            int weight = i;
            List<Endpoint> endpoints = new ArrayList<>();
            for (String id : ids) {
                endpoints.add(fleet.endpoint(id).toBuilder().weight(weight).build());
            }
            fleet.push(endpoints);
            await().until(() -> policy.balancer().current().snapshot().members().stream()
                    .allMatch(node -> node.endpoint().weight() == weight));
        }
    }

    @ParameterizedTest
    @CsvSource({"OK", "UNAVAILABLE"})
    void aHedgeThatIsHeldBackIsReportedOnceHoweverOftenItIsLookedAt(Status.Code end) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                    .intercept(interceptor())
                    .defaultServiceConfig(policy.serviceConfig(BROKE, hedges(2))));
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.servers.values().forEach(server -> server.holds = true);
            events.heard.clear();
            Future<String> call = start(channel, CallOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(events.of("hedge")).isNotEmpty());
            String pick = events.of("pick").get(0);
            lookAgain(fleet, policy, "a", "b");
            assertThat(events.heard).containsExactly(pick, "hedge BUDGET_EXHAUSTED");
            await().until(() -> fleet.servers.values().stream().anyMatch(server -> {
                synchronized (server.held) {
                    return !server.held.isEmpty();
                }
            }));
            release(fleet, end.toStatus().withDescription("held and ended"));
            if (end == Status.Code.OK) {
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("done");
                assertThat(events.heard).containsExactly(pick, "hedge BUDGET_EXHAUSTED");
            } else {
                assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS)).hasMessageContaining("held and ended");
                String failed = pick.replace("pick", "retry") + " ERROR_RESPONSE ";
                assertThat(events.heard).containsExactly(pick, "hedge BUDGET_EXHAUSTED", failed + "BUDGET_EXHAUSTED");
            }
        }
    }

    // ---- waits ----

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallThatWaitsForItsOwnerReportsThatOnceWithTheInterceptor(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannelBuilder<?> builder = fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                    .defaultServiceConfig(policy.serviceConfig(shards("WAIT"), Json.retries(3, "['UNAVAILABLE']")));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(interceptor()) : builder);
            awaitFirst(channel);
            Future<String> call = start(channel, ONE);
            lookAgain(fleet, policy, "s-0");
            assertThat(call).isNotDone();
            assertThat(events.heard).isEmpty();
            fleet.name("s-0", "s-1");
            assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("s-1");
            assertThat(events.heard).isEqualTo(intercepted ? List.of("wait", "pick s-1") : List.of("pick s-1"));
            assertThat(TestServer.call(channel, ONE, "again")).isEqualTo("s-1");
            assertThat(events.of("wait")).as("the next one has not waited").hasSize(intercepted ? 1 : 0);
        }
    }

    /** The channel is connected to the owner of 0, so that a pick follows each call at once. */
    private void awaitFirst(ManagedChannel channel) {
        CallOptions zero = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(0));
        await().until(() -> TestServer.call(channel, zero, "x").equals("s-0"));
        events.heard.clear();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallThatEndsWhileItWaitsHasWaitedAndWasNotRefused(boolean cancelled) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = channel(fleet, true, shards("WAIT"), Json.retries(3, "['UNAVAILABLE']"));
            awaitFirst(channel);
            Future<String> call = start(channel, cancelled ? ONE : ONE.withDeadlineAfter(300, TimeUnit.MILLISECONDS));
            if (cancelled) {
                assertThat(call.cancel(true)).isTrue();
            } else {
                assertThatThrownBy(call::get).hasMessageContaining("DEADLINE_EXCEEDED");
            }
            await().untilAsserted(() -> assertThat(events.heard).containsExactly("wait"));
        }
    }

    /** The owner fails the call and leaves before it is repeated, and comes back. */
    @Test
    void aRepetitionThatWaitsHasWaited() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("s-0", "s-1")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                    .intercept(interceptor())
                    .defaultServiceConfig(policy.serviceConfig(shards("WAIT"), Json.retries(3, "['UNAVAILABLE']"))));
            awaitFirst(channel);
            assertThat(TestServer.call(channel, ONE, "x")).isEqualTo("s-1");
            events.heard.clear();
            fleet.server("s-1").fails = request -> {
                fleet.server("s-1").fails = again -> Status.OK;
                fleet.name("s-0");
                await().until(() ->
                        policy.balancer().current().snapshot().members().size() == 1);
                return Status.UNAVAILABLE.withDescription("no");
            };
            Future<String> call = start(channel, ONE);
            await().untilAsserted(() -> assertThat(events.of("retry")).hasSize(1));
            lookAgain(fleet, policy, "s-0");
            assertThat(call).isNotDone();
            fleet.name("s-0", "s-1");
            assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("s-1");
            assertThat(events.heard)
                    .containsExactly("pick s-1", "retry s-1 ERROR_RESPONSE GRANTED", "wait", "pick s-1");
        }
    }

    @Test
    void aHedgedCallThatIsCancelledWhileItsAttemptsWaitReportsEachOnce() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                    .intercept(interceptor())
                    .defaultServiceConfig(policy.serviceConfig(shards("WAIT"), hedges(2))));
            awaitFirst(channel);
            Future<String> call = start(channel, ONE);
            await().untilAsserted(() -> assertThat(events.of("hedge")).hasSize(1));
            lookAgain(fleet, policy, "s-0");
            assertThat(events.heard).containsExactly("hedge GRANTED");
            call.cancel(true);
            await().untilAsserted(() -> assertThat(events.heard).containsExactly("hedge GRANTED", "wait", "wait"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallThatWaitsForReadyWaitsAndIsNotRefused(boolean answered) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = channel(fleet, true, shards("FAIL_FAST"), null);
            awaitFirst(channel);
            Future<String> call = start(channel, ONE.withWaitForReady());
            if (answered) {
                fleet.name("s-0", "s-1");
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("s-1");
                assertThat(events.heard).containsExactly("wait", "pick s-1");
            } else {
                call.cancel(true);
                await().untilAsserted(() -> assertThat(events.heard).containsExactly("wait"));
            }
        }
    }

    // ---- refusals ----

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, false"})
    void aCallWhoseOwnerIsDownIsRefusedOnce(boolean intercepted, boolean repeated) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = channel(
                    fleet, intercepted, shards("FAIL_FAST"), repeated ? Json.retries(3, "['UNAVAILABLE']") : null);
            awaitFirst(channel);
            assertThatThrownBy(() -> TestServer.call(channel, ONE, "x")).hasMessageContaining("ordinal 1");
            assertThat(events.withoutWaits()).containsExactly("refusal OWNER_DOWN");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusedCallWhoseRepetitionTheBudgetForbidsIsRefusedOnce(boolean budget) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            String limits = budget ? "'budgetPercent': 0, 'minPerSecond': 0" : "'maxAttempts': 1";
            ManagedChannel channel = channel(
                    fleet,
                    true,
                    "{'policy': {'shard': {'strategy': 'modulo', 'shards': 2}}, 'retry': {" + limits + "}}",
                    Json.retries(3, "['UNAVAILABLE']"));
            awaitFirst(channel);
            assertThatThrownBy(() -> TestServer.call(channel, ONE, "x")).hasMessageContaining("not repeated");
            assertThat(events.withoutWaits()).containsExactly("refusal OWNER_DOWN");
        }
    }

    /** A refusal that a repetition mends is none; one that nothing mends in time is one. */
    @Test
    void aRefusedAttemptWhoseRepetitionIsAnsweredIsNoRefusal() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = channel(
                    fleet,
                    true,
                    shards("FAIL_FAST"),
                    Json.retries(5, "['UNAVAILABLE']").replace("0.01s", "1s").replace("0.05s", "1s"));
            awaitFirst(channel);
            Future<String> call = start(channel, ONE);
            fleet.name("s-0", "s-1");
            String answer = null;
            try {
                answer = call.get(60, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException tooLate) {
                assertThat(events.withoutWaits()).containsExactly("refusal OWNER_DOWN");
            }
            if (answer != null) {
                assertThat(events.of("refusal")).isEmpty();
                assertThat(events.of("retry")).as("no attempt failed").isEmpty();
                assertThat(events.of("pick")).containsExactly("pick s-1");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKeyThatIsMissingIsARefusal(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            ManagedChannel channel = channel(fleet, intercepted, shards("FAIL_FAST"), null);
            awaitFirst(channel);
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("key");
            assertThat(events.withoutWaits()).containsExactly("refusal BAD_KEY");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void callsWithoutAGoodConfigurationAreRefused(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("a")) {
            fleet.rejectConfiguration("no such policy");
            ManagedChannel channel = channel(fleet, intercepted, null, null);
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("no such policy");
            assertThat(events.withoutWaits()).containsExactly("refusal BAD_CONFIGURATION");
        }
    }

    // ---- stand-ins ----

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStandInIsReportedWhenItsAttemptBegins(boolean intercepted) throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.name("s-0");
            ManagedChannel channel = channel(fleet, intercepted, shards("SPILL"), null);
            awaitFirst(channel);
            assertThat(TestServer.call(channel, ONE, "x")).isEqualTo("s-0");
            assertThat(events.heard).containsExactly("pick s-0", "spill s-0");
        }
    }

    // ---- who listens ----

    @Test
    void aFactoryIsAskedForEachBalancerOfAChannelThatIdlesAndWakes() throws Exception {
        List<String> made = new CopyOnWriteArrayList<>();
        try (Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, events)
                    .setNameResolverArg(ZerohopGrpc.LISTENER_FACTORY, balancer -> {
                        made.add(balancer.adapter() + " " + balancer.name());
                        return BalancerListener.NOOP;
                    }));
            assertThat(TestServer.call(channel)).isEqualTo("a");
            assertThat(made).containsExactly("grpc fleet");
            channel.enterIdle();
            await().untilAsserted(() -> assertThat(events.of("close")).hasSize(1));
            assertThat(TestServer.call(channel)).isEqualTo("a");
            assertThat(made).containsExactly("grpc fleet", "grpc fleet");
            assertThat(events.of("pick")).hasSize(2);
        }
    }

    /** A clock whose reads on behalf of attempts are counted; those of the control path are another matter. */
    private record WatchedTime(Time time, AtomicInteger reads) implements Time {
        @Override
        public long nanoTime() {
            if (StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getClassName().equals(Attempt.class.getName())))) {
                reads.incrementAndGet();
            }
            return time.nanoTime();
        }

        @Override
        public Instant now() {
            return time.now();
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
            return time.schedule(delayNanos, task);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theClockIsReadForAttemptsOnlyIfTheApplicationListens(boolean listens) throws Exception {
        AtomicInteger reads = new AtomicInteger();
        try (RecordingPolicy policy = new RecordingPolicy(time -> new WatchedTime(time, reads));
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannelBuilder<?> builder = fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    // A retry budget counts calls by the clock.
                    .defaultServiceConfig(
                            policy.serviceConfig("{'policy': 'round_robin', 'retry': {'maxAttempts': 1}}", null));
            ManagedChannel channel =
                    fleet.built(listens ? builder.setNameResolverArg(ZerohopGrpc.LISTENER, events) : builder);
            RoutingTest.awaitAll(channel, "a", "b");
            AttemptsTest.awaitNothingInFlight(policy);
            reads.set(0);
            IntStream.range(0, 10).forEach(i -> TestServer.call(channel));
            AttemptsTest.awaitNothingInFlight(policy);
            await().untilAsserted(() -> assertThat(reads).hasValue(listens ? 20 : 0));
        }
    }
}
