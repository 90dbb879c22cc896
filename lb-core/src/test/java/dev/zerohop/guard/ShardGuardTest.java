package dev.zerohop.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.LoggedLines;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.guard.ShardGuard.Rejection;
import dev.zerohop.guard.ShardGuard.WithoutMap;
import dev.zerohop.picker.KeyPlacement;
import dev.zerohop.picker.ShardPolicy.Strategy;
import dev.zerohop.resolver.Resolvers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardGuardTest {
    private static final int KEYS = 300;
    private static final ShardCount THREE = new ShardCount(3, 0);
    private static final ShardCount FIVE = new ShardCount(5, 0);
    private static final ShardMap SEVEN = ShardMap.of(7, THREE);
    private static final ShardMap EIGHT = ShardMap.of(8, FIVE);

    private static EndpointSelector key(int i) {
        return EndpointSelector.of("k" + i);
    }

    private static int owner(ShardPlacement placement, int i) {
        return KeyPlacement.of(Strategy.JUMP, placement).ordinal(key(i));
    }

    private static EndpointSet stating(ShardMap map) {
        return EndpointSet.builder("orders")
                .endpoints(List.of(Endpoint.builder("10.0.0.1", 80)
                        .id("orders-0")
                        .ordinal(0)
                        .build()))
                .shardMap(map)
                .build();
    }

    /** One server for each of five ordinals, all of which know this map. */
    private static List<ShardGuard> servers(ShardMap map) {
        List<ShardGuard> servers = new ArrayList<>();
        for (int ordinal = 0; ordinal < 5; ordinal++) {
            ShardGuard guard = ShardGuard.builder(ordinal).build();
            guard.onResolution(Resolution.of(stating(map)));
            servers.add(guard);
        }
        return servers;
    }

    static List<ShardPlacement> placements() {
        return List.of(
                FIVE,
                new ShardCount(2, 3),
                new Ranges(64, List.of(new Range(0, 20, 4), new Range(21, 40, 0)), Optional.of(2)),
                new Lookup(Map.of("k1", 4, "k2", 0), Optional.of(1)),
                new Prefixes(Map.of("k1", 3, "k10", 4), Optional.of(0)));
    }

    /** A client that has not heard of the cut-over loses the calls of the keys that moved, and no other. */
    @ParameterizedTest
    @MethodSource("placements")
    void aStaleClientKeepsItsCallsForAllKeysThatDidNotMove(ShardPlacement next) {
        List<ShardGuard> servers = servers(ShardMap.of(8, next));
        int kept = 0;
        for (int i = 0; i < KEYS; i++) {
            int by7 = owner(THREE, i);
            Rejection rejection = servers.get(by7).judge("7", false, key(i));
            if (owner(next, i) == by7) {
                assertThat(rejection).isNull();
                kept++;
            } else {
                assertThat(rejection)
                        .isEqualTo(new Rejection(
                                "shard epoch was 7, expected 8: by epoch 8 the key belongs to ordinal " + owner(next, i)
                                        + ", this server is " + by7,
                                8));
            }
        }
        if (next.equals(FIVE)) {
            assertThat(kept).as("three fifths of the keys stay").isBetween(KEYS / 2, KEYS * 7 / 10);
        }
    }

    /** Two clients at epoch 8 with different counts: no key is accepted at two servers, whatever they state. */
    @Test
    void noKeyIsAcceptedAtTwoServersThatKnowOneMap() {
        List<ShardGuard> servers = servers(EIGHT);
        for (int i = 0; i < KEYS; i++) {
            List<Integer> accepting = new ArrayList<>();
            for (int ordinal = 0; ordinal < 5; ordinal++) {
                if (servers.get(ordinal).judge("8", false, key(i)) == null) {
                    accepting.add(ordinal);
                }
            }
            assertThat(accepting).containsExactly(owner(FIVE, i));
        }
        int wrong = (owner(FIVE, 0) + 1) % 5;
        assertThat(servers.get(wrong).judge("8", false, key(0)))
                .isEqualTo(new Rejection(
                        "shard epoch was 8: by epoch 8 the key belongs to ordinal " + owner(FIVE, 0)
                                + ", this server is " + wrong
                                + "; the client places keys in another way than this server",
                        8));
    }

    @Test
    void aServerThatHasNotHeardOfTheCutOverYetLetsTheClientsThatHaveGoOn() {
        ShardMap announced = SEVEN.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER);
        List<ShardGuard> late = servers(SEVEN);
        List<ShardGuard> announcedTo = servers(announced);
        List<ShardGuard> begun = servers(SEVEN.movingTo(8, FIVE, MovingKeys.NEW_AT_ONCE));
        for (int i = 0; i < KEYS; i++) {
            int by7 = owner(THREE, i);
            int by8 = owner(FIVE, i);
            assertThat(late.get(by8).judge("8", false, key(i)))
                    .as("8 is unknown there")
                    .isNull();
            assertThat(announcedTo.get(by8).judge("8", false, key(i))).isNull();
            assertThat(announcedTo.get(by7).judge("7", false, key(i))).isNull();
            assertThat(announcedTo.get(by7).judge("8", false, key(i)) == null).isEqualTo(by7 == by8);
            assertThat(announcedTo.get(by8).judge("7", false, key(i)) == null).isEqualTo(by7 == by8);
            assertThat(begun.get(by8).judge("8", false, key(i))).isNull();
            assertThat(begun.get(by7).judge("7", false, key(i)) == null).isEqualTo(by7 == by8);
        }
    }

    @Test
    void whatCannotBeJudgedByItsOwnerIsJudgedByItsEpoch() {
        ShardGuard guard = servers(EIGHT).get(0);
        assertThat(guard.judge(null, false, key(1))).as("no epoch is stated").isNull();
        assertThat(guard.judge(null, true, null)).isNull();
        for (String fresh : List.of("8", "9")) {
            assertThat(guard.judge(fresh, true, key(1))).isNull();
            assertThat(guard.judge(fresh, false, null)).isNull();
        }
        assertThat(guard.judge("7", true, key(1)))
                .isEqualTo(new Rejection(
                        "shard epoch was 7, expected 8 or more, of a call that stands in for an owner", 8));
        assertThat(guard.judge("7", false, null))
                .isEqualTo(new Rejection("shard epoch was 7, expected 8 or more, as its key is not known here", 8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "8.0", "9007199254740992", "99999999999999999999"})
    void anEpochThatIsNoneIsRejected(String stated) {
        assertThat(servers(EIGHT).get(0).judge(stated, false, key(1)))
                .isEqualTo(new Rejection(
                        "shard epoch was '" + stated + "', expected a whole number from 0 to 9007199254740991", 8));
    }

    @Test
    void whatACallStatesIsShownInPrintableForm() {
        for (String stated : List.of("7\u001b]52;c;aGk=\u0007\nINJECTED line\u202e", "7".repeat(100_000))) {
            for (ShardGuard guard :
                    List.of(servers(EIGHT).get(0), ShardGuard.builder(0).build())) {
                Rejection rejection = guard.judge(stated, false, key(1));
                assertThat(rejection).isNotNull();
                assertThat(rejection.message()).hasSizeLessThan(2_100).isEqualTo(Printable.text(rejection.message()));
            }
        }
    }

    @Test
    void integerKeysUnderModuloAndServersOfSeveralOrdinals() {
        ShardGuard guard = ShardGuard.builder(1, 2).strategy(Strategy.MODULO).build();
        guard.onResolution(Resolution.of(stating(SEVEN)));
        assertThat(guard.judge("7", false, EndpointSelector.of(4))).isNull();
        assertThat(guard.judge("7", false, EndpointSelector.of(5))).isNull();
        assertThat(guard.judge("7", false, EndpointSelector.of(3)).message())
                .contains("ordinal 0, this server is 1, 2");
        assertThat(guard.judge("7", false, key(1)).message()).contains("the key has no owner");
        assertThat(guard).hasToString("ShardGuard(ordinals [1, 2], epoch 7)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardGuard.builder(1).strategy(Strategy.LOOKUP))
                .withMessage("strategy was LOOKUP, expected JUMP or MODULO");
        assertThatIllegalArgumentException()
                .isThrownBy(ShardGuard::builder)
                .withMessage("ordinals were [], expected at least one, each 0 or more");
        assertThatIllegalArgumentException().isThrownBy(() -> ShardGuard.builder(0, -1));
    }

    // ---- without a map ----

    @Test
    void withoutAMapCallsThatStateAnEpochAreRejectedUnlessTheOptionSaysOtherwise() {
        ShardGuard guard = ShardGuard.builder(0).build();
        ShardGuard open = ShardGuard.builder(0).withoutMap(WithoutMap.ACCEPT).build();
        for (ShardGuard each : List.of(guard, open)) {
            each.onResolution(Resolution.NONE.failed(new IOException("away")));
            each.onResolution(Resolution.of(stating(null)));
            each.onResolution(Resolution.of(stating(ShardMap.of(THREE))));
            assertThat(each.judge(null, false, key(1))).isNull();
        }
        List<String> lines = LoggedLines.during(() -> {
            for (int i = 0; i < KEYS; i++) {
                assertThat(guard.judge("7", false, key(i)))
                        .isEqualTo(new Rejection(
                                "shard epoch was 7, and this server knows no shard map yet, expected one: repeat the call"
                                        + " later",
                                ShardMap.NO_EPOCH));
                assertThat(open.judge("7", false, key(i))).isNull();
            }
        });
        assertThat(lines.stream().filter(line -> line.contains("no shard map is known")))
                .as("each says it once")
                .hasSizeLessThanOrEqualTo(2);
        assertThat(guard.firstMap()).isNotDone();
        guard.onResolution(Resolution.of(stating(SEVEN)));
        assertThat(guard.firstMap()).isCompletedWithValue(SEVEN);
        guard.onResolution(Resolution.of(stating(null)));
        assertThat(guard.map()).as("a map that is deleted").isEqualTo(SEVEN);
        assertThat(guard.judge("6", false, null)).isNotNull();
    }

    /** A server that starts while its source is away. */
    @Test
    void theLastGoodMapOnDiskIsUsedUntilTheSourceAnswers(@TempDir Path directory) {
        Path file = directory.resolve("orders.last-good");
        FakeTime time = new FakeTime();
        ScriptedResolver before = new ScriptedResolver();
        try (Resolver kept = Resolvers.lastGood(before, "etcd://h:1/orders", file, time.env())) {
            kept.start(ShardGuard.builder(0).build());
            before.push(stating(SEVEN));
        }
        ScriptedResolver away = new ScriptedResolver();
        ShardGuard guard = ShardGuard.builder(owner(THREE, 1)).build();
        try (Resolver kept = Resolvers.lastGood(away, "etcd://h:1/orders", file, time.env())) {
            kept.start(guard);
            away.fail(new IOException("refused"));
            assertThat(guard.map()).isEqualTo(SEVEN);
            assertThat(guard.judge("6", false, key(1))).isNull();
            assertThat(guard.judge("6", false, null)).isNotNull();
            away.push(stating(EIGHT));
            assertThat(guard.map()).isEqualTo(EIGHT);
        }
    }
}
