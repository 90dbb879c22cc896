package dev.zerohop.grpc;

import dev.zerohop.Cancellable;
import dev.zerohop.Node;
import dev.zerohop.ShardMap;
import dev.zerohop.Time;
import io.grpc.ChannelLogger.ChannelLogLevel;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One node's connection. Everything but {@link #ready} and the prepared results belongs to the synchronization context.
 *
 * <p>Each address has a subchannel of its own, and they race: the next one begins a little after the one before it, or at once if that failed. The first that is
 * connected serves the node and the others are shut down. So an address that does not answer costs the stagger, not a connect timeout.
 *
 * <p>A failed connection stays failed until one stands: grpc goes back to CONNECTING at each try, and showing that would let calls wait for a server that is down.
 */
final class SubchannelHandle {
    /** The delay between connection attempts that RFC 8305 recommends. */
    private static final long STAGGER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final Node node;
    private final Helper helper;
    private final Subchannels owner;
    private final Attempts attempts;
    private final Connections connections = new Connections();
    private final Time time;
    private EquivalentAddressGroup group;

    /** The ways that have begun in this race, and the addresses that follow. */
    private final List<Way> ways = new ArrayList<>();

    private final Deque<SocketAddress> left = new ArrayDeque<>();

    /** Which stagger counts. */
    private int race;

    private @Nullable Cancellable stagger;
    private ConnectivityState state = ConnectivityState.CONNECTING;
    private long sinceNanos;
    private long failedNanos;
    private boolean failedBefore;
    private Status cause = Status.UNAVAILABLE.withDescription("never connected");
    private boolean gone;
    private long lingerUntilNanos;

    /** Whether a call can start at once; read by pickers. */
    private volatile boolean ready;

    /** The way that won the last race, or the first one. */
    private volatile Way used;

    SubchannelHandle(
            Node node, EquivalentAddressGroup group, Helper helper, Subchannels owner, Attempts attempts, Time time) {
        this.node = node;
        this.group = group;
        this.helper = helper;
        this.owner = owner;
        this.attempts = attempts;
        this.time = time;
        this.used = new Way(group.getAddresses().get(0));
        this.sinceNanos = time.nanoTime();
    }

    void start() {
        begin(used);
        used.start();
    }

    Node node() {
        return node;
    }

    Subchannel subchannel() {
        return used.subchannel;
    }

    Connections connections() {
        return connections;
    }

    boolean ready() {
        return ready;
    }

    ConnectivityState state() {
        return state;
    }

    Status cause() {
        return cause;
    }

    /** The answer to a plain pick of this node that is routed by this epoch, made once for each epoch in turn. */
    PickResult picked(long shardEpoch) {
        return used.picked(shardEpoch);
    }

    void updateAddresses(EquivalentAddressGroup next) {
        if (group.getAddresses().equals(next.getAddresses())) {
            return;
        }
        group = next;
        if (ready && next.getAddresses().contains(used.address)) {
            return;
        }
        stop();
        connectionEnded();
        used = new Way(next.getAddresses().get(0));
        start();
    }

    void leaveBy(long nanos) {
        lingerUntilNanos = nanos;
    }

    /** Until when it may serve although its endpoint left. */
    long lingerUntilNanos() {
        return lingerUntilNanos;
    }

    void requestConnection() {
        if (!gone) {
            ways.forEach(way -> way.subchannel.requestConnection());
        }
    }

    /** The connection was lost: the address that served goes first in the next race. */
    void reconnect() {
        if (!gone) {
            begin(used);
            used.failure = null;
            used.subchannel.requestConnection();
        }
    }

    void shutdown() {
        if (!gone) {
            gone = true;
            ready = false;
            stop();
        }
    }

    // ---- the race ----

    private void begin(Way first) {
        ways.clear();
        ways.add(first);
        left.clear();
        for (SocketAddress address : group.getAddresses()) {
            if (!address.equals(first.address) && !left.contains(address)) {
                left.add(address);
            }
        }
        awaitStagger();
    }

    private void beginNext() {
        Way next = new Way(left.remove());
        ways.add(next);
        awaitStagger();
        next.start();
    }

    private void awaitStagger() {
        cancelStagger();
        if (!left.isEmpty()) {
            int then = ++race;
            stagger = time.schedule(
                    STAGGER_NANOS,
                    () -> helper.getSynchronizationContext().execute(() -> {
                        if (then == race && !gone) {
                            beginNext();
                        }
                    }));
        }
    }

    private void cancelStagger() {
        race++;
        if (stagger != null) {
            stagger.cancel();
            stagger = null;
        }
    }

    private void stop() {
        cancelStagger();
        ways.forEach(Way::stop);
    }

    private void won(Way way) {
        if (ready) {
            return;
        }
        cancelStagger();
        left.clear();
        ways.remove(way);
        ways.forEach(Way::stop);
        ways.clear();
        ways.add(way);
        used = way;
        ready = true;
        become(ConnectivityState.READY, way.address.toString());
        owner.onReady(this);
    }

    private void failed() {
        ready = false;
        if (!left.isEmpty()) {
            beginNext();
            return;
        }
        for (Way way : ways) {
            if (way.failure == null) {
                return;
            }
        }
        if (state == ConnectivityState.READY) {
            connectionEnded();
        }
        cause = causeOf(ways);
        failedBefore = true;
        failedNanos = time.nanoTime();
        become(ConnectivityState.TRANSIENT_FAILURE, Causes.describe(cause));
        owner.onFailed(this);
    }

    private static Status causeOf(List<Way> ways) {
        Status first = ways.get(0).failure;
        if (ways.size() == 1 && first != null) {
            return first;
        }
        StringBuilder text = new StringBuilder();
        for (Way way : ways) {
            Status failure = way.failure;
            text.append(text.isEmpty() ? "" : "; ")
                    .append(way.address)
                    .append(": ")
                    .append(failure == null ? "being tried" : Causes.describe(failure));
        }
        return Status.UNAVAILABLE.withDescription(text.toString());
    }

    private void connectionEnded() {
        ready = false;
        if (state == ConnectivityState.READY) {
            become(ConnectivityState.CONNECTING, "the connection ended");
            owner.onConnecting(this);
        }
    }

    private void become(ConnectivityState next, String detail) {
        helper.getChannelLogger()
                .log(ChannelLogLevel.DEBUG, "{0}: {1} -> {2}, {3}", node.endpoint(), state, next, detail);
        if (state != next) {
            state = next;
            sinceNanos = time.nanoTime();
        }
    }

    /** For people: the state and since when, the address, and the last failure. */
    String describe() {
        long now = time.nanoTime();
        return state + " for " + TimeUnit.NANOSECONDS.toMillis(now - sinceNanos) + " ms"
                + (state == ConnectivityState.READY ? " at " + used.address : "")
                + (failedBefore
                        ? ", last failure " + TimeUnit.NANOSECONDS.toMillis(now - failedNanos) + " ms ago: "
                                + Causes.describe(cause)
                        : "");
    }

    @Override
    public String toString() {
        return node.endpoint() + " " + state;
    }

    /** One address. */
    private final class Way {
        private final SocketAddress address;
        private final Subchannel subchannel;
        private final PickResult picked;
        private boolean stopped;
        private @Nullable Status failure;

        /** The latest answer to a pick that is routed by an epoch; epochs change once in a while. */
        private volatile Routed routed;

        Way(SocketAddress address) {
            this.address = address;
            this.subchannel = helper.createSubchannel(CreateSubchannelArgs.newBuilder()
                    .setAddresses(new EquivalentAddressGroup(address, group.getAttributes()))
                    .build());
            this.picked = PickResult.withSubchannel(subchannel, attempts.factory(node, connections, ShardMap.NO_EPOCH));
            this.routed = new Routed(ShardMap.NO_EPOCH, picked);
        }

        PickResult picked(long shardEpoch) {
            if (shardEpoch == ShardMap.NO_EPOCH) {
                return picked;
            }
            Routed known = routed;
            if (known.epoch() != shardEpoch) {
                known = new Routed(
                        shardEpoch,
                        PickResult.withSubchannel(subchannel, attempts.factory(node, connections, shardEpoch)));
                routed = known;
            }
            return known.result();
        }

        void start() {
            subchannel.start(this::onState);
            subchannel.requestConnection();
        }

        void stop() {
            stopped = true;
            subchannel.shutdown();
        }

        private void onState(ConnectivityStateInfo info) {
            if (gone || stopped) {
                return;
            }
            switch (info.getState()) {
                case READY -> {
                    failure = null;
                    won(this);
                }
                case TRANSIENT_FAILURE -> {
                    failure = info.getStatus();
                    failed();
                }
                case IDLE -> {
                    if (state == ConnectivityState.READY) {
                        connectionEnded();
                        owner.onLost(SubchannelHandle.this);
                    } else {
                        subchannel.requestConnection();
                    }
                }
                case CONNECTING -> connectionEnded();
                case SHUTDOWN -> ready = false;
            }
        }
    }

    private record Routed(long epoch, PickResult result) {}
}
