package dev.zerohop.load;

import dev.zerohop.Outcome;
import dev.zerohop.internal.ModelCheck;
import java.time.Duration;
import org.jetbrains.kotlinx.lincheck.annotations.Operation;
import org.jetbrains.kotlinx.lincheck.annotations.Param;
import org.jetbrains.kotlinx.lincheck.paramgen.IntGen;
import org.junit.jupiter.api.Test;

/** The Peak-EWMA of one node, under every interleaving that the model checker tries. */
class PeakEwmaModelTest {

    /** Answers come in at the same instant and a minute later, and picks look at the cost. */
    public static class Answers {
        private final PeakEwmaState state =
                new PeakEwmaState(Duration.ofSeconds(10).toNanos(), 10);

        /** An answer. */
        @Operation
        public void ended(
                @Param(gen = IntGen.class, conf = "1:3") int minute,
                @Param(gen = IntGen.class, conf = "1:5") int millis) {
            state.ended(
                    Duration.ofMinutes(minute).toNanos(),
                    Duration.ofMillis(millis).toNanos(),
                    Outcome.SUCCESS,
                    false);
        }

        /** What a pick sees. */
        @Operation
        public double value() {
            return state.value(Duration.ofMinutes(3).toNanos(), 0);
        }
    }

    @Test
    void noAnswerIsLostAndNoCostIsSeenWithTheInstantOfAnother() {
        ModelCheck.check(Answers.class);
    }
}
