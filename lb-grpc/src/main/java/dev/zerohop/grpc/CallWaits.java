package dev.zerohop.grpc;

import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Since when attempts of one call wait for an endpoint, by their numbers. Thread-safe: hedges may wait beside each other. */
final class CallWaits {
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private long[] since = {};

    /** The attempt has to wait; the clock is read where it did not before. */
    synchronized void begin(int attempt, LongSupplier clock) {
        if (attempt >= since.length) {
            int known = since.length;
            since = Arrays.copyOf(since, attempt + 1);
            Arrays.fill(since, known, since.length, NOT_WAITING);
        }
        if (since[attempt] == NOT_WAITING) {
            since[attempt] = clock.getAsLong();
        }
    }

    /** The attempt waits no more; {@code ended} gets when it began to, if it did. */
    void end(int attempt, LongConsumer ended) {
        long began;
        synchronized (this) {
            if (attempt >= since.length || since[attempt] == NOT_WAITING) {
                return;
            }
            began = since[attempt];
            since[attempt] = NOT_WAITING;
        }
        ended.accept(began);
    }

    /** {@link #end} of all attempts. */
    void endAll(LongConsumer ended) {
        int attempts;
        synchronized (this) {
            attempts = since.length;
        }
        for (int attempt = 0; attempt < attempts; attempt++) {
            end(attempt, ended);
        }
    }
}
