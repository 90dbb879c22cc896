package dev.zerohop.grpc;

import dev.zerohop.Node;
import dev.zerohop.ShardMap;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;
import java.util.List;

/**
 * One node's subchannel. Everything but {@link #ready} and the prepared results belongs to the synchronization context.
 *
 * <p>A failed connection stays failed until one stands: grpc goes back to CONNECTING at each try, and showing that would let calls wait for a server that is down.
 */
final class Link {
    private final Node node;
    private final Subchannel subchannel;
    private final Links owner;
    private final Attempts attempts;
    private final PickResult picked;
    private List<EquivalentAddressGroup> addresses;
    private ConnectivityState state = ConnectivityState.CONNECTING;
    private Status cause = Status.UNAVAILABLE.withDescription("never connected");
    private boolean gone;
    private long leaveByNanos;

    /** Whether a call can start at once; read by pickers. */
    private volatile boolean ready;

    /** The latest answer to a pick that is routed by an epoch; epochs change once in a while. */
    private volatile Routed routed;

    private record Routed(long epoch, PickResult result) {}

    Link(Node node, EquivalentAddressGroup group, Helper helper, Links owner, Attempts attempts) {
        this.node = node;
        this.owner = owner;
        this.addresses = List.of(group);
        this.subchannel = helper.createSubchannel(
                CreateSubchannelArgs.newBuilder().setAddresses(addresses).build());
        this.attempts = attempts;
        this.picked = PickResult.withSubchannel(subchannel, attempts.factory(node));
        this.routed = new Routed(ShardMap.NO_EPOCH, picked);
    }

    void start() {
        subchannel.start(this::onState);
        subchannel.requestConnection();
    }

    Node node() {
        return node;
    }

    Subchannel subchannel() {
        return subchannel;
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

    /** The answer to a plain pick of this node, made once. */
    PickResult picked() {
        return picked;
    }

    /** The answer to a plain pick of this node that is routed by this epoch. */
    PickResult picked(long shardEpoch) {
        if (shardEpoch == ShardMap.NO_EPOCH) {
            return picked;
        }
        Routed known = routed;
        if (known.epoch() != shardEpoch) {
            known = new Routed(shardEpoch, PickResult.withSubchannel(subchannel, attempts.factory(node, shardEpoch)));
            routed = known;
        }
        return known.result();
    }

    void updateAddresses(EquivalentAddressGroup group) {
        if (!addresses.get(0).getAddresses().equals(group.getAddresses())) {
            addresses = List.of(group);
            subchannel.updateAddresses(addresses);
        }
    }

    void leaveBy(long nanos) {
        leaveByNanos = nanos;
    }

    /** Until when it may serve although its endpoint left. */
    long leaveByNanos() {
        return leaveByNanos;
    }

    void requestConnection() {
        if (!gone) {
            subchannel.requestConnection();
        }
    }

    void shutdown() {
        if (!gone) {
            gone = true;
            ready = false;
            subchannel.shutdown();
        }
    }

    private void onState(ConnectivityStateInfo info) {
        if (gone) {
            return;
        }
        switch (info.getState()) {
            case READY -> {
                ready = true;
                state = ConnectivityState.READY;
                owner.onReady(this);
            }
            case TRANSIENT_FAILURE -> {
                ready = false;
                state = ConnectivityState.TRANSIENT_FAILURE;
                cause = info.getStatus();
                owner.onFailed(this);
            }
            case IDLE -> {
                connectionEnded();
                owner.onLost(this);
            }
            case CONNECTING -> connectionEnded();
            case SHUTDOWN -> ready = false;
        }
    }

    private void connectionEnded() {
        ready = false;
        if (state == ConnectivityState.READY) {
            state = ConnectivityState.CONNECTING;
            owner.onConnecting(this);
        }
    }

    @Override
    public String toString() {
        return node.endpoint() + " " + state;
    }
}
