package dev.zerohop.okhttp;

import dev.zerohop.RetryDecision;

/**
 * Whether a failed attempt is repeated.
 *
 * @param reason for people: why not; empty if it is
 */
record RetryVerdict(RetryDecision decision, String reason) {
    static final RetryVerdict GRANTED = new RetryVerdict(RetryDecision.GRANTED, "");
    static final RetryVerdict BODY_CONSUMED =
            new RetryVerdict(RetryDecision.BODY_CONSUMED, "not repeated: its body can be sent only once");
    static final RetryVerdict NOT_IDEMPOTENT = new RetryVerdict(
            RetryDecision.NOT_IDEMPOTENT, "not repeated: the server may have run it, and it is not idempotent");
    static final RetryVerdict SWITCHED_OFF = new RetryVerdict(
            RetryDecision.SWITCHED_OFF,
            "not repeated: the server may have run it, and the client's retryOnConnectionFailure is off");
    static final RetryVerdict BUDGET_EXHAUSTED =
            new RetryVerdict(RetryDecision.BUDGET_EXHAUSTED, "not repeated: the retry budget is used up");

    static RetryVerdict attemptsExhausted(int most) {
        return new RetryVerdict(
                RetryDecision.ATTEMPTS_EXHAUSTED, "not repeated: at most " + most + " attempts are allowed");
    }

    boolean granted() {
        return decision == RetryDecision.GRANTED;
    }
}
