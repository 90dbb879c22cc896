package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.ZonePreference;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the zone stage decides is what the policies do. */
class ZoneUnderPoliciesTest {
    private static Snapshot oneOfSeven() {
        List<FakeNode> nodes = new ArrayList<>();
        for (String id : List.of("a-0", "b-0", "b-1", "b-2", "c-0", "c-1", "c-2")) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                    .id(id)
                    .zone(id.substring(0, 1))
                    .build()));
        }
        return ZonePreference.builder()
                .prefer(ZonePreference.Prefer.OWN)
                .client(new Locality("a", null))
                .build()
                .apply(Snapshot.of(nodes), 0);
    }

    static Stream<PickPolicy> policiesThatTakeWeights() {
        return Stream.of(Pickers.weightedRoundRobin(), Pickers.weightedRandom(), Pickers.rendezvous());
    }

    @ParameterizedTest
    @MethodSource("policiesThatTakeWeights")
    void theTrafficIsDividedAsTheStageSays(PickPolicy policy) {
        Picker picker = policy.newPicker(oneOfSeven(), Env.system());
        Map<String, Double> shares = new HashMap<>();
        int picks = 20_000;
        for (int i = 0; i < picks; i++) {
            Node node = picker.pick(PickContext.of(EndpointSelector.of("key-" + i)));
            shares.merge(node.endpoint().zone(), 1.0 / picks, Double::sum);
        }
        assertThat(shares.get("a")).isCloseTo(0.6, within(0.02));
        assertThat(shares.get("b")).isCloseTo(0.2, within(0.02));
    }

    @Test
    void leastRequestTakesFewestCallsForItsWeight() {
        Picker picker = Pickers.leastRequest().newPicker(oneOfSeven(), Env.system());
        int near = 0;
        for (int i = 0; i < 20_000; i++) {
            near += "a".equals(picker.pick(PickContext.NONE).endpoint().zone()) ? 1 : 0;
        }
        assertThat(near / 20_000.0).as("nobody has calls under way").isCloseTo(0.6, within(0.05));
    }
}
