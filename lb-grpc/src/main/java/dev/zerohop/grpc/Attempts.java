package dev.zerohop.grpc;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Balancer;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.ShardMap;
import dev.zerohop.report.LoadReports;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the attempts of a channel have in common: the balancer that counts them, the failures before them, and how their tracers are made. */
final class Attempts {
    private static final Endpoint[] NONE = {};

    private static final Metadata.Key<byte[]> LOAD_REPORT =
            Metadata.Key.of(LoadReports.TRAILER, Metadata.BINARY_BYTE_MARSHALLER);

    private final Supplier<Balancer> balancer;
    private final RecentFailures failures;
    private final Runnable republish;
    private final FaultLog faults;
    private final CallEvents events;

    Attempts(
            Supplier<Balancer> balancer,
            RecentFailures failures,
            FaultLog faults,
            CallEvents events,
            Runnable republish) {
        this.events = events;
        this.balancer = balancer;
        this.failures = failures;
        this.faults = faults;
        this.republish = republish;
    }

    /** For plain attempts on this node, one for all of them, that are routed by this epoch or {@link ShardMap#NO_EPOCH}. */
    ClientStreamTracer.Factory factory(Node node, Connections connections, long shardEpoch) {
        return factory(node, connections, shardEpoch, null, null, null);
    }

    /**
     * For one attempt that carries more.
     *
     * @param shardEpoch the epoch by which it is routed, or {@link ShardMap#NO_EPOCH}
     * @param notOwner why the attempt goes to another endpoint than the owner of its key; null if it does not
     * @param before the failure that it repeats, if that is only known from the channel
     * @param traced what is told of it; null if its call is not traced
     */
    ClientStreamTracer.Factory factory(
            Node node,
            Connections connections,
            long shardEpoch,
            @Nullable String notOwner,
            RecentFailures.@Nullable Failure before,
            @Nullable Traced traced) {
        return new Factory(
                new Start(this, node, connections, notOwner != null, before, traced),
                shardEpoch == ShardMap.NO_EPOCH ? null : Long.toString(shardEpoch),
                notOwner);
    }

    CallEvents events() {
        return events;
    }

    /**
     * Where an attempt goes, and what came before it.
     *
     * @param spilled whether its node stands in for the owner of its key
     */
    record Start(
            Attempts owner,
            Node node,
            Connections connections,
            boolean spilled,
            RecentFailures.@Nullable Failure before,
            @Nullable Traced traced) {}

    /** What is told of a traced attempt. */
    record Traced(CallTrace call, AttemptTrace.Start start) {
        @Nullable
        AttemptTrace begin(int number, Metadata headers) {
            AttemptTrace trace = call.attempt(start.withNumber(number));
            if (trace != null) {
                trace.headers((name, value) -> {
                    Metadata.Key<String> key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
                    headers.discardAll(key);
                    headers.put(key, value);
                });
            }
            return trace;
        }
    }

    // ---- for the tracers ----

    Lease begin(Start start, boolean deposit) {
        Balancer now = balancer.get();
        if (deposit) {
            now.current().retryBudget().deposit();
        }
        Lease lease = now.begin(start.node());
        if (start.spilled()) {
            events.spilled(start.node().endpoint());
        }
        return lease;
    }

    // The balancer guards itself against load metrics and ejection policies of others. An outcome that is to be looked
    // at soon goes to the channel's timers, which are the application's in some transports and may be shut down: what
    // they throw must not end a connection.

    void answered(Lease lease) {
        try {
            lease.answered();
        } catch (Throwable thrown) {
            faults.log(balancer.get().name(), "an answer could not be counted", thrown);
        }
    }

    void reported(Lease lease, Metadata trailers) {
        try {
            byte[] message = trailers.get(LOAD_REPORT);
            if (message != null) {
                lease.report(() -> LoadReports.ofProtobuf(message));
            }
        } catch (Throwable thrown) {
            faults.log(balancer.get().name(), "a load report could not be counted", thrown);
        }
    }

    void complete(Lease lease, Outcome outcome) {
        try {
            lease.complete(outcome);
        } catch (Throwable thrown) {
            faults.log(balancer.get().name(), "the end of an attempt could not be counted", thrown);
        }
    }

    void failed(
            CallOptions options,
            Repetition repetition,
            RecentFailures.@Nullable Failure before,
            Endpoint last,
            Status status,
            @Nullable Outcome outcome) {
        Endpoint[] tried = before == null ? NONE : before.tried;
        Endpoint[] more = Arrays.copyOf(tried, tried.length + 1);
        more[tried.length] = last;
        failures.add(new RecentFailures.Failure(
                options,
                repetition,
                more,
                FailedAttempt.after(before == null ? null : before.failed, last, status),
                status,
                outcome == null ? null : new EndedAttempt(last, outcome)));
    }

    /** Lets the channel look again at the calls that it buffers. */
    void republish() {
        republish.run();
    }

    /** Reports what code of others threw while an endpoint was picked. */
    void fault(String service, Throwable thrown) {
        faults.log(service, "no endpoint could be picked", thrown);
    }

    private static final class Factory extends ClientStreamTracer.Factory {
        private final Start start;
        private final @Nullable String shardEpoch;
        private final @Nullable String notOwner;

        Factory(Start start, @Nullable String shardEpoch, @Nullable String notOwner) {
            this.start = start;
            this.shardEpoch = shardEpoch;
            this.notOwner = notOwner;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            CallOptions options = info.getCallOptions();
            CallAttempts memory = options.getOption(CallAttempts.KEY);
            // Without a memory an attempt is a repetition if the failure before it is known, whatever its headers
            // claim.
            RecentFailures.Failure before = start.before();
            CallEvents events = start.owner().events;
            int number = memory == null
                    ? before == null ? 1 : before.tried.length + 1
                    : memory.begin(start.node().endpoint(), events);
            if (memory != null) {
                events.created(memory, headers);
            }
            // Values that the application forwards describe another call.
            headers.discardAll(ZerohopGrpc.SHARD_EPOCH);
            headers.discardAll(ZerohopGrpc.NOT_OWNER);
            if (shardEpoch != null) {
                headers.put(ZerohopGrpc.SHARD_EPOCH, shardEpoch);
            }
            if (notOwner != null) {
                headers.put(ZerohopGrpc.NOT_OWNER, notOwner);
            }
            if (before != null) {
                start.owner().failures.settle(before);
            }
            Traced traced = start.traced();
            AttemptTrace trace = traced == null ? null : traced.begin(number, headers);
            Attempt attempt = new Attempt(
                    start,
                    memory,
                    options,
                    // What a call with a memory needs to know of its attempts stands there.
                    memory == null ? Repetition.of(headers) : Repetition.NONE,
                    // grpc makes the stream, if not the pick, in the context of its call.
                    earlier(options.getDeadline(), Context.current().getDeadline()),
                    number == 1);
            if (trace != null) {
                attempt.tracedBy(trace);
            }
            return attempt;
        }
    }

    private static @Nullable Deadline earlier(@Nullable Deadline one, @Nullable Deadline other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isBefore(other) ? one : other;
    }
}
