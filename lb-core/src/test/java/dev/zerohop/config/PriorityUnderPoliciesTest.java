package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.PriorityGroups;
import dev.zerohop.stage.SlowStart;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies keep to what the priority stage decides, whatever the loads are, and whichever endpoints are starting. */
class PriorityUnderPoliciesTest {
    private static final int PICKS = 42_000;

    private final FakeTime time = new FakeTime();

    /** Half of the first group is out: it bears 70 %. */
    private static List<FakeNode> nodes() {
        List<FakeNode> nodes = new ArrayList<>();
        for (String id : List.of("a-0", "a-1", "a-2", "a-3", "b-0", "b-1", "b-2", "b-3")) {
            FakeNode node = new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                    .id(id)
                    .zone(id.substring(0, 1))
                    .build());
            nodes.add(id.equals("a-2") || id.equals("a-3") ? node.health(Health.Status.UNREACHABLE) : node);
        }
        return nodes;
    }

    /** All but those whose keys have one owner each. */
    static Stream<PickPolicy> policies() {
        return Pickers.names().stream()
                .filter(name -> !name.equals("shard") && !name.equals("directory"))
                // So small a ring as its default divides keys unevenly by itself.
                .map(name -> name.equals("ring_hash") ? Pickers.ringHash(100_000, 1_000_000) : Pickers.byName(name));
    }

    /** And but one that moves calls from endpoints which have their share of them under way: there loads decide. */
    static Stream<PickPolicy> unboundedPolicies() {
        return policies().filter(policy -> !policy.name().equals("prefix_affinity"));
    }

    private double shareOfFirst(PickPolicy policy, Snapshot snapshot) {
        Picker picker = policy.newPicker(snapshot, time.env());
        double first = 0;
        for (int i = 0; i < PICKS; i++) {
            PickContext key = PickContext.of(EndpointSelector.of("key-" + i));
            first += "a".equals(picker.pick(key).endpoint().zone()) ? 1 : 0;
        }
        return first / PICKS;
    }

    @ParameterizedTest
    @MethodSource("unboundedPolicies")
    void theTrafficIsDividedAsTheStageDecidesWhateverTheLoadsAre(PickPolicy policy) {
        List<FakeNode> nodes = nodes();
        for (FakeNode node : nodes) {
            int busy = "a".equals(node.endpoint().zone()) ? 20 : 1;
            node.inFlight(busy);
            node.load(busy);
        }
        Snapshot snapshot = PriorityGroups.ofZones(List.of("a", "b")).apply(Snapshot.of(nodes), 0);
        assertThat(shareOfFirst(policy, snapshot)).isCloseTo(0.7, within(0.02));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void thoseThatStartTakeTheirPartWithinTheirGroup(PickPolicy policy) {
        List<FakeNode> nodes = nodes();
        nodes.get(0).healthySince(100_000_000_000L);
        Snapshot divided = PriorityGroups.ofZones(List.of("a", "b")).apply(Snapshot.of(nodes), 0);
        Snapshot snapshot = new SlowStart(Duration.ofSeconds(30)).apply(divided, 103_000_000_000L);
        assertThat(snapshot.trail().get(1)).startsWith("slow_start: 1 of 6 are starting: a-0");
        assertThat(shareOfFirst(policy, snapshot)).isCloseTo(0.7, within(0.02));
    }
}
