package dev.zerohop.retry;

import dev.zerohop.internal.ModelCheck;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.kotlinx.lincheck.annotations.Operation;
import org.jetbrains.kotlinx.lincheck.annotations.Validate;
import org.junit.jupiter.api.Test;

/** The retry budget, under every interleaving that the model checker tries. */
class BudgetModelTest {

    /** Calls deposit half a token each, one is there from the beginning, and time goes on from slice to slice. */
    public static class Budget {
        private final FakeTime time = new FakeTime();
        private WindowedBudget budget;
        private final AtomicInteger deposited = new AtomicInteger();
        private final AtomicInteger withdrawn = new AtomicInteger();

        /** Made late: the checker cannot look into a record that an operations object holds from the beginning. */
        private synchronized WindowedBudget budget() {
            if (budget == null) {
                budget = new WindowedBudget(50, 1, Duration.ofSeconds(1).toNanos(), time);
            }
            return budget;
        }

        /** A call. */
        @Operation
        public void deposit() {
            deposited.incrementAndGet();
            budget().deposit();
        }

        /** A retry. */
        @Operation
        public void withdraw() {
            if (budget().tryWithdraw()) {
                withdrawn.incrementAndGet();
            }
        }

        /** The next slice; there are not as many in a run as a token lives. */
        @Operation(nonParallelGroup = "time")
        public void slice() {
            time.advance(Duration.ofMillis(100));
        }

        /** No token paid twice. */
        @Validate
        public void neverOverspent() {
            if (withdrawn.get() > 1 + deposited.get() / 2) {
                throw new IllegalStateException(withdrawn + " retries for " + deposited + " calls and 1 to begin with");
            }
        }
    }

    @Test
    void noTokenPaysTwice() {
        ModelCheck.check(Budget.class);
    }
}
