package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.PickerContract;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

class PickerContractTest {

    /** All of zerohop's own policies do. */
    abstract static class Spreading extends PickerContract {
        @Override
        protected final boolean spreads() {
            return true;
        }
    }

    /** Each that has a name, with its default options. A directory comes with its snapshots: see {@link DirectoryPolicyTest}. */
    @Nested
    @ParameterizedClass
    @MethodSource("dev.zerohop.picker.PickerContractTest#names")
    class ByName extends Spreading {
        @Parameter
        String name = "";

        @Override
        protected PickPolicy policy() {
            return Pickers.byName(name);
        }

        @Override
        protected boolean oneOwnerOnly() {
            return name.equals("shard");
        }
    }

    static List<String> names() {
        return Pickers.names().stream()
                .filter(name -> !name.equals("directory"))
                .toList();
    }

    /** Nothing is under way here, so nothing is bounded: it must not pass over anything. */
    @Nested
    class RingHashWithBoundedLoad extends Spreading {
        @Override
        protected PickPolicy policy() {
            return Pickers.ringHash().boundedLoad();
        }
    }

    @Nested
    class WeightsByReports extends Spreading {
        @Override
        protected PickPolicy policy() {
            return Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS);
        }
    }

    @Nested
    class LeastRequestByReports extends Spreading {
        @Override
        protected PickPolicy policy() {
            return Pickers.leastRequestByReports();
        }
    }

    @Nested
    class ShardWait extends Spreading {
        @Override
        protected PickPolicy policy() {
            return ShardPolicy.builder().ownerDown(OwnerDown.WAIT).build();
        }

        @Override
        protected boolean oneOwnerOnly() {
            return true;
        }
    }

    @Nested
    class ShardSpill extends Spreading {
        @Override
        protected PickPolicy policy() {
            return ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        }
    }

    /** Routed by a map of the source with an epoch. */
    @Nested
    class ShardByEpoch extends Spreading {
        @Override
        protected PickPolicy policy() {
            return new Given(Pickers.shard(), snapshot -> {
                int count = Math.max(1, snapshot.members().size());
                return snapshot.withShardMap(ShardMap.of(7, new ShardCount(count, 0)));
            });
        }

        @Override
        protected boolean oneOwnerOnly() {
            return true;
        }
    }

    /** All of them replicas of the one shard that there is: no key is bound to one of them. */
    @Nested
    class ShardReplicas extends Spreading {
        @Override
        protected PickPolicy policy() {
            return new Given(Pickers.shard(), PickerContractTest::inOneShard);
        }
    }

    /** The same with a policy whose picks follow a sequence. */
    @Nested
    class ShardReplicasInTurn extends Spreading {
        @Override
        protected PickPolicy policy() {
            ShardPolicy inTurn = ShardPolicy.builder()
                    .replicas(Pickers.weightedRoundRobin())
                    .ownerDown(OwnerDown.SPILL)
                    .build();
            return new Given(inTurn, PickerContractTest::inOneShard);
        }
    }

    private static Snapshot inOneShard(Snapshot snapshot) {
        Map<Node, Node> copies = new IdentityHashMap<>();
        for (Node node : snapshot.members()) {
            copies.put(
                    node,
                    new FakeNode(node.endpoint().toBuilder().ordinal(0).build())
                            .health(node.health().status()));
        }
        return Snapshot.of(
                snapshot.members().stream().map(copies::get).toList(),
                snapshot.candidates().stream()
                        .map(candidate -> new Candidate(copies.get(candidate.node()), candidate.weight()))
                        .toList());
    }

    /** A policy that is given other snapshots than the contract knows of. */
    private record Given(PickPolicy policy, UnaryOperator<Snapshot> change) implements PickPolicy {
        @Override
        public String name() {
            return policy.name();
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new GivenPicker(policy.newPicker(change.apply(first), env), change);
        }
    }

    private record GivenPicker(Picker picker, UnaryOperator<Snapshot> change) implements Picker {
        @Override
        public @Nullable Node pick(PickContext context) {
            return picker.pick(context);
        }

        @Override
        public Refusal refusal(PickContext context) {
            return picker.refusal(context);
        }

        @Override
        public Picker rebuild(Snapshot next) {
            return new GivenPicker(picker.rebuild(change.apply(next)), change);
        }

        @Override
        public List<String> explain(PickContext context) {
            return picker.explain(context);
        }
    }

    @Test
    void policiesAreValues() {
        assertThat(Pickers.peakEwma()).isEqualTo(Pickers.peakEwma(Duration.ofSeconds(10), 10));
        assertThat(Pickers.peakEwma()).isNotEqualTo(Pickers.peakEwma(Duration.ofSeconds(9), 10));
        assertThat(Pickers.rendezvous()).isEqualTo(Pickers.rendezvous(null));
        assertThat(Pickers.rendezvous(Pickers.random())).isNotEqualTo(Pickers.rendezvous());
        assertThat(Pickers.shard()).isEqualTo(ShardPolicy.builder().build()).hasSameHashCodeAs(Pickers.shard());
        assertThat(lookup(1)).isEqualTo(lookup(1)).isNotEqualTo(lookup(2));
    }

    private static ShardPolicy lookup(int ordinal) {
        return ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.LOOKUP)
                .table(Map.of("k", ordinal))
                .build();
    }

    @Test
    void everyPolicyHasItsName() {
        assertThat(Pickers.names())
                .isSorted()
                .contains(
                        "directory",
                        "least_request",
                        "lvs",
                        "maglev",
                        "peak_ewma",
                        "prequal",
                        "random",
                        "rendezvous",
                        "ring_hash",
                        "round_robin",
                        "shard",
                        "weighted_random",
                        "weighted_round_robin");
        for (String name : Pickers.names()) {
            assertThat(Pickers.byName(name).name()).isEqualTo(name);
        }
        assertThatThrownBy(() -> Pickers.byName("ring"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("policy was 'ring', expected one of [directory, least_request");
    }

    @Test
    void aKeyedPolicyIsNoFallbackForMissingKeys() {
        assertThatThrownBy(() -> Pickers.rendezvous(Pickers.shard()))
                .hasMessage("withoutKey was shard, expected a policy that needs no key");
    }
}
