package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which configuration is in force: the application's, the source's, or neither; with service config look-up on and off. */
@Timeout(300)
class ServiceConfigTest {

    /** In every combination the channel uses zerohop, and the application's methodConfig, if there is one, retries. */
    @ParameterizedTest
    @CsvSource({
        "true, NONE, false", "true, NONE, true", "true, METHODS, false", "true, METHODS, true",
        "true, BOTH, false", "true, BOTH, true", "false, NONE, false", "false, METHODS, false",
        "false, METHODS, true", "false, BOTH, false", "false, BOTH, true"
    })
    void everyCombinationRoutesThroughZerohopAndKeepsTheMethodConfig(boolean lookUp, String given, boolean sourceSays)
            throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            if (sourceSays) {
                fleet.configure("{\"policy\": \"round_robin\"}");
            }
            String methods = given.equals("NONE") ? null : Json.retries(3, "['UNAVAILABLE']");
            String zerohop = given.equals("BOTH") ? "{'policy': 'round_robin'}" : null;
            ManagedChannelBuilder<?> builder = fleet.builder();
            if (methods != null) {
                builder.defaultServiceConfig(Json.serviceConfig(zerohop, methods));
            }
            ManagedChannel channel = fleet.built(lookUp ? builder : builder.disableServiceConfigLookUp());
            RoutingTest.awaitAll(channel, "a", "b");
            AtomicInteger left = new AtomicInteger(1);
            fleet.servers
                    .values()
                    .forEach(server -> server.fails = request ->
                            left.getAndDecrement() > 0 ? Status.UNAVAILABLE.withDescription("once") : Status.OK);
            if (methods == null) {
                assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("once");
            } else {
                assertThat(TestServer.call(channel)).isIn("a", "b");
            }
        }
    }

    @Test
    void theSourceDecidesWhereTheApplicationStatesNothing() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.configure("{\"policy\": {\"shard\": {}}}");
            ManagedChannel silent = fleet.built(fleet.builder());
            assertThatThrownBy(() -> TestServer.call(silent)).hasMessageContaining("key");
            ManagedChannel stated = fleet.channel("{'policy': 'round_robin'}");
            RoutingTest.awaitAll(stated, "s-0", "s-1");
            // Live, and refused whole when it is wrong.
            fleet.configure("{\"policy\": \"round_robin\"}");
            RoutingTest.awaitAll(silent, "s-0", "s-1");
            fleet.configure("{\"policy\": \"best\"}");
            assertThat(RoutingTest.spread(silent, 10)).isEqualTo(Map.of("s-0", 5, "s-1", 5));
        }
    }

    @Test
    void aSourceThatConfiguresNoMoreLeavesTheDefaults() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            fleet.configure("{\"policy\": {\"shard\": {}}}");
            ManagedChannel channel = fleet.built(fleet.builder());
            assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("key");
            fleet.configure("");
            await().untilAsserted(() -> RoutingTest.spread(channel, 4));
        }
    }

    @Test
    void aConfigurationIsReplacedWhileCallsRunAndNoneFails() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = fleet.built(fleet.builder());
            RoutingTest.awaitAll(channel, "a", "b", "c");
            try (Load load = new Load(channel, 4)) {
                String[] policies = {"round_robin", "least_request", "peak_ewma", "random", "weighted_round_robin"};
                for (int i = 0; i < 50; i++) {
                    fleet.configure("{\"policy\": \"" + policies[i % policies.length]
                            + "\", \"retry\": {\"maxAttempts\": " + (1 + i % 3) + "}}");
                    load.awaitMore(20);
                }
                assertThat(load.failures()).isEmpty();
            }
            fleet.configure("{\"policy\": {\"shard\": {}}}");
            await().untilAsserted(() -> assertThatThrownBy(() -> TestServer.call(channel))
                    .as("each of them was put in force")
                    .hasMessageContaining("key"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'policy': 'best'}",
                "{'polcy': 'random'}",
                "{'retry': {'maxAttempts': 0}}",
                "{'key': {'query': 'user'}}",
                "{'key': {'cookie': 'user'}}",
                "{'key': {'header': 'x-user-bin'}}",
                "{'key': {'header': 'not a header'}}"
            })
    void aBadConfigurationIsRefusedWithTheReason(String bad) throws Exception {
        ConfigOrError parsed = new ZerohopLoadBalancerProvider().parseLoadBalancingPolicyConfig(Json.map(bad));
        Status error = parsed.getError();
        assertThat(error).isNotNull();
        assertThat(error.getDescription()).startsWith("zerohop: ").contains("expected");
        try (Fleet fleet = Fleet.of("a")) {
            assertThatThrownBy(() -> fleet.channel(bad)).hasMessageContaining(error.getDescription());
        }
    }

    @Test
    void registeringTwiceIsHarmless() {
        ZerohopGrpc.register();
        ZerohopGrpc.register();
        assertThat(LoadBalancerRegistry.getDefaultRegistry().getProvider("zerohop"))
                .isInstanceOf(ZerohopLoadBalancerProvider.class);
        assertThat(LoadBalancerRegistry.getDefaultRegistry().getProvider("pick_first"))
                .isInstanceOf(DefaultPolicyProvider.class);
    }
}
