package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reports verdicts on endpoints: a prober, a shared health store, a channel's connectivity. Several may feed one balancer; the worst
 * live verdict wins, and a verdict that outlived its time to live counts no more. No verdict is not bad health.
 */
public interface HealthSource extends AutoCloseable {

    /** Names the source in verdicts and explanations. Constant; need not be unique. */
    String name();

    /**
     * What holds for an endpoint that has just become a member, until this source reports on it; null for nothing. A channel's connectivity says
     * {@link Health.Status#CONNECTING} here, so that no endpoint is picked before its connection stands.
     */
    default @Nullable Verdict initial() {
        return null;
    }

    /** Begins to report. Called once. The sink may be called from any thread. */
    void start(Sink sink);

    /**
     * Names the members: once for each version that is made, after its stages. Control path: must return at once. Members and their health are read from the snapshot;
     * its list of members is another object when the membership has changed. Default: does nothing.
     */
    default void follow(Snapshot made) {}

    /** Stops reporting; the verdicts given so far are withdrawn by the balancer. Idempotent. */
    @Override
    void close();

    /** Takes verdicts. Thread-safe; returns at once. */
    interface Sink {
        /**
         * Reports one verdict, replacing this source's earlier one on the endpoint.
         *
         * @param endpointId the endpoint's id; ignored if it is not a member
         */
        void report(String endpointId, Verdict verdict);

        /** Withdraws this source's verdict on the endpoint. */
        void withdraw(String endpointId);
    }

    /**
     * One verdict.
     *
     * @param status the judgement
     * @param reason why, for people
     * @param ttlNanos how long it holds unless repeated, more than 0; {@link Long#MAX_VALUE} for ever
     */
    record Verdict(Health.Status status, String reason, long ttlNanos) {
        /** Checks the values, and takes the reason in its {@linkplain Printable#text(String) printable} form. */
        public Verdict {
            requireNonNull(status, "status");
            reason = Printable.text(requireNonNull(reason, "reason"));
            if (ttlNanos <= 0) {
                throw new IllegalArgumentException("verdict time to live was " + ttlNanos + " ns, expected > 0");
            }
        }

        /** What is left of this verdict after a while: the same with a shorter time to live, or null when that is over. */
        public @Nullable Verdict after(long elapsedNanos) {
            if (ttlNanos == Long.MAX_VALUE || elapsedNanos <= 0) {
                return this;
            }
            return elapsedNanos >= ttlNanos ? null : new Verdict(status, reason, ttlNanos - elapsedNanos);
        }

        /** A verdict that holds until it is replaced or withdrawn. */
        public static Verdict lasting(Health.Status status, String reason) {
            return new Verdict(status, reason, Long.MAX_VALUE);
        }
    }

    /**
     * Verdicts that hold together, replacing those before.
     *
     * @param byEndpoint by endpoint id
     * @param asOfNanos when they were given, by the monotonic clock: the rest of each time to live counts from there
     */
    record Verdicts(Map<String, Verdict> byEndpoint, long asOfNanos) {
        /** None at all. */
        public static final Verdicts NONE = new Verdicts(Map.of(), 0);

        /** Copies the map. */
        public Verdicts {
            byEndpoint = Map.copyOf(byEndpoint);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            // The instant first: it tells two batches apart without a look at each verdict.
            return other instanceof Verdicts that && asOfNanos == that.asOfNanos && byEndpoint.equals(that.byEndpoint);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(asOfNanos);
        }

        /** What is left of the verdict on one endpoint; null if there is none or its time is over. */
        public @Nullable Verdict on(String endpointId, long nowNanos) {
            Verdict given = byEndpoint.get(endpointId);
            return given == null ? null : given.after(nowNanos - asOfNanos);
        }
    }
}
