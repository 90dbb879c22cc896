package dev.zerohop.picker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which endpoint last had a prefix: a bounded memory that forgets by chance. Sets of four entries, as a processor's cache has them; where a set is full, the hash of the prefix
 * says whose place it takes. An entry is half a hash of the prefix and half a hash of the endpoint's name, read and written whole: threads that meet may forget what one
 * of them wrote, and never see what none did. No lock, no allocation.
 */
final class PrefixTable {
    private static final VarHandle ENTRIES = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int WAYS = 4;
    private static final long LOW = 0xFFFFFFFFL;

    /** No entry: an endpoint and a prefix whose halves are both 0 are not remembered. */
    private static final long NONE = 0;

    private final long[] entries;
    private final int sets;

    /** At least so many entries, rounded up to a power of two. */
    PrefixTable(int size) {
        this.sets = Math.max(1, (Integer.highestOneBit(Math.max(1, size - 1)) << 1) / WAYS);
        this.entries = new long[sets * WAYS];
    }

    /** What {@link #put} remembered last for this prefix; 0 if nothing. */
    int get(long prefix) {
        int first = first(prefix);
        for (int i = first; i < first + WAYS; i++) {
            long entry = (long) ENTRIES.getOpaque(entries, i);
            if (entry != NONE && entry >>> 32 == tag(prefix)) {
                return (int) entry;
            }
        }
        return 0;
    }

    void put(long prefix, int endpoint) {
        long next = tag(prefix) << 32 | (endpoint & LOW);
        int first = first(prefix);
        // The highest bits: neither those of the set, nor all of the tag.
        int place = first + (int) (prefix >>> 62);
        for (int i = first + WAYS - 1; i >= first; i--) {
            long entry = (long) ENTRIES.getOpaque(entries, i);
            if (entry == next) {
                // Not written when there is nothing to change.
                return;
            }
            if (entry != NONE && entry >>> 32 == tag(prefix)) {
                place = i;
                break;
            }
            if (entry == NONE) {
                place = i;
            }
        }
        ENTRIES.setOpaque(entries, place, next);
    }

    private int first(long prefix) {
        return (int) (prefix & (sets - 1)) * WAYS;
    }

    private static long tag(long prefix) {
        return prefix >>> 32;
    }
}
