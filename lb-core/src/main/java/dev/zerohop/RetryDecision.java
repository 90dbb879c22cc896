package dev.zerohop;

/** Whether a failed attempt is repeated, or why not. */
public enum RetryDecision {
    /** It is repeated. */
    GRANTED,
    /** The {@link RetryBudget} that all calls of the service share is used up. */
    BUDGET_EXHAUSTED,
    /** The call has made as many attempts as the {@link RetryPolicy} allows. */
    ATTEMPTS_EXHAUSTED,
    /** The server may have run the call, and nobody said that it may run twice. */
    NOT_IDEMPOTENT,
    /** A part of its body was sent, which cannot be sent again. */
    BODY_CONSUMED,
    /** The client was told not to repeat such calls, such as OkHttp's {@code retryOnConnectionFailure(false)}. */
    SWITCHED_OFF
}
