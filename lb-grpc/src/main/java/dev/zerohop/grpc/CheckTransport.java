package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import io.grpc.Channel;
import io.grpc.LoadBalancer.Helper;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How health checks and load probes reach the endpoints of a channel: those of gRPC over its own connections, the others under its authority. */
final class CheckTransport implements ProbeTransport {
    private final Helper helper;
    private final Function<String, @Nullable Channel> connections;

    /** One for all policies, one after another: its limits are those of connections. */
    private final LoadProber load;

    CheckTransport(Helper helper, Function<String, @Nullable Channel> connections, Time time) {
        this.helper = helper;
        this.connections = connections;
        this.load = new LoadProber(helper, connections, time);
    }

    @Override
    public @Nullable String authority() {
        String stated = helper.getAuthority();
        return stated.endsWith(GrpcTargets.NOT_STATED) ? null : stated;
    }

    @Override
    public boolean hasAddress(Endpoint endpoint) {
        return !PlainEndpoints.isLocal(endpoint);
    }

    @Override
    public Prober grpc(String service) {
        return new ServingProber(service, helper, connections);
    }

    @Override
    public Prober load(String path) {
        return load;
    }
}
