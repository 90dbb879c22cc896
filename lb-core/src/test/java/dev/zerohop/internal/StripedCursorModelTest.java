package dev.zerohop.internal;

import dev.zerohop.testing.ScriptedDice;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.kotlinx.lincheck.annotations.Operation;
import org.jetbrains.kotlinx.lincheck.annotations.Validate;
import org.junit.jupiter.api.Test;

/** Two threads of one stripe, under every interleaving that the model checker tries. */
class StripedCursorModelTest {

    /** A cycle that is longer than the run: positions are counted. */
    public static class LongCycle {
        private static final int STRETCH = 64;
        private final StripedCursor cursor = StripedCursor.create(
                StripedCursor.STRIPES * STRETCH, ScriptedDice.seeded(1).nextLong());
        private final int start = StripedCursor.create(
                        StripedCursor.STRIPES * STRETCH, ScriptedDice.seeded(1).nextLong())
                .step(0);
        private final AtomicIntegerArray taken = new AtomicIntegerArray(STRETCH);

        /** Takes a position. */
        @Operation
        public void step() {
            int at = cursor.step(0) - start;
            taken.incrementAndGet(Math.floorMod(at, StripedCursor.STRIPES * STRETCH));
        }

        /** A race may repeat positions, never leave one out. */
        @Validate
        public void nothingIsLeftOut() {
            boolean ended = false;
            for (int i = 0; i < STRETCH; i++) {
                if (taken.get(i) == 0) {
                    ended = true;
                } else if (ended) {
                    throw new IllegalStateException("positions " + taken + " were taken, expected no gap");
                }
            }
        }
    }

    /** A cycle that is shorter than the run: its end is passed in a race. */
    public static class ShortCycle {
        private final StripedCursor cursor =
                StripedCursor.create(2, ScriptedDice.seeded(1).nextLong());

        /** Whether a position is one of the cycle. */
        @Operation
        public boolean step() {
            int at = cursor.step(0);
            return at == 0 || at == 1;
        }
    }

    @Test
    void aRaceRepeatsAndLeavesNothingOut() {
        ModelCheck.check(LongCycle.class);
    }

    @Test
    void aRaceNeverLeavesTheCycle() {
        ModelCheck.check(ShortCycle.class);
    }
}
