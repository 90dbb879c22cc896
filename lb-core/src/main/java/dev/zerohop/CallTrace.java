package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * Is told what happens to one call; see {@link CallTracer}. Nothing that it is given holds the key of the call. Thread-safe: hedged attempts run at once, and attempts end on any thread. Methods
 * must be quick and must not block.
 */
public interface CallTrace {

    /**
     * The call has gone on in the same thread, below what else the application has installed on its client: a span that was made for the call since {@link CallTracer#start} is current now.
     * Called before the first attempt, at most once, and only by clients that have such a place.
     */
    default void entered() {}

    /** See {@link BalancerListener#onWait}. */
    default void waited(String service, long nanos) {}

    /** See {@link BalancerListener#onRefusal}; the words of a refusal may hold a key, so there are none. */
    default void refused(String service, Refusal.Kind kind) {}

    /** See {@link BalancerListener#onRetry}. */
    default void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {}

    /** A hedge was wanted beside attempts that are under way, and this was decided. */
    default void hedgeDecided(String service, RetryDecision decision) {}

    /** Whether {@link AttemptTrace.Start#keyHash} is wanted. Asked for each attempt that has a key. */
    default boolean wantsKeyHash() {
        return false;
    }

    /**
     * An attempt begins.
     *
     * @return what is told of it; null for nothing
     */
    @Nullable
    AttemptTrace attempt(AttemptTrace.Start start);
}
