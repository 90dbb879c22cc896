package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.stub.ClientCalls;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Endpoints that a source gives by name, over real channels; only the system's look-up is scripted. */
@Timeout(180)
class HostNamesTest {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final Map<String, HostNames.LookUp> lookUps = new ConcurrentHashMap<>();
    private final String scheme = "named" + NEXT.incrementAndGet();
    private final Source source = new Source();
    private final Provider provider = new Provider();
    private @Nullable ManagedChannel channel;

    @BeforeEach
    void register() {
        NameResolverRegistry.getDefaultRegistry().register(provider);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (channel != null) {
            channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
        }
        NameResolverRegistry.getDefaultRegistry().deregister(provider);
    }

    private ManagedChannel channel() {
        ManagedChannel built = Grpc.newChannelBuilder(scheme + ":///orders", InsecureChannelCredentials.create())
                .defaultServiceConfig(Json.serviceConfig("{}", null))
                .build();
        channel = built;
        return built;
    }

    private static InetAddress[] at(String ip) throws UnknownHostException {
        return new InetAddress[] {InetAddress.getByName(ip)};
    }

    private static InetAddress[] after(CountDownLatch latch) throws UnknownHostException {
        try {
            latch.await();
        } catch (InterruptedException ended) {
            throw new UnknownHostException("interrupted");
        }
        return at("127.0.0.1");
    }

    @Test
    void aSlowLookUpHoldsUpNeitherOthersNorTheNextSet() throws Exception {
        try (TestServer a = new TestServer("a");
                TestServer b = new TestServer("b");
                TestServer c = new TestServer("c")) {
            CountDownLatch slow = new CountDownLatch(1);
            lookUps.put("a.test", host -> at("127.0.0.1"));
            lookUps.put("c.test", host -> after(slow));
            source.push(Endpoint.of("a.test", a.port()), Endpoint.of("c.test", c.port()));
            ManagedChannel calls = channel();
            assertThat(TestServer.call(calls)).isEqualTo("a");
            for (int i = 1; i <= 20; i++) {
                source.push(
                        Endpoint.of("a.test", a.port()).toBuilder().weight(i).build(),
                        Endpoint.of("127.0.0.1", b.port()),
                        Endpoint.of("c.test", c.port()));
            }
            RoutingTest.awaitAll(calls, "a", "b");
            slow.countDown();
            RoutingTest.awaitAll(calls, "a", "b", "c");
        }
    }

    @Test
    void callsWaitForTheFirstLookUp() throws Exception {
        try (TestServer a = new TestServer("a")) {
            CountDownLatch slow = new CountDownLatch(1);
            lookUps.put("a.test", host -> after(slow));
            source.push(Endpoint.of("a.test", a.port()));
            var call = ClientCalls.futureUnaryCall(channel().newCall(TestServer.ECHO, CallOptions.DEFAULT), "x");
            await().until(() -> source.listener != null);
            assertThat(call.isDone()).isFalse();
            slow.countDown();
            assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("a");
        }
    }

    @Test
    void aNameIsAskedAgainWhenItsConnectionFailsAndTheNewAddressIsUsed() throws Exception {
        try (TestServer a = new TestServer("a")) {
            AtomicInteger asked = new AtomicInteger();
            // A broadcast address takes no connection; the port stays, the address changes.
            lookUps.put("a.test", host -> asked.incrementAndGet() == 1 ? at("255.255.255.255") : at("127.0.0.1"));
            source.push(Endpoint.of("a.test", a.port()));
            ManagedChannel calls = channel();
            assertThat(ClientCalls.blockingUnaryCall(
                            calls,
                            TestServer.ECHO,
                            CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(60, TimeUnit.SECONDS),
                            "x"))
                    .isEqualTo("a");
            assertThat(asked.get()).isGreaterThan(1);
        }
    }

    // ---- the look-ups alone ----

    private final Map<String, List<InetAddress>> answers = new ConcurrentHashMap<>();
    private final ArrayDeque<Runnable> threads = new ArrayDeque<>();
    private int changes;

    private HostNames names() {
        return new HostNames(
                host -> {
                    List<InetAddress> answer = answers.get(host);
                    if (answer == null) {
                        throw new UnknownHostException(host);
                    }
                    return answer.toArray(new InetAddress[0]);
                },
                threads::add,
                Runnable::run,
                () -> changes++);
    }

    @Test
    void manyRunAtATimeAndEachHasItsOwnResult() throws Exception {
        HostNames names = names();
        Set<String> all = new java.util.LinkedHashSet<>();
        for (int i = 0; i < 40; i++) {
            all.add("h" + i);
            if (i != 7) {
                answers.put("h" + i, List.of(at("10.0.0." + i)));
            }
        }
        names.follow(all);
        assertThat(threads).hasSize(16);
        while (!threads.isEmpty()) {
            threads.removeLast().run();
        }
        assertThat(changes).isEqualTo(40);
        for (int i = 0; i < 40; i++) {
            assertThat(names.addresses("h" + i)).hasSize(i == 7 ? 0 : 1);
        }
    }

    @Test
    void aFailedLookUpKeepsTheAddressesThatTheNameHad() throws Exception {
        HostNames names = names();
        answers.put("a", List.of(at("10.0.0.1")));
        names.follow(Set.of("a"));
        assertThat(names.addresses("a")).isNull();
        threads.remove().run();
        // What is known is not asked again with each set, only when something looks wrong.
        names.follow(Set.of("a", "b"));
        assertThat(threads).hasSize(1);
        threads.remove().run();
        answers.clear();
        await().until(() -> {
            names.refresh();
            return threads.size() == 2;
        });
        threads.remove().run();
        threads.remove().run();
        assertThat(names.addresses("a")).containsExactly(at("10.0.0.1"));
        assertThat(names.addresses("b")).isEmpty();
        names.follow(Set.of("b"));
        assertThat(names.addresses("a")).isNull();
    }

    private final class Source implements Resolver {
        private volatile @Nullable Listener listener;
        private @Nullable EndpointSet last;

        synchronized void push(Endpoint... endpoints) {
            EndpointSet set = EndpointSet.builder("named")
                    .endpoints(List.of(endpoints))
                    .asOf(Instant.now())
                    .removals(EndpointSet.Removals.MEANT)
                    .build();
            last = set;
            if (listener != null) {
                listener.onResolution(Resolution.of(set));
            }
        }

        @Override
        public synchronized void start(Listener listener) {
            this.listener = listener;
            EndpointSet set = last;
            if (set != null) {
                listener.onResolution(Resolution.of(set));
            }
        }

        @Override
        public void close() {}
    }

    private final class Provider extends NameResolverProvider {
        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 1;
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
            return new ZerohopNameResolver(Target.parse(uri.toString()), "orders", args, source, host -> {
                HostNames.LookUp scripted = lookUps.get(host);
                if (scripted == null) {
                    throw new UnknownHostException(host);
                }
                return scripted.all(host);
            });
        }
    }
}
