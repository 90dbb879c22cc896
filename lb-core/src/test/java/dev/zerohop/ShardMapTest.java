package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement.Lookup;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShardMapTest {
    private static final ShardCount THREE = new ShardCount(3, 0);
    private static final ShardCount FIVE = new ShardCount(5, 0);
    private static final ShardMap SEVEN = ShardMap.of(7, THREE);
    private static final ShardMap ANNOUNCED = SEVEN.movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER);
    private static final ShardMap BEGUN = SEVEN.movingTo(8, FIVE, MovingKeys.NEW_AT_ONCE);
    private static final ShardMap EIGHT = ShardMap.of(8, FIVE);

    @Test
    void theRuleOfTheMoveSaysWhichEpochIsInForce() {
        assertThat(SEVEN.epochInForce()).isEqualTo(7);
        assertThat(ANNOUNCED.epochInForce()).isEqualTo(7);
        assertThat(ANNOUNCED.placementInForce()).isEqualTo(THREE);
        assertThat(BEGUN.epochInForce()).isEqualTo(8);
        assertThat(BEGUN.placementInForce()).isEqualTo(FIVE);
        assertThat(BEGUN.count()).as("the present count, until the cut-over").isEqualTo(THREE);
        assertThat(ShardMap.of(THREE).epochInForce()).isEqualTo(ShardMap.NO_EPOCH);
    }

    @Test
    void whatAnOperatorDoesInAMoveIsAllowed() {
        ShardMap[] steps = {ShardMap.of(THREE), SEVEN, ANNOUNCED, SEVEN, ANNOUNCED, BEGUN, EIGHT, EIGHT};
        for (int i = 1; i < steps.length; i++) {
            steps[i].checkFollows(steps[i - 1]);
        }
        EIGHT.checkFollows(ANNOUNCED);
        EIGHT.checkFollows(null);
        SEVEN.movingTo(9, new ShardCount(4, 0), MovingKeys.NEW_AT_ONCE).checkFollows(BEGUN);
        ShardMap.of(9, THREE).checkFollows(BEGUN);
    }

    @Test
    void anEpochThatGoesBackOrMeansSomethingElseIsRefused() {
        refused(SEVEN, EIGHT, "epoch was 7, expected 8 or more: an epoch never goes back");
        refused(ShardMap.of(THREE), SEVEN, "epoch was missing, expected 7 or more: an epoch never goes back");
        refused(
                SEVEN,
                BEGUN,
                "epoch was 7 without a move, expected epoch 8 or more, or the move to it, to stay in force: its keys"
                        + " have moved already (NEW_AT_ONCE); take them back under a new epoch");
        refused(
                ANNOUNCED,
                BEGUN,
                "epoch was 7 with a move to 8 that has not begun, expected epoch 8 or more, or the move to it, to stay"
                        + " in force: its keys have moved already (NEW_AT_ONCE); take them back under a new epoch");
        refused(
                ShardMap.of(7, FIVE),
                SEVEN,
                "epoch 7 was 5 shards, expected 3 shards as before: another placement needs a new epoch");
        refused(
                ShardMap.of(8, THREE),
                ANNOUNCED,
                "epoch 8 was 3 shards, expected 5 shards as before: another placement needs a new epoch");
        refused(
                SEVEN.movingTo(8, new ShardCount(5, 2), MovingKeys.OLD_UNTIL_CUTOVER),
                ANNOUNCED,
                "epoch 8 was 5 shards from ordinal 2, expected 5 shards as before: another placement needs a new epoch");
        refused(
                ShardMap.of(7, new Lookup(Map.of("a", 1), Optional.empty())),
                ShardMap.of(7, new Lookup(Map.of("a", 2), Optional.empty())),
                "epoch 7 was a table of 1 keys with other content, expected it as before: another placement needs a new"
                        + " epoch");
    }

    private static void refused(ShardMap next, ShardMap before, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> next.checkFollows(before))
                .withMessage(message);
    }

    @Test
    void epochsThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardMap.of(-2, THREE))
                .withMessage("epoch was -2, expected 0 to 9007199254740991");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SEVEN.movingTo(7, FIVE, MovingKeys.NEW_AT_ONCE))
                .withMessage("the epoch of the move was 7, expected 8 to 9007199254740991, above the present one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardMap.of(THREE).movingTo(7, FIVE, MovingKeys.NEW_AT_ONCE))
                .withMessage("a move was stated without an epoch, expected both or neither");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ShardCount(Integer.MAX_VALUE, 1))
                .withMessageStartingWith("shard count was 2147483647 and first ordinal 1, expected a sum of at most");
    }

    @Test
    void aSetCarriesTheMapAndACountWithoutAnEpochIsOne() {
        EndpointSet set = EndpointSet.builder("test").shards(THREE).build();
        assertThat(set.shardMap()).isEqualTo(ShardMap.of(THREE));
        assertThat(set.shards()).isEqualTo(THREE);
        EndpointSet moving = set.toBuilder().shardMap(BEGUN).build();
        assertThat(moving.confirmed(java.time.Instant.EPOCH).asStale().shardMap())
                .isEqualTo(BEGUN);
        assertThat(moving.shards()).isEqualTo(THREE);
        ShardMap table = ShardMap.of(1, new Lookup(Map.of("a", 1), Optional.empty()));
        assertThat(set.toBuilder().shardMap(table).build().shards()).isNull();
    }
}
