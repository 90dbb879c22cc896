package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.LoadMetric;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.ShardCount;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** StatefulSets as replicas of one shard space: orders-a-0 to 2 and orders-b-0 to 2. */
class ShardReplicasTest {
    private static final ShardCount THREE = new ShardCount(3, 0);

    private final FakeTime time = new FakeTime();
    private final List<FakeNode> nodes = new ArrayList<>();

    ShardReplicasTest() {
        nodes.addAll(FakeNode.numbered("orders-a", 3));
        nodes.addAll(FakeNode.numbered("orders-b", 3));
    }

    private Snapshot usable() {
        return FakeNode.usable(Snapshot.of(nodes, THREE));
    }

    private Picker picker(ShardPolicy.Builder policy) {
        return policy.build().newPicker(usable(), time.env());
    }

    /** On ordinal 1 of 3. */
    private static PickContext key() {
        return PickContext.of(EndpointSelector.of("user-42"));
    }

    private static String id(Node node) {
        return node == null ? "nobody" : node.endpoint().id();
    }

    private static Map<String, Integer> picks(Picker picker, int times) {
        Map<String, Integer> picks = new TreeMap<>();
        for (int i = 0; i < times; i++) {
            picks.merge(id(picker.pick(key())), 1, Integer::sum);
        }
        return picks;
    }

    private FakeNode node(String id) {
        return nodes.stream()
                .filter(node -> node.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theOrdinalPicksTheShardAndTheInnerPolicyTheReplica() {
        Picker turns = picker(ShardPolicy.builder().replicas(Pickers.roundRobin()));
        assertThat(picks(turns, 100)).isEqualTo(Map.of("orders-a-1", 50, "orders-b-1", 50));
        Picker least = picker(ShardPolicy.builder());
        node("orders-a-1").inFlight(5);
        Map<String, Integer> picks = picks(least, 1_000);
        assertThat(picks).containsOnlyKeys("orders-b-1");
    }

    @ParameterizedTest
    @EnumSource(OwnerDown.class)
    void aRetryGoesToAnotherReplicaFirst(OwnerDown ownerDown) {
        Picker picker = picker(ShardPolicy.builder().ownerDown(ownerDown));
        for (int i = 0; i < 200; i++) {
            Node first = picker.pick(key());
            PickContext retry = key().retryAfter(first.endpoint());
            Node second = picker.pick(retry);
            assertThat(second).isNotSameAs(first);
            assertThat(second.endpoint().ordinal()).isEqualTo(1);
            PickContext all = retry.retryAfter(second.endpoint());
            if (ownerDown == OwnerDown.SPILL) {
                assertThat(picker.pick(all).endpoint().ordinal()).isNotEqualTo(1);
            } else {
                assertThat(picker.pick(all)).as("a wish, not a ban").isIn(first, second);
            }
        }
    }

    @Test
    void theOwnerIsDownOnlyWhenNoReplicaIsUsable() {
        Picker whole = picker(ShardPolicy.builder());
        node("orders-a-1").health(Health.Status.EJECTED);
        Picker half = whole.rebuild(usable());
        assertThat(picks(half, 50)).containsOnlyKeys("orders-b-1");
        node("orders-b-1").health(Health.Status.UNHEALTHY);
        Picker none = half.rebuild(usable());
        assertThat(none.pick(key())).isNull();
        Refusal refusal = none.refusal(key());
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(refusal.waits()).isFalse();
        assertThat(refusal.message())
                .matches("ordinal 1: none of its 2 replicas can be used: orders-a-1\\(.*\\) is EJECTED for 1\\.0 s"
                        + " \\(test: set by the test\\); orders-b-1\\(.*\\) is UNHEALTHY for 1\\.0 s \\(test: set"
                        + " by the test\\)");
        node("orders-b-1").health(Health.Status.CONNECTING);
        assertThat(none.rebuild(usable()).refusal(key()).kind()).isEqualTo(Refusal.Kind.CONNECTING);
        assertThat(picks(half, 50)).as("the old version as it was").containsOnlyKeys("orders-b-1");
    }

    @Test
    void spillLeavesTheShardOnlyWhenAllItsReplicasAreDownOrTried() {
        ShardPolicy.Builder spill = ShardPolicy.builder().ownerDown(OwnerDown.SPILL);
        node("orders-a-1").health(Health.Status.EJECTED);
        Picker picker = picker(spill);
        assertThat(picks(picker, 50)).containsOnlyKeys("orders-b-1");
        assertThat(picker.spilled(key(), node("orders-b-1"))).isFalse();
        Node elsewhere = picker.pick(key().retryAfter(node("orders-b-1").endpoint()));
        assertThat(elsewhere.endpoint().ordinal()).isNotEqualTo(1);
        assertThat(picker.spilled(key(), elsewhere)).isTrue();
        node("orders-b-1").health(Health.Status.EJECTED);
        Picker spilling = picker.rebuild(usable());
        assertThat(picks(spilling, 200)).as("both replicas of the next owner").hasSize(2);
    }

    @Test
    void aReplicaOfWeightZeroTakesNothing() {
        nodes.set(0, FakeNode.named("orders-a-0", 0));
        nodes.set(1, FakeNode.named("orders-a-1", 0));
        Picker picker = picker(ShardPolicy.builder());
        assertThat(picks(picker, 200)).containsOnlyKeys("orders-b-1");
        assertThat(id(picker.pick(key().retryAfter(node("orders-b-1").endpoint()))))
                .isEqualTo("orders-b-1");
    }

    @Test
    void weightsCountWithinAShard() {
        nodes.set(1, FakeNode.named("orders-a-1", 3));
        Picker picker = picker(ShardPolicy.builder().replicas(Pickers.weightedRoundRobin()));
        assertThat(picks(picker, 400)).isEqualTo(Map.of("orders-a-1", 300, "orders-b-1", 100));
    }

    /** A flip in one shard leaves the sequences of all others where they were, the very objects; its own is inherited. */
    @Test
    void aNewVersionInheritsPositionsAndRebuildsOnlyWhatChanged() {
        Picker old = picker(ShardPolicy.builder().replicas(Pickers.roundRobin()));
        String first = id(old.pick(key()));
        node("orders-a-0").health(Health.Status.EJECTED);
        Picker next = old.rebuild(usable());
        String second = id(next.pick(key()));
        assertThat(second).isNotEqualTo(first);
        assertThat(id(old.pick(key()))).as("one sequence").isEqualTo(first);
        OrdinalIndex before = new OrdinalIndex(Snapshot.of(nodes, THREE));
        OrdinalIndex flipped = new OrdinalIndex(usable());
        assertThat(flipped.same(0, before, 0)).isFalse();
        assertThat(flipped.same(1, before, 1)).isTrue();
        nodes.add(FakeNode.named("orders-c-1"));
        assertThat(new OrdinalIndex(usable()).same(1, before, 1)).isFalse();
    }

    /** Under panic its weight stays as it was. */
    @Test
    void aReplicaThatIsHalfOpenGetsItsCallWhateverItsProbesFound() {
        FakeNode out = node("orders-b-1");
        out.health(Health.Status.EJECTED);
        ScriptedLoads loads = new ScriptedLoads().with("orders-a-1", 0, 1).with("orders-b-1", 9, 1_000);
        Picker ejected = ShardPolicy.builder()
                .replicas(Pickers.prequal())
                .build()
                .newPicker(Snapshot.of(nodes, THREE), time.env().withProbes(loads));
        ejected.inForce();
        picks(ejected, 20);
        time.advance(Duration.ofMillis(7));
        assertThat(picks(ejected, 20)).containsOnlyKeys("orders-a-1");
        out.health(Health.Status.HALF_OPEN);
        Picker halfOpen = ejected.rebuild(Snapshot.of(nodes, THREE));
        assertThat(picks(halfOpen, 100)).containsKey("orders-b-1");
    }

    @Test
    void explainNamesTheReplicasAndHowOneIsChosenAndChangesNothing() {
        Picker picker = picker(ShardPolicy.builder().replicas(Pickers.roundRobin()));
        String first = id(picker.pick(key()));
        List<String> lines = picker.explain(key());
        picker.explain(key());
        assertThat(id(picker.pick(key()))).isNotEqualTo(first);
        assertThat(lines.get(2))
                .startsWith("ordinal 1 has 2 replicas: orders-a-1(")
                .contains(", orders-b-1(");
        assertThat(lines.get(3)).startsWith("2 replicas of ordinal 1, round_robin: ");
    }

    @Test
    void placementNamesAllReplicasTheUsableOnesFirst() {
        node("orders-a-1").health(Health.Status.EJECTED);
        PlacementExplanation placement = Pickers.shard().place(EndpointSelector.of("user-42"), usable());
        assertThat(placement.replicas()).extracting(Endpoint::id).containsExactly("orders-b-1", "orders-a-1");
        assertThat(placement.endpoint()).isEqualTo(node("orders-b-1").endpoint());
    }

    @Test
    void oneLoadServesBothInnerPoliciesOrTheyAreRefused() {
        LoadMetric ewma = Pickers.peakEwma().loadMetric();
        assertThat(ShardPolicy.builder().replicas(Pickers.peakEwma()).build().loadMetric())
                .isEqualTo(ewma);
        assertThat(ShardPolicy.builder()
                        .replicas(Pickers.peakEwma())
                        .withoutKey(Pickers.random())
                        .build()
                        .loadMetric())
                .isEqualTo(ewma);
        assertThat(ShardPolicy.builder().withoutKey(Pickers.peakEwma()).build().loadMetric())
                .isEqualTo(ewma);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardPolicy.builder()
                        .replicas(Pickers.peakEwma())
                        .withoutKey(Pickers.peakEwma(Duration.ofSeconds(1), 10))
                        .build())
                .withMessageContaining("expected both to measure load alike");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        ShardPolicy.builder().replicas(Pickers.rendezvous()).build())
                .withMessage("replicas was rendezvous, expected a policy that needs no key");
    }

    @Test
    void aPolicyThatWantsTheTimeGetsIt() {
        Picker picker = picker(ShardPolicy.builder().replicas(Pickers.peakEwma()));
        node("orders-a-1").load(1_000.0);
        node("orders-b-1").load(10.0);
        for (int i = 0; i < 50; i++) {
            assertThat(id(picker.pick(key(), time.nanoTime()))).isEqualTo("orders-b-1");
            assertThat(id(picker.pick(key()))).isEqualTo("orders-b-1");
        }
    }
}
