package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSet;
import dev.zerohop.testing.FreePorts;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels whose target is not one of zerohop's: what zerohop leaves alone, and what it does with the addresses of others. */
@Timeout(300)
class ForeignTargetTest {

    private static EquivalentAddressGroup group(int... ports) {
        return new EquivalentAddressGroup(java.util.Arrays.stream(ports)
                .mapToObj(port -> (java.net.SocketAddress) new InetSocketAddress("127.0.0.1", port))
                .toList());
    }

    @Test
    void theAddressesOfOneGroupAreOneEndpoint() throws Exception {
        try (TestServer a = new TestServer("a");
                Fleet fleet = new Fleet();
                RecordingPolicy policy = new RecordingPolicy()) {
            fleet.plain(List.of(group(FreePorts.next(), a.port())));
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            assertThat(TestServer.call(channel)).isEqualTo("a");
            assertThat(policy.balancer().current().snapshot().members()).hasSize(1);
        }
    }

    /** A connection attempt there gets no answer, as at a firewall or over a broken IPv6 route: the queue of a listener that accepts nothing is full. */
    @Test
    void anAddressThatDoesNotAnswerCostsNoConnectTimeout() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1);
                TestServer a = new TestServer("a");
                Fleet fleet = new Fleet()) {
            java.util.List<java.net.Socket> queued = new java.util.ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    java.net.Socket socket = new java.net.Socket();
                    queued.add(socket);
                    try {
                        socket.connect(new InetSocketAddress("127.0.0.1", full.getLocalPort()), 200);
                    } catch (java.net.SocketTimeoutException asMeant) {
                        break;
                    }
                }
                fleet.plain(List.of(group(full.getLocalPort(), a.port())));
                // grpc gives a connection attempt 20 s.
                assertThat(TestServer.call(
                                fleet.channel("{}"),
                                io.grpc.CallOptions.DEFAULT.withDeadlineAfter(15, TimeUnit.SECONDS),
                                "x"))
                        .isEqualTo("a");
            } finally {
                for (java.net.Socket socket : queued) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void groupsThatShareAnAddressAreTwoEndpoints() throws Exception {
        int dead = FreePorts.next();
        try (TestServer a = new TestServer("a");
                TestServer b = new TestServer("b");
                Fleet fleet = new Fleet()) {
            fleet.plain(List.of(group(dead, a.port()), group(dead, b.port())));
            ManagedChannel channel = fleet.channel("{}");
            RoutingTest.awaitAll(channel, "a", "b");
            assertThat(RoutingTest.spread(channel, 100)).isEqualTo(Map.of("a", 50, "b", 50));
        }
    }

    @Test
    void aGroupIsTheSameEndpointInWhateverOrderItsAddressesCome() {
        assertThat(PlainEndpoints.of(group(1, 2))).isEqualTo(PlainEndpoints.of(group(2, 1, 2)));
        assertThat(PlainEndpoints.of(group(2, 1)).id()).isEqualTo("127.0.0.1:1,127.0.0.1:2");
        assertThat(PlainEndpoints.of(group(7)).id()).isEqualTo("127.0.0.1:7");
        assertThat(PlainEndpoints.of(group(7, 7)).id()).isEqualTo("127.0.0.1:7");
    }

    @Test
    void grpcsOwnTargetsStayWithGrpcsOwnPickFirst() throws Exception {
        try (TestServer a = new TestServer("a")) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "dns:///localhost:" + a.port(), InsecureChannelCredentials.create())
                    .build();
            try {
                assertThat(TestServer.call(channel)).isEqualTo("a");
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void pickFirstStaysPickFirstWhereverItIsChosen() throws Exception {
        Map<String, ?> chosen = Map.of("loadBalancingConfig", List.of(Map.of("pick_first", Map.of())));
        Map<String, ?> configured =
                Map.of("loadBalancingConfig", List.of(Map.of("pick_first", Map.of("shuffleAddressList", true))));
        try (Fleet fleet = Fleet.of("x", "y")) {
            for (Map<String, ?> config : List.of(chosen, configured)) {
                ManagedChannel own = fleet.built(fleet.builder().defaultServiceConfig(config));
                assertThat(RoutingTest.spread(own, 20)).hasSize(1);
            }
            // A resolver of another library, which even describes its endpoints in zerohop's words.
            fleet.plain(
                    List.of(
                            group(fleet.server("x").port()),
                            group(fleet.server("y").port())),
                    Attributes.newBuilder()
                            .set(
                                    ZerohopGrpc.ENDPOINT_SET,
                                    EndpointSet.builder("theirs").build())
                            .build());
            for (Map<String, ?> config : List.of(chosen, configured)) {
                ManagedChannel theirs = fleet.built(
                        fleet.builder().defaultLoadBalancingPolicy("pick_first").defaultServiceConfig(config));
                assertThat(RoutingTest.spread(theirs, 20)).hasSize(1);
            }
            ManagedChannel theirs = fleet.built(fleet.builder().defaultLoadBalancingPolicy("pick_first"));
            assertThat(RoutingTest.spread(theirs, 20)).isEqualTo(Map.of("x", 20));
            ManagedChannel unstated = fleet.built(fleet.builder());
            assertThat(RoutingTest.spread(unstated, 20)).isEqualTo(Map.of("x", 20));
        }
    }

    @Test
    void aTargetWithoutASchemeIsNeverZerohops() {
        ZerohopGrpc.register();
        assertThat(NameResolverRegistry.getDefaultRegistry().getDefaultScheme()).isEqualTo("dns");
        for (NameResolverProvider provider : ServiceLoader.load(NameResolverProvider.class)) {
            if (provider instanceof SchemeProvider own) {
                // That of grpc's DNS resolver is 5, and equals stand in no order.
                assertThat(own.priority()).isLessThan(5);
            }
        }
    }

    @Test
    void gRpcFindsFourSchemesOfTheApplicationAndRegistersAll() {
        List<String> found = new ArrayList<>();
        for (NameResolverProvider provider : ServiceLoader.load(NameResolverProvider.class)) {
            if (provider instanceof ZerohopNameResolverProviders.Other other && other.isAvailable()) {
                found.add(other.getScheme());
            }
        }
        assertThat(found).containsExactly("fleet", "more1", "more2", "more3");
        ZerohopGrpc.register();
        NameResolverRegistry registry = NameResolverRegistry.getDefaultRegistry();
        assertThat(List.of("fleet", "more1", "more4", "static", "golb"))
                .allSatisfy(scheme ->
                        assertThat(registry.getProviderForScheme(scheme)).isInstanceOf(SchemeProvider.class));
    }

    /** gRPC would look the whole target up in DNS. */
    @Test
    void aTargetWhoseModuleIsNotThereNamesTheModule() {
        assertThatThrownBy(() -> Grpc.newChannelBuilder(
                                "etcd://127.0.0.1:2379/orders", InsecureChannelCredentials.create())
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no resolver for scheme 'etcd'")
                .hasMessageContaining("add the module dev.zerohop:lb-etcd");
    }
}
