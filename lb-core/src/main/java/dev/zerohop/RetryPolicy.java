package dev.zerohop;

/** Whether a failed attempt may be repeated, as configured. Immutable; equal policies behave the same. */
public interface RetryPolicy {

    /** Never repeats anything. */
    RetryPolicy NONE = new RetryPolicy() {
        @Override
        public int maxAttempts() {
            return 1;
        }

        @Override
        public boolean idempotent(String method) {
            return false;
        }

        @Override
        public RetryBudget newBudget(Time time) {
            return new RetryBudget() {
                @Override
                public void deposit() {}

                @Override
                public boolean tryWithdraw() {
                    return false;
                }

                @Override
                public double left() {
                    return 0;
                }

                @Override
                public String toString() {
                    return "none, as nothing is repeated";
                }
            };
        }
    };

    /** Attempts of one call at the most, the first one included; at least 1. */
    int maxAttempts();

    /** Whether calls of this HTTP method may be repeated although the server may have run them. */
    boolean idempotent(String method);

    /** Makes the budget that all calls to one service share. One of a policy with {@link #maxAttempts} 1 may count no calls and grant nothing. */
    RetryBudget newBudget(Time time);
}
