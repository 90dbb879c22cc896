package dev.zerohop.sim;

import dev.zerohop.Dice;
import java.util.SplittableRandom;

/**
 * Random numbers for one purpose. What a stream gives depends on the seed and on what the stream is for, and on no other stream: arrivals and demand are the same whatever the policies draw. The same on every
 * JDK. For one thread.
 */
final class Stream implements Dice {
    /** What streams are for. Numbers, not places in this list, are what they go by. */
    enum Purpose {
        ARRIVALS(1),
        CALLERS(2),
        DEMAND(3),
        KEYS(4),
        LUCK(5),
        ANTAGONISTS(7),
        UPDATES(8),
        STARTS(9),
        BALANCERS(10),
        RESAMPLES(11);

        private final int number;

        Purpose(int number) {
            this.number = number;
        }
    }

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final SplittableRandom random;

    private Stream(long seed) {
        this.random = new SplittableRandom(seed);
    }

    static Stream of(long seed, Purpose purpose) {
        return of(seed, purpose, 0);
    }

    /** One of several for the same purpose. */
    static Stream of(long seed, Purpose purpose, long which) {
        return new Stream(mixed(mixed(seed + GOLDEN * purpose.number) + which));
    }

    /** Every bit of the result depends on every bit of the value (the finaliser of SplitMix64). */
    static long mixed(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** A text as 64 bits. */
    static long mixed(String text) {
        long mixed = text.length();
        for (int i = 0; i < text.length(); i++) {
            mixed = mixed(mixed + GOLDEN * text.charAt(i));
        }
        return mixed;
    }

    /** 64 bits as a number in [0, 1). */
    static double unit(long bits) {
        return (bits >>> 11) * 0x1.0p-53;
    }

    @Override
    public long nextLong() {
        return random.nextLong();
    }

    /** Exponentially distributed with mean 1. */
    double exponential() {
        return -StrictMath.log(1 - nextDouble());
    }

    /** Normally distributed with mean 0 and standard deviation 1. */
    double normal() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
        return radius * StrictMath.cos(2 * StrictMath.PI * nextDouble());
    }
}
