package dev.zerohop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** All listeners of one balancer, in their order. Each is kept apart from the others by its {@link SafeListener}. */
final class CompositeListener implements BalancerListener {
    private static final Log LOG = Log.of(CompositeListener.class);

    private final BalancerListener[] listeners;

    /** Those of them that observe attempts. */
    private final BalancerListener[] observers;

    private CompositeListener(List<BalancerListener> listeners) {
        this.listeners = listeners.toArray(new BalancerListener[0]);
        this.observers =
                listeners.stream().filter(BalancerListener::observesAttempts).toArray(BalancerListener[]::new);
    }

    /** What these factories make for the balancer; {@link #NOOP} itself if that is nothing. */
    static BalancerListener of(Balancer balancer, List<Factory> factories) {
        List<BalancerListener> made = new ArrayList<>();
        for (Factory factory : factories) {
            try {
                BalancerListener listener = factory.forBalancer(balancer);
                if (listener == null) {
                    throw new NullPointerException("forBalancer() returned null, expected a listener");
                }
                if (listener != NOOP) {
                    made.add(new SafeListener(listener));
                }
            } catch (Throwable thrown) {
                LOG.warn("{}: {} made no listener; the balancer goes on without it", balancer.name(), factory, thrown);
            }
        }
        return switch (made.size()) {
            case 0 -> NOOP;
            case 1 -> made.get(0);
            default -> new CompositeListener(made);
        };
    }

    @Override
    public boolean observesAttempts() {
        return observers.length > 0;
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
