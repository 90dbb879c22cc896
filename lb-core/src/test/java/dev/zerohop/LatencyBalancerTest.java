package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health.Status;
import dev.zerohop.health.LatencyEjection;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Ejection by latency, from the lease to the endpoint's health: what is measured, and what it costs. */
class LatencyBalancerTest {
    private static final LatencyEjection LATENCY = new LatencyEjection(3, Duration.ofMillis(10), 5, 10);

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .settings(settings(Pickers.roundRobin(), LATENCY))
            .build();

    private static BalancerSettings settings(PickPolicy policy, @Nullable LatencyEjection latency) {
        return BalancerSettings.builder(policy)
                .stages(List.of(new HealthFilter()))
                .ejection(OutlierEjection.builder()
                        .jitter(Duration.ZERO)
                        .consecutiveFailures(0)
                        .timeouts(false)
                        .latency(latency)
                        .build())
                .build();
    }

    private static Endpoint endpoint(int number, @Nullable String zone) {
        return Endpoint.builder("10.0.0." + number, 80)
                .id("a-" + number)
                .zone(zone)
                .build();
    }

    private static List<Endpoint> endpoints(int count) {
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(endpoint(i, null));
        }
        return all;
    }

    /** With endpoints that have taken 5 ms in an interval before. */
    private void start(int count) {
        balancer.start();
        resolver.push(endpoints(count));
        goodCalls(IntStream.range(0, count).toArray());
        endInterval();
    }

    private Node node(int number) {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals("a-" + number))
                .findFirst()
                .orElseThrow();
    }

    private List<String> ejected() {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.health().status() == Status.EJECTED)
                .map(node -> node.endpoint().id())
                .toList();
    }

    /** Ten calls to one endpoint at once, which end like this after this time. */
    private void calls(int number, long millis, Consumer<Lease> end) {
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            leases.add(balancer.begin(node(number)));
        }
        time.advance(Duration.ofMillis(millis));
        leases.forEach(end);
    }

    private void goodCalls(int... numbers) {
        for (int number : numbers) {
            calls(number, 5, LatencyBalancerTest::succeed);
        }
    }

    private static void succeed(Lease lease) {
        lease.answered();
        lease.complete(Outcome.SUCCESS);
    }

    private void endInterval() {
        time.advance(Duration.ofSeconds(13));
    }

    @Test
    void theSlowOneIsTakenOutSaysWhyAndReturnsByAProbeWithItsLatencyForgotten() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 100, LatencyBalancerTest::succeed);
        endInterval();
        assertThat(ejected()).containsExactly("a-0");
        assertThat(balancer.explain(PickContext.NONE).toString())
                .contains("mean latency 100.0 ms of 10 calls, more than 3.0 times the median of 5.0 ms (6 endpoints)");
        time.advance(Duration.ofSeconds(30));
        assertThat(node(0).health().status()).isEqualTo(Status.HALF_OPEN);
        Lease probe = null;
        for (int i = 0; i < 6; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            if (lease.endpoint().id().equals("a-0")) {
                probe = lease;
            } else {
                succeed(lease);
            }
        }
        time.advance(Duration.ofSeconds(4));
        succeed(probe);
        time.advance(Duration.ofMillis(5));
        assertThat(node(0).health().status()).as("slow, and an answer").isEqualTo(Status.UNKNOWN);
        goodCalls(0, 1, 2, 3, 4, 5);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void theLengthOfAStreamIsNoLatency() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 5, Lease::answered);
        List<Lease> streams = new ArrayList<>();
        calls(0, 5, lease -> {
            lease.answered();
            streams.add(lease);
        });
        time.advance(Duration.ofSeconds(3));
        streams.forEach(stream -> stream.complete(Outcome.SUCCESS));
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void aSuccessOfWhichNoAnswerIsReportedTookUntilItsEnd() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 100, lease -> lease.complete(Outcome.SUCCESS));
        endInterval();
        assertThat(node(0).health().reason()).startsWith("mean latency 100.0 ms of 10 calls");
    }

    @Test
    void aCallThatRanOutOfTimeTookAtLeastThat() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 1_000, lease -> lease.complete(Outcome.TIMEOUT));
        endInterval();
        assertThat(node(0).health().reason()).startsWith("mean latency 105.0 ms of 10 calls");
    }

    /** A deadline of 1 ms that a caller inherits. */
    @Test
    void aCallThatHadLessTimeThanAnAnswerTakesMakesNobodyFast() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 100, LatencyBalancerTest::succeed);
        for (int i = 0; i < 50; i++) {
            calls(0, 1, lease -> lease.complete(Outcome.TIMEOUT));
        }
        endInterval();
        assertThat(ejected()).containsExactly("a-0");
    }

    @Test
    void whatWasCancelledOrFailedHasNoLatency() {
        start(6);
        for (Outcome outcome : Outcome.values()) {
            if (outcome != Outcome.SUCCESS && outcome != Outcome.TIMEOUT && outcome != Outcome.CONNECT_FAILURE) {
                calls(0, 500, lease -> lease.complete(outcome));
            }
        }
        goodCalls(0, 1, 2, 3, 4, 5);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    /** Attempts that a faster one has overtaken are cancelled early: they must not make their endpoint look fast. */
    @Test
    void whatWasCancelledMakesNoSlowOneFast() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 100, LatencyBalancerTest::succeed);
        for (int i = 0; i < 50; i++) {
            calls(0, 1, lease -> lease.complete(Outcome.CANCELLED));
        }
        endInterval();
        assertThat(ejected()).containsExactly("a-0");
    }

    @Test
    void oneThatIsMovedToAnotherZoneIsComparedThere() {
        balancer.start();
        List<Endpoint> all = endpoints(15);
        resolver.push(all);
        for (int i = 10; i < 15; i++) {
            all.set(i, endpoint(i, "far"));
        }
        resolver.push(all);
        for (int interval = 0; interval < 2; interval++) {
            goodCalls(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            for (int i = 10; i < 15; i++) {
                calls(i, 80, LatencyBalancerTest::succeed);
            }
            endInterval();
            assertThat(ejected()).isEmpty();
        }
    }

    @Test
    void anEndpointStaysOutWhenItIsMoved() {
        start(6);
        goodCalls(1, 2, 3, 4, 5);
        calls(0, 100, LatencyBalancerTest::succeed);
        endInterval();
        List<Endpoint> all = endpoints(6);
        all.set(0, endpoint(0, "b"));
        resolver.push(all);
        time.advance(Duration.ofSeconds(1));
        assertThat(ejected()).containsExactly("a-0");
    }

    @Test
    void noPriorityAndTheFirstAreOnePlaceAndAnotherIsNot() {
        start(6);
        EjectionPolicy.EndpointStats record = ((LiveNode) node(0)).record;
        for (String priority : List.of("0", "1")) {
            List<Endpoint> all = endpoints(6);
            all.set(
                    0,
                    Endpoint.builder("10.0.0.0", 80)
                            .id("a-0")
                            .attributes(Map.of(Endpoint.PRIORITY, priority))
                            .build());
            resolver.push(all);
            time.advance(Duration.ofSeconds(1));
            assertThat(node(0).endpoint().attributes()).containsEntry(Endpoint.PRIORITY, priority);
            assertThat(((LiveNode) node(0)).record == record).as(priority).isEqualTo(priority.equals("0"));
        }
    }

    @Test
    void itBeginsWithTheCallsThatBeginUnderIt() {
        List<Endpoint> heard = new ArrayList<>();
        try (Balancer observed = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(settings(Pickers.roundRobin(), null))
                .listener(new BalancerListener() {
                    @Override
                    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        heard.add(endpoint);
                    }
                })
                .build()) {
            observed.start();
            resolver.push(endpoints(6));
            List<Node> nodes = observed.current().snapshot().members();
            List<Lease> streams = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Lease stream = observed.begin(nodes.get(0));
                // Answered before anybody wants to know when.
                stream.answered();
                streams.add(stream);
            }
            time.advance(Duration.ofMillis(5));
            observed.apply(settings(Pickers.roundRobin(), LATENCY));
            time.advance(Duration.ofSeconds(1));
            streams.forEach(stream -> stream.complete(Outcome.SUCCESS));
            for (int interval = 0; interval < 2; interval++) {
                for (Node node : nodes) {
                    List<Lease> leases = new ArrayList<>();
                    for (int i = 0; i < 10; i++) {
                        leases.add(observed.begin(node));
                    }
                    time.advance(Duration.ofMillis(5));
                    leases.forEach(LatencyBalancerTest::succeed);
                }
                endInterval();
            }
            assertThat(heard).hasSize(140);
            assertThat(observed.current().snapshot().members())
                    .allMatch(node -> node.health().status() != Status.EJECTED);
        }
    }

    private static final class CountingTime implements Time {
        private final FakeTime time;
        private final AtomicInteger reads = new AtomicInteger();

        CountingTime(FakeTime time) {
            this.time = time;
        }

        @Override
        public long nanoTime() {
            reads.incrementAndGet();
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

    /** How often the clock is read for one call of this kind. */
    private int reads(PickPolicy policy, @Nullable LatencyEjection latency, Consumer<Lease> end) {
        CountingTime counting = new CountingTime(time);
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer counted = Balancer.builder("orders")
                .env(time.env().withTime(counting))
                .resolver(source)
                .settings(settings(policy, latency))
                .build()) {
            counted.start();
            source.push(endpoints(6));
            succeed(counted.acquire(PickContext.NONE));
            counting.reads.set(0);
            end.accept(counted.acquire(PickContext.NONE));
            return counting.reads.get();
        }
    }

    @Test
    void theClockIsReadOnlyIfItIsOnAndOnlyOnceForThePolicyAndForIt() {
        Consumer<Lease> ended = lease -> lease.complete(Outcome.SUCCESS);
        Consumer<Lease> cancelled = lease -> lease.complete(Outcome.CANCELLED);
        assertThat(reads(Pickers.roundRobin(), null, LatencyBalancerTest::succeed))
                .isZero();
        assertThat(reads(Pickers.roundRobin(), null, ended)).isZero();
        assertThat(reads(Pickers.roundRobin(), LATENCY, LatencyBalancerTest::succeed))
                .isEqualTo(2);
        assertThat(reads(Pickers.roundRobin(), LATENCY, ended)).isEqualTo(2);
        assertThat(reads(Pickers.roundRobin(), LATENCY, cancelled)).isEqualTo(1);
        for (Consumer<Lease> each : List.of(LatencyBalancerTest::succeed, ended, cancelled)) {
            assertThat(reads(Pickers.peakEwma(), LATENCY, each)).isEqualTo(reads(Pickers.peakEwma(), null, each));
        }
    }

    @Test
    void aTrackRecordThatThrowsAtALatencyCostsNoCall() {
        EjectionPolicy broken = env -> new EjectionPolicy.Detector() {
            @Override
            public EjectionPolicy.EndpointStats add(
                    Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
                EjectionPolicy.EndpointStats plain = NoEjection.INSTANCE.add(endpoint, previous, changed);
                return new EjectionPolicy.EndpointStats() {
                    @Override
                    public boolean timed() {
                        return true;
                    }

                    @Override
                    public void onLatency(long nowNanos, long latencyNanos) {
                        throw new AssertionError("onLatency");
                    }

                    @Override
                    public boolean onOutcome(Outcome outcome) {
                        return plain.onOutcome(outcome);
                    }

                    @Override
                    public int consecutiveFailures() {
                        return plain.consecutiveFailures();
                    }

                    @Override
                    public EjectionPolicy.State state() {
                        return plain.state();
                    }

                    @Override
                    public String reason() {
                        return plain.reason();
                    }

                    @Override
                    public boolean tryProbe() {
                        return plain.tryProbe();
                    }
                };
            }

            @Override
            public void remove(EjectionPolicy.EndpointStats record) {}

            @Override
            public long review(long nowNanos) {
                return Long.MAX_VALUE;
            }
        };
        try (Balancer broke = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.builder(Pickers.roundRobin())
                        .ejection(broken)
                        .build())
                .build()) {
            broke.start();
            resolver.push(endpoint(0, null));
            Lease answered = broke.acquire(PickContext.NONE);
            answered.answered();
            assertThat(answered.complete(Outcome.SUCCESS)).isTrue();
            assertThat(broke.acquire(PickContext.NONE).complete(Outcome.TIMEOUT))
                    .isTrue();
            assertThat(answered.node().inFlight()).isZero();
        }
    }
}
