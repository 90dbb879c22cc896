package dev.zerohop.benchmarks.grpc;

import dev.zerohop.benchmarks.common.Fleet;
import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.NameResolverRegistry;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * A channel that consists of nothing but its load balancing policy: subchannels open at once and without a socket when they are asked to, and the
 * pickers that the policy publishes are kept and counted. Everything runs on the calling
 * thread, except timers.
 */
final class FakeChannel extends LoadBalancer.Helper implements AutoCloseable {
    private final SynchronizationContext synchronization = new SynchronizationContext((thread, failure) -> {
        throw new IllegalStateException("the policy threw", failure);
    });
    private final ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "fake-channel-timer");
        thread.setDaemon(true);
        return thread;
    });
    private final Queue<FakeSubchannel> connecting = new ConcurrentLinkedQueue<>();
    private final Object configuration;
    private final LoadBalancer policy;

    private volatile LoadBalancer.SubchannelPicker picker;
    private volatile ConnectivityState state = ConnectivityState.IDLE;
    private volatile int published;
    private volatile long publishedNanos;

    /**
     * Makes a channel of a policy that is registered with gRPC.
     *
     * @param policyName as in a service config
     * @param options the policy's part of a service config
     */
    FakeChannel(String policyName, Map<String, ?> options) {
        LoadBalancerProvider provider = provider(policyName);
        NameResolver.ConfigOrError parsed = provider.parseLoadBalancingPolicyConfig(options);
        if (parsed.getError() != null) {
            throw parsed.getError().asRuntimeException();
        }
        this.configuration = parsed.getConfig();
        this.policy = provider.newLoadBalancer(this);
    }

    /** Finds a policy. With grpc-services on the class path {@code round_robin} is wrapped for health checks; the plain, faster one is wanted. */
    private static LoadBalancerProvider provider(String name) {
        for (LoadBalancerProvider provider : ServiceLoader.load(LoadBalancerProvider.class)) {
            if (provider.getPolicyName().equals(name)
                    && !provider.getClass().getPackageName().equals("io.grpc.protobuf.services")) {
                return provider;
            }
        }
        LoadBalancerProvider registered =
                LoadBalancerRegistry.getDefaultRegistry().getProvider(name);
        if (registered == null) {
            throw new IllegalArgumentException("no load balancing policy '" + name + "' on the class path");
        }
        return registered;
    }

    /** The addresses of the first {@code count} endpoints, each a group of its own. */
    static List<EquivalentAddressGroup> addresses(int count) {
        List<EquivalentAddressGroup> groups = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            try {
                groups.add(new EquivalentAddressGroup(
                        new InetSocketAddress(InetAddress.getByName(Fleet.host(i)), Fleet.PORT)));
            } catch (UnknownHostException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return groups;
    }

    /** Which endpoint of the fleet a picked subchannel is; policies may have wrapped it. */
    static int index(LoadBalancer.Subchannel picked) {
        InetSocketAddress address =
                (InetSocketAddress) picked.getAddresses().getAddresses().get(0);
        byte[] host = address.getAddress().getAddress();
        return (host[1] & 0xff) << 16 | (host[2] & 0xff) << 8 | (host[3] & 0xff);
    }

    /** Hands the policy a list and lets every subchannel that it opens become ready, one after another. */
    void accept(List<EquivalentAddressGroup> addresses) {
        LoadBalancer.ResolvedAddresses resolved = LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(addresses)
                .setLoadBalancingPolicyConfig(configuration)
                .build();
        CompletableFuture<Void> accepted = new CompletableFuture<>();
        synchronization.execute(() -> {
            policy.acceptResolvedAddresses(resolved);
            accepted.complete(null);
        });
        accepted.join();
        while (!connecting.isEmpty()) {
            FakeSubchannel next = connecting.remove();
            synchronization.execute(() -> next.report(ConnectivityState.CONNECTING));
            synchronization.execute(() -> next.report(ConnectivityState.READY));
        }
    }

    /** The picker in force. */
    LoadBalancer.SubchannelPicker picker() {
        return picker;
    }

    /** The state that was reported with the picker. */
    ConnectivityState state() {
        return state;
    }

    /** How many pickers were published. */
    int published() {
        return published;
    }

    /** When the last one was, by {@link System#nanoTime}. */
    long publishedNanos() {
        return publishedNanos;
    }

    @Override
    public void close() {
        synchronization.execute(policy::shutdown);
        timers.shutdownNow();
    }

    @Override
    public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker next) {
        picker = next;
        this.state = state;
        published++;
        publishedNanos = System.nanoTime();
    }

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs args) {
        return new FakeSubchannel(args);
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
        return "benchmark";
    }

    @Override
    public String getChannelTarget() {
        return "fake:///benchmark";
    }

    @Override
    public NameResolverRegistry getNameResolverRegistry() {
        return NameResolverRegistry.getDefaultRegistry();
    }

    @Override
    public void refreshNameResolution() {}

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
        throw new UnsupportedOperationException("no out-of-band channel is measured");
    }

    @Override
    public ChannelLogger getChannelLogger() {
        return Silent.INSTANCE;
    }

    private static final class Silent extends ChannelLogger {
        static final Silent INSTANCE = new Silent();

        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String format, Object... arguments) {}
    }

    /** Remembers that it was asked to connect; {@link #accept} lets it become ready. */
    private final class FakeSubchannel extends LoadBalancer.Subchannel {
        private List<EquivalentAddressGroup> addresses;
        private final Attributes attributes;
        private LoadBalancer.SubchannelStateListener listener;
        private boolean asked;

        FakeSubchannel(LoadBalancer.CreateSubchannelArgs args) {
            this.addresses = args.getAddresses();
            this.attributes = args.getAttributes();
        }

        @Override
        public void start(LoadBalancer.SubchannelStateListener listener) {
            this.listener = listener;
        }

        @Override
        public void requestConnection() {
            if (!asked) {
                asked = true;
                connecting.add(this);
            }
        }

        void report(ConnectivityState state) {
            listener.onSubchannelState(ConnectivityStateInfo.forNonError(state));
        }

        @Override
        public void shutdown() {}

        @Override
        public void updateAddresses(List<EquivalentAddressGroup> next) {
            addresses = next;
        }

        @Override
        public List<EquivalentAddressGroup> getAllAddresses() {
            return addresses;
        }

        @Override
        public ChannelLogger getChannelLogger() {
            return Silent.INSTANCE;
        }

        @Override
        public Attributes getAttributes() {
            return attributes;
        }
    }
}
