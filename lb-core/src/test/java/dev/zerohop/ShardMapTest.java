package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement.Lookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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
        ShardMap[] steps = {ShardMap.of(THREE), SEVEN, ANNOUNCED, ANNOUNCED, BEGUN, EIGHT, EIGHT};
        for (int i = 1; i < steps.length; i++) {
            assertThat(steps[i].following(steps[i - 1])).isEqualTo(steps[i]);
        }
        assertThat(EIGHT.following(ANNOUNCED)).isEqualTo(EIGHT);
        assertThat(EIGHT.following(null)).isEqualTo(EIGHT);
        SEVEN.movingTo(9, new ShardCount(4, 0), MovingKeys.NEW_AT_ONCE).following(BEGUN);
        ShardMap.of(9, THREE).following(BEGUN);
    }

    /** 8 was announced as five shards and withdrawn. Four of them under 8 would be a second placement, and five may have become anything meanwhile. */
    @Test
    void aWithdrawnEpochIsNeverUsedAgain() {
        String reused =
                "epoch 8 was announced and withdrawn before, expected 9 or more: a withdrawn epoch is never used again";
        for (ShardMap withdrawn : List.of(ANNOUNCED.withdrawing(8), SEVEN.following(ANNOUNCED))) {
            assertThat(withdrawn.epochInForce()).isEqualTo(7);
            assertThat(withdrawn.highestEpoch()).isEqualTo(8);
            refused(SEVEN.movingTo(8, new ShardCount(4, 0), MovingKeys.OLD_UNTIL_CUTOVER), withdrawn, reused);
            refused(ANNOUNCED, withdrawn, reused);
            refused(ShardMap.of(8, new ShardCount(4, 0)), withdrawn, reused);
            assertThat(withdrawn.announcing(THREE, MovingKeys.NEW_AT_ONCE, 0).epochInForce())
                    .isEqualTo(9);
            assertThat(ShardMap.of(9, THREE).following(withdrawn).highestEpoch())
                    .isEqualTo(9);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ANNOUNCED.withdrawing(8).movingTo(8, FIVE, MovingKeys.OLD_UNTIL_CUTOVER))
                .withMessage("the epoch of the move was 8, expected more than 8, the highest that was ever announced: a"
                        + " withdrawn epoch is never used again");
    }

    /** Whatever a follower missed, the maps that the operations make come after what it knows. */
    @Test
    void aFollowerThatMissedAnyNumberOfStepsFollowsTheNextOne() {
        List<ShardMap> steps = new ArrayList<>(List.of(SEVEN));
        Random dice = new Random(1);
        while (steps.size() < 300) {
            ShardMap last = steps.get(steps.size() - 1);
            ShardMap.Move move = last.move();
            steps.add(
                    move == null
                            ? last.announcing(
                                    new ShardCount(1 + dice.nextInt(9), 0),
                                    MovingKeys.values()[dice.nextInt(MovingKeys.values().length)],
                                    dice.nextInt(3) == 0 ? last.highestEpoch() + 3 : 0)
                            : move.keys() == MovingKeys.NEW_AT_ONCE || dice.nextBoolean()
                                    ? last.cutOverTo(move.epoch())
                                    : last.withdrawing(move.epoch()));
        }
        for (int seen = 0; seen < steps.size(); seen++) {
            for (int next = seen; next < steps.size(); next++) {
                assertThat(steps.get(next).following(steps.get(seen))).isEqualTo(steps.get(next));
            }
        }
    }

    @Test
    void operationsThatWereMadeBeforeChangeNothingAndThoseOfAnotherMoverAreRefused() {
        assertThat(ANNOUNCED.announcing(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, 0)).isSameAs(ANNOUNCED);
        assertThat(ANNOUNCED.announcing(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, 8)).isSameAs(ANNOUNCED);
        assertThatIllegalStateException()
                .isThrownBy(() -> ANNOUNCED.announcing(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, 9))
                .withMessageStartingWith("a move to epoch 8, 5 shards, OLD_UNTIL_CUTOVER, is under way");
        assertThat(SEVEN.announcing(FIVE, MovingKeys.OLD_UNTIL_CUTOVER, 20).highestEpoch())
                .isEqualTo(20);
        assertThat(EIGHT.cutOverTo(8)).isSameAs(EIGHT);
        ShardMap withdrawn = ANNOUNCED.withdrawing(8);
        assertThat(withdrawn.withdrawing(8)).isSameAs(withdrawn);
        assertThatIllegalStateException()
                .isThrownBy(() -> ANNOUNCED.announcing(new ShardCount(4, 0), MovingKeys.OLD_UNTIL_CUTOVER, 0))
                .withMessage(
                        "a move to epoch 8, 5 shards, OLD_UNTIL_CUTOVER, is under way; expected none: cut it over or"
                                + " withdraw it first");
        assertThatIllegalStateException()
                .isThrownBy(() -> ANNOUNCED.cutOverTo(9))
                .withMessage("epoch 7, 3 shards, is the present one and a move to epoch 8, 5 shards, is under way,"
                        + " expected a move to epoch 9");
        assertThatIllegalStateException()
                .isThrownBy(() -> withdrawn.cutOverTo(8))
                .withMessage(
                        "epoch 7, 3 shards, is the present one and no move is under way, expected a move to epoch 8");
        assertThatIllegalStateException()
                .isThrownBy(() -> EIGHT.withdrawing(8))
                .withMessageContaining("no move is under way");
        assertThatIllegalStateException()
                .isThrownBy(() -> BEGUN.withdrawing(8))
                .withMessage(
                        "the keys of the move to epoch 8 have moved (NEW_AT_ONCE), so it cannot be withdrawn: cut it"
                                + " over, then announce a move back");
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
                "epoch 7 was 5 shards, expected 3 shards as before: another placement needs a new epoch, 8 or more");
        refused(
                ShardMap.of(8, THREE),
                ANNOUNCED,
                "epoch 8 was 3 shards, expected 5 shards as before: another placement needs a new epoch, 9 or more");
        refused(
                SEVEN.movingTo(8, new ShardCount(5, 2), MovingKeys.OLD_UNTIL_CUTOVER),
                ANNOUNCED,
                "epoch 8 was 5 shards from ordinal 2, expected 5 shards as before: another placement needs a new epoch, 9 or more");
        refused(
                ShardMap.of(7, new Lookup(Map.of("a", 1), Optional.empty())),
                ShardMap.of(7, new Lookup(Map.of("a", 2), Optional.empty())),
                "epoch 7 was a table of 1 keys with other content, expected it as before: another placement needs a new"
                        + " epoch, 8 or more");
    }

    private static void refused(ShardMap next, ShardMap before, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> next.following(before))
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
                .withMessage("shard count was 2147483647, expected 1 to 1000000");
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
