package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.Candidate;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import io.grpc.ConnectivityState;
import java.util.IdentityHashMap;

/** The state of a channel, of which a caller sees whether calls can go anywhere. In the synchronization context. */
final class ChannelState {

    private ChannelState() {}

    static ConnectivityState of(Balancer balancer, Subchannels subchannels, boolean sourceFailed) {
        BalancerView now = balancer.current();
        Snapshot snapshot = now.snapshot();
        if (now.unconfigured() != null) {
            // As gRPC says of a service config that is not valid: connected or not, no call goes anywhere.
            return ConnectivityState.TRANSIENT_FAILURE;
        }
        if (!subchannels.lingering().isEmpty()) {
            return ConnectivityState.READY;
        }
        IdentityHashMap<Node, SubchannelHandle> byNode = subchannels.byNode();
        for (Candidate candidate : snapshot.candidates()) {
            SubchannelHandle handle = byNode.get(candidate.node());
            if (handle != null && handle.ready()) {
                return ConnectivityState.READY;
            }
        }
        if (byNode.isEmpty()) {
            return !snapshot.members().isEmpty() || (balancer.source().set() == null && !sourceFailed)
                    ? ConnectivityState.CONNECTING
                    : ConnectivityState.TRANSIENT_FAILURE;
        }
        for (SubchannelHandle handle : byNode.values()) {
            if (handle.state() == ConnectivityState.CONNECTING) {
                return ConnectivityState.CONNECTING;
            }
        }
        return ConnectivityState.TRANSIENT_FAILURE;
    }
}
