package dev.zerohop;

import java.time.Instant;
import java.util.Map;

/**
 * Follows one source of endpoints and pushes the whole membership at every change.
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
    interface Listener {
        /** The complete membership, possibly empty. */
        void onEndpoints(EndpointSet all);

        /**
         * The source was asked again and still says what the last set says: nothing changes but the set's age. Never called before the
         * first set, nor after an error until the set has been given again.
         */
        default void onConfirmed(Instant asOf) {}

        /** The source could not be asked. The last set stays in force and is from now on stale. */
        void onError(Throwable cause);

        /**
         * The source also configures how to balance: a JSON text in the format of the configuration reference. An empty text says that it does so no
         * more, and that what the application configured holds again. Sources that configure nothing never call this; the others do so before their first
         * set.
         */
        default void onConfiguration(String json) {}

        /**
         * The source states a configuration that it refuses itself, and has no good one from before: {@code reason} names the value, what it was and what was
         * expected. A good one, or the word that the source configures nothing, ends that. Said once per reason, at the start before the first set, so that no
         * call is routed by defaults that were not meant. A source that has a good one from before keeps it and calls {@link #onRefused} only.
         */
        default void onConfigurationRejected(String reason) {}

        /**
         * The source holds a value that cannot be used (bad JSON, a weight below 0): {@code reason} names the value, what it was and what was expected. The
         * last good one stays in force. Said once per bad value.
         */
        default void onRefused(String reason) {}

        /**
         * The source also judges endpoints: all its verdicts by endpoint id, replacing those given before, each with what is left of its time to live.
         * They hold for endpoints that become members later as well. Sources that judge nobody never call this.
         */
        default void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {}
    }
}
