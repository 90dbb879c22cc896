package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.FaultCount;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reports what leases say of their attempts to those that count: the load metric, the endpoint's track record, the listener. Request path: no method blocks, and
 * what a part throws ends no call.
 */
final class LeaseAccounting {
    private static final Log LOG = Log.of(LeaseAccounting.class);

    private final String name;
    private final Time time;
    private final @Nullable BalancerListener listener;
    private final ControlPath control;
    private final FaultCount unreadableReports = new FaultCount();

    /** {@code listener} is null where nothing listens, so that no clock is read for it. */
    LeaseAccounting(String name, Time time, @Nullable BalancerListener listener, ControlPath control) {
        this.name = name;
        this.time = time;
        this.listener = listener;
        this.control = control;
    }

    void answered(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, int phase) {
        if (load != null) {
            long now = startNanos == LeaseImpl.UNTIMED ? 0 : time.nanoTime();
            try {
                load.answered(now, startNanos == LeaseImpl.UNTIMED ? 0 : Math.max(0, now - startNanos));
            } catch (Throwable thrown) {
                loadFailed(thrown);
            }
        }
        if (phase != 0 && judged(node, Outcome.SUCCESS, phase)) {
            control.askForReview();
        }
    }

    void reported(LiveNode node, LoadMetric.Load load, Supplier<LoadReport> read) {
        LoadReport report;
        try {
            report = requireNonNull(read.get(), "the load report was null, expected one");
        } catch (Throwable unreadable) {
            long count = unreadableReports.next();
            if (count != 0) {
                LOG.warn(
                        "{}: a load report of {} could not be read and was passed over ({} such reports so far): {}",
                        name,
                        node.endpoint(),
                        count,
                        SourceState.brief(unreadable));
            }
            return;
        }
        try {
            load.reported(time.nanoTime(), node.inFlight(), report);
        } catch (Throwable thrown) {
            loadFailed(thrown);
        }
    }

    void loadFailed(Throwable thrown) {
        control.faults().report("the load metric", "calls go on, it does not count this one", thrown);
    }

    /** Gives the outcome to the endpoint's track record; whether a review should follow. */
    private boolean judged(LiveNode node, Outcome outcome, int phase) {
        try {
            EjectionPolicy.EndpointStats record = node.record;
            return phase != 0 ? record.onProbeOutcome(outcome, phase) : record.onOutcome(outcome);
        } catch (Throwable thrown) {
            control.faults()
                    .report("the ejection's track record", "calls go on, it does not count this outcome", thrown);
            return false;
        }
    }

    private void ended(LoadMetric.Load load, long now, long latency, Outcome outcome, boolean answered) {
        try {
            load.ended(now, latency, outcome, answered);
        } catch (Throwable thrown) {
            loadFailed(thrown);
        }
    }

    void completed(
            LiveNode node,
            LoadMetric.@Nullable Load load,
            long startNanos,
            Outcome outcome,
            int phase,
            boolean answered) {
        node.note(outcome);
        if (startNanos == LeaseImpl.UNTIMED) {
            if (load != null) {
                ended(load, 0, 0, outcome, answered);
            }
        } else {
            long now = time.nanoTime();
            long latency = Math.max(0, now - startNanos);
            if (load != null) {
                ended(load, now, latency, outcome, answered);
            }
            if (listener != null) {
                listener.onOutcome(name, node.endpoint(), outcome, latency);
            }
        }
        boolean review = judged(node, outcome, phase);
        // A held endpoint is served while it answers: its first failure counts, whatever ejects or follows it.
        boolean settled = outcome.isEndpointFailure() && node.held();
        if (settled) {
            node.failWhileHeld();
        }
        if (review || settled) {
            control.askForReview();
        }
    }
}
