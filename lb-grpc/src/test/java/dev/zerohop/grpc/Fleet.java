package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Resolution;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * Servers, and a source of endpoints that a test drives, under the target {@code fleet:///N}. It is found as every source is, by its
 * {@link dev.zerohop.ResolverProvider}, and shared by the channels of the process as every target is.
 */
final class Fleet implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final Map<String, Fleet> OPEN = new ConcurrentHashMap<>();

    final Map<String, TestServer> servers = new HashMap<>();
    private final String name = String.valueOf(NEXT.incrementAndGet());
    private final List<ManagedChannel> channels = new ArrayList<>();
    private @Nullable Source source;
    private Resolution said = Resolution.NONE;
    private @Nullable PlainProvider plain;

    @Nullable
    KeyDirectory directory;

    private volatile @Nullable ShardMap shardMap;
    volatile int started;
    volatile int refreshed;

    Fleet() {
        OPEN.put(name, this);
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
        say(said.answered(set));
    }

    /** The source vouches for what it named last. */
    synchronized void confirm(Instant asOf) {
        say(said.mapEndpoints(set -> set.confirmed(asOf)));
    }

    synchronized void configure(String json) {
        say(source == null ? said.with(said.configuration().configured(json)) : said.configured(json));
    }

    /** The source states a configuration that it rejects itself, and has no good one. */
    synchronized void rejectConfiguration(String reason) {
        say(source == null ? said.with(said.configuration().rejected(reason)) : said.configurationRejected(reason));
    }

    /** The source holds this value, which cannot be used, and no other such. */
    synchronized void reject(String reason) {
        say(said.rejecting(List.of(reason)));
    }

    synchronized void judge(Map<String, HealthSource.Verdict> verdicts) {
        say(said.with(new HealthSource.Verdicts(verdicts, System.nanoTime())));
    }

    synchronized void fail(String why) {
        say(said.failed(new IllegalStateException(why)));
    }

    private void say(Resolution now) {
        said = now;
        Source running = source;
        if (running != null && running.listener != null) {
            running.listener.onResolution(now);
        }
    }

    /** From now on channels get these very groups, from a resolver that knows nothing of zerohop. */
    void plain(List<EquivalentAddressGroup> groups) {
        plain(groups, Attributes.EMPTY);
    }

    void plain(List<EquivalentAddressGroup> groups, Attributes facts) {
        unregisterPlain();
        plain = new PlainProvider("plain" + name, groups, facts);
        NameResolverRegistry.getDefaultRegistry().register(plain);
    }

    private void unregisterPlain() {
        PlainProvider registered = plain;
        if (registered != null) {
            NameResolverRegistry.getDefaultRegistry().deregister(registered);
        }
    }

    String target() {
        PlainProvider instead = plain;
        return instead == null ? FleetResolverProvider.SCHEME + ":///" + name : instead.getScheme() + ":///orders";
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
        unregisterPlain();
        OPEN.remove(name);
    }

    /** The source of a target; one for all channels. */
    static Resolver source(Target target) {
        Fleet fleet = OPEN.get(target.path());
        if (fleet == null) {
            throw new IllegalArgumentException(
                    "target '" + target + "': no such fleet, expected one of " + OPEN.keySet());
        }
        return fleet.new Source();
    }

    private final class Source implements Resolver {
        private @Nullable Listener listener;

        @Override
        public void start(Listener listener) {
            synchronized (Fleet.this) {
                assertThat(this.listener).as("started once").isNull();
                started++;
                this.listener = listener;
                source = this;
                if (said != Resolution.NONE) {
                    listener.onResolution(said);
                }
            }
        }

        @Override
        public void refresh() {
            synchronized (Fleet.this) {
                refreshed++;
            }
        }

        @Override
        public void close() {
            synchronized (Fleet.this) {
                listener = null;
            }
        }

        @Override
        public String toString() {
            return "fleet " + name;
        }
    }

    private static final class PlainProvider extends NameResolverProvider {
        private final String scheme;
        private final List<EquivalentAddressGroup> groups;
        private final Attributes facts;

        PlainProvider(String scheme, List<EquivalentAddressGroup> groups, Attributes facts) {
            this.scheme = scheme;
            this.groups = groups;
            this.facts = facts;
        }

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
            return new PlainResolver(groups, facts);
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
