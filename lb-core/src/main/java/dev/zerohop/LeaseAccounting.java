package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.FaultCount;
import java.time.Duration;
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
    private final BalancerListener listener;
    private final @Nullable BalancerListener observer;
    private final ControlPath control;
    private final FaultCount unreadableReports = new FaultCount();

    /** {@code observer} is the listener for those who observe attempts; null while nobody does, so that no clock is read for it. */
    LeaseAccounting(
            String name,
            Time time,
            BalancerListener listener,
            @Nullable BalancerListener observer,
            ControlPath control) {
        this.name = name;
        this.time = time;
        this.listener = listener;
        this.observer = observer;
        this.control = control;
    }

    void answered(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, int phase) {
        if (startNanos == LeaseImpl.UNTIMED) {
            answered(load, 0, 0);
        } else if (load != null || node.timed) {
            long now = time.nanoTime();
            long latency = Math.max(0, now - startNanos);
            answered(load, now, latency);
            timed(node, now, latency, Outcome.SUCCESS);
        }
        if (phase != 0 && judged(node, Outcome.SUCCESS, phase)) {
            control.askForReview();
        }
    }

    private void answered(LoadMetric.@Nullable Load load, long now, long latency) {
        if (load != null) {
            try {
                load.answered(now, latency);
            } catch (Throwable thrown) {
                loadFailed(thrown);
            }
        }
    }

    /** Gives a latency to the endpoint's track record, if that wants it. */
    private void timed(LiveNode node, long now, long latency, Outcome outcome) {
        if (node.timed) {
            try {
                if (outcome == Outcome.TIMEOUT) {
                    node.record.onTimeout(now, latency);
                } else {
                    node.record.onLatency(now, latency);
                }
            } catch (Throwable thrown) {
                recordFailed(thrown);
            }
        }
    }

    private void recordFailed(Throwable thrown) {
        control.faults().report("the ejection's track record", "calls go on, it does not count this outcome", thrown);
    }

    /** {@code load} is null if the policy's metric does not go by reports: then a stage does. */
    void reported(LiveNode node, LoadMetric.@Nullable Load load, Supplier<LoadReport> read) {
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
        long now = time.nanoTime();
        node.keepReport(report, now);
        if (load == null) {
            return;
        }
        try {
            load.reported(now, node.inFlight(), report);
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
            recordFailed(thrown);
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
        // After an answer the end is no latency. What ran out of time would have taken longer still.
        boolean took = !answered && node.timed && (outcome == Outcome.SUCCESS || outcome == Outcome.TIMEOUT);
        if (startNanos == LeaseImpl.UNTIMED) {
            if (load != null) {
                ended(load, 0, 0, outcome, answered);
            }
        } else if (load != null || observer != null || took) {
            long now = time.nanoTime();
            long latency = Math.max(0, now - startNanos);
            if (load != null) {
                ended(load, now, latency, outcome, answered);
            }
            if (took) {
                timed(node, now, latency, outcome);
            }
            if (observer != null) {
                observer.onOutcome(name, node.endpoint(), outcome, latency);
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

    /** Its holder lost it. */
    void leaked(Lease lease, Duration age) {
        if (lease.complete(Outcome.LEAKED)) {
            String what = "{}: a call to {} was never ended by its holder and was given up after {}";
            LOG.warn(what, name, lease.endpoint(), age);
            listener.onLeak(name, lease.endpoint(), age);
        }
    }
}
