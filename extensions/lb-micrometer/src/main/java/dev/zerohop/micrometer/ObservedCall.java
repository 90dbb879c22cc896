package dev.zerohop.micrometer;

import dev.zerohop.AttemptTrace;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.ShardMap;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.SenderContext;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One call and the observation that was current when it began. Thread-safe. */
final class ObservedCall implements CallTrace {
    private final ObservationRegistry registry;
    private volatile Observation observation;

    /** The attempt that the observation describes. */
    private volatile @Nullable Attempt described;

    ObservedCall(Observation observation, ObservationRegistry registry) {
        this.observation = observation;
        this.registry = registry;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Meters count events by their name; the words after it are for the trace. */
    private void event(String name, String words) {
        observation.event(Observation.Event.of(name, name + ": " + words));
    }

    @Override
    public void entered() {
        Observation now = registry.getCurrentObservation();
        if (now != null && !now.isNoop()) {
            observation = now;
        }
    }

    @Override
    public void waited(String service, long nanos) {
        event("zerohop.wait", TimeUnit.NANOSECONDS.toMillis(nanos) + " ms");
    }

    @Override
    public void refused(String service, Refusal.Kind kind) {
        event("zerohop.refused", word(kind));
    }

    @Override
    public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        event("zerohop.retry", word(decision) + " after " + word(outcome) + " at " + failed.id());
    }

    @Override
    public void hedgeDecided(String service, RetryDecision decision) {
        event("zerohop.hedge", word(decision));
    }

    @Override
    public AttemptTrace attempt(AttemptTrace.Start start) {
        return new Attempt(start);
    }

    private final class Attempt implements AttemptTrace {
        private final Start start;
        private final AtomicBoolean reported = new AtomicBoolean();
        private volatile @Nullable SocketAddress peer;

        Attempt(Start start) {
            this.start = start;
        }

        @Override
        public void connected(@Nullable SocketAddress to) {
            peer = to;
            describe();
        }

        private void describe() {
            Observation on = observation;
            if (on.getContext() instanceof SenderContext<?> && described != this) {
                described = this;
                put(on, "zerohop.service", start.service());
                put(on, "zerohop.policy", start.policy());
                put(on, "zerohop.attempt", Integer.toString(start.number()));
                Endpoint endpoint = start.endpoint();
                put(on, "zerohop.endpoint.id", endpoint.id());
                String zone = endpoint.zone();
                if (zone != null) {
                    put(on, "zerohop.endpoint.zone", zone);
                }
                if (endpoint.ordinal() != Endpoint.NO_ORDINAL) {
                    put(on, "zerohop.endpoint.ordinal", Integer.toString(endpoint.ordinal()));
                }
                if (start.shardEpoch() != ShardMap.NO_EPOCH) {
                    put(on, "zerohop.shard.epoch", Long.toString(start.shardEpoch()));
                }
                if (peer instanceof InetSocketAddress inet && inet.getAddress() != null) {
                    put(on, "network.peer.address", inet.getAddress().getHostAddress());
                    put(on, "network.peer.port", Integer.toString(inet.getPort()));
                }
            }
        }

        private static void put(Observation to, String key, String value) {
            to.highCardinalityKeyValue(key, value);
        }

        @Override
        public void answered(Outcome outcome, String status) {
            report(outcome);
        }

        @Override
        public void ended(Outcome outcome, @Nullable String status) {
            report(outcome);
        }

        private void report(Outcome outcome) {
            if (!reported.compareAndSet(false, true)) {
                return;
            }
            if (outcome != Outcome.CANCELLED && peer != null) {
                // Of hedges that run at once, the one that ends the call describes it.
                describe();
            }
            if (described == this) {
                put(observation, "zerohop.outcome", word(outcome));
            }
            event("zerohop.attempt", start.number() + " at " + start.endpoint().id() + " " + word(outcome));
        }
    }
}
