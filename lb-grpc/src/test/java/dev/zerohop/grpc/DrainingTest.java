package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that are on their way out and still serve take new calls when no other does. */
@Timeout(300)
class DrainingTest {

    private static Endpoint as(Endpoint endpoint, Endpoint.Readiness readiness) {
        return endpoint.toBuilder().readiness(readiness).build();
    }

    @Test
    void theOldServerTakesNewCallsUntilAnotherIsReady() throws Exception {
        try (Fleet fleet = Fleet.of("old")) {
            ManagedChannel channel = fleet.channel("{'policy': 'round_robin'}");
            RoutingTest.awaitAll(channel, "old");
            fleet.add("new");
            Endpoint leaving = as(fleet.endpoint("old"), Endpoint.Readiness.DRAINING);
            fleet.push(List.of(leaving, as(fleet.endpoint("new"), Endpoint.Readiness.NOT_READY)));
            assertThat(RoutingTest.spread(channel, 250)).isEqualTo(Map.of("old", 250));
            // A channel that begins now has no connection to keep: it makes one.
            assertThat(RoutingTest.spread(fleet.channel("{'policy': 'round_robin'}"), 50))
                    .isEqualTo(Map.of("old", 50));
            fleet.push(List.of(leaving, fleet.endpoint("new")));
            await().untilAsserted(
                            () -> assertThat(RoutingTest.spread(channel, 20)).containsOnlyKeys("new"));
        }
    }

    private static String call(ManagedChannel channel, long key) {
        return ClientCalls.blockingUnaryCall(
                channel,
                TestServer.ECHO,
                CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key)),
                "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FAIL_FAST", "WAIT"})
    void aDrainingOwnerKeepsItsKeysWhileItServes(String ownerDown) throws Exception {
        try (Fleet fleet = Fleet.of("a-0", "a-1")) {
            fleet.push(List.of(fleet.endpoint("a-0"), as(fleet.endpoint("a-1"), Endpoint.Readiness.DRAINING)));
            ManagedChannel channel = fleet.channel(
                    "{'policy': {'shard': {'strategy': 'modulo', 'shards': 2, 'ownerDown': '" + ownerDown + "'}}}");
            for (int key = 0; key < 50; key++) {
                assertThat(call(channel, key)).isEqualTo("a-" + key % 2);
            }
        }
    }

    @Test
    void aDrainingOwnerThatStoppedServingIsDown() throws Exception {
        try (Fleet fleet = Fleet.of("a-0", "a-1")) {
            fleet.push(List.of(fleet.endpoint("a-0"), as(fleet.endpoint("a-1"), Endpoint.Readiness.DRAINING)));
            ManagedChannel channel = fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 2}}}");
            assertThat(call(channel, 1)).isEqualTo("a-1");
            fleet.server("a-1").drain();
            await().untilAsserted(() -> assertThatThrownBy(() -> call(channel, 1))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("ordinal 1")
                    .hasMessageContaining("DISCONNECTED"));
            assertThat(call(channel, 0)).isEqualTo("a-0");
        }
    }

    @Test
    void underSpillADrainingOwnerComesAfterTheOthers() throws Exception {
        try (Fleet fleet = Fleet.of("a-0", "a-1")) {
            Endpoint leaving = as(fleet.endpoint("a-1"), Endpoint.Readiness.DRAINING);
            fleet.push(List.of(fleet.endpoint("a-0"), leaving));
            ManagedChannel channel =
                    fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 2, 'ownerDown': 'SPILL'}}}");
            // Until the other one is connected, the draining one is all there is.
            await().untilAsserted(() -> assertThat(call(channel, 1)).isEqualTo("a-0"));
            assertThat(call(channel, 1)).isEqualTo("a-0");
            fleet.push(List.of(as(fleet.endpoint("a-0"), Endpoint.Readiness.NOT_READY), leaving));
            await().untilAsserted(() -> assertThat(call(channel, 1)).isEqualTo("a-1"));
        }
    }
}
