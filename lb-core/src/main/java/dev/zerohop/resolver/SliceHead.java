package dev.zerohop.resolver;

import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;

/**
 * Which base and deltas of an assignment are in force: the base, and all deltas after it up to the number. As JSON {@code {"epoch": 1, "base": 7, "number": 9}}.
 *
 * <p>A generation is the epoch and, below it, the revision of the store at which the assignment was written: it rises without a clock, also when a later epoch begins at a lower revision.
 *
 * @param epoch how often the store was written anew after it had lost what it held, from 1 on
 * @param base the number of the base; 0 for none, and nothing is in force
 * @param number that of the last change; the number of the base if no delta follows it
 */
public record SliceHead(long epoch, long base, long number) {

    /** A generation is an epoch of the store, and this many bits of a revision within it. */
    public static final int REVISION_BITS = 40;

    /** The highest epoch of a store. */
    public static final long MAX_EPOCH = ShardMap.MAX_EPOCH >> REVISION_BITS;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of its range
     */
    public SliceHead {
        if (epoch < 1 || epoch > MAX_EPOCH) {
            throw new IllegalArgumentException("epoch was " + epoch + ", expected 1 to " + MAX_EPOCH);
        }
        if (base < 0 || number < base) {
            throw new IllegalArgumentException("base was " + base + " and number " + number
                    + ", expected a base of 0 or more, and a number of at least that");
        }
    }

    /** Whether an assignment is in force. */
    public boolean hasBase() {
        return base > 0;
    }

    /** As JSON. */
    public byte[] write() {
        return SliceMapJson.bytes(out -> {
            out.writeNumberField("epoch", epoch);
            out.writeNumberField("base", base);
            out.writeNumberField("number", number);
        });
    }

    /**
     * Reads one. Fields that are not known are ignored; without a base none is in force.
     *
     * @throws IllegalArgumentException if it is rejected
     */
    public static SliceHead parse(byte[] json) {
        var given = new Object() {
            long epoch;
            long base;
            long number;
        };
        SliceMapJson.object(json, (in, name) -> {
            switch (name) {
                case "epoch" -> given.epoch = in.integer(name, 1, MAX_EPOCH);
                case "base" -> given.base = in.integer(name, 0, ShardMap.MAX_EPOCH);
                case "number" -> given.number = in.integer(name, 0, ShardMap.MAX_EPOCH);
                default -> in.skip();
            }
        });
        return new SliceHead(given.epoch, given.base, given.number);
    }

    /** The generation of what was written at a revision of the store. */
    public static long generation(long epoch, long revision) {
        if (epoch < 1 || epoch > MAX_EPOCH || revision < 1 || revision >= 1L << REVISION_BITS) {
            throw new IllegalArgumentException("epoch was " + epoch + " and revision " + revision + ", expected 1 to "
                    + MAX_EPOCH + " and 1 to " + ((1L << REVISION_BITS) - 1));
        }
        return (epoch << REVISION_BITS) + revision;
    }

    /** The epoch of a generation; 0 of {@link SliceMap#DRAFT}. */
    public static long epoch(long generation) {
        return generation >> REVISION_BITS;
    }

    /** A generation for people: its epoch and the revision in it, such as {@code 1:4711}. */
    public static String name(long generation) {
        return epoch(generation) + ":" + (generation & ((1L << REVISION_BITS) - 1));
    }
}
