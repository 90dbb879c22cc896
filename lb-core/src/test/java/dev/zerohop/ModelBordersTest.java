package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The last value of the model that is good, and the first one that is not. */
class ModelBordersTest {
    private static final Endpoint GOOD =
            Endpoint.builder("10.0.0.1", 80).id("orders-0").build();
    private static final ShardCount THREE = new ShardCount(3, 0);

    @Test
    void weights() {
        assertThat(GOOD.toBuilder().weight(0).build().weight()).isZero();
        assertThat(GOOD.toBuilder().weight(1_000_000).build().weight()).isEqualTo(1_000_000);
        refused(() -> GOOD.toBuilder().weight(-1).build(), "endpoint orders-0: weight was -1, expected 0 to 1000000");
        refused(
                () -> GOOD.toBuilder().weight(1_000_001).build(),
                "endpoint orders-0: weight was 1000001, expected 0 to 1000000");
    }

    @Test
    void ports() {
        assertThat(Endpoint.of("h", 1).port()).isEqualTo(1);
        assertThat(Endpoint.of("h", 65_535).port()).isEqualTo(65_535);
        refused(() -> Endpoint.of("h", 0), "endpoint h:0: port was 0, expected 1 to 65535");
        refused(() -> Endpoint.of("h", 65_536), "endpoint h:65536: port was 65536, expected 1 to 65535");
    }

    @Test
    void ordinals() {
        assertThat(GOOD.toBuilder().ordinal(-1).build().hasOrdinal()).isFalse();
        assertThat(GOOD.toBuilder().ordinal(0).build().hasOrdinal()).isTrue();
        refused(
                () -> GOOD.toBuilder().ordinal(-2).build(),
                "endpoint orders-0: ordinal was -2, expected 0 or more (-1 for none)");
        assertThat(new MissingOrdinal(0, "orders-0", Instant.EPOCH).ordinal()).isZero();
        refused(() -> new MissingOrdinal(-1, "orders-0", Instant.EPOCH), "ordinal was -1, expected 0 or more");
    }

    @Test
    void hostsAndIds() {
        for (String host : new String[] {"", " ", "a b", "[::1]"}) {
            refused(
                    () -> Endpoint.builder(host, 80).id("orders-0").build(),
                    "endpoint orders-0: host was '" + host
                            + "', expected an IP literal without brackets or a host name");
        }
        for (String id : new String[] {"", "  "}) {
            refused(
                    () -> Endpoint.builder("10.0.0.1", 80).id(id).build(),
                    "endpoint id was blank, expected a stable name such as orders-0");
        }
        assertThat(Endpoint.of("::1", 80)).hasToString("[::1]:80");
    }

    @Test
    void whitespaceAroundANameOfTheEnvironmentIsNoPartOfIt() {
        assertThat(new Locality(" a\t", " n ")).isEqualTo(new Locality("a", "n"));
    }

    @Test
    void epochs() {
        long max = ShardMap.MAX_EPOCH;
        assertThat(ShardMap.of(0, THREE).epoch()).isZero();
        assertThat(ShardMap.of(max, THREE).epoch()).isEqualTo(max);
        refused(() -> ShardMap.of(max + 1, THREE), "epoch was 9007199254740992, expected 0 to 9007199254740991");
        ShardMap last = ShardMap.of(max - 1, THREE);
        assertThat(moving(last, max).highestEpoch()).isEqualTo(max);
        refused(
                () -> moving(last, max + 1),
                "the epoch of the move was 9007199254740992, expected 9007199254740991 to 9007199254740991, above the"
                        + " present one");
        String highest = ", expected at most 9007199254740991, with an epoch";
        assertThat(new ShardMap(1, THREE, null, max).highestEpoch()).isEqualTo(max);
        refused(() -> new ShardMap(1, THREE, null, max + 1), "the highest epoch was 9007199254740992" + highest);
        refused(() -> new ShardMap(ShardMap.NO_EPOCH, THREE, null, 5), "the highest epoch was 5" + highest);
        ShardMap.Move move = new ShardMap.Move(8, THREE, ShardMap.MovingKeys.OLD_UNTIL_CUTOVER);
        assertThat(new ShardMap(7, THREE, move, 8).highestEpoch()).isEqualTo(8);
        refused(
                () -> new ShardMap(7, THREE, move, 9),
                "the epoch of the move was 8, expected more than 9, the highest that was ever announced: a withdrawn epoch"
                        + " is never used again");
    }

    private static ShardMap moving(ShardMap map, long epoch) {
        return map.movingTo(epoch, THREE, ShardMap.MovingKeys.OLD_UNTIL_CUTOVER);
    }

    private static void refused(ThrowingCallable made, String message) {
        assertThatIllegalArgumentException().isThrownBy(made).withMessage(message);
    }
}
