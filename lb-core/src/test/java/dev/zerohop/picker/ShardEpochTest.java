package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.picker.ShardPolicy.Strategy;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Shard maps of the source: what goes before what, and how clients follow a move. */
class ShardEpochTest {
    private static final int KEYS = 20_000;
    private static final ShardCount THREE = new ShardCount(3, 0);
    private static final ShardCount FIVE = new ShardCount(5, 0);

    private final List<FakeNode> five = FakeNode.numbered("orders", 5);

    private Picker picker(ShardPolicy policy, ShardMap map) {
        return policy.newPicker(Snapshot.of(five, map), new FakeTime().env());
    }

    private static PickContext key(String text) {
        return PickContext.of(EndpointSelector.of(text));
    }

    private static int ordinal(Picker picker, String key) {
        Node node = picker.pick(key(key));
        return node == null ? -1 : node.endpoint().ordinal();
    }

    /** The published vectors: "user-42" is on 1 of 3 and on 4 of 5, "order:1001" on 1 and on 3, "a" on 1 of both. */
    @Test
    void keysFollowTheEpochInForce() {
        ShardMap seven = ShardMap.of(7, THREE);
        Picker picker = picker(Pickers.shard(), seven);
        assertRouted(picker, 7, 1, 1);
        picker = rebuilt(picker, seven.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
        assertRouted(picker, 7, 1, 1);
        assertRouted(rebuilt(picker, seven.movingTo(8, FIVE, MovingKeys.NEW_AT_ONCE)), 8, 4, 3);
        picker = rebuilt(picker, ShardMap.of(8, FIVE));
        assertRouted(picker, 8, 4, 3);
    }

    private Picker rebuilt(Picker picker, ShardMap map) {
        return picker.rebuild(Snapshot.of(five, map));
    }

    private static void assertRouted(Picker picker, long epoch, int user42, int order1001) {
        assertThat(picker.shardEpoch()).isEqualTo(epoch);
        assertThat(ordinal(picker, "user-42")).isEqualTo(user42);
        assertThat(ordinal(picker, "order:1001")).isEqualTo(order1001);
        assertThat(ordinal(picker, "a")).isEqualTo(1);
    }

    static List<ShardPlacement> placements() {
        return List.of(
                FIVE,
                new ShardCount(2, 3),
                new Ranges(64, List.of(new Range(0, 20, 4), new Range(21, 40, 0)), Optional.of(2)),
                new Lookup(Map.of("k1", 4, "k2", 0), Optional.of(1)),
                new Prefixes(Map.of("k1", 3, "k10", 4), Optional.of(0)));
    }

    /** Two clients with nothing in common but the value: other dice, other histories, other orders of events. */
    @ParameterizedTest
    @MethodSource("placements")
    void clientsThatReadTheSameValueRouteTheSameKeyToTheSameOrdinal(ShardPlacement next) {
        ShardMap present = ShardMap.of(41, THREE);
        List<ShardMap> values = new ArrayList<>(List.of(present, ShardMap.of(42, next)));
        for (MovingKeys rule : MovingKeys.values()) {
            values.add(present.movingTo(42, next, rule));
        }
        for (ShardMap value : values) {
            Picker fresh = picker(Pickers.shard(), value);
            FakeNode gone = five.get(2);
            Picker old = rebuilt(
                    picker(Pickers.shard(), ShardMap.of(1, new ShardCount(4, 0)))
                            .rebuild(Snapshot.of(five.subList(0, 2), present)),
                    value);
            assertThat(old.shardEpoch()).isEqualTo(fresh.shardEpoch()).isEqualTo(value.epochInForce());
            for (int i = 0; i < 2_000; i++) {
                int expected = ordinal(fresh, "k" + i);
                assertThat(ordinal(old, "k" + i)).isEqualTo(expected).isNotNegative();
            }
            assertThat(gone.endpoint().ordinal()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(MovingKeys.class)
    void onlyTheKeysThatJumpHashMovesMoveAndTheOthersAreNeverTouched(MovingKeys rule) {
        ShardMap present = ShardMap.of(7, THREE);
        Picker before = picker(Pickers.shard(), present);
        Picker during = rebuilt(before, present.movingTo(8, FIVE, rule));
        Picker after = rebuilt(during, ShardMap.of(8, FIVE));
        int moved = 0;
        for (int i = 0; i < KEYS; i++) {
            long hash = EndpointSelector.of("k" + i).hash();
            int from = JumpHash.bucket(hash, 3);
            int to = JumpHash.bucket(hash, 5);
            moved += from == to ? 0 : 1;
            assertThat(to)
                    .satisfiesAnyOf(
                            o -> assertThat(o).isEqualTo(from),
                            o -> assertThat(o).isGreaterThan(2));
            assertThat(ordinal(before, "k" + i)).isEqualTo(from);
            assertThat(ordinal(during, "k" + i)).isEqualTo(rule == MovingKeys.NEW_AT_ONCE ? to : from);
            assertThat(ordinal(after, "k" + i)).isEqualTo(to);
        }
        assertThat(moved)
                .as("2/5 of the keys, the least that fills two more shards")
                .isBetween(7_800, 8_200);
    }

    @Test
    void aCountWithAnEpochGoesBeforeTheConfiguredOneAndACountWithoutDoesNot() {
        ShardPolicy configured = ShardPolicy.builder().shards(2).firstOrdinal(3).build();
        assertThat(ordinal(picker(configured, ShardMap.of(FIVE)), "user-42")).isGreaterThan(2);
        assertThat(picker(configured, ShardMap.of(FIVE)).shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
        assertThat(ordinal(picker(configured, ShardMap.of(7, THREE)), "user-42"))
                .isEqualTo(1);
        assertThat(picker(configured, ShardMap.of(7, THREE)).explain(key("user-42")))
                .first()
                .isEqualTo("3 shards by epoch 7 of the source, which goes before the configured number");
        Picker modulo = picker(ShardPolicy.builder().strategy(Strategy.MODULO).build(), ShardMap.of(7, THREE));
        assertThat(modulo.pick(PickContext.of(EndpointSelector.of(7)))).isSameAs(five.get(1));
    }

    @Test
    void anExplicitMapGoesBeforeAnyStrategyAndACountLeavesAConfiguredMapAlone() {
        ShardPolicy table = ShardPolicy.builder()
                .strategy(Strategy.LOOKUP)
                .table(Map.of("user-42", 2))
                .build();
        Picker counted = picker(table, ShardMap.of(7, FIVE));
        assertThat(ordinal(counted, "user-42")).isEqualTo(2);
        assertThat(counted.shardEpoch()).as("not routed by it").isEqualTo(ShardMap.NO_EPOCH);
        ShardMap map = ShardMap.of(8, new Prefixes(Map.of("user-", 3), Optional.empty()));
        for (ShardPolicy policy : List.of(table, Pickers.shard())) {
            Picker picker = picker(policy, map);
            assertThat(ordinal(picker, "user-42")).isEqualTo(3);
            assertThat(picker.shardEpoch()).isEqualTo(8);
            assertThat(picker.pick(key("x"))).isNull();
            assertThat(picker.refusal(key("x")).message())
                    .isEqualTo("prefix: key \"x\" begins with none of the 1 prefixes and there is no default");
        }
        assertThat(ordinal(picker(table, ShardMap.of(map.placement())), "user-42"))
                .as("also without an epoch")
                .isEqualTo(3);
    }

    @Test
    void explainNamesEpochShardOwnerAndWhatComes() {
        ShardMap seven = ShardMap.of(7, THREE);
        Picker picker = picker(Pickers.shard(), seven.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
        List<String> moves = picker.explain(key("user-42"));
        assertThat(moves).hasSize(4);
        assertThat(moves.get(0)).isEqualTo("3 shards by epoch 7 of the source");
        assertThat(moves.get(1)).contains("jump hash over 3 shards gives bucket 1");
        assertThat(moves.get(2)).startsWith("ordinal 1 is orders-1(");
        assertThat(moves.get(3))
                .isEqualTo(
                        "epoch 8 is announced, 5 shards (OLD_UNTIL_CUTOVER); at the cut-over the key moves to ordinal"
                                + " 4");
        assertThat(picker.explain(key("a"))).last().asString().endsWith("at the cut-over the key stays where it is");
        assertThat(rebuilt(picker, seven.movingTo(8, FIVE, MovingKeys.NEW_AT_ONCE))
                        .explain(key("user-42")))
                .last()
                .isEqualTo("epoch 8 is in force at once (NEW_AT_ONCE) while epoch 7 is the present one, under which the"
                        + " key belongs to ordinal 1");
        PlacementExplanation placement =
                Pickers.shard().place(EndpointSelector.of("user-42"), Snapshot.of(five, seven));
        assertThat(placement.epoch()).isEqualTo(7);
        assertThat(placement.ordinal()).isEqualTo(1);
    }

    /** A rebuild for a health flip takes over what was laid out; the sum of a million slots would show. */
    @Test
    void aMapIsLaidOutOnce() {
        ShardMap map = ShardMap.of(7, new Ranges(Ranges.MAX_SLOTS, List.of(), Optional.of(1)));
        Snapshot snapshot = Snapshot.of(five, map);
        ResolvedPlacement first = ResolvedPlacement.of(Pickers.shard(), snapshot, 4, null);
        Snapshot moving = Snapshot.of(five, map.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER));
        assertThat(ResolvedPlacement.of(Pickers.shard(), snapshot, 4, first)).isSameAs(first);
        assertThat(ResolvedPlacement.of(Pickers.shard(), moving, 5, first).keys())
                .isSameAs(first.keys());
        assertThat(ResolvedPlacement.of(Pickers.shard(), moving, 5, null).keys())
                .isNotSameAs(first.keys());
    }
}
