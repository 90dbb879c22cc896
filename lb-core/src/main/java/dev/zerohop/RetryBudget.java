package dev.zerohop;

/**
 * Limits retries to a share of the calls made, so that a failing backend is not buried under repeats. Thread-safe; neither method blocks. One
 * budget is shared by all calls to one service.
 */
public interface RetryBudget {

    /** Records the first attempt of a call. */
    void deposit();

    /** Takes one retry if there is one left. Returns false, and changes nothing, if not. */
    boolean tryWithdraw();

    /** How many retries are left at this instant; for metrics. Default: NaN, not known. */
    default double left() {
        return Double.NaN;
    }
}
