package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.FaultCount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All listeners of one balancer, in their order. Whatever one of them throws, errors and sneaked checked exceptions included, is kept away from the balancer and from the others.
 *
 * <p>The balancer's parts are made with it before there are any listeners, and its constructor then has them made, once; nothing writes it after that.
 */
final class CompositeListener implements BalancerListener {
    private static final Log LOG = Log.of(CompositeListener.class);
    private static final Guarded[] NONE = {};

    private Guarded[] listeners = NONE;

    /** Those of them that observe attempts. */
    private Guarded[] observers = NONE;

    /** Logs the first failure and then each power of two, so that a broken listener does not flood. */
    private record Guarded(BalancerListener listener, FaultCount failures) {
        void failed(Throwable thrown) {
            long count = failures.next();
            if (count != 0) {
                LOG.warn("listener {} threw ({} times so far); balancing goes on", listener, count, thrown);
            }
        }
    }

    /**
     * Has the listeners made: the balancer's log and flight recorder, those of these factories, and then those of {@link BalancerRegistry#observe}.
     *
     * @return what is to be called for attempts; null for nothing
     */
    @Nullable
    BalancerListener make(Balancer balancer, Time time, List<Factory> factories) {
        List<Guarded> made = new ArrayList<>();
        List<Guarded> observing = new ArrayList<>();
        List<Factory> all = new ArrayList<>();
        all.add(each -> new ChangeLog(each.name(), time));
        all.add(each -> FlightEvents.listener());
        all.addAll(factories);
        all.addAll(BalancerRegistry.observers());
        for (Factory factory : all) {
            try {
                BalancerListener listener = requireNonNull(
                        factory.forBalancer(balancer), "forBalancer() returned null, expected a listener");
                boolean observes = listener.observesAttempts();
                if (listener != NOOP) {
                    Guarded guarded = new Guarded(listener, new FaultCount());
                    made.add(guarded);
                    if (observes) {
                        observing.add(guarded);
                    }
                }
            } catch (Throwable thrown) {
                LOG.warn("{}: {} made no listener; the balancer goes on without it", balancer.name(), factory, thrown);
            }
        }
        listeners = made.toArray(NONE);
        observers = observing.toArray(NONE);
        return observers.length == 0 ? null : this;
    }

    private void each(Consumer<BalancerListener> event) {
        for (Guarded each : listeners) {
            try {
                event.accept(each.listener);
            } catch (Throwable thrown) {
                each.failed(thrown);
            }
        }
    }

    // The two on the path of every call are written out: they must not cost a lambda.

    @Override
    public void onPick(String service, Endpoint endpoint) {
        for (Guarded each : observers) {
            try {
                each.listener.onPick(service, endpoint);
            } catch (Throwable thrown) {
                each.failed(thrown);
            }
        }
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        for (Guarded each : observers) {
            try {
                each.listener.onOutcome(service, endpoint, outcome, latencyNanos);
            } catch (Throwable thrown) {
                each.failed(thrown);
            }
        }
    }

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        each(listener -> listener.onMembership(service, members, added, removed, held));
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        each(listener -> listener.onHealth(service, endpoint, before, after));
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        each(listener -> listener.onRebuild(service, snapshot, took));
    }

    @Override
    public void onDirectory(String service) {
        each(listener -> listener.onDirectory(service));
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        each(listener -> listener.onStale(service, age, cause));
    }

    @Override
    public void onFresh(String service) {
        each(listener -> listener.onFresh(service));
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        each(listener -> listener.onConfigured(service, settings));
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        each(listener -> listener.onConfigurationRejected(service, reason));
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        each(listener -> listener.onUnconfigured(service, reason));
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        each(listener -> listener.onSourceValueRejected(service, reason));
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        each(listener -> listener.onRefusal(service, refusal));
    }

    @Override
    public void onPanic(String service, boolean panicking, String reason) {
        each(listener -> listener.onPanic(service, panicking, reason));
    }

    @Override
    public void onWait(String service, long waitedNanos) {
        each(listener -> listener.onWait(service, waitedNanos));
    }

    @Override
    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        each(listener -> listener.onRetry(service, failed, outcome, decision));
    }

    @Override
    public void onHedge(String service, RetryDecision decision) {
        each(listener -> listener.onHedge(service, decision));
    }

    @Override
    public void onSpill(String service, Endpoint endpoint) {
        each(listener -> listener.onSpill(service, endpoint));
    }

    @Override
    public void onClose(String service) {
        each(listener -> listener.onClose(service));
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        each(listener -> listener.onLeak(service, endpoint, age));
    }
}
