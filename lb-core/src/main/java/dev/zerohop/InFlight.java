package dev.zerohop;

/**
 * The attempts under way at one node, in one long: how many there are in each of the two generations that are open, and the number of the present one.
 *
 * <p>A generation lasts as long as the age limit of leases. When the next one begins, what is left of the one before the last has made no progress for at
 * least that time: it is closed, and its count forgotten. So an age limit costs a request nothing: no list of leases, no clock read, one atomic addition as
 * without it.
 *
 * <pre>
 *   63        48 47         24 23          0
 *   generation | of odd ones  | of even ones
 * </pre>
 *
 * <p>16 million attempts under way at one node from one process are more than its memory holds.
 */
final class InFlight {
    private static final int BITS = 24;
    private static final long MASK = (1L << BITS) - 1;
    private static final int GENERATION_SHIFT = 2 * BITS;
    private static final int GENERATIONS = 1 << 16;

    private InFlight() {}

    /** All of them. */
    static int count(long word) {
        return (int) ((word & MASK) + ((word >>> BITS) & MASK));
    }

    /** The present generation, 0 to 65535. */
    static int generation(long word) {
        return (int) (word >>> GENERATION_SHIFT);
    }

    /** What one attempt of this generation counts. */
    static long unit(int generation) {
        return 1L << (BITS * (generation & 1));
    }

    /** The generation that {@code unit} counted in when the word was this. */
    static int generationOf(long word, long unit) {
        int generation = generation(word);
        return unit == unit(generation) ? generation : (generation - 1) & (GENERATIONS - 1);
    }

    /** Whether this generation is neither the present one nor the one before. */
    static boolean closed(long word, int generation) {
        return ((generation(word) - generation) & (GENERATIONS - 1)) > 1;
    }

    /** The word of the next generation, whose count begins at 0. */
    static long next(long word) {
        int generation = (generation(word) + 1) & (GENERATIONS - 1);
        long counts = word & ((MASK << BITS) | MASK) & ~(MASK * unit(generation));
        return ((long) generation << GENERATION_SHIFT) | counts;
    }
}
