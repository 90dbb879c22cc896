package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.ShardMap;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Follows attempts from the moment they start on a connection to their end: leases, the retry budget's deposits, and what failed. */
final class Attempts {
    private static final Endpoint[] NOBODY = {};

    private final Supplier<Balancer> balancer;
    private final RecentFailures failures;
    private final Runnable republish;

    Attempts(Supplier<Balancer> balancer, RecentFailures failures, Runnable republish) {
        this.balancer = balancer;
        this.failures = failures;
        this.republish = republish;
    }

    /** For plain attempts on this node; one for all of them. */
    ClientStreamTracer.Factory factory(Node node) {
        return new Factory(node, ShardMap.NO_EPOCH, null, null);
    }

    /** For plain attempts on this node that are routed by this epoch. */
    ClientStreamTracer.Factory factory(Node node, long shardEpoch) {
        return new Factory(node, shardEpoch, null, null);
    }

    /**
     * For one attempt that carries more.
     *
     * @param shardEpoch the epoch by which it is routed, or {@link ShardMap#NO_EPOCH}
     * @param notOwner why the attempt goes to another endpoint than the owner of its key; null if it does not
     * @param before the failure that it repeats, if that is only known from the channel
     */
    ClientStreamTracer.Factory factory(
            Node node, long shardEpoch, @Nullable String notOwner, RecentFailures.@Nullable Failure before) {
        return new Factory(node, shardEpoch, notOwner, before);
    }

    private final class Factory extends ClientStreamTracer.Factory {
        private final Node node;
        private final @Nullable String shardEpoch;
        private final @Nullable String notOwner;
        private final RecentFailures.@Nullable Failure before;

        Factory(Node node, long shardEpoch, @Nullable String notOwner, RecentFailures.@Nullable Failure before) {
            this.node = node;
            this.shardEpoch = shardEpoch == ShardMap.NO_EPOCH ? null : Long.toString(shardEpoch);
            this.notOwner = notOwner;
            this.before = before;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            CallOptions options = info.getCallOptions();
            CallMemory memory = options.getOption(CallMemory.KEY);
            Balancer now = balancer.get();
            // Without a memory an attempt is a repetition if the failure before it is known, whatever its headers
            // claim.
            boolean first = memory == null ? before == null : memory.begin(node.endpoint());
            if (first) {
                now.retryBudget().deposit();
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
                failures.settle(before);
            }
            return new Attempt(
                    now.begin(node), memory, options, Repetition.of(headers), before == null ? NOBODY : before.tried);
        }
    }

    private final class Attempt extends ClientStreamTracer {
        private final Lease lease;
        private final @Nullable CallMemory memory;
        private final CallOptions options;
        private final Repetition repetition;
        private final Endpoint[] tried;
        private @Nullable Metadata trailers;
        private volatile boolean sent;
        private volatile boolean answered;
        private volatile boolean finishedByServer;

        Attempt(
                Lease lease,
                @Nullable CallMemory memory,
                CallOptions options,
                Repetition repetition,
                Endpoint[] tried) {
            this.lease = lease;
            this.memory = memory;
            this.options = options;
            this.repetition = repetition;
            this.tried = tried;
        }

        @Override
        public void outboundHeaders() {
            sent = true;
        }

        @Override
        public void inboundHeaders() {
            answered = true;
        }

        @Override
        public void inboundTrailers(Metadata given) {
            finishedByServer = true;
            if (memory != null && !given.keys().isEmpty()) {
                Metadata copy = new Metadata();
                copy.merge(given);
                trailers = copy;
            }
        }

        @Override
        public void streamClosed(Status status) {
            if (!lease.complete(outcome(status))) {
                return;
            }
            if (memory != null) {
                if (memory.end(status, trailers)) {
                    republish.run();
                }
            } else if (!status.isOk() && status.getCode() != Status.Code.CANCELLED) {
                Endpoint[] more = Arrays.copyOf(tried, tried.length + 1);
                more[tried.length] = lease.endpoint();
                failures.add(new RecentFailures.Failure(options, repetition, more, status));
            }
        }

        private Outcome outcome(Status status) {
            return Outcomes.of(status, sent, answered, finishedByServer);
        }
    }
}
