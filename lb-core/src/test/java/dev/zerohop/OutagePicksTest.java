package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Picks while endpoints are half open and their probe calls hang: how often the policy is asked, and where calls go. */
class OutagePicksTest {
    private final FakeTime time = new FakeTime();
    private final AtomicLong asked = new AtomicLong();

    /** A policy whose pickers count how often they are asked. */
    private record Counting(PickPolicy policy, AtomicLong asked) implements PickPolicy {
        @Override
        public String name() {
            return policy.name();
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new CountingPicker(policy.newPicker(first, env), asked);
        }

        @Override
        public LoadMetric loadMetric() {
            return policy.loadMetric();
        }

        @Override
        public boolean keyed() {
            return policy.keyed();
        }
    }

    private record CountingPicker(Picker picker, AtomicLong asked) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            asked.incrementAndGet();
            return picker.pick(context);
        }

        @Override
        public @Nullable Node pick(PickContext context, long nowNanos) {
            asked.incrementAndGet();
            return picker.pick(context, nowNanos);
        }

        @Override
        public Refusal refusal(PickContext context) {
            return picker.refusal(context);
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new CountingPicker(picker.rebuild(next), asked);
        }
    }

    private Balancer balancer(PickPolicy policy, int count) {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.builder(new Counting(policy, asked))
                        .stages(List.of(new HealthFilter()))
                        .ejection(
                                OutlierEjection.builder().jitter(Duration.ZERO).build())
                        .build())
                .build();
        balancer.start();
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            endpoints.add(Endpoint.builder("10.0.0.1", 1000 + i)
                    .id(String.format("a-%04d", i))
                    .ordinal(i)
                    .build());
        }
        resolver.push(endpoints);
        return balancer;
    }

    /** These members become half open, and their probe calls hang. Others of them stay as they are. */
    private void hangProbes(Balancer balancer, int first, int behind) {
        halfOpen(balancer, first, behind);
        for (Node node : balancer.current().snapshot().members().subList(first, behind)) {
            assertThat(((LiveNode) node).record.tryProbe()).isTrue();
            balancer.begin(node);
        }
    }

    private void halfOpen(Balancer balancer, int first, int behind) {
        List<Node> members = balancer.current().snapshot().members().subList(first, behind);
        members.forEach(node -> balancer.begin(node).complete(Outcome.CONNECT_FAILURE));
        time.advance(Duration.ofMillis(10));
        time.advance(Duration.ofMillis(1_200));
        assertThat(members).allMatch(node -> node.health().status() == Health.Status.HALF_OPEN);
    }

    private static PickContext context(int step) {
        return PickContext.of(EndpointSelector.of("key-" + step));
    }

    static Stream<PickPolicy> policies() {
        // A directory comes with its snapshots.
        return Pickers.names().stream()
                .filter(name -> !name.equals("directory"))
                .map(name ->
                        name.equals("rendezvous") ? Pickers.rendezvous(Pickers.roundRobin()) : Pickers.byName(name));
    }

    static Stream<Arguments> outages() {
        return policies().flatMap(policy -> Stream.of(1, 2, 10, 100, 1_000).map(count -> Arguments.of(policy, count)));
    }

    @ParameterizedTest
    @MethodSource("outages")
    void thePolicyIsAskedTwiceAtTheMost(PickPolicy policy, int count) {
        Balancer balancer = balancer(policy, count);
        hangProbes(balancer, 0, count);
        for (int halfWell = 0; halfWell < 2; halfWell++) {
            asked.set(0);
            for (int i = 0; i < 100; i++) {
                assertThat(balancer.current().pick(context(i))).isNotNull();
                assertThat(balancer.acquire(context(i))).isNotNull();
            }
            // While all are half open there is no other to ask for.
            assertThat(asked.get()).isLessThanOrEqualTo(halfWell == 0 ? 200 : 400);
            for (Node node : balancer.current().snapshot().members().subList(count / 2, count)) {
                balancer.begin(node).complete(Outcome.SUCCESS);
            }
            time.advance(Duration.ofMillis(10));
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void whileOneIsWellCallsGoAroundAllThatAreBeingProbed(PickPolicy policy) {
        if (policy instanceof ShardPolicy) {
            return;
        }
        Balancer balancer = balancer(policy, 20);
        hangProbes(balancer, 0, 19);
        for (int i = 0; i < 200; i++) {
            assertThat(balancer.current().pick(context(i)).endpoint().id()).isEqualTo("a-0019");
        }
        Endpoint well = balancer.current().snapshot().members().get(19).endpoint();
        for (int i = 0; i < 200; i++) {
            assertThat(balancer.current().pick(context(i).retryAfter(well)).endpoint())
                    .as("rather one that is being probed than one that this call has tried")
                    .isNotEqualTo(well);
        }
    }

    @Test
    void aKeyWhoseOwnerIsBeingProbedGoesThereAllTheSame() {
        Balancer balancer = balancer(Pickers.shard(), 4);
        List<Node> owners = Stream.of(0, 1, 2, 3, 4, 5, 6, 7)
                .map(i -> balancer.current().pick(context(i)))
                .toList();
        hangProbes(balancer, 0, 3);
        for (int i = 0; i < 8; i++) {
            assertThat(balancer.current().pick(context(i))).isSameAs(owners.get(i));
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void everyEndpointGetsItsProbeThoughAllAreHalfOpen(PickPolicy policy) {
        Balancer balancer = balancer(policy, 10);
        halfOpen(balancer, 0, 10);
        Set<Node> probed = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            probed.add(balancer.acquire(context(i)).node());
        }
        assertThat(probed).hasSize(10);
        assertThat(balancer.current().snapshot().members()).noneMatch(node -> ((LiveNode) node).record.awaitsProbe());
    }

    @Test
    void freeProbesAreTakenFirstByPoliciesThatCompare() {
        for (PickPolicy policy : List.of(Pickers.leastRequest(), Pickers.peakEwma())) {
            Balancer balancer = balancer(policy, 2);
            hangProbes(balancer, 0, 1);
            halfOpen(balancer, 1, 2);
            assertThat(balancer.current().pick(PickContext.NONE))
                    .isSameAs(balancer.current().snapshot().members().get(1));
        }
    }
}
