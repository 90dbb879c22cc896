package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.config.Configurations;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BalancerTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .settings(BalancerSettings.of(new FirstPolicy()))
            .build();

    /** Always the first candidate that is not to be avoided. */
    record FirstPolicy() implements PickPolicy {
        @Override
        public String name() {
            return "first";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new FirstPicker(first);
        }
    }

    record FirstPicker(Snapshot snapshot) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            Node fallback = null;
            for (Candidate candidate : snapshot.candidates()) {
                if (!context.avoids(candidate.node().endpoint())) {
                    return candidate.node();
                }
                fallback = candidate.node();
            }
            return fallback;
        }

        @Override
        public Refusal refusal(PickContext context) {
            return new Refusal(Refusal.Kind.NONE_USABLE, false, "nobody");
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new FirstPicker(next);
        }
    }

    @Test
    void whatABuilderLacksIsNamed() {
        Balancer.Builder builder = Balancer.builder("orders");
        assertThatThrownBy(builder::build)
                .isInstanceOf(NullPointerException.class)
                .hasMessage("orders: no resolver was set, expected a source of endpoints");
        builder.resolver(resolver);
        assertThatThrownBy(builder::build)
                .isInstanceOf(NullPointerException.class)
                .hasMessage("orders: neither settings nor defaults were set, expected one of them");
    }

    @Test
    void aLeaseCountsUntilItsFirstCompletion() {
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1));
        Lease lease = balancer.acquire(PickContext.NONE);
        assertThat(lease.node().inFlight()).isEqualTo(1);
        assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
        assertThat(lease.complete(Outcome.SUCCESS)).isFalse();
        assertThat(lease.node().inFlight()).isZero();
    }

    @Test
    void anErrorIsNotEmpty() {
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1));
        resolver.fail(new IllegalStateException("403 forbidden"));
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(1);
        assertThat(balancer.state().source().set().stale()).isTrue();
        assertThat(balancer.explain(PickContext.NONE).source()).contains("403 forbidden");
    }

    @Test
    void stagesAndPickersSeeWhatTheSourceSaysBesideItsEndpoints() {
        balancer.start();
        Locality here = new Locality("a", "n-7");
        EndpointSet set = EndpointSet.builder("scripted")
                .endpoints(List.of(Endpoint.of("127.0.0.1", 1)))
                .client(here)
                .unnumbered("the pods belong to no StatefulSet")
                .build();
        resolver.push(set);
        Snapshot snapshot = balancer.current().snapshot();
        assertThat(snapshot.client()).isEqualTo(here);
        assertThat(snapshot.unnumbered()).isEqualTo("the pods belong to no StatefulSet");
        resolver.push(set.toBuilder().client(Locality.UNKNOWN).unnumbered(null).build());
        snapshot = balancer.current().snapshot();
        assertThat(snapshot.client()).as("it no longer says so").isEqualTo(Locality.UNKNOWN);
        assertThat(snapshot.unnumbered()).isNull();
    }

    @Test
    void beforeTheFirstAnswerACallerIsToldToWait() {
        balancer.start();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE))
                .isInstanceOfSatisfying(NoEndpointException.class, e -> {
                    assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.NONE_KNOWN);
                    assertThat(e.refusal().waits()).isTrue();
                });
    }

    @Test
    void closeEndsEveryTimer() {
        Balancer ejecting = Balancer.builder("orders")
                .env(time.env())
                .serialExecutor(Runnable::run)
                .resolver(resolver)
                .settings(Configurations.defaults())
                .build();
        ejecting.start();
        resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2), Endpoint.of("127.0.0.1", 3));
        Node failing = ejecting.current().snapshot().members().get(0);
        for (int i = 0; i < 5; i++) {
            ejecting.begin(failing).complete(Outcome.CONNECT_FAILURE);
        }
        time.advance(Duration.ofSeconds(1));
        assertThat(failing.health().status()).isEqualTo(Health.Status.UNREACHABLE);
        assertThat(time.pendingTasks())
                .as("the age of leases, and the next review")
                .isEqualTo(2);
        ejecting.begin(failing).complete(Outcome.CONNECT_FAILURE);
        ejecting.close();
        time.runDue();
        assertThat(time.pendingTasks()).isZero();
    }
}
