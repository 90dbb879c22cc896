package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoadAwareTest {
    private final FakeTime time = new FakeTime();

    /** Runs one call each millisecond against ten servers; the first may fail at once, the others take 20 ms. Returns calls by port. */
    private Map<Integer, Integer> run(Balancer balancer, int calls, boolean broken) {
        Map<Integer, Integer> got = new HashMap<>();
        for (int i = 0; i < calls; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            int port = lease.endpoint().port();
            got.merge(port, 1, Integer::sum);
            if (port == 1 && broken) {
                time.schedule(100_000, () -> lease.complete(Outcome.ERROR_RESPONSE));
            } else {
                time.schedule(20_000_000, () -> lease.complete(Outcome.SUCCESS));
            }
            time.advance(Duration.ofMillis(1));
        }
        return got;
    }

    private Balancer balancer(PickPolicy policy) {
        return balancer(policy, time.env());
    }

    private static Balancer balancer(PickPolicy policy, Env env) {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = Balancer.builder("orders")
                .env(env)
                .resolver(resolver)
                .settings(BalancerSettings.of(policy))
                .build();
        balancer.start();
        Endpoint[] endpoints = new Endpoint[10];
        for (int i = 0; i < endpoints.length; i++) {
            endpoints[i] = Endpoint.of("127.0.0.1", i + 1);
        }
        resolver.push(endpoints);
        return balancer;
    }

    @Test
    void aServerThatFailsFastDrawsLessThanItsShareAndComesBackWhenItIsWell() {
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.peakEwma())) {
            try (Balancer balancer = balancer(policy)) {
                run(balancer, 1_000, false);
                Map<Integer, Integer> ill = run(balancer, 10_000, true);
                assertThat(ill.getOrDefault(1, 0))
                        .as(policy.name() + " of 10,000")
                        .isLessThan(250);
                run(balancer, 60_000, false);
                Map<Integer, Integer> well = run(balancer, 10_000, false);
                assertThat(well.get(1)).as(policy.name() + " of 10,000").isBetween(500, 2_000);
            }
        }
    }

    @Test
    void aServerThatFailsFromTheStartDrawsLittle() {
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.peakEwma())) {
            try (Balancer balancer = balancer(policy)) {
                Map<Integer, Integer> got = run(balancer, 10_000, true);
                assertThat(got.getOrDefault(1, 0))
                        .as(policy.name() + " of 10,000")
                        .isLessThan(250);
            }
        }
    }

    @Test
    void failuresInARowLookLikeWorkAndSuccessesForgiveWhateverThePolicy() {
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.roundRobin(), Pickers.peakEwma())) {
            try (Balancer balancer = balancer(policy)) {
                Node node = balancer.current().snapshot().members().get(0);
                complete(balancer, node, 2, Outcome.ERROR_RESPONSE);
                assertThat(node.pressure()).as(policy.name()).isEqualTo(3);
                complete(balancer, node, 98, Outcome.TIMEOUT);
                Lease open = balancer.begin(node);
                assertThat(node.pressure()).as(policy.name()).isEqualTo(64);
                complete(balancer, node, 1, Outcome.CANCELLED);
                assertThat(node.pressure()).isEqualTo(64);
                complete(balancer, node, 1, Outcome.SUCCESS);
                assertThat(node.pressure()).isEqualTo(32);
                complete(balancer, node, 5, Outcome.SUCCESS);
                assertThat(node.pressure()).isEqualTo(1).isEqualTo(node.inFlight());
                open.complete(Outcome.SUCCESS);
                assertThat(node.pressure()).isZero();
            }
        }
    }

    @Test
    void anEndpointThatIsHalfOpenIsTheBetterOfTwoUntilItsProbeIsTaken() {
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.peakEwma())) {
            ScriptedResolver resolver = new ScriptedResolver();
            Balancer balancer = Balancer.builder("orders")
                    .env(time.env())
                    .resolver(resolver)
                    .settings(BalancerSettings.builder(policy)
                            .stages(List.of(new HealthFilter()))
                            .ejection(OutlierEjection.builder()
                                    .jitter(Duration.ZERO)
                                    .build())
                            .build())
                    .build();
            balancer.start();
            resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2));
            Node down = balancer.current().snapshot().members().get(0);
            Node well = balancer.current().snapshot().members().get(1);
            for (Node node : List.of(down, well)) {
                Lease lease = balancer.begin(node);
                time.advance(Duration.ofMillis(10));
                lease.complete(Outcome.SUCCESS);
            }
            complete(balancer, down, 5, Outcome.CONNECT_FAILURE);
            time.advance(Duration.ofMillis(5));
            assertThat(down.health().status()).isEqualTo(Health.Status.UNREACHABLE);
            time.advance(Duration.ofSeconds(1));
            assertThat(down.health().status()).isEqualTo(Health.Status.HALF_OPEN);
            // The other one is in use, as it is under traffic.
            balancer.begin(well);
            assertThat(down.load(time.nanoTime())).as(policy.name()).isZero();
            Lease probe = balancer.acquire(PickContext.NONE);
            assertThat(probe.node()).as(policy.name()).isSameAs(down);
            assertThat(down.load(time.nanoTime())).as(policy.name()).isGreaterThan(well.load(time.nanoTime()));
            probe.complete(Outcome.CANCELLED);
            assertThat(balancer.current().pick(PickContext.NONE))
                    .as("the probe is still to be had")
                    .isSameAs(down);
            balancer.close();
        }
    }

    private static void complete(Balancer balancer, Node node, int times, Outcome outcome) {
        for (int i = 0; i < times; i++) {
            balancer.begin(node).complete(outcome);
        }
    }

    @Test
    void anEndpointUnderPenaltyIsForgivenOnceInAWhile() {
        List<FakeNode> nodes = FakeNode.numbered("n", 2);
        nodes.get(0).penalty(63);
        Picker picker = Pickers.leastRequest().newPicker(Snapshot.of(nodes), time.env());
        int penalised = 0;
        for (int i = 0; i < 32_000; i++) {
            penalised += picker.pick(PickContext.NONE) == nodes.get(0) ? 1 : 0;
        }
        // In one comparison of 16 the two are equal, and half of those begin with it.
        assertThat(penalised).isBetween(850, 1_150);
    }

    @Test
    void aTimedPickReadsTheClockOnceBeforeAndOnceAfter() {
        AtomicInteger reads = new AtomicInteger();
        Time counting = new Time() {
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
        };
        for (PickPolicy policy : List.of(Pickers.peakEwma(), Pickers.leastRequest())) {
            try (Balancer balancer = balancer(policy, time.env().withTime(counting))) {
                balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
                reads.set(0);
                balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
                assertThat(reads).as(policy.name()).hasValue(policy.loadMetric().timed() ? 2 : 0);
            }
        }
    }

    private static long draw(int first, int second, int count) {
        return ScriptedDice.forInt(first, count) | (ScriptedDice.forInt(second, count - 1) >>> 32);
    }

    @Test
    void exactlyTheTwoDrawnAreCompared() {
        List<FakeNode> nodes = FakeNode.numbered("n", 5);
        nodes.get(0).inFlight(0);
        nodes.get(1).inFlight(7);
        nodes.get(2).inFlight(5);
        nodes.get(3).inFlight(7);
        // The second draw leaves out the first: 1 is the node 2 when 1 was drawn before.
        Picker picker = Pickers.leastRequest()
                .newPicker(Snapshot.of(nodes), time.env(ScriptedDice.of(draw(1, 1, 5), draw(3, 1, 5), draw(2, 2, 5))));
        assertThat(picker.pick(PickContext.NONE)).isSameAs(nodes.get(2));
        assertThat(picker.pick(PickContext.NONE)).as("a tie goes to the first").isSameAs(nodes.get(3));
        assertThat(picker.pick(PickContext.NONE)).isSameAs(nodes.get(2));
    }

    @Test
    void whatIsUnderWayIsComparedForItsWeight() {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 3), FakeNode.named("b", 1));
        FakeNode a = nodes.get(0);
        FakeNode b = nodes.get(1);
        // Three quarters of the numbers draw a, those from there on b; the lowest bits are no multiple of 16.
        long drawsA = 1;
        long drawsB = 0x8000_0001L;
        for (long random : new long[] {drawsA << 32 | drawsB, drawsB << 32 | drawsA}) {
            Picker picker = Pickers.leastRequest().newPicker(Snapshot.of(nodes), time.env(ScriptedDice.of(random)));
            a.inFlight(2);
            b.inFlight(1);
            assertThat(picker.pick(PickContext.NONE))
                    .as("2 of 3 are less than 1 of 1")
                    .isSameAs(a);
            a.inFlight(4);
            assertThat(picker.pick(PickContext.NONE))
                    .as("4 of 3 are more than 1 of 1")
                    .isSameAs(b);
        }
    }

    @Test
    void weightsAreKeptWhenNobodyIsBusy() {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 3), FakeNode.named("b", 1));
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.peakEwma(), Pickers.weightedRandom())) {
            Picker picker = policy.newPicker(Snapshot.of(nodes), time.env());
            int heavy = 0;
            for (int i = 0; i < 20_000; i++) {
                heavy += picker.pick(PickContext.NONE) == nodes.get(0) ? 1 : 0;
            }
            assertThat(heavy).as(policy.name()).isBetween(14_700, 15_300);
        }
    }

    @Test
    void weightedRandomKeepsEveryShare() {
        List<FakeNode> nodes = new java.util.ArrayList<>();
        for (int i = 0; i < 50; i++) {
            nodes.add(FakeNode.named("n-" + i, 1 + i * i));
        }
        Picker picker = Pickers.weightedRandom().newPicker(Snapshot.of(nodes), time.env());
        Map<Node, Integer> got = new HashMap<>();
        int calls = 400_000;
        for (int i = 0; i < calls; i++) {
            got.merge(picker.pick(PickContext.NONE), 1, Integer::sum);
        }
        double sum = nodes.stream().mapToInt(node -> node.endpoint().weight()).sum();
        for (FakeNode node : nodes) {
            double exact = calls * node.endpoint().weight() / sum;
            assertThat(Math.abs(got.getOrDefault(node, 0) - exact)).isLessThanOrEqualTo(5 * Math.sqrt(exact) + 1);
        }
    }

    @Test
    void rendezvousKeepsWeightsAndMovesOnlyWhatItMust() {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 1), FakeNode.named("b", 2), FakeNode.named("c", 5));
        Picker all = Pickers.rendezvous().newPicker(Snapshot.of(nodes), time.env());
        Picker fewer = all.rebuild(Snapshot.of(nodes.subList(0, 2)));
        Map<Node, Integer> got = new HashMap<>();
        for (int i = 0; i < 40_000; i++) {
            PickContext key = PickContext.of(dev.zerohop.EndpointSelector.of(i));
            Node owner = all.pick(key);
            got.merge(owner, 1, Integer::sum);
            if (owner != nodes.get(2)) {
                assertThat(fewer.pick(key)).isSameAs(owner);
            }
        }
        assertThat(got.get(nodes.get(0))).isBetween(4_700, 5_300);
        assertThat(got.get(nodes.get(1))).isBetween(9_600, 10_400);
    }

    @Test
    void aRefusalCountsTheCauses() {
        List<FakeNode> nodes = FakeNode.numbered("n", 6);
        for (int i = 0; i < 6; i++) {
            nodes.get(i).health(i < 4 ? Health.Status.EJECTED : Health.Status.UNHEALTHY);
        }
        Snapshot none = Snapshot.of(nodes).with(List.of(), Long.MAX_VALUE, "test");
        Refusal refusal = Pickers.random().newPicker(none, time.env()).refusal(PickContext.NONE);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.NONE_USABLE);
        assertThat(refusal.waits()).isFalse();
        assertThat(refusal.message())
                .startsWith("0 of 6 endpoints usable (4 ejected, 2 unhealthy): "
                        + nodes.get(0).endpoint() + " is EJECTED for 1.0 s (test: set by the test); "
                        + nodes.get(1).endpoint() + " is ")
                .contains(nodes.get(4).endpoint() + " is UNHEALTHY for 1.0 s")
                .endsWith("; and 1 more; their calls failed: look at the logs of these endpoints");
        Snapshot weightless = Snapshot.of(List.of(FakeNode.named("z", 0)));
        assertThat(Pickers.random()
                        .newPicker(weightless, time.env())
                        .refusal(PickContext.NONE)
                        .message())
                .isEqualTo("0 of 1 endpoints usable (1 of weight 0): "
                        + weightless.members().get(0).endpoint()
                        + " has weight 0 and takes no traffic; give one of them a weight");
        assertThat(Pickers.random()
                        .newPicker(Snapshot.EMPTY, time.env())
                        .refusal(PickContext.NONE)
                        .kind())
                .isEqualTo(Refusal.Kind.NONE_KNOWN);
    }
}
