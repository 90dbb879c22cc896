package dev.zerohop;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a source states about shards: the placement of keys in force and, during a move, the next one. An immutable value.
 *
 * <p>An epoch numbers a placement: all clients that route by the same epoch send the same key to the same ordinal. An epoch means one placement for
 * ever, also one that was announced and withdrawn, so the map remembers the highest that was ever announced, and what is new is above it
 * ({@link #following}). The whole of a client's traffic is routed by one of the two epochs of a move, {@link #epochInForce}, and flips to the other when
 * the value is replaced; for keys that do not move, both name the same owner.
 *
 * @param epoch number of the present placement, 0 to {@link #MAX_EPOCH}; {@link #NO_EPOCH} if the source has none
 * @param placement the present placement
 * @param move the coming placement, while there is a move; needs an epoch
 * @param highestEpoch the highest epoch that was ever announced, withdrawn ones included; raised to the epochs of this map if it is below them
 */
public record ShardMap(
        long epoch, ShardPlacement placement, @Nullable Move move, long highestEpoch) {

    /** The source numbers nothing. */
    public static final long NO_EPOCH = -1;

    /** The largest epoch: the largest integer that every reader of JSON keeps exactly. */
    public static final long MAX_EPOCH = (1L << 53) - 1;

    /** Which owner gets the keys that move while a move is under way. */
    public enum MovingKeys {
        /** The owner of the present epoch, until the coming epoch is written as the present one. */
        OLD_UNTIL_CUTOVER,
        /** The owner of the coming epoch, as soon as a client knows of the move. */
        NEW_AT_ONCE
    }

    /**
     * The coming placement.
     *
     * @param epoch its number, above the present one
     * @param placement where keys will belong
     * @param keys which owner gets the keys that move until the cut-over
     */
    public record Move(long epoch, ShardPlacement placement, MovingKeys keys) {
        /** Checks for null. */
        public Move {
            requireNonNull(placement, "placement");
            requireNonNull(keys, "keys");
        }

        private boolean begun() {
            return keys == MovingKeys.NEW_AT_ONCE;
        }
    }

    /**
     * Checks the epochs.
     *
     * @throws IllegalArgumentException if an epoch is out of its range, the coming one is not above the present one, or a higher one than the coming one was
     *     announced already
     */
    public ShardMap {
        requireNonNull(placement, "placement");
        if (epoch != NO_EPOCH && (epoch < 0 || epoch > MAX_EPOCH)) {
            throw new IllegalArgumentException("epoch was " + epoch + ", expected 0 to " + MAX_EPOCH);
        }
        if (move != null) {
            if (epoch == NO_EPOCH) {
                throw new IllegalArgumentException("a move was stated without an epoch, expected both or neither");
            }
            if (move.epoch() <= epoch || move.epoch() > MAX_EPOCH) {
                throw new IllegalArgumentException("the epoch of the move was " + move.epoch() + ", expected "
                        + (epoch + 1) + " to " + MAX_EPOCH + ", above the present one");
            }
            if (move.epoch() < highestEpoch) {
                throw used(move.epoch(), highestEpoch);
            }
        }
        if (highestEpoch > MAX_EPOCH || (highestEpoch != NO_EPOCH && epoch == NO_EPOCH)) {
            throw new IllegalArgumentException(
                    "the highest epoch was " + highestEpoch + ", expected at most " + MAX_EPOCH + ", with an epoch");
        }
        highestEpoch = Math.max(highestEpoch, move == null ? epoch : move.epoch());
    }

    private static IllegalArgumentException used(long coming, long highest) {
        return new IllegalArgumentException("the epoch of the move was " + coming + ", expected more than " + highest
                + ", the highest that was ever announced: a withdrawn epoch is never used again");
    }

    /** A map before which no higher epoch was announced. */
    public ShardMap(long epoch, ShardPlacement placement, @Nullable Move move) {
        this(epoch, placement, move, NO_EPOCH);
    }

    /** A placement without an epoch. */
    public static ShardMap of(ShardPlacement placement) {
        return new ShardMap(NO_EPOCH, placement, null);
    }

    /** A placement with its epoch. */
    public static ShardMap of(long epoch, ShardPlacement placement) {
        return new ShardMap(epoch, placement, null);
    }

    /**
     * The same with a move to come.
     *
     * @throws IllegalArgumentException if the epoch is not above every one that was ever announced
     */
    public ShardMap movingTo(long nextEpoch, ShardPlacement next, MovingKeys keys) {
        if (nextEpoch > epoch && nextEpoch <= highestEpoch) {
            throw used(nextEpoch, highestEpoch);
        }
        return new ShardMap(epoch, placement, new Move(nextEpoch, next, keys), highestEpoch);
    }

    /**
     * The same with a move to the next epoch that was never announced; this map if the very move is under way.
     *
     * @param leastEpoch the epoch is not below it: for a map that does not remember epochs which clients do, as after a restore from a backup; 0 for no bound
     * @throws IllegalStateException if another move is under way
     */
    public ShardMap announcing(ShardPlacement next, MovingKeys keys, long leastEpoch) {
        if (move == null) {
            return movingTo(Math.max(highestEpoch + 1, leastEpoch), next, keys);
        }
        if (move.placement().equals(next) && move.keys() == keys && move.epoch() >= leastEpoch) {
            return this;
        }
        throw new IllegalStateException(
                "a move to epoch " + move.epoch() + ", " + move.placement().words() + ", " + move.keys()
                        + ", is under way; expected none: cut it over or withdraw it first");
    }

    /**
     * The map after the cut-over to an epoch; this map if that is the present one.
     *
     * @throws IllegalStateException if no move to it is under way
     */
    public ShardMap cutOverTo(long coming) {
        if (move != null && move.epoch() == coming) {
            return new ShardMap(coming, move.placement(), null, highestEpoch);
        }
        if (epoch == coming) {
            return this;
        }
        throw new IllegalStateException(underWay() + ", expected a move to epoch " + coming);
    }

    /**
     * The map without the move to an epoch, which is never used again; this map if the move was withdrawn before.
     *
     * @throws IllegalStateException if no move to it is under way, or its keys have moved ({@link MovingKeys#NEW_AT_ONCE})
     */
    public ShardMap withdrawing(long coming) {
        if (move != null && move.epoch() == coming) {
            if (move.begun()) {
                throw new IllegalStateException("the keys of the move to epoch " + coming
                        + " have moved (NEW_AT_ONCE), so it cannot be withdrawn: cut it over, then announce a"
                        + " move back");
            }
            return new ShardMap(epoch, placement, null, highestEpoch);
        }
        if (move == null && coming > epoch && coming <= highestEpoch) {
            return this;
        }
        throw new IllegalStateException(underWay() + ", expected a move to epoch " + coming);
    }

    private String underWay() {
        return "epoch " + epoch + ", " + placement.words() + ", is the present one and "
                + (move == null
                        ? "no move is under way"
                        : "a move to epoch " + move.epoch() + ", "
                                + move.placement().words() + ", is under way");
    }

    /** The placement that an epoch of this map means; null if it names no such epoch, or is {@link #NO_EPOCH}. */
    public @Nullable ShardPlacement placementOf(long wanted) {
        if (wanted == NO_EPOCH) {
            return null;
        }
        return wanted == epoch ? placement : move != null && wanted == move.epoch() ? move.placement() : null;
    }

    /** Whether the placement is numbered. */
    public boolean hasEpoch() {
        return epoch != NO_EPOCH;
    }

    /** The epoch by which to route: the present one, or the coming one if its keys move at once; {@link #NO_EPOCH} if there is none. */
    public long epochInForce() {
        return move != null && move.begun() ? move.epoch() : epoch;
    }

    /** The placement by which to route. */
    public ShardPlacement placementInForce() {
        return move != null && move.begun() ? move.placement() : placement;
    }

    /** The present number of shards, if that is what the source states. */
    public @Nullable ShardCount count() {
        return placement instanceof ShardCount count ? count : null;
    }

    /**
     * This map as the successor of {@code before} at one follower of a source: with the highest epoch that either of the two knows. Every source that states
     * epochs goes by this rule and rejects the value that breaks it, so that clients which saw different values never route one epoch in two ways:
     *
     * <ul>
     *   <li>neither the present epoch nor the one in force goes back;
     *   <li>an epoch that both name has one placement;
     *   <li>any other epoch is above the highest that was ever announced.
     * </ul>
     *
     * <p>Announcing a move, withdrawing one that has not begun, beginning it and the cut-over are all fine, and so is any later map for a follower that missed
     * those between.
     *
     * @throws IllegalArgumentException naming the epoch, what it was and what was expected
     */
    public ShardMap following(@Nullable ShardMap before) {
        if (before == null) {
            return this;
        }
        if (epoch < before.epoch) {
            throw new IllegalArgumentException(
                    "epoch was " + named(epoch) + ", expected " + before.epoch + " or more: an epoch never goes back");
        }
        if (epochInForce() < before.epochInForce()) {
            throw new IllegalArgumentException("epoch was " + epoch
                    + (move == null ? " without a move" : " with a move to " + move.epoch() + " that has not begun")
                    + ", expected epoch " + before.epochInForce() + " or more, or the move to it, to stay in force: "
                    + "its keys have moved already (NEW_AT_ONCE); take them back under a new epoch");
        }
        checkEpoch(epoch, placement, before);
        if (move != null) {
            checkEpoch(move.epoch(), move.placement(), before);
        }
        return before.highestEpoch <= highestEpoch ? this : new ShardMap(epoch, placement, move, before.highestEpoch);
    }

    private static void checkEpoch(long epoch, ShardPlacement placement, ShardMap before) {
        if (epoch == NO_EPOCH) {
            return;
        }
        ShardPlacement known = before.placementOf(epoch);
        if (known == null && epoch <= before.highestEpoch) {
            throw new IllegalArgumentException("epoch " + epoch + " was announced and withdrawn before, expected "
                    + (before.highestEpoch + 1) + " or more: a withdrawn epoch is never used again");
        }
        if (known != null && !known.equals(placement)) {
            boolean sameWords = known.words().equals(placement.words());
            throw new IllegalArgumentException("epoch " + epoch + " was " + placement.words()
                    + (sameWords ? " with other content, expected it" : ", expected " + known.words())
                    + " as before: another placement needs a new epoch, " + (before.highestEpoch + 1) + " or more");
        }
    }

    private static String named(long epoch) {
        return epoch == NO_EPOCH ? "missing" : String.valueOf(epoch);
    }
}
