package dev.zerohop.grpc;

import dev.zerohop.RetryDecision;

/**
 * Whether a call gets one more attempt.
 *
 * @param reason for people: why not; empty if it does
 */
record RetryVerdict(RetryDecision decision, String reason) {
    static final RetryVerdict GRANTED = new RetryVerdict(RetryDecision.GRANTED, "");
    static final RetryVerdict BUDGET_EXHAUSTED =
            new RetryVerdict(RetryDecision.BUDGET_EXHAUSTED, "not repeated: the retry budget is used up");

    static RetryVerdict attemptsExhausted(int most) {
        return new RetryVerdict(
                RetryDecision.ATTEMPTS_EXHAUSTED,
                "not repeated: " + most + " attempts are the most that the configuration allows");
    }

    boolean granted() {
        return decision == RetryDecision.GRANTED;
    }
}
