package dev.zerohop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapturingPolicyTest {
    private final FakeTime time = new FakeTime();
    private final Snapshot snapshot = Snapshot.of(
            List.of(new FakeNode(Endpoint.builder("10.0.0.1", 80).id("a").build())));
    private final CapturingPolicy policy = new CapturingPolicy(Pickers.roundRobin());

    private Env env() {
        return new Env(time, ScriptedDice.seeded(1), Runnable::run);
    }

    @Test
    void itPicksAsTheOtherPolicyAndGivesTheEnvironmentsInTheirOrder() throws Exception {
        Env first = env();
        Env second = env();
        Picker picker = policy.newPicker(snapshot, first);
        assertThat(policy.newPicker(snapshot, second)).isNotSameAs(picker);
        assertThat(policy.name()).isEqualTo("round_robin");
        assertThat(picker.pick(PickContext.NONE)).isSameAs(snapshot.members().get(0));
        assertThat(policy.takeEnv()).isSameAs(first);
        assertThat(policy.takeEnv()).isSameAs(second);
    }

    @Test
    void whatIsClearedIsNotTaken() throws Exception {
        Env kept = env();
        policy.newPicker(snapshot, env());
        policy.clear();
        policy.newPicker(snapshot, kept);
        assertThat(policy.takeEnv()).isSameAs(kept);
    }

    @Test
    void withoutAPolicyThereIsNothingToPickAs() {
        assertThatThrownBy(() -> new CapturingPolicy(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("policy");
    }
}
