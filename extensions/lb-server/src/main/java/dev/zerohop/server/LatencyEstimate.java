package dev.zerohop.server;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long a request that comes now will take, as Prequal estimates it (NSDI 2024): the median latency of recent requests that came while about as many others were under way as are now.
 *
 * <p>Requests are kept in ranges of the number of others at their arrival: each number up to 7 is a range of its own, above that four ranges make a doubling. Each range keeps its latest 32 requests. The median is over those of the last 5 s
 * in the range of now; while there are fewer than 8, the ranges above and below are added, step by step. So 20 kB are enough for any load, a request writes two words, and no thread waits for another.
 */
final class LatencyEstimate {
    /** Fewer others than this are a range of their own each. */
    private static final int EXACT = 8;

    private static final int PER_DOUBLING_BITS = 2;
    private static final int EXACT_BITS = 3;

    /** More others than this count as this many. */
    private static final int MOST = (1 << 20) - 1;

    private static final int RANGES = range(MOST) + 1;
    private static final int KEPT = 32;

    /** Requests that a median is taken of, if there are as many. */
    private static final int ENOUGH = 8;

    private static final long RECENT_MILLIS = TimeUnit.SECONDS.toMillis(5);
    private static final int MICROS_BITS = 28;
    private static final long MOST_MICROS = (1L << MICROS_BITS) - 1;
    private static final long MILLIS_MASK = -1L >>> MICROS_BITS;

    private final long startNanos;

    /** When a request ended, and how long it took, in one word; 0 for none. */
    private final AtomicLongArray ended = new AtomicLongArray(RANGES * KEPT);

    private final AtomicIntegerArray next = new AtomicIntegerArray(RANGES);

    /** The last estimate; 0 if there was none yet. */
    private volatile long lastMicros;

    LatencyEstimate(long nowNanos) {
        this.startNanos = nowNanos;
    }

    /** Which range a number of requests under way belongs to. */
    static int range(int others) {
        int counted = Math.min(others, MOST);
        if (counted < EXACT) {
            return Math.max(0, counted);
        }
        int doubling = 31 - Integer.numberOfLeadingZeros(counted);
        int within = (counted >>> (doubling - PER_DOUBLING_BITS)) - (1 << PER_DOUBLING_BITS);
        return EXACT + ((doubling - EXACT_BITS) << PER_DOUBLING_BITS) + within;
    }

    /** A request was answered. */
    void answered(int othersAtArrival, long tookNanos, long nowNanos) {
        int range = range(othersAtArrival);
        int slot = next.getAndIncrement(range) & (KEPT - 1);
        long micros = Math.max(1, Math.min(MOST_MICROS, TimeUnit.NANOSECONDS.toMicros(tookNanos)));
        ended.set(range * KEPT + slot, millis(nowNanos) << MICROS_BITS | micros);
    }

    /**
     * A request failed, or its caller gave up. It counts if it took longer than the last estimate, for an answer would have taken longer still; else not at all: a fast failure must not make a server look
     * fast.
     */
    void failed(int othersAtArrival, long tookNanos, long nowNanos) {
        long micros = lastMicros;
        if (micros > 0 && TimeUnit.NANOSECONDS.toMicros(tookNanos) > micros) {
            answered(othersAtArrival, tookNanos, nowNanos);
        }
    }

    /** The estimate in microseconds; 0 while there is none. */
    long micros(int othersNow, long nowNanos) {
        long now = millis(nowNanos);
        long[] found = new long[ENOUGH + 2 * KEPT];
        int count = 0;
        int range = range(othersNow);
        for (int step = 0; count < ENOUGH && (range - step >= 0 || range + step < RANGES); step++) {
            if (range - step >= 0) {
                count = collect(range - step, now, found, count);
            }
            if (step > 0 && range + step < RANGES) {
                count = collect(range + step, now, found, count);
            }
        }
        Arrays.sort(found, 0, count);
        if (count == 0) {
            // lastMicros stays: it decides which failures count.
            return 0;
        }
        long median = found[(count - 1) / 2];
        lastMicros = median;
        return median;
    }

    /** Adds the latencies of the recent requests in a range; returns how many there are then. */
    private int collect(int range, long now, long[] found, int already) {
        int count = already;
        for (int i = range * KEPT; i < (range + 1) * KEPT; i++) {
            long request = ended.get(i);
            if (request != 0 && ((now - (request >>> MICROS_BITS)) & MILLIS_MASK) <= RECENT_MILLIS) {
                found[count++] = request & MOST_MICROS;
            }
        }
        return count;
    }

    private long millis(long nowNanos) {
        return TimeUnit.NANOSECONDS.toMillis(nowNanos - startNanos) & MILLIS_MASK;
    }
}
