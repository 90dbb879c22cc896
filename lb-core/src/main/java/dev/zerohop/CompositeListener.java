package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All listeners of one balancer, in their order. Each is kept apart from the others by its {@link SafeListener}.
 *
 * <p>The balancer's parts are made with it before there are any listeners, and its constructor then has them made, once; nothing writes it after that.
 */
final class CompositeListener implements BalancerListener {
    private static final Log LOG = Log.of(CompositeListener.class);
    private static final BalancerListener[] NONE = {};

    private BalancerListener[] listeners = NONE;

    /** Those of them that observe attempts. */
    private BalancerListener[] observers = NONE;

    /**
     * Has the listeners made: the balancer's log and flight recorder, those of these factories, and then those of {@link BalancerRegistry#observe}.
     *
     * @return what is to be called for attempts; null for nothing
     */
    @Nullable
    BalancerListener make(Balancer balancer, Time time, List<Factory> factories) {
        List<BalancerListener> made = new ArrayList<>();
        List<BalancerListener> observing = new ArrayList<>();
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
                    SafeListener safe = new SafeListener(listener);
                    made.add(safe);
                    if (observes) {
                        observing.add(safe);
                    }
                }
            } catch (Throwable thrown) {
                LOG.warn("{}: {} made no listener; the balancer goes on without it", balancer.name(), factory, thrown);
            }
        }
        listeners = made.toArray(NONE);
        observers = observing.toArray(NONE);
        return switch (observers.length) {
            case 0 -> null;
            case 1 -> observers[0];
            default -> this;
        };
    }

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        for (BalancerListener listener : listeners) {
            listener.onMembership(service, members, added, removed, held);
        }
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        for (BalancerListener listener : listeners) {
            listener.onHealth(service, endpoint, before, after);
        }
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        for (BalancerListener listener : listeners) {
            listener.onRebuild(service, snapshot, took);
        }
    }

    @Override
    public void onDirectory(String service) {
        for (BalancerListener listener : listeners) {
            listener.onDirectory(service);
        }
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        for (BalancerListener listener : listeners) {
            listener.onStale(service, age, cause);
        }
    }

    @Override
    public void onFresh(String service) {
        for (BalancerListener listener : listeners) {
            listener.onFresh(service);
        }
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        for (BalancerListener listener : listeners) {
            listener.onConfigured(service, settings);
        }
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        for (BalancerListener listener : listeners) {
            listener.onConfigurationRejected(service, reason);
        }
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        for (BalancerListener listener : listeners) {
            listener.onUnconfigured(service, reason);
        }
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        for (BalancerListener listener : listeners) {
            listener.onSourceValueRejected(service, reason);
        }
    }

    @Override
    public void onPick(String service, Endpoint endpoint) {
        for (BalancerListener listener : observers) {
            listener.onPick(service, endpoint);
        }
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        for (BalancerListener listener : observers) {
            listener.onOutcome(service, endpoint, outcome, latencyNanos);
        }
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        for (BalancerListener listener : listeners) {
            listener.onRefusal(service, refusal);
        }
    }

    @Override
    public void onPanic(String service, boolean panicking, String reason) {
        for (BalancerListener listener : listeners) {
            listener.onPanic(service, panicking, reason);
        }
    }

    @Override
    public void onWait(String service, long waitedNanos) {
        for (BalancerListener listener : listeners) {
            listener.onWait(service, waitedNanos);
        }
    }

    @Override
    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        for (BalancerListener listener : listeners) {
            listener.onRetry(service, failed, outcome, decision);
        }
    }

    @Override
    public void onHedge(String service, RetryDecision decision) {
        for (BalancerListener listener : listeners) {
            listener.onHedge(service, decision);
        }
    }

    @Override
    public void onSpill(String service, Endpoint endpoint) {
        for (BalancerListener listener : listeners) {
            listener.onSpill(service, endpoint);
        }
    }

    @Override
    public void onClose(String service) {
        for (BalancerListener listener : listeners) {
            listener.onClose(service);
        }
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        for (BalancerListener listener : listeners) {
            listener.onLeak(service, endpoint, age);
        }
    }
}
