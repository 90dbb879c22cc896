package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NoCandidateTest {

    /** Picks nothing, whatever there is. */
    private record Idle(Snapshot snapshot) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            return null;
        }

        @Override
        public Refusal refusal(PickContext context) {
            return snapshot.refusal(0);
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new Idle(next);
        }
    }

    private record IdlePolicy() implements PickPolicy {
        @Override
        public String name() {
            return "example.idle";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new Idle(first);
        }
    }

    @Test
    void candidatesThatThePolicyDoesNotPickAreCalledSo() {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(new IdlePolicy()))
                .build()) {
            balancer.start();
            source.push(Endpoint.of("10.0.0.1", 80));
            assertThat(balancer.current().refusal(PickContext.NONE).message())
                    .contains("0 of 1 endpoints usable (1 that the policy does not pick)");
        }
    }
}
