package dev.zerohop.sim;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.ManagedChannel;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * One client with a load-balancing policy of grpc-java: around the policy's own classes what a channel does. It hands it addresses and connections, picks with its latest picker, keeps a call for the next
 * picker when there is no connection yet, and fails it when the picker says so.
 */
final class GrpcBalancer extends LoadBalancer.Helper implements ClientBalancer {
    private final @Nullable String zone;
    private final GrpcPolicy policy;
    private final World world;
    private final ScheduledExecutorService timers;
    private final SynchronizationContext synchronization = new SynchronizationContext((thread, failure) -> {
        throw new IllegalStateException("a policy of grpc-java threw", failure);
    });
    private final LoadBalancer balancer;

    /** Connections in the making, by the instant at which they are there and by their server: in which order a policy asks for them is by chance that cannot be given. */
    private final Map<Long, TreeMap<Integer, GrpcConnection>> connecting = new HashMap<>();

    private final BitSet connected = new BitSet();
    private final List<Runnable> waiting = new ArrayList<>();
    private final long luck;

    /** The endpoints that the source named before the start. */
    private @Nullable EndpointSet early;

    private LoadBalancer.@Nullable SubchannelPicker picker;
    private boolean started;

    GrpcBalancer(@Nullable String zone, GrpcPolicy policy, Env env, World world) {
        this.zone = zone;
        this.policy = policy;
        this.world = world;
        this.timers = new VirtualTimers(env.time());
        this.luck = env.dice().nextLong();
        this.balancer = policy.create(this, env);
    }

    @Override
    public void start() {
        started = true;
        if (early != null) {
            accept(early);
        }
    }

    @Override
    public void update(EndpointSet endpoints) {
        if (started) {
            accept(endpoints);
        } else {
            early = endpoints;
        }
    }

    /** Endpoints on their way out are left out, as resolvers of gRPC do. */
    private void accept(EndpointSet endpoints) {
        List<EquivalentAddressGroup> groups = new ArrayList<>();
        for (Endpoint endpoint : endpoints.endpoints()) {
            if (endpoint.readiness() == Endpoint.Readiness.READY && endpoint.weight() > 0) {
                groups.add(new EquivalentAddressGroup(address(endpoint), policy.attributes(endpoint.weight())));
            }
        }
        LoadBalancer.ResolvedAddresses resolved = LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(groups)
                .setLoadBalancingPolicyConfig(policy.config())
                .build();
        // A policy that is handed no address keeps those that it has.
        synchronization.execute(() -> balancer.acceptResolvedAddresses(resolved));
    }

    private static InetSocketAddress address(Endpoint endpoint) {
        try {
            return new InetSocketAddress(InetAddress.getByName(endpoint.host()), endpoint.port());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public Pick pick(Call call) {
        if (picker == null) {
            return Pick.None.WAITS;
        }
        GrpcCall arguments = GrpcCall.of(call);
        LoadBalancer.PickResult result = picker.pickSubchannel(arguments);
        LoadBalancer.Subchannel chosen = result.getSubchannel();
        if (chosen != null) {
            GrpcConnection connection = (GrpcConnection) chosen.getInternalSubchannel();
            return connection.isReady()
                    ? new GrpcAttempt(
                            connection.server().index + 1,
                            policy.wantsReports(),
                            result.getStreamTracerFactory(),
                            arguments)
                    : Pick.None.WAITS;
        }
        return result.getStatus().isOk() ? Pick.None.WAITS : Pick.None.FAILS;
    }

    @Override
    public void onNextChange(Runnable changed) {
        waiting.add(changed);
    }

    /** Only what is connected is picked. */
    @Override
    public long connectingNanos(Server server) {
        return 0;
    }

    @Override
    public void close() {
        synchronization.execute(balancer::shutdown);
    }

    @Override
    public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker next) {
        picker = next;
        List<Runnable> woken = List.copyOf(waiting);
        waiting.clear();
        woken.forEach(Runnable::run);
    }

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs arguments) {
        InetSocketAddress address = (InetSocketAddress)
                arguments.getAddresses().get(0).getAddresses().get(0);
        return new GrpcConnection(this, world.server(address.getPort()), arguments);
    }

    /** Lets a connection be there, or fail, after the time that it takes. */
    void connect(GrpcConnection connection) {
        long dueNanos = world.events().nowNanos() + world.connectNanos();
        TreeMap<Integer, GrpcConnection> batch = connecting.get(dueNanos);
        if (batch == null) {
            TreeMap<Integer, GrpcConnection> begun = new TreeMap<>();
            connecting.put(dueNanos, begun);
            after(world.connectNanos(), () -> {
                connecting.remove(dueNanos);
                begun.values().forEach(each -> synchronization.execute(each::connected));
            });
            batch = begun;
        }
        batch.put(connection.server().index, connection);
    }

    /** How long it takes to connect, or to see that it cannot be done. */
    long connectNanos() {
        return world.connectNanos();
    }

    /** The first connection to this server is there. */
    void met(Server server) {
        if (!connected.get(server.index)) {
            connected.set(server.index);
            world.recorder().connected();
        }
    }

    /** How long after it is closed by its server a connection's end is noticed. */
    long noticeNanos(Server server) {
        return world.delay(server.zone, zone);
    }

    /** A number in [0, 1) for one of the failures in a row to connect to a server. */
    double chance(Server server, int failure) {
        return Stream.unit(Stream.mixed(Stream.mixed(luck + server.index) + failure));
    }

    void after(long delayNanos, Runnable task) {
        Event event = new Event() {
            @Override
            void fire() {
                task.run();
            }
        };
        world.events().at(world.events().nowNanos() + delayNanos, event);
    }

    @Override
    public SynchronizationContext getSynchronizationContext() {
        return synchronization;
    }

    @Override
    public ScheduledExecutorService getScheduledExecutorService() {
        return timers;
    }

    @Override
    public String getAuthority() {
        return "scenario";
    }

    @Override
    public String getChannelTarget() {
        return "sim:///scenario";
    }

    /** The source tells of changes by itself. */
    @Override
    public void refreshNameResolution() {}

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
        throw new UnsupportedOperationException("there are no channels beside that of the scenario");
    }

    @Override
    public ChannelLogger getChannelLogger() {
        return Silent.INSTANCE;
    }

    /** Nothing is logged. */
    static final class Silent extends ChannelLogger {
        static final Silent INSTANCE = new Silent();

        private Silent() {}

        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, @Nullable Object... arguments) {}
    }
}
