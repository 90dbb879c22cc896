package dev.zerohop;

/**
 * Follows one source and publishes a {@link Resolution} at every change. {@link dev.zerohop.resolver.AbstractResolver} is the base of most
 * implementations.
 *
 * <p>Implementations are started once and closed once. They call their listener from any thread, but never from two at a time
 * and never from within {@link #start}'s caller after {@link #close} has returned. They do not block their caller.
 */
public interface Resolver extends AutoCloseable {

    /**
     * Begins to follow the source. May call {@code listener} before it returns.
     *
     * @throws IllegalStateException if it was started or closed before
     */
    void start(Listener listener);

    /** Hints that the current answer looks wrong (a connection failed): ask the source again soon. Thread-safe, rate-limited, may do nothing. */
    default void refresh() {}

    /** Stops following. Idempotent; no call of the listener begins after it returns. */
    @Override
    void close();

    /** Receives what the source says. */
    @FunctionalInterface
    interface Listener {
        /**
         * All that the source says now. Called when any of it has changed, or when the source has vouched for its endpoints again. An implementation that is
         * given endpoints that {@linkplain EndpointSet#hasSameContentAs say the same} as before only takes note of their instant.
         * A balancer that is behind takes the last of several sets that differ in nothing but their endpoints.
         */
        void onResolution(Resolution now);
    }
}
