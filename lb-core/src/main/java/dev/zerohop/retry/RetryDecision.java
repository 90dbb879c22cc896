package dev.zerohop.retry;

import dev.zerohop.Outcome;
import dev.zerohop.RetryPolicy;

/**
 * Whether an attempt that ended may be followed by another one, as far as the call itself is concerned. The shared budget is asked after that, and only if
 * this says {@link #RETRY}: asking it spends.
 */
public enum RetryDecision {
    /** Repeat it, on another endpoint, if {@link dev.zerohop.RetryBudget#tryWithdraw} agrees. */
    RETRY,
    /** There is an answer, or nobody waits for one any more. */
    FINAL,
    /** The server may have run the call, and nobody said that it may run twice. */
    NOT_IDEMPOTENT,
    /** The call has made all its attempts. */
    ATTEMPTS_USED;

    /**
     * Decides. A pure function.
     *
     * @param outcome how the attempt ended
     * @param idempotent whether the caller said, or the policy says of the method, that the call may run twice
     * @param attempt the number of the attempt that ended, 0 for the first ({@link dev.zerohop.PickContext#attempt})
     */
    public static RetryDecision of(Outcome outcome, boolean idempotent, int attempt, RetryPolicy policy) {
        if (!outcome.isNotDispatched() && !outcome.isAmbiguous()) {
            return FINAL;
        }
        if (!outcome.isNotDispatched() && !idempotent) {
            return NOT_IDEMPOTENT;
        }
        return attempt + 1 < policy.maxAttempts() ? RETRY : ATTEMPTS_USED;
    }

    /** Whether this is {@link #RETRY}. */
    public boolean retries() {
        return this == RETRY;
    }
}
