package dev.zerohop.sim.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.PickerContract;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LeastOfSampleTest extends PickerContract {
    @Override
    protected PickPolicy policy() {
        return new LeastOfSample();
    }

    @Test
    void aConfigurationNamesIt() {
        assertThat(Configurations.parse(Map.of("policy", Map.of("example.least_of_sample", Map.of("sample", 5))))
                        .policy())
                .isEqualTo(new LeastOfSample(5));
    }

    @Test
    void aLargeSampleFindsTheEmptiest() {
        List<FakeNode> nodes = FakeNode.numbered("s", 3);
        nodes.get(0).inFlight(2);
        nodes.get(1).inFlight(1);
        nodes.get(2).inFlight(3);
        var picker = new LeastOfSample(10).newPicker(Snapshot.of(nodes), new FakeTime().env());
        long emptiest = 0;
        for (int i = 0; i < 1_000; i++) {
            if (picker.pick(PickContext.NONE) == nodes.get(1)) {
                emptiest++;
            }
        }
        // Ten draws of three miss one in (2/3)^10, 1.7 %.
        assertThat(emptiest).isBetween(950L, 999L);
    }
}
