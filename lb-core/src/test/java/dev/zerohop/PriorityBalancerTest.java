package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health.Status;
import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.resolver.Resolvers;
import dev.zerohop.stage.PriorityGroups;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups through the whole balancer: what leaves the first one comes back. */
class PriorityBalancerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Connectivity connectivity = new Connectivity();

    private void zone(String zone, int count) {
        for (int i = 0; i < count; i++) {
            endpoints.add(Endpoint.builder("10.0.0.1", 1000 + endpoints.size())
                    .id(zone + "-" + i)
                    .zone(zone)
                    .build());
        }
    }

    private Balancer balancer(PickPolicy policy, boolean connecting) {
        Balancer.Builder builder = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.builder(policy)
                        .stages(List.of(PriorityGroups.ofZones(List.of("a", "b"))))
                        .ejection(
                                OutlierEjection.builder().jitter(Duration.ZERO).build())
                        .build());
        if (connecting) {
            builder.healthSource(connectivity);
        }
        Balancer balancer = builder.build();
        balancer.start();
        resolver.push(endpoints);
        return balancer;
    }

    private void report(String id, Status status) {
        connectivity.report(id, status);
        time.advance(Duration.ofMillis(5));
    }

    /** The zones of this many calls, which end as said in zone a, and well elsewhere. */
    private int toFirst(Balancer balancer, int calls, Outcome there) {
        int first = 0;
        for (int i = 0; i < calls; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            boolean isFirst = "a".equals(lease.endpoint().zone());
            first += isFirst ? 1 : 0;
            lease.complete(isFirst ? there : Outcome.SUCCESS);
            time.advance(Duration.ofMillis(5));
        }
        return first;
    }

    @ParameterizedTest
    @ValueSource(strings = {"round_robin", "least_request", "random"})
    void trafficReturnsToTheFirstGroupOnceItAnswersAgain(String policy) {
        zone("a", 3);
        zone("b", 3);
        Balancer balancer = balancer(Pickers.byName(policy), false);
        assertThat(toFirst(balancer, 20, Outcome.CONNECT_FAILURE)).isBetween(3, 6);
        assertThat(toFirst(balancer, 10, Outcome.CONNECT_FAILURE)).isZero();
        time.advance(Duration.ofMinutes(2));
        assertThat(toFirst(balancer, 100, Outcome.CONNECT_FAILURE))
                .as("probe calls only")
                .isBetween(3, 6);
        time.advance(Duration.ofMinutes(2));
        toFirst(balancer, 30, Outcome.SUCCESS);
        assertThat(toFirst(balancer, 30, Outcome.SUCCESS)).isEqualTo(30);
    }

    @Test
    void aFirstGroupThatComesBackWithDeadAddressesTakesNothingFromTheFallback() {
        zone("b", 3);
        Balancer balancer = balancer(Pickers.roundRobin(), true);
        for (int i = 0; i < 3; i++) {
            report("b-" + i, Status.HEALTHY);
        }
        time.advance(Duration.ofMinutes(1));
        zone("a", 3);
        resolver.push(endpoints);
        assertThat(toFirst(balancer, 10, Outcome.SUCCESS)).isZero();
        report("a-0", Status.HEALTHY);
        report("a-1", Status.HEALTHY);
        report("a-2", Status.HEALTHY);
        assertThat(toFirst(balancer, 10, Outcome.SUCCESS)).isEqualTo(10);
    }

    @Test
    void connectionsThatAreLostLeaveToTheFallbackAtOnce() {
        zone("a", 3);
        zone("b", 3);
        Balancer balancer = balancer(Pickers.roundRobin(), true);
        for (Endpoint endpoint : endpoints) {
            report(endpoint.id(), Status.HEALTHY);
        }
        time.advance(Duration.ofMinutes(1));
        for (int i = 0; i < 3; i++) {
            report("a-" + i, Status.CONNECTING);
        }
        assertThat(toFirst(balancer, 10, Outcome.SUCCESS)).isZero();
    }

    @Test
    void aGroupThatGrowsSendsNothingAway() {
        zone("a", 4);
        zone("b", 4);
        Balancer balancer = balancer(Pickers.roundRobin(), false);
        time.advance(Duration.ofMinutes(1));
        for (int i = 4; i < 8; i++) {
            endpoints.add(Endpoint.builder("10.0.0.1", 2000 + i)
                    .id("a-" + i)
                    .zone("a")
                    .readiness(Endpoint.Readiness.NOT_READY)
                    .build());
        }
        resolver.push(endpoints);
        assertThat(toFirst(balancer, 20, Outcome.SUCCESS)).isEqualTo(20);
        endpoints.replaceAll(endpoint ->
                endpoint.toBuilder().readiness(Endpoint.Readiness.READY).build());
        resolver.push(endpoints);
        endpoints.replaceAll(endpoint -> endpoint.port() < 2000
                ? endpoint
                : endpoint.toBuilder().readiness(Endpoint.Readiness.NOT_READY).build());
        resolver.push(endpoints);
        assertThat(toFirst(balancer, 20, Outcome.SUCCESS))
                .as("those have been ready: they are out")
                .isEqualTo(14);
    }

    /** Of a list that an application wrote and a source that may lose its endpoints, only the latter is suspected. */
    @Test
    void eachSourceIsGuardedAsItSays() {
        ScriptedResolver listed = new ScriptedResolver().removals(EndpointSet.Removals.MEANT);
        ScriptedResolver leased = new ScriptedResolver().removals(EndpointSet.Removals.GUARDED);
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(Resolvers.priority(List.of(listed, leased), time.env()))
                .settings(BalancerSettings.builder(Pickers.roundRobin())
                        .stages(List.of(PriorityGroups.numbered()))
                        .guard(new MassRemovalGuard())
                        .build())
                .build();
        balancer.start();
        zone("a", 3);
        listed.push(endpoints);
        leased.push(endpoints);
        assertThat(balancer.current().snapshot().members()).hasSize(6);
        listed.push(endpoints.subList(0, 1));
        time.advance(Duration.ofMillis(5));
        assertThat(balancer.current().snapshot().members())
                .extracting(node -> node.endpoint().id())
                .containsExactly("a-0", "a-0@2", "a-1@2", "a-2@2");
        leased.push(endpoints.subList(0, 1));
        time.advance(Duration.ofMillis(5));
        assertThat(balancer.current().snapshot().members()).hasSize(4);
        time.advance(Duration.ofSeconds(36));
        assertThat(balancer.current().snapshot().members()).hasSize(2);
    }
}
