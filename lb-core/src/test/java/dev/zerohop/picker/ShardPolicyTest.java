package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.ShardCount;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.picker.ShardPolicy.Strategy;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShardPolicyTest {
    private final FakeTime time = new FakeTime();
    private final List<FakeNode> five = FakeNode.numbered("orders", 5);

    private Picker picker(PickPolicy policy, Snapshot snapshot) {
        return policy.newPicker(snapshot, time.env());
    }

    private static PickContext key(String text) {
        return PickContext.of(EndpointSelector.of(text));
    }

    private static PickContext key(long number) {
        return PickContext.of(EndpointSelector.of(number));
    }

    private static ShardPolicy.Builder with(Strategy strategy) {
        return ShardPolicy.builder().strategy(strategy);
    }

    private static Snapshot usable(List<FakeNode> members, @Nullable ShardCount shards) {
        return FakeNode.usable(Snapshot.of(members, shards));
    }

    private static int ordinalOf(@Nullable Node node) {
        return node == null ? -1 : node.endpoint().ordinal();
    }

    @Test
    void jumpFollowsThePublishedPlacement() {
        Picker picker = picker(Pickers.shard(), Snapshot.of(five));
        assertThat(ordinalOf(picker.pick(key("user-42")))).isEqualTo(4);
        assertThat(ordinalOf(picker.pick(key("order:1001")))).isEqualTo(3);
        assertThat(ordinalOf(picker.pick(key(42)))).isEqualTo(4);
        assertThat(ordinalOf(picker.pick(key(1)))).isEqualTo(1);
    }

    @Test
    void moduloTakesTheNumberItselfAlsoANegativeOne() {
        Picker picker = picker(with(Strategy.MODULO).build(), Snapshot.of(five));
        assertThat(ordinalOf(picker.pick(key(7)))).isEqualTo(2);
        assertThat(ordinalOf(picker.pick(key(-1)))).isEqualTo(4);
        assertThat(ordinalOf(picker.pick(key(Long.MIN_VALUE)))).isEqualTo((int) Math.floorMod(Long.MIN_VALUE, 5L));
        assertThat(ordinalOf(picker.pick(PickContext.of(() -> -6)))).isEqualTo(4);
        assertThat(picker.pick(key("7"))).isNull();
        assertThat(picker.refusal(key("7")))
                .isEqualTo(new Refusal(
                        Refusal.Kind.BAD_KEY,
                        false,
                        "modulo placement was given the text key \"7\", expected an integer key"));
    }

    @Test
    void rangesTablesAndPrefixesPlaceAsConfigured() {
        ShardPolicy ranges =
                with(Strategy.RANGES).slots(10).range(0, 4, 1).defaultOrdinal(3).build();
        for (int i = 0; i < 100; i++) {
            long slot = Long.remainderUnsigned(EndpointSelector.of("k" + i).hash(), 10);
            assertThat(ordinalOf(picker(ranges, Snapshot.of(five)).pick(key("k" + i))))
                    .isEqualTo(slot <= 4 ? 1 : 3);
        }
        Picker lookup =
                picker(with(Strategy.LOOKUP).table(Map.of("eu", 2, "17", 4)).build(), Snapshot.of(five));
        assertThat(ordinalOf(lookup.pick(key("eu")))).isEqualTo(2);
        assertThat(ordinalOf(lookup.pick(key(17)))).isEqualTo(4);
        assertThat(lookup.pick(key("us"))).isNull();
        assertThat(lookup.refusal(key("us")).kind()).isEqualTo(Refusal.Kind.BAD_KEY);
        assertThat(lookup.refusal(key("us")).message())
                .isEqualTo("lookup: key \"us\" is none of the 2 keys of the table and there is no default");
        Picker prefix = picker(
                with(Strategy.PREFIX)
                        .prefixes(Map.of("eu-", 0, "eu-west-", 1, "eu-x", 2, "e", 3))
                        .defaultOrdinal(4)
                        .build(),
                Snapshot.of(five));
        assertThat(ordinalOf(prefix.pick(key("eu-west-7")))).isEqualTo(1);
        assertThat(ordinalOf(prefix.pick(key("eu-west")))).isZero();
        assertThat(ordinalOf(prefix.pick(key("eu-zzz")))).isZero();
        assertThat(ordinalOf(prefix.pick(key("ez")))).isEqualTo(3);
        assertThat(ordinalOf(prefix.pick(key("us-1")))).isEqualTo(4);
    }

    @Test
    void aPodThatComesBackWithAnotherAddressKeepsItsKeys() {
        List<FakeNode> moved = five.stream()
                .map(node -> new FakeNode(Endpoint.builder("10.9.9.9", 80)
                        .id(node.endpoint().id())
                        .ordinal(node.endpoint().ordinal())
                        .build()))
                .toList();
        for (PickPolicy policy : List.of(Pickers.shard(), Pickers.rendezvous())) {
            Picker before = picker(policy, Snapshot.of(five));
            Picker after = before.rebuild(Snapshot.of(moved));
            for (int i = 0; i < 500; i++) {
                assertThat(ordinalOf(after.pick(key("k" + i)))).isEqualTo(ordinalOf(before.pick(key("k" + i))));
            }
        }
    }

    @Test
    void theDesiredNumberOfShardsCountsNotWhoIsThere() {
        ShardCount desired = new ShardCount(5, 0);
        Picker whole = picker(Pickers.shard(), Snapshot.of(five, desired));
        Picker crashed = whole.rebuild(Snapshot.of(five.subList(0, 4), desired));
        for (int i = 0; i < 500; i++) {
            int owner = ordinalOf(whole.pick(key("k" + i)));
            assertThat(ordinalOf(crashed.pick(key("k" + i)))).isEqualTo(owner == 4 ? -1 : owner);
        }
        PickContext lost = key("user-42");
        assertThat(crashed.refusal(lost))
                .isEqualTo(
                        new Refusal(Refusal.Kind.OWNER_DOWN, false, "ordinal 4 has no endpoint; ordinals known: 0-3"));
    }

    @Test
    void configuredNumbersWinOverTheSourcesAndOrdinalsMayStartLater() {
        ShardPolicy policy = with(Strategy.MODULO).shards(2).firstOrdinal(3).build();
        Picker picker = picker(policy, Snapshot.of(five, new ShardCount(5, 0)));
        assertThat(ordinalOf(picker.pick(key(0)))).isEqualTo(3);
        assertThat(ordinalOf(picker.pick(key(1)))).isEqualTo(4);
        Picker source = picker(with(Strategy.MODULO).build(), Snapshot.of(five, new ShardCount(3, 2)));
        assertThat(ordinalOf(source.pick(key(0)))).isEqualTo(2);
    }

    @Test
    void anOwnerThatIsDownFailsFastAndSaysWhy() {
        five.get(4).health(Health.Status.EJECTED);
        Picker picker = picker(Pickers.shard(), usable(five, null));
        assertThat(picker.pick(key("user-42"))).isNull();
        Refusal refusal = picker.refusal(key("user-42"));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(refusal.waits()).isFalse();
        assertThat(refusal.message())
                .startsWith("ordinal 4 (orders-4(127.0.0.1:")
                .endsWith("is EJECTED for 1.0 s (test: set by the test)");
    }

    @Test
    void waitWaitsAndAConnectingOwnerIsAlwaysWaitedFor() {
        five.get(4).health(Health.Status.EJECTED);
        Picker waiting = picker(ShardPolicy.builder().ownerDown(OwnerDown.WAIT).build(), usable(five, null));
        assertThat(waiting.refusal(key("user-42")).waits()).isTrue();
        assertThat(waiting.refusal(key("user-42")).kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        five.get(4).health(Health.Status.CONNECTING);
        Picker failing = picker(Pickers.shard(), usable(five, null));
        assertThat(failing.refusal(key("user-42")).kind()).isEqualTo(Refusal.Kind.CONNECTING);
        assertThat(failing.refusal(key("user-42")).waits()).isTrue();
    }

    @Test
    void spillMovesTheKeysOfTheDeadOwnerOnlyAndSpreadsThem() {
        ShardPolicy policy = ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        Picker whole = picker(policy, Snapshot.of(five));
        five.get(2).health(Health.Status.EJECTED);
        Picker spilling = whole.rebuild(usable(five, null));
        Map<Integer, Integer> takers = new HashMap<>();
        for (int i = 0; i < 5_000; i++) {
            Node before = whole.pick(key("k" + i));
            Node after = spilling.pick(key("k" + i));
            assertThat(before).isNotNull();
            assertThat(after).isNotNull();
            assertThat(spilling.spilled(key("k" + i), after)).isEqualTo(ordinalOf(before) == 2);
            if (ordinalOf(before) == 2) {
                takers.merge(ordinalOf(after), 1, Integer::sum);
            } else {
                assertThat(after).isSameAs(before);
            }
        }
        assertThat(takers).containsOnlyKeys(0, 1, 3, 4);
        assertThat(takers.values()).allSatisfy(count -> assertThat(count).isBetween(190, 310));
    }

    @Test
    void spillStaysAmongTheShards() {
        ShardPolicy policy = ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        for (ShardCount shards : List.of(new ShardCount(2, 0), new ShardCount(2, 1), new ShardCount(2, 3))) {
            int first = shards.firstOrdinal();
            five.forEach(node -> node.health(Health.Status.HEALTHY));
            five.get(first).health(Health.Status.EJECTED);
            Picker one = picker(policy, usable(five, shards));
            five.get(first + 1).health(Health.Status.EJECTED);
            Picker none = picker(policy, usable(five, shards));
            for (int i = 0; i < 200; i++) {
                assertThat(ordinalOf(one.pick(key("k" + i)))).as("%s", shards).isEqualTo(first + 1);
                assertThat(none.pick(key("k" + i)))
                        .as("%s, all of them down", shards)
                        .isNull();
            }
        }
    }

    /** Where spilled keys go is as much a promise as where they live: h_k = mix64(h + k * golden), k = 1 to 8, then jump. */
    @Test
    void spillFollowsThePublishedSequence() {
        ShardPolicy policy = ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        five.get(2).health(Health.Status.EJECTED);
        five.get(3).health(Health.Status.EJECTED);
        Picker spilling = picker(policy, usable(five, null));
        int spilled = 0;
        for (int i = 0; i < 2_000; i++) {
            long hash = EndpointSelector.of("k" + i).hash();
            int expected = JumpHash.bucket(hash, 5);
            for (int k = 1; k <= 8 && (expected == 2 || expected == 3); k++) {
                spilled++;
                long mixed = hash + k * 0x9E3779B97F4A7C15L;
                mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
                mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
                expected = JumpHash.bucket(mixed ^ mixed >>> 31, 5);
            }
            if (expected != 2 && expected != 3) {
                assertThat(ordinalOf(spilling.pick(key("k" + i)))).isEqualTo(expected);
            }
        }
        assertThat(spilled).isGreaterThan(800);
    }

    @Test
    void aDrainingOwnerKeepsItsKeysWhileItServes() {
        five.get(4).health(Health.Status.DRAINING);
        for (OwnerDown ownerDown : List.of(OwnerDown.FAIL_FAST, OwnerDown.WAIT)) {
            Picker picker = picker(ShardPolicy.builder().ownerDown(ownerDown).build(), usable(five, null));
            assertThat(ordinalOf(picker.pick(key("user-42")))).isEqualTo(4);
            assertThat(picker.explain(key("user-42")))
                    .last()
                    .isEqualTo("ordinal 4 is draining; it keeps its keys while it serves");
            five.get(4).health(Health.Status.DISCONNECTED);
            Picker after = picker.rebuild(usable(five, null));
            assertThat(after.pick(key("user-42"))).isNull();
            assertThat(after.refusal(key("user-42")).kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
            five.get(4).health(Health.Status.DRAINING);
        }
    }

    @Test
    void aDrainingOwnerOfWeightZeroTakesNoTraffic() {
        List<FakeNode> nodes =
                List.of(FakeNode.named("o-0"), FakeNode.named("o-1", 0).health(Health.Status.DRAINING));
        assertThat(picker(with(Strategy.MODULO).build(), usable(nodes, null)).pick(key(1)))
                .isNull();
    }

    @Test
    void aDrainingReplicaTakesCallsOnlyWhenTheOthersOfItsShardCannot() {
        FakeNode staying = FakeNode.named("a-0");
        FakeNode leaving = FakeNode.named("b-0").health(Health.Status.DRAINING);
        Picker picker = picker(Pickers.shard(), usable(List.of(staying, leaving), null));
        for (int i = 0; i < 20; i++) {
            assertThat(picker.pick(key(i))).isSameAs(staying);
        }
        staying.health(Health.Status.EJECTED);
        Picker after = picker.rebuild(usable(List.of(staying, leaving), null));
        assertThat(after.pick(key(1))).isSameAs(leaving);
    }

    @Test
    void underSpillDrainingOwnersComeAfterAllUsableOnes() {
        ShardPolicy policy = ShardPolicy.builder().ownerDown(OwnerDown.SPILL).build();
        five.get(4).health(Health.Status.DRAINING);
        five.get(3).health(Health.Status.DRAINING);
        Picker picker = picker(policy, usable(five, null));
        for (int i = 0; i < 500; i++) {
            assertThat(ordinalOf(picker.pick(key("k" + i)))).isLessThan(3);
        }
        PickContext tried = key("user-42");
        for (int i = 0; i < 3; i++) {
            tried = tried.retryAfter(five.get(i).endpoint());
        }
        assertThat(ordinalOf(picker.pick(tried)))
                .as("one that was tried goes before one that is draining")
                .isLessThan(3);
        five.subList(0, 3).forEach(node -> node.health(Health.Status.NOT_READY));
        Picker after = picker.rebuild(usable(five, null));
        assertThat(ordinalOf(after.pick(key("user-42")))).as("the owner itself").isEqualTo(4);
        assertThat(after.spilled(key("user-42"), five.get(4))).isFalse();
        assertThat(after.explain(key("user-42")))
                .last()
                .isEqualTo("ordinal 4 is draining; it is the last resort, no other owner is usable");
        five.get(4).health(Health.Status.NOT_READY);
        Picker last = after.rebuild(usable(five, null));
        assertThat(ordinalOf(last.pick(key("user-42")))).isEqualTo(3);
        assertThat(last.spilled(key("user-42"), five.get(3))).isTrue();
    }

    @Test
    void anOwnerOfWeightZeroTakesNoTraffic() {
        List<FakeNode> nodes = List.of(FakeNode.named("o-0"), FakeNode.named("o-1", 0));
        Picker picker = picker(with(Strategy.MODULO).build(), Snapshot.of(nodes));
        assertThat(picker.pick(key(1))).isNull();
        assertThat(picker.refusal(key(1)).message()).endsWith("has weight 0 and takes no traffic");
    }

    @Test
    void withoutAKeyItFailsOrAsksThePolicyNamed() {
        Picker strict = picker(Pickers.shard(), Snapshot.of(five));
        assertThat(strict.pick(PickContext.NONE)).isNull();
        assertThat(strict.refusal(PickContext.NONE).kind()).isEqualTo(Refusal.Kind.BAD_KEY);
        assertThat(strict.refusal(PickContext.NONE).message()).startsWith("policy shard needs a key");
        ShardPolicy lenient =
                ShardPolicy.builder().withoutKey(Pickers.peakEwma()).build();
        assertThat(lenient.loadMetric()).isEqualTo(Pickers.peakEwma().loadMetric());
        assertThat(picker(lenient, Snapshot.of(five)).pick(PickContext.NONE)).isNotNull();
    }

    @Test
    void placementSaysWhoAndWhyAndAnAbsentOwnerIsNoError() {
        PlacementExplanation there = Pickers.shard().place(EndpointSelector.of("user-42"), Snapshot.of(five));
        assertThat(there.ordinal()).isEqualTo(4);
        assertThat(there.shards()).isEqualTo(5);
        assertThat(there.strategy()).isEqualTo("jump");
        assertThat(there.endpoint()).isEqualTo(five.get(4).endpoint());
        assertThat(there.why().get(0))
                .isEqualTo("5 shards, a guess: none are stated, and the highest ordinal seen is 4");
        assertThat(there.why().get(1)).contains("jump hash over 5 shards gives bucket 4");
        PlacementExplanation absent =
                ShardPolicy.builder().shards(100).build().place(EndpointSelector.of("user-42"), Snapshot.of(five));
        assertThat(absent.ordinal()).isEqualTo(93);
        assertThat(absent.endpoint()).isNull();
        assertThat(absent.why()).last().isEqualTo("ordinal 93 has no endpoint; ordinals known: 0-4");
        PlacementExplanation unknown = Pickers.shard().place(EndpointSelector.of("x"), Snapshot.EMPTY);
        assertThat(unknown.endpoint()).isNull();
        assertThat(unknown.ordinal()).isEqualTo(Endpoint.NO_ORDINAL);
    }

    @Test
    void membersWithoutOrdinalsAreRefusedByName() {
        Picker picker = picker(Pickers.shard(), Snapshot.of(FakeNode.all("x", "y")));
        assertThat(picker.refusal(key("k")))
                .isEqualTo(new Refusal(
                        Refusal.Kind.NONE_USABLE,
                        false,
                        "the number of shards is unknown: no endpoint has an ordinal among 2 endpoints,"
                                + " expected ordinals or a configured number of shards"));
    }

    @Test
    void whatTheSourceKnowsOfMissingOrdinalsIsSaid() {
        String why = "a Role lacks {resources: [\"statefulsets\"]}";
        Snapshot unnumbered = Snapshot.of(FakeNode.all("x", "y")).unnumbered(why);
        for (PickPolicy policy : List.of(
                Pickers.shard(),
                ShardPolicy.builder().shards(5).build(),
                ShardPolicy.builder().shards(5).ownerDown(OwnerDown.SPILL).build())) {
            Refusal refusal = picker(policy, unnumbered).refusal(key("k"));
            assertThat(refusal).isNotNull();
            assertThat(refusal.message()).endsWith("; " + why);
            assertThat(((ShardPolicy) policy)
                            .place(EndpointSelector.of("k"), unnumbered)
                            .why())
                    .last()
                    .isEqualTo("no endpoint has an ordinal: " + why);
        }
    }

    @Test
    void spillNamesTheOwnerWhereNoOrdinalIsAmongTheShards() {
        List<FakeNode> others = FakeNode.all("orders-7", "orders-8");
        Snapshot beyond = Snapshot.of(others);
        Refusal refusal = picker(
                        ShardPolicy.builder()
                                .shards(5)
                                .ownerDown(OwnerDown.SPILL)
                                .build(),
                        beyond)
                .refusal(key("k"));
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
        assertThat(refusal.message()).contains("has no endpoint; ordinals known: 7-8");
    }

    @Test
    void nonsenseIsRefusedWithTheReason() {
        refused(ShardPolicy.builder().shards(0), "shards was 0, expected 1 to 1000000");
        refused(ShardPolicy.builder().firstOrdinal(-1), "firstOrdinal was -1, expected 0 to 1000000");
        refused(with(Strategy.LOOKUP), "lookup table was empty, expected at least one entry");
        refused(
                with(Strategy.LOOKUP).table(Map.of("a", -2)),
                "lookup table entry \"a\": ordinal was -2, expected 0 to 1000000");
        refused(
                ShardPolicy.builder().table(Map.of("a", 1)),
                "table was set but the strategy is jump, expected it with lookup only");
        refused(
                with(Strategy.RANGES).range(0, 8_191, 0),
                "slots 8192-16383 belong to no range, expected ranges for all of 0-16383 or a default");
        refused(
                with(Strategy.RANGES).slots(4).range(0, 2, 0).range(2, 3, 1),
                "range 2-3: slot 2 belongs to another range as well, expected one owner");
        refused(with(Strategy.RANGES).slots(4).range(2, 4, 0), "range 2-4: expected 0 <= from <= to <= 3");
        refused(
                with(Strategy.PREFIX).prefixes(Map.of("", 1)),
                "prefix table had an empty prefix, expected a default instead");
        refused(
                ShardPolicy.builder().defaultOrdinal(1),
                "default was set to 1 but jump places every key, expected none");
        assertThatThrownBy(() -> Strategy.byName("hash"))
                .hasMessage("strategy was 'hash', expected one of [jump, modulo, ranges, lookup, prefix]");
    }

    private static void refused(ShardPolicy.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
