package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import javax.net.SocketFactory;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;

/** Interceptors may override the client's parts for a call, and clients that share a routing have parts of their own. */
class OverridesTest {

    /** What the routing rests on cannot be replaced below it; nothing is sent anywhere else instead. */
    @Test
    void anInterceptorAddedLaterThatReplacesWhatTheRoutingRestsOnIsRefused() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer elsewhere = new TestServer("elsewhere")) {
            TestServer server = rig.servers(1).get(0);
            Dns dns = host -> List.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
            Proxy proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", elsewhere.port()));
            List<BiFunction<Interceptor.Chain, Request, Interceptor.Chain>> overrides = List.of(
                    (chain, request) -> chain.withDns(dns),
                    (chain, request) -> chain.withSocketFactory(new Counting(elsewhere.port())),
                    (chain, request) -> chain.withProxy(proxy));
            for (BiFunction<Interceptor.Chain, Request, Interceptor.Chain> override : overrides) {
                OkHttpClient client = rig.client
                        .newBuilder()
                        .addInterceptor(
                                chain -> override.apply(chain, chain.request()).proceed(chain.request()))
                        .build();
                assertThatThrownBy(() -> client.newCall(Rig.get("/")).execute())
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("an interceptor that was added after zerohop")
                        .hasMessageContaining("nothing was sent")
                        .hasMessageContaining("s0(");
            }
            assertThat(server.log).isEmpty();
            assertThat(elsewhere.log).isEmpty();
            assertThat(rig.outcomes()).hasSize(3).containsOnly(Outcome.CANCELLED);
        }
    }

    @Test
    void aConnectionPoolOfAnInterceptorAddedLaterKeepsTheEndpointsApart() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(3);
            ConnectionPool shared = new ConnectionPool(10, 1, TimeUnit.MINUTES);
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> chain.withConnectionPool(shared).proceed(chain.request()))
                    .build();
            for (int i = 0; i < 9; i++) {
                client.newCall(Rig.get("/")).execute().close();
            }
            assertThat(servers).extracting(server -> server.log.size()).containsExactly(3, 3, 3);
            assertThat(shared.connectionCount()).isEqualTo(3);
            shared.evictAll();
        }
    }

    @Test
    void aDnsOfAnInterceptorAddedBeforeResolvesTheHostNamesOfEndpoints() throws Exception {
        List<String> asked = new ArrayList<>();
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(1),
                routing -> routing,
                builder -> builder.addInterceptor(chain -> chain.withDns(host -> {
                            asked.add(host);
                            return List.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
                        })
                        .proceed(chain.request())))) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Endpoint.builder("pod-0.test", server.port()).build());
            assertThat(rig.text("/")).isEqualTo("s0");
            assertThat(asked).containsExactly("pod-0.test");
        }
    }

    @Test
    void clientsThatShareARoutingKeepToTheirOwnDnsAndSocketFactory() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Endpoint.builder("pod-0.test", server.port()).build());
            Rig.await()
                    .until(() -> rig.balancer
                            .current()
                            .snapshot()
                            .members()
                            .get(0)
                            .endpoint()
                            .host()
                            .equals("pod-0.test"));
            Counting firstSockets = new Counting(0);
            Counting secondSockets = new Counting(0);
            AtomicInteger firstLookUps = new AtomicInteger();
            AtomicInteger secondLookUps = new AtomicInteger();
            OkHttpClient first = client(rig, firstSockets, firstLookUps);
            OkHttpClient second = client(rig, secondSockets, secondLookUps);
            for (int i = 1; i <= 3; i++) {
                // Also the connection that is kept is of the client that made it.
                first.newCall(Rig.get("/")).execute().body().string();
                second.newCall(Rig.get("/")).execute().body().string();
            }
            assertThat(server.log).hasSize(6);
            assertThat(List.of(firstSockets.made, secondSockets.made))
                    .extracting(AtomicInteger::get)
                    .containsExactly(1, 1);
            assertThat(List.of(firstLookUps, secondLookUps))
                    .extracting(AtomicInteger::get)
                    .containsExactly(1, 1);
        }
    }

    /** The same resolver, another factory: OkHttp itself would not tell their connections apart. */
    @Test
    void aConnectionOfOneClientsSocketFactoryIsNotUsedForAnother() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            Counting own = new Counting(0);
            OkHttpClient second = rig.client.newBuilder().socketFactory(own).build();
            rig.text("/");
            second.newCall(Rig.get("/")).execute().body().string();
            assertThat(own.made).hasValue(1);
        }
    }

    /** The same factory, another resolver. */
    @Test
    void theDnsOfOneClientIsNotUsedForAnother() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Endpoint.builder("pod-0.test", server.port()).build());
            Rig.await()
                    .until(() -> rig.balancer
                            .current()
                            .snapshot()
                            .members()
                            .get(0)
                            .endpoint()
                            .host()
                            .equals("pod-0.test"));
            AtomicInteger firstLookUps = new AtomicInteger();
            AtomicInteger secondLookUps = new AtomicInteger();
            SocketFactory both = SocketFactory.getDefault();
            for (OkHttpClient client : List.of(client(rig, both, firstLookUps), client(rig, both, secondLookUps))) {
                client.newCall(Rig.get("/")).execute().body().string();
            }
            assertThat(List.of(firstLookUps, secondLookUps))
                    .extracting(AtomicInteger::get)
                    .containsExactly(1, 1);
        }
    }

    private static OkHttpClient client(Rig rig, SocketFactory sockets, AtomicInteger lookUps) {
        return rig.client
                .newBuilder()
                .socketFactory(sockets)
                .dns(host -> {
                    if (!host.equals("pod-0.test")) {
                        throw new UnknownHostException(host);
                    }
                    lookUps.incrementAndGet();
                    return List.of(InetAddress.getByName("127.0.0.1"));
                })
                .build();
    }

    /** Counts what it makes; with a port, its sockets connect there whatever they are asked for. */
    private static final class Counting extends SocketFactory {
        final AtomicInteger made = new AtomicInteger();
        private final int port;

        Counting(int port) {
            this.port = port;
        }

        @Override
        public Socket createSocket() {
            made.incrementAndGet();
            return new Socket() {
                @Override
                public void connect(java.net.SocketAddress address, int timeoutMillis) throws IOException {
                    super.connect(port == 0 ? address : new InetSocketAddress("127.0.0.1", port), timeoutMillis);
                }
            };
        }

        @Override
        public Socket createSocket(String host, int toPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int toPort, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int toPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int toPort, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }
    }
}
