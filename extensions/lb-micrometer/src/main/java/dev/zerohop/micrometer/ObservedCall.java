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

    /** Whose turn it is to write key values, so that they are always those of one attempt. Of one call, and waited for only where two of its attempts end at once. */
    private final Object describing = new Object();

    // Of the lock.
    private @Nullable Attempt described;
    private boolean replaceable = true;

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
            synchronized (describing) {
                // Of attempts that run at once, the one that ends the call describes it.
                if (replaceable) {
                    replaceable = false;
                    describe(null);
                }
            }
        }

        /** All that is known of it, and nothing that another attempt has left. */
        private void describe(@Nullable Outcome outcome) {
            Observation on = observation;
            if (!(on.getContext() instanceof SenderContext<?>)) {
                return;
            }
            described = this;
            Endpoint endpoint = start.endpoint();
            put(on, "zerohop.service", start.service());
            put(on, "zerohop.policy", start.policy());
            put(on, "zerohop.attempt", Integer.toString(start.number()));
            put(on, "zerohop.endpoint.id", endpoint.id());
            put(on, "zerohop.endpoint.zone", endpoint.zone());
            put(
                    on,
                    "zerohop.endpoint.ordinal",
                    endpoint.ordinal() == Endpoint.NO_ORDINAL ? null : Integer.toString(endpoint.ordinal()));
            put(
                    on,
                    "zerohop.shard.epoch",
                    start.shardEpoch() == ShardMap.NO_EPOCH ? null : Long.toString(start.shardEpoch()));
            InetSocketAddress inet =
                    peer instanceof InetSocketAddress known && known.getAddress() != null ? known : null;
            put(
                    on,
                    "network.peer.address",
                    inet == null ? null : inet.getAddress().getHostAddress());
            put(on, "network.peer.port", inet == null ? null : Integer.toString(inet.getPort()));
            put(on, "zerohop.outcome", outcome == null ? null : word(outcome));
        }

        private static void put(Observation to, String key, @Nullable String value) {
            if (value == null) {
                to.getContext().removeHighCardinalityKeyValue(key);
            } else {
                to.highCardinalityKeyValue(key, value);
            }
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
            synchronized (describing) {
                if (outcome == Outcome.CANCELLED ? described == this : peer != null) {
                    describe(outcome);
                    // A failure may be followed by another attempt.
                    replaceable = outcome.isFailure();
                }
            }
            event("zerohop.attempt", start.number() + " at " + start.endpoint().id() + " " + word(outcome));
        }
    }
}
