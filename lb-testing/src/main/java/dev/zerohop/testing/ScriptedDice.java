package dev.zerohop.testing;

import dev.zerohop.Dice;
import java.util.SplittableRandom;

/** Dice whose throws a test decides. */
public final class ScriptedDice {

    private ScriptedDice() {}

    /** The same sequence for the same seed, on every JDK. Thread-safe. */
    public static Dice seeded(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return () -> {
            synchronized (random) {
                return random.nextLong();
            }
        };
    }

    /** Gives these 64-bit values in turn, and starts again at the end. Thread-safe. */
    public static Dice of(long... values) {
        long[] script = values.clone();
        if (script.length == 0) {
            throw new IllegalArgumentException("script was empty, expected at least one value");
        }
        return new Dice() {
            private int at;

            @Override
            public synchronized long nextLong() {
                long value = script[at];
                at = (at + 1) % script.length;
                return value;
            }
        };
    }

    /** A 64-bit value for which {@link Dice#nextInt} of this bound gives {@code wanted}. */
    public static long forInt(int wanted, int bound) {
        if (wanted < 0 || wanted >= bound) {
            throw new IllegalArgumentException("wanted was " + wanted + ", expected 0 to " + (bound - 1));
        }
        long high = ((((long) wanted << 32) + bound - 1) / bound) & 0xFFFFFFFFL;
        return high << 32;
    }
}
