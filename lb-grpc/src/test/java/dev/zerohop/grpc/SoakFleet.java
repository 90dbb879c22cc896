package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.testing.CountedTime;
import dev.zerohop.testing.FreePorts;
import dev.zerohop.testing.LeaseLedger;
import io.grpc.Attributes;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Servers that come and go, and channels to them, all of whose leases, timers and connections are counted. */
final class SoakFleet implements AutoCloseable {
    /** Never answers. */
    static final MethodDescriptor<String, String> HOLD =
            TestServer.ECHO.toBuilder().setFullMethodName("test.Soak/Hold").build();

    /** Sends one message and stays open. */
    static final MethodDescriptor<String, String> OPEN =
            TestServer.DOWN.toBuilder().setFullMethodName("test.Soak/Open").build();

    private static final String SHARDS =
            "{'policy': {'shard': {'strategy': 'modulo', 'shards': 3, 'ownerDown': 'WAIT'}}}";

    private static final Attributes.Key<Boolean> READY = Attributes.Key.create("ready");
    private static final int SERVERS = 4;

    final Queue<CountedTime> times = new ConcurrentLinkedQueue<>();
    final LeaseLedger ledger = new LeaseLedger();

    /** Connections that stand, as the servers see it. */
    final AtomicInteger connections = new AtomicInteger();

    /** Calls that were forgotten and have not ended by themselves. */
    final AtomicInteger forgotten = new AtomicInteger();

    final ManagedChannel channel;
    final ManagedChannel hedging;
    final ManagedChannel withoutInterceptor;
    final ManagedChannel sharded;
    private final RecordingPolicy policy;
    private final Fleet fleet = new Fleet();
    private final Queue<TestServer> replaced = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failing = new AtomicInteger();

    SoakFleet() throws IOException {
        policy = new RecordingPolicy(time -> {
            CountedTime counted = new CountedTime(time);
            times.add(counted);
            return counted;
        });
        for (int i = 0; i < SERVERS; i++) {
            start("s-" + i);
        }
        fleet.configure("{\"leases\": {\"ageLimit\": \"0s\"}}");
        String retries = Json.retries(3, "['UNAVAILABLE']");
        channel = fleet.built(builder("{}", retries, true));
        withoutInterceptor = fleet.built(builder("{}", retries, false));
        hedging = fleet.built(builder(
                "{}",
                "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 3, 'hedgingDelay': '0.005s', 'nonFatalStatusCodes':"
                        + " ['UNAVAILABLE']}}",
                true));
        sharded = fleet.built(builder(SHARDS, null, true));
        change(0);
    }

    private ManagedChannelBuilder<?> builder(String zerohop, @Nullable String methods, boolean intercepted) {
        ManagedChannelBuilder<?> builder = fleet.builder()
                .setNameResolverArg(ZerohopGrpc.LISTENER, ledger)
                .defaultServiceConfig(policy.serviceConfig(zerohop, methods));
        return intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder;
    }

    /** A channel for one call, which the caller closes. */
    ManagedChannel open() {
        return builder("{}", null, true).build();
    }

    // ---- servers ----

    private void start(String id) {
        ServerTransportFilter counting = new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
                connections.incrementAndGet();
                return attributes.toBuilder().set(READY, true).build();
            }

            @Override
            public void transportTerminated(@Nullable Attributes attributes) {
                // A connection can end before it was ready, and then has no attributes.
                if (attributes != null && attributes.get(READY) != null) {
                    connections.decrementAndGet();
                }
            }
        };
        ServerServiceDefinition service = ServerServiceDefinition.builder("test.Soak")
                .addMethod(HOLD, ServerCalls.asyncUnaryCall((request, answer) -> {}))
                .addMethod(OPEN, ServerCalls.asyncServerStreamingCall((request, answer) -> answer.onNext(id)))
                .build();
        boolean ages = id.endsWith("1");
        TestServer server = new TestServer(id, FreePorts.next(), InsecureServerCredentials.create(), builder -> {
            builder.addTransportFilter(counting).addService(service);
            return ages
                    ? builder.maxConnectionAge(200, TimeUnit.MILLISECONDS)
                            .maxConnectionAgeGrace(100, TimeUnit.MILLISECONDS)
                    : builder;
        });
        server.fails = this::answer;
        fleet.servers.put(id, server);
    }

    private Status answer(String request) {
        return switch (request) {
            case "error" -> Status.INTERNAL.withDescription("wanted");
            case "busy" -> Status.RESOURCE_EXHAUSTED.withDescription("wanted");
            case "down" -> Status.UNAVAILABLE.withDescription("wanted");
            case "shaky" -> failing.getAndIncrement() % 2 == 0 ? Status.UNAVAILABLE : Status.OK;
            default -> Status.OK;
        };
    }

    /** The membership changes in one of its ways. */
    void change(int number) throws IOException {
        for (TestServer server : fleet.servers.values()) {
            server.log.clear();
            server.headers.clear();
            server.authorities.clear();
        }
        int at = number % SERVERS;
        String id = "s-" + at;
        if (number % 6 == 3 || number % 6 == 4) {
            // Replaced under its name at another port.
            TestServer old = fleet.server(id);
            if (number % 6 == 3) {
                old.server.shutdownNow();
            } else {
                old.server.shutdown();
            }
            replaced.add(old);
            start(id);
        }
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < SERVERS; i++) {
            // No endpoint has ordinal 2: calls to it wait.
            endpoints.add(fleet.endpoint("s-" + i).toBuilder()
                    .ordinal(i < 2 ? i : Endpoint.NO_ORDINAL)
                    .build());
        }
        switch (number % 6) {
            case 0 -> endpoints.remove(at);
            case 1 -> endpoints.add(dead());
            case 2 ->
                endpoints.set(
                        at,
                        endpoints.get(at).toBuilder()
                                .readiness(Endpoint.Readiness.DRAINING)
                                .build());
            case 5 ->
                endpoints.set(
                        at, endpoints.get(at).toBuilder().id("renamed" + number).build());
            default -> {}
        }
        if (number % 24 == 17) {
            fleet.push(List.of());
            fleet.fail("the source is away");
        } else {
            fleet.push(endpoints);
        }
    }

    private static Endpoint dead() {
        return Endpoint.builder("127.0.0.1", FreePorts.next()).id("dead").build();
    }

    /** All endpoints go and others come; with the servers, what they were still at work on ends. */
    void replaceAll() {
        List<TestServer> old = new ArrayList<>(fleet.servers.values());
        start("last-0");
        fleet.name("last-0");
        old.forEach(TestServer::close);
        replaced.forEach(TestServer::close);
    }

    /** From now on forgotten calls are closed after a second or two. */
    void limitAge() {
        fleet.configure("{\"leases\": {\"ageLimit\": \"1s\"}}");
    }

    // ---- what is left ----

    /** Nodes of endpoints that left, which nothing should refer to. */
    List<Node> nodesThatLeft() {
        List<Node> nodes = new ArrayList<>(ledger.nodes());
        for (ZerohopLoadBalancer each : policies()) {
            Balancer balancer = each.balancer();
            if (balancer != null) {
                balancer.current().snapshot().members().forEach(nodes::remove);
            }
        }
        return nodes;
    }

    /** The policies of the channels that have not been closed. A channel that was closed keeps its last picker, and the list would keep that. */
    private List<ZerohopLoadBalancer> policies() {
        policy.balancers.removeIf(each -> each.subchannels() == 0);
        return List.copyOf(policy.balancers);
    }

    /** Subchannels of all channels. */
    int subchannels() {
        return policies().stream().mapToInt(ZerohopLoadBalancer::subchannels).sum();
    }

    List<Duration> pendingTimers() {
        return times.stream().flatMap(time -> time.pending().stream()).toList();
    }

    /** One in an orderly way, the others at once. */
    void closeChannels() throws InterruptedException {
        channel.shutdown();
        for (ManagedChannel each : List.of(hedging, withoutInterceptor, sharded)) {
            each.shutdownNow();
        }
        for (ManagedChannel each : List.of(channel, hedging, withoutInterceptor, sharded)) {
            if (!each.awaitTermination(60, TimeUnit.SECONDS)) {
                throw new AssertionError(each + " did not end");
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        fleet.close();
        replaced.forEach(TestServer::close);
        policy.close();
    }

    static StreamObserver<String> ignoring(Runnable onEnd) {
        return new StreamObserver<>() {
            @Override
            public void onNext(String value) {}

            @Override
            public void onError(Throwable failed) {
                onEnd.run();
            }

            @Override
            public void onCompleted() {
                onEnd.run();
            }
        };
    }
}
