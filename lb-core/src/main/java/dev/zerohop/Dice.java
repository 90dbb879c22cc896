package dev.zerohop;

import java.util.concurrent.ThreadLocalRandom;

/** A source of random numbers, injected so that tests and the simulator can script it. Thread-safe. */
public interface Dice {

    /** 64 uniformly distributed bits. */
    long nextLong();

    /** Uniform in [0, {@code bound}); {@code bound} is positive. Derived from {@link #nextLong} by multiply-shift. */
    default int nextInt(int bound) {
        return (int) (((nextLong() >>> 32) * bound) >>> 32);
    }

    /** Uniform in [0, 1). */
    default double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** The calling thread's own generator. */
    static Dice threadLocal() {
        return () -> ThreadLocalRandom.current().nextLong();
    }
}
