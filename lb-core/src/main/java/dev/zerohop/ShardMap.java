package dev.zerohop;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * What a source says about shards: where keys belong now, and during a move also where they will belong. An immutable value.
 *
 * <p>An epoch numbers a placement: all clients that route by the same epoch send the same key to the same ordinal. An epoch means one placement for
 * ever, and epochs only go up ({@link #checkFollows}). The whole of a client's traffic is routed by one of the two epochs of a move,
 * {@link #epochInForce}, and flips to the other when the value is replaced; for keys that do not move, both name the same owner.
 *
 * @param epoch number of the present placement, 0 to {@link #MAX_EPOCH}; {@link #NO_EPOCH} if the source has none
 * @param placement the present placement
 * @param move the coming placement, while there is a move; needs an epoch
 */
public record ShardMap(
        long epoch, ShardPlacement placement, @Nullable Move move) {

    /** The source numbers nothing. */
    public static final long NO_EPOCH = -1;

    /** The largest epoch: the largest integer that every reader of JSON keeps exactly. */
    public static final long MAX_EPOCH = (1L << 53) - 1;

    /** Who gets the keys that move while a move is under way. */
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
     * @param keys who gets the keys that move until the cut-over
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
     * @throws IllegalArgumentException if an epoch is out of its range, or the coming one is not above the present one
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
        }
    }

    /** A placement without an epoch. */
    public static ShardMap of(ShardPlacement placement) {
        return new ShardMap(NO_EPOCH, placement, null);
    }

    /** A placement with its epoch. */
    public static ShardMap of(long epoch, ShardPlacement placement) {
        return new ShardMap(epoch, placement, null);
    }

    /** The same with a move to come. */
    public ShardMap movingTo(long nextEpoch, ShardPlacement next, MovingKeys keys) {
        return new ShardMap(epoch, placement, new Move(nextEpoch, next, keys));
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
     * Whether this may replace {@code before} at a client: neither the present epoch nor the one in force goes back, and an epoch that both name has one
     * placement. Announcing a move, withdrawing one that has not begun, beginning it and the cut-over are all fine. Sources check this
     * and refuse the value, so that clients which saw different values never route one epoch in two ways.
     *
     * @throws IllegalArgumentException naming the epoch, what it was and what was expected
     */
    public void checkFollows(@Nullable ShardMap before) {
        if (before == null) {
            return;
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
        checkSame(epoch, placement, before);
        if (move != null) {
            checkSame(move.epoch(), move.placement(), before);
        }
    }

    private static void checkSame(long epoch, ShardPlacement placement, ShardMap before) {
        if (epoch == NO_EPOCH) {
            return;
        }
        ShardPlacement known = epoch == before.epoch
                ? before.placement
                : before.move != null && epoch == before.move.epoch() ? before.move.placement() : placement;
        if (!known.equals(placement)) {
            String was = placement.words();
            String expected = known.words();
            throw new IllegalArgumentException("epoch " + epoch + " was " + was + ", expected "
                    + (was.equals(expected) ? "the very same " + expected : expected)
                    + " as before: another placement needs a new epoch");
        }
    }

    private static String named(long epoch) {
        return epoch == NO_EPOCH ? "missing" : String.valueOf(epoch);
    }
}
