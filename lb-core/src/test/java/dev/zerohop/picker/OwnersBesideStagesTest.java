package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.ShardCount;
import dev.zerohop.Snapshot;
import dev.zerohop.stage.PriorityGroups;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who owns a key is a matter of the health of all members, whatever stages make candidates. */
class OwnersBesideStagesTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedDirectory directory = new ScriptedDirectory();

    private static FakeNode node(String id, int ordinal, String zone) {
        return new FakeNode(Endpoint.builder("10.0.0.1", 1_000 + ordinal)
                .id(id)
                .ordinal(ordinal)
                .zone(zone)
                .build());
    }

    // ---- a group that panics by itself ----

    /** 66 of 100 are usable in a, 1 of 20 in b: of a all that are usable, b panics, and all together do not. */
    private Snapshot groups() {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            FakeNode node = node(String.format("n-%03d", i), i, i < 100 ? "a" : "b");
            nodes.add(i < 34 || i > 100 ? node.health(Health.Status.EJECTED) : node);
        }
        Snapshot all = Snapshot.of(nodes, new ShardCount(120, 0)).withDirectory(directory);
        Snapshot staged = PriorityGroups.ofZones(List.of("a")).apply(all, time.nanoTime());
        assertThat(staged.candidates())
                .as("b panics")
                .extracting(Candidate::node)
                .contains(nodes.get(110))
                .doesNotContain(nodes.get(0));
        assertThat(staged.available()).hasSize(67);
        return staged;
    }

    private static ShardPolicy shard(OwnerDown ownerDown) {
        return ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.MODULO)
                .ownerDown(ownerDown)
                .build();
    }

    private static PickContext key(int key) {
        return PickContext.of(EndpointSelector.of(key));
    }

    @ParameterizedTest
    @EnumSource(OwnerDown.class)
    void aGroupThatPanicsMakesNoOwnerWell(OwnerDown ownerDown) {
        directory.put("110", Owner.endpoint("n-110"));
        directory.put("111", Owner.ordinal(111));
        directory.put("100", Owner.endpoint("n-100"));
        Snapshot groups = groups();
        for (PickPolicy policy : List.of(
                shard(ownerDown),
                DirectoryPolicy.builder()
                        .ownerDown(ownerDown == OwnerDown.SPILL ? OwnerDown.FAIL_FAST : ownerDown)
                        .build())) {
            for (int key : List.of(110, 111)) {
                Node node = policy.newPicker(groups, time.env()).pick(key(key));
                if (ownerDown == OwnerDown.SPILL && policy instanceof ShardPolicy) {
                    assertThat(requireNonNull(node).health().usable()).isTrue();
                } else {
                    assertThat(node).as(policy.name()).isNull();
                }
            }
            Node owner = policy.newPicker(groups, time.env()).pick(key(100));
            assertThat(requireNonNull(owner).endpoint().ordinal()).isEqualTo(100);
        }
    }

    /** What pickers find equal by identity. */
    @Test
    void whereTheGroupThatIsUsedIsAllThatHealthLeavesThereIsOneList() {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            FakeNode node = node("n-" + i, i, i < 3 ? "a" : "b");
            nodes.add(i < 3 ? node : node.health(Health.Status.EJECTED));
        }
        Snapshot staged = PriorityGroups.ofZones(List.of("a")).apply(Snapshot.of(nodes), time.nanoTime());
        assertThat(staged.candidates()).hasSize(3).isSameAs(staged.available());
        assertThat(staged.withAvailable(List.of()).available()).isEmpty();
    }

    // ---- replicas that stages send nothing to ----

    private final FakeNode near = node("a-1", 1, "a");
    private final FakeNode far = node("b-1", 1, "b");
    private final FakeNode further = node("c-1", 1, "c");
    private final List<FakeNode> replicas =
            List.of(node("a-0", 0, "a"), near, node("b-0", 0, "b"), far, further, node("c-2", 2, "c"));

    /** A stage prefers zone a; at ordinal 2 there is none. */
    private Snapshot preferring() {
        Snapshot all = FakeNode.usable(Snapshot.of(replicas, new ShardCount(3, 0)));
        List<Candidate> some = all.candidates().stream()
                .filter(candidate -> "a".equals(candidate.node().endpoint().zone()))
                .toList();
        return all.with(some, Long.MAX_VALUE, "test: zone a").withDirectory(directory);
    }

    @ParameterizedTest
    @EnumSource(OwnerDown.class)
    void aRetryStaysInItsShardWhileAReplicaIsWell(OwnerDown ownerDown) {
        var picker = shard(ownerDown).newPicker(preferring(), time.env());
        PickContext first = key(1);
        assertThat(picker.pick(first)).isSameAs(near);
        PickContext second = first.retryAfter(near.endpoint());
        Node other = requireNonNull(picker.pick(second));
        assertThat(other).isIn(far, further);
        assertThat(picker.pick(second, time.nanoTime())).isSameAs(other);
        assertThat(picker.spilled(second, other)).isFalse();
        assertThat(picker.explain(second))
                .contains("the preferred replicas of ordinal 1 were tried, the call goes to " + other.endpoint());
        PickContext third = second.retryAfter(other.endpoint());
        assertThat(picker.pick(third)).isSameAs(other == far ? further : far);
        PickContext fourth = third.retryAfter(far.endpoint()).retryAfter(further.endpoint());
        Node last = requireNonNull(picker.pick(fourth));
        if (ownerDown == OwnerDown.SPILL) {
            assertThat(last.endpoint().ordinal()).isNotEqualTo(1);
        } else {
            assertThat(last).as("a wish, not a ban").isSameAs(near);
        }
    }

    @Test
    void retriesOfDifferentKeysGoToDifferentReplicas() {
        var picker = shard(OwnerDown.FAIL_FAST).newPicker(preferring(), time.env());
        Set<Node> picked = new HashSet<>();
        for (int key = 1; key < 300; key += 3) {
            picked.add(requireNonNull(picker.pick(key(key).retryAfter(near.endpoint()))));
        }
        assertThat(picked).containsExactlyInAnyOrder(far, further);
    }

    @Test
    void aReplicaThatIsOutIsNoSpare() {
        far.health(Health.Status.EJECTED);
        further.health(Health.Status.DRAINING);
        var picker = shard(OwnerDown.FAIL_FAST).newPicker(preferring(), time.env());
        assertThat(picker.pick(key(1).retryAfter(near.endpoint()))).isSameAs(near);
    }

    @Test
    void soDoesARetryOfAKeyWhoseOwnerIsAnOrdinal() {
        directory.put("1", Owner.ordinal(1));
        var picker = Pickers.directory().newPicker(preferring(), time.env());
        PickContext second = key(1).retryAfter(near.endpoint());
        assertThat(picker.pick(key(1))).isSameAs(near);
        assertThat(picker.pick(second)).isSameAs(far);
        assertThat(picker.pick(second.retryAfter(far.endpoint()))).isSameAs(further);
        assertThat(picker.pick(second.retryAfter(far.endpoint()).retryAfter(further.endpoint())))
                .isSameAs(near);
    }
}
