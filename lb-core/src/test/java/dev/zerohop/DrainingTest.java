package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Endpoints that are on their way out, through the whole balancer with the default stages and ejection. */
class DrainingTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();

    private Balancer started(PickPolicy policy) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(Configurations.defaults().withPolicy(policy))
                .build();
        balancer.start();
        return balancer;
    }

    private static Endpoint endpoint(int ordinal, Readiness readiness) {
        return Endpoint.builder("10.0.0." + ordinal, 80)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .readiness(readiness)
                .build();
    }

    /** As a rolling update of one replica goes that may be none for a while: the old pod serves until it is gone. */
    @Test
    void theOldPodTakesNewCallsUntilAnotherIsReady() {
        Balancer balancer = started(Pickers.roundRobin());
        resolver.push(endpoint(0, Readiness.READY));
        resolver.push(endpoint(0, Readiness.DRAINING), endpoint(1, Readiness.NOT_READY));
        assertThat(balancer.acquire(PickContext.NONE).endpoint().ordinal()).isZero();
        assertThat(balancer.explain(PickContext.NONE).toString())
                .contains("no other endpoint is well, using 1 draining as the last resort");
        resolver.push(endpoint(0, Readiness.DRAINING), endpoint(1, Readiness.READY));
        for (int i = 0; i < 10; i++) {
            assertThat(balancer.acquire(PickContext.NONE).endpoint().ordinal()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = OwnerDown.class,
            names = {"FAIL_FAST", "WAIT"})
    void aKeyStaysWithItsDrainingOwnerUntilThatCannotBeReached(OwnerDown ownerDown) {
        PickContext key = PickContext.of(EndpointSelector.of(1));
        Balancer balancer = started(ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.MODULO)
                .shards(2)
                .ownerDown(ownerDown)
                .build());
        resolver.push(endpoint(0, Readiness.READY), endpoint(1, Readiness.DRAINING));
        Lease lease = balancer.acquire(key);
        assertThat(lease.endpoint().ordinal()).isEqualTo(1);
        lease.complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(10));
        assertThat(balancer.current().pick(key)).isNull();
        assertThat(balancer.current().refusal(key).kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(balancer.current().refusal(key).waits()).isEqualTo(ownerDown == OwnerDown.WAIT);
    }

    @Test
    void aDrainingEndpointThatWasEjectedIsBackOnProbation() {
        Balancer balancer = started(Pickers.roundRobin());
        resolver.push(endpoint(0, Readiness.DRAINING));
        balancer.acquire(PickContext.NONE).complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(10));
        assertThat(balancer.current().pick(PickContext.NONE))
                .as("it does not even answer")
                .isNull();
        time.advance(Duration.ofSeconds(6));
        Node only = balancer.current().pick(PickContext.NONE);
        assertThat(only).isNotNull();
        assertThat(only.health().status()).isEqualTo(Health.Status.DRAINING);
        balancer.begin(only).complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(10));
        assertThat(balancer.current().pick(PickContext.NONE))
                .as("its one probe call failed")
                .isNull();
    }
}
