package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Resolver;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** Servers, and a source of endpoints that a test drives, under the target {@code fleet-N:///orders}. */
final class Fleet implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    final Map<String, TestServer> servers = new HashMap<>();
    private final String scheme = "fleet" + NEXT.incrementAndGet();
    private final List<Resolver.Listener> listeners = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final NameResolverProvider provider = new Provider();
    private @Nullable EndpointSet last;
    private @Nullable String configuration;
    private @Nullable List<EquivalentAddressGroup> plain;
    private Attributes plainFacts = Attributes.EMPTY;

    @Nullable
    KeyDirectory directory;

    private volatile @Nullable ShardMap shardMap;
    private boolean down;
    int started;
    int refreshed;

    Fleet() {
        NameResolverRegistry.getDefaultRegistry().register(provider);
    }

    /** Waits for a condition, long enough for a machine that is busy with other things; an await that is met costs nothing of it. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    static Fleet of(String... ids) {
        Fleet fleet = new Fleet();
        for (String id : ids) {
            fleet.add(id);
        }
        fleet.name(ids);
        return fleet;
    }

    TestServer add(String id) {
        TestServer server = new TestServer(id);
        servers.put(id, server);
        return server;
    }

    TestServer server(String id) {
        return java.util.Objects.requireNonNull(servers.get(id));
    }

    /** An endpoint of a running server; an id that ends in -N has the ordinal N. */
    Endpoint endpoint(String id) {
        int dash = id.lastIndexOf('-');
        return Endpoint.builder("127.0.0.1", server(id).port())
                .id(id)
                .ordinal(dash < 0 ? Endpoint.NO_ORDINAL : Integer.parseInt(id.substring(dash + 1)))
                .build();
    }

    /** The source names exactly these. */
    void name(String... ids) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (String id : ids) {
            endpoints.add(endpoint(id));
        }
        push(endpoints);
    }

    /** The source states this map from its next word on. */
    void shards(ShardMap map) {
        shardMap = map;
    }

    synchronized void push(List<Endpoint> endpoints) {
        EndpointSet set = EndpointSet.builder("fleet")
                .endpoints(endpoints)
                .shardMap(shardMap)
                .asOf(Instant.now())
                .removals(EndpointSet.Removals.MEANT)
                .directory(directory)
                .build();
        last = set;
        List.copyOf(listeners).forEach(listener -> listener.onEndpoints(set));
    }

    /** The source vouches for what it named last. */
    synchronized void confirm(Instant asOf) {
        List.copyOf(listeners).forEach(listener -> listener.onConfirmed(asOf));
    }

    synchronized void configure(String json) {
        configuration = json;
        List.copyOf(listeners).forEach(listener -> listener.onConfiguration(json));
    }

    synchronized void refuse(String reason) {
        List.copyOf(listeners).forEach(listener -> listener.onRefused(reason));
    }

    synchronized void judge(Map<String, HealthSource.Verdict> verdicts) {
        List.copyOf(listeners).forEach(listener -> listener.onVerdicts(verdicts));
    }

    synchronized void fail(String why) {
        down = true;
        List.copyOf(listeners).forEach(listener -> listener.onError(new IllegalStateException(why)));
    }

    /** From now on channels get these very groups, from a resolver that knows nothing of zerohop. */
    void plain(List<EquivalentAddressGroup> groups) {
        plain(groups, Attributes.EMPTY);
    }

    void plain(List<EquivalentAddressGroup> groups, Attributes facts) {
        plainFacts = facts;
        plain = groups;
    }

    String target() {
        return scheme + ":///orders";
    }

    ManagedChannelBuilder<?> builder() {
        return Grpc.newChannelBuilder(target(), InsecureChannelCredentials.create());
    }

    /** A channel with this zerohop configuration, whose single quotes stand for double ones. */
    ManagedChannel channel(String configuration) {
        return built(builder().defaultServiceConfig(Json.serviceConfig(configuration, null)));
    }

    ManagedChannel built(ManagedChannelBuilder<?> builder) {
        ManagedChannel channel = builder.build();
        channels.add(channel);
        return channel;
    }

    @Override
    public void close() throws InterruptedException {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
        }
        for (ManagedChannel channel : channels) {
            channel.awaitTermination(60, TimeUnit.SECONDS);
        }
        servers.values().forEach(TestServer::close);
        NameResolverRegistry.getDefaultRegistry().deregister(provider);
    }

    private final class Driven implements Resolver {
        private @Nullable Listener listener;

        @Override
        public void start(Listener listener) {
            synchronized (Fleet.this) {
                started++;
                this.listener = listener;
                listeners.add(listener);
                String json = configuration;
                if (json != null) {
                    listener.onConfiguration(json);
                }
                EndpointSet set = last;
                if (set != null) {
                    listener.onEndpoints(set);
                }
                if (down) {
                    listener.onError(new IllegalStateException("the source is down"));
                }
            }
        }

        @Override
        public void refresh() {
            refreshed++;
        }

        @Override
        public void close() {
            synchronized (Fleet.this) {
                listeners.remove(listener);
            }
        }
    }

    private final class Provider extends NameResolverProvider {
        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getScheme() {
            return scheme;
        }

        @Override
        public String getDefaultScheme() {
            return scheme;
        }

        @Override
        public NameResolver newNameResolver(URI uri, NameResolver.Args args) {
            List<EquivalentAddressGroup> groups = plain;
            if (groups != null) {
                return new PlainResolver(groups, plainFacts);
            }
            return new ZerohopNameResolver(Target.parse(uri.toString()), "orders", args, new Driven());
        }
    }

    private static final class PlainResolver extends NameResolver {
        private final List<EquivalentAddressGroup> groups;
        private final Attributes facts;

        PlainResolver(List<EquivalentAddressGroup> groups, Attributes facts) {
            this.groups = groups;
            this.facts = facts;
        }

        @Override
        public String getServiceAuthority() {
            return "orders";
        }

        @Override
        public void start(Listener2 listener) {
            listener.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(groups))
                    .setAttributes(facts)
                    .build());
        }

        @Override
        public void shutdown() {}
    }
}
