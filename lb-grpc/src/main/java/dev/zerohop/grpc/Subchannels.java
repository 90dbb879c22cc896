package dev.zerohop.grpc;

import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import io.grpc.Channel;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.Helper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The subchannels of one channel, one per node, and their connectivity as a source of health. In the synchronization context only; each event costs the same
 * whatever the number of endpoints.
 */
final class Subchannels implements HealthSource {
    private static final Verdict CONNECTED = Verdict.lasting(Health.Status.HEALTHY, "connected");
    private static final Verdict CONNECTING = Verdict.lasting(Health.Status.CONNECTING, "a connection is being made");
    private static final Verdict NOT_WANTED =
            Verdict.lasting(Health.Status.CONNECTING, "no connection is wanted: a stage leaves it out");

    /** How long an endpoint that left may serve while none of the new ones is connected; a connection attempt takes less, or does not succeed. */
    private static final long LEAVING_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Helper helper;
    private final Time time;
    private final Attempts attempts;
    private final Runnable onLoss;
    private final Runnable onDrained;
    private IdentityHashMap<Node, SubchannelHandle> subchannels = new IdentityHashMap<>();

    /** The same by the ids of their endpoints. */
    private Map<String, SubchannelHandle> byId = Map.of();

    /** Endpoints that left while no other was connected, the earliest first; they serve until one is. */
    private List<SubchannelHandle> lingering = List.of();

    private @Nullable Sink sink;
    private int ready;

    /** The members that have a subchannel, or have none for want of an address. */
    private List<Node> followed = List.of();

    /**
     * @param onLoss called when a member's connection failed or was lost
     * @param onDrained called when an endpoint that left serves no longer though none of the new ones is connected
     */
    Subchannels(Helper helper, Time time, Attempts attempts, Runnable onLoss, Runnable onDrained) {
        this.helper = helper;
        this.time = time;
        this.attempts = attempts;
        this.onLoss = onLoss;
        this.onDrained = onDrained;
    }

    @Override
    public String name() {
        return "connectivity";
    }

    @Override
    public Verdict initial() {
        return CONNECTING;
    }

    @Override
    public void start(Sink sink) {
        this.sink = sink;
    }

    @Override
    public void close() {
        sink = null;
    }

    /** The subchannel of each member. The map is replaced, never changed, when the membership is. */
    IdentityHashMap<Node, SubchannelHandle> byNode() {
        return subchannels;
    }

    /** The connection to a member, for calls of our own; null while there is none. */
    @Nullable
    Channel connection(String endpointId) {
        SubchannelHandle handle = byId.get(endpointId);
        return handle != null && handle.ready() ? handle.subchannel().asChannel() : null;
    }

    List<SubchannelHandle> lingering() {
        return lingering;
    }

    /**
     * Gives every member that is to be reached a subchannel and takes it from all others; a member that is not, any more, is connected to anew before it is used again. An endpoint that left while connected keeps its subchannel if no member has one that is
     * ready: the new ones connect before the old go.
     */
    void follow(Snapshot snapshot, Function<Node, @Nullable EquivalentAddressGroup> addresses, long nowNanos) {
        List<Node> members = snapshot.reached();
        followed = members;
        // A copy: the pickers that are out read the old map until they are replaced.
        IdentityHashMap<Node, SubchannelHandle> before = new IdentityHashMap<>(subchannels);
        IdentityHashMap<Node, SubchannelHandle> after = new IdentityHashMap<>(members.size() * 2);
        Map<String, SubchannelHandle> ids = new HashMap<>(members.size() * 2);
        List<SubchannelHandle> begun = new ArrayList<>();
        int connected = 0;
        for (Node node : members) {
            SubchannelHandle handle = before.remove(node);
            EquivalentAddressGroup group = addresses.apply(node);
            if (handle == null && group != null) {
                handle = new SubchannelHandle(node, group, helper, this, attempts, time);
                begun.add(handle);
            } else if (handle != null && group != null) {
                handle.updateAddresses(group);
            }
            if (handle != null) {
                after.put(node, handle);
                ids.put(node.endpoint().id(), handle);
                connected += handle.ready() ? 1 : 0;
            }
        }
        subchannels = after;
        byId = ids;
        ready = connected;
        if (members.size() < snapshot.members().size()) {
            reportUnwanted(before, snapshot.members());
        }
        begun.forEach(SubchannelHandle::start);
        List<SubchannelHandle> staying = new ArrayList<>(lingering);
        for (SubchannelHandle gone : before.values()) {
            if (gone.ready() && ready == 0 && !members.isEmpty()) {
                gone.leaveBy(nowNanos + LEAVING_NANOS);
                staying.add(gone);
            } else {
                gone.shutdown();
            }
        }
        lingering = List.copyOf(staying);
        if (members.isEmpty() || ready > 0) {
            release();
        }
    }

    private void reportUnwanted(IdentityHashMap<Node, SubchannelHandle> before, List<Node> members) {
        for (Node node : members) {
            SubchannelHandle unwanted = before.get(node);
            if (unwanted != null) {
                report(unwanted, NOT_WANTED);
            }
        }
    }

    /** Whether the members that are to be reached are those of the last time. Lists of the same ones are nearly always the same list. */
    boolean follows(Snapshot snapshot) {
        return snapshot.reached().equals(followed);
    }

    /** Ends what was only kept until a member is connected. */
    void release() {
        lingering.forEach(SubchannelHandle::shutdown);
        lingering = List.of();
    }

    /** Ends those whose time is over, whatever has happened since they left. */
    void release(long nowNanos) {
        List<SubchannelHandle> staying = new ArrayList<>(lingering);
        staying.removeIf(handle -> {
            boolean over = handle.lingerUntilNanos() - nowNanos <= 0;
            if (over) {
                handle.shutdown();
            }
            return over;
        });
        lingering = List.copyOf(staying);
    }

    int ready() {
        return ready;
    }

    void requestConnections() {
        subchannels.values().forEach(SubchannelHandle::requestConnection);
    }

    void shutdown() {
        release();
        subchannels.values().forEach(SubchannelHandle::shutdown);
        subchannels = new IdentityHashMap<>();
        byId = Map.of();
        ready = 0;
    }

    void onReady(SubchannelHandle handle) {
        if (subchannels.get(handle.node()) == handle) {
            ready++;
            report(handle, CONNECTED);
        }
    }

    void onConnecting(SubchannelHandle handle) {
        if (subchannels.get(handle.node()) == handle) {
            ready--;
            report(handle, CONNECTING);
        }
    }

    void onFailed(SubchannelHandle handle) {
        if (subchannels.get(handle.node()) == handle) {
            report(handle, Verdict.lasting(Health.Status.DISCONNECTED, Causes.describe(handle.cause())));
        }
        onLoss.run();
    }

    /** The connection ended. A member asks for the next one; an endpoint that left has served its last call. */
    void onLost(SubchannelHandle handle) {
        if (lingering.contains(handle)) {
            List<SubchannelHandle> staying = new ArrayList<>(lingering);
            staying.remove(handle);
            lingering = List.copyOf(staying);
            handle.shutdown();
            onDrained.run();
            return;
        }
        handle.reconnect();
        onLoss.run();
    }

    private void report(SubchannelHandle handle, Verdict verdict) {
        Sink to = sink;
        if (to != null) {
            to.report(handle.node().endpoint().id(), verdict);
        }
    }
}
