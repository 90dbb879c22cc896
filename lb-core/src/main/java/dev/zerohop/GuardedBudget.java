package dev.zerohop;

/** A budget that may be of others: one that throws grants no repetition and costs no call. */
final class GuardedBudget implements RetryBudget {
    private static final String PART = "the retry budget";

    private final RetryBudget budget;
    private final ForeignFaults faults;

    GuardedBudget(RetryBudget budget, ForeignFaults faults) {
        this.budget = budget;
        this.faults = faults;
    }

    @Override
    public void deposit() {
        try {
            budget.deposit();
        } catch (Throwable thrown) {
            faults.report(PART, "the call goes on", thrown);
        }
    }

    @Override
    public boolean tryWithdraw() {
        try {
            return budget.tryWithdraw();
        } catch (Throwable thrown) {
            faults.report(PART, "the call is not repeated", thrown);
            return false;
        }
    }

    @Override
    public double left() {
        try {
            return budget.left();
        } catch (Throwable thrown) {
            faults.report(PART, "how many are left is not known", thrown);
            return Double.NaN;
        }
    }

    @Override
    public String toString() {
        return budget.toString();
    }
}
