package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An endpoint that was ejected comes back under steady traffic, also where the policy is a part of another. */
class PrequalBalancerTest {
    private static final Duration STEP = Duration.ofMillis(7);

    private final FakeTime time = new FakeTime();
    private final ScriptedLoads loads = new ScriptedLoads();
    private final ScriptedResolver resolver = new ScriptedResolver();

    private Balancer balancer(int endpoints, PickPolicy policy) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env(ScriptedDice.seeded(7)))
                .probeTransport(loads)
                .resolver(resolver)
                .settings(BalancerSettings.builder(policy)
                        .stages(List.of(new HealthFilter()))
                        .ejection(OutlierEjection.builder()
                                .jitter(Duration.ZERO)
                                .consecutiveFailures(3)
                                .build())
                        .build())
                .build();
        balancer.start();
        resolver.push(IntStream.range(0, endpoints)
                .mapToObj(i -> Endpoint.builder("10.0.0." + i, 80).id("a-" + i).build())
                .toList());
        return balancer;
    }

    @ParameterizedTest
    @CsvSource({"4, false", "20, false", "4, true", "20, true"})
    void anEjectedEndpointComesBack(int endpoints, boolean nested) {
        Balancer balancer =
                balancer(endpoints, nested ? Pickers.rendezvous().withoutKey(Pickers.prequal()) : Pickers.prequal());
        Node first = balancer.current().snapshot().members().get(0);
        traffic(balancer, 200, first, Outcome.SUCCESS);
        for (int i = 0; i < 3; i++) {
            balancer.begin(first).complete(Outcome.CONNECT_FAILURE);
        }
        time.advance(STEP);
        assertThat(first.health().status().usable()).isFalse();
        // It is idle and slow by its last calls: no result of a probe leads there.
        loads.with("a-0", 0, 10_000);
        boolean halfOpen = false;
        for (int i = 0; i < 12_000; i++) {
            traffic(balancer, 1, first, Outcome.SUCCESS);
            halfOpen |= first.health().status() == Health.Status.HALF_OPEN;
        }
        assertThat(halfOpen).isTrue();
        assertThat(first.health().status()).isEqualTo(Health.Status.UNKNOWN);
        int before = loads.sent.getOrDefault("a-0", 0);
        traffic(balancer, 500, first, Outcome.SUCCESS);
        assertThat(loads.sent.getOrDefault("a-0", 0)).as("it is probed again").isGreaterThan(before);
    }

    /** Two calls at a time, so that others are made while the one to the half-open endpoint is under way. */
    private void traffic(Balancer balancer, int steps, Node node, Outcome ofNode) {
        for (int i = 0; i < steps; i++) {
            Lease one = balancer.acquire(PickContext.NONE);
            Lease other = balancer.acquire(PickContext.NONE);
            time.advance(STEP);
            for (Lease lease : List.of(one, other)) {
                boolean same = lease.endpoint().id().equals(node.endpoint().id());
                lease.complete(same ? ofNode : Outcome.SUCCESS);
            }
        }
    }
}
