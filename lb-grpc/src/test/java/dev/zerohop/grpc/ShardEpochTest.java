package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The epoch on the wire, and what a server can do with it. */
@Timeout(300)
class ShardEpochTest {
    private static final String MODULO =
            "{'policy': {'shard': {'strategy': 'modulo', 'ownerDown': 'SPILL', 'withoutKey': 'random'}}}";
    private static final CallOptions FOUR =
            CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(4));

    private static Metadata last(Fleet fleet, String server) {
        return new ArrayDeque<>(fleet.server(server).headers).getLast();
    }

    private static void state(Fleet fleet, ShardMap map) {
        fleet.shards(map);
        fleet.name("s-0", "s-1", "s-2");
    }

    /** The source states a map, and the channel has learned of it. */
    private static void state(Fleet fleet, RecordingPolicy policy, ShardMap map) {
        state(fleet, map);
        PickContext any = PickContext.of(EndpointSelector.of(0));
        await().until(() -> policy.balancer().current().shardEpoch(any) == map.epoch());
    }

    @Test
    void theEpochTravelsWhenAndOnlyWhenTheSourceGaveOneAndAKeyWasRoutedByIt() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig(MODULO, null)));
            RoutingTest.awaitAll(channel, "s-0", "s-1", "s-2");
            assertThat(TestServer.call(channel, FOUR, "x")).isEqualTo("s-1");
            assertThat(last(fleet, "s-1").get(ZerohopGrpc.SHARD_EPOCH)).isNull();
            state(fleet, policy, ShardMap.of(7, new ShardCount(3, 0)));
            assertThat(TestServer.call(channel, FOUR, "x")).isEqualTo("s-1");
            assertThat(last(fleet, "s-1").getAll(ZerohopGrpc.SHARD_EPOCH)).containsExactly("7");
            state(fleet, policy, ShardMap.of(8, new ShardCount(2, 0)));
            assertThat(TestServer.call(channel, FOUR, "x")).isEqualTo("s-0");
            assertThat(last(fleet, "s-0").getAll(ZerohopGrpc.SHARD_EPOCH)).containsExactly("8");
            String any = TestServer.call(channel);
            assertThat(last(fleet, any).get(ZerohopGrpc.SHARD_EPOCH)).isNull();
            fleet.server("s-0").close();
            RoutingTest.awaitAll(channel, "s-1", "s-2");
            assertThat(TestServer.call(channel, FOUR, "x")).isEqualTo("s-1");
            assertThat(last(fleet, "s-1").getAll(ZerohopGrpc.SHARD_EPOCH)).containsExactly("8");
            assertThat(last(fleet, "s-1").get(ZerohopGrpc.NOT_OWNER)).isNotNull();
        }
    }

    /** The old owner has learned of epoch 8 before the client has. */
    @Test
    void aStaleClientThatIsRefusedGoesToTheNewOwnerOnceItHasLearnedOfIt() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            state(fleet, ShardMap.of(7, new ShardCount(3, 0)));
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'policy': {'shard': {'strategy': 'modulo'}}}", Json.retries(3, "['UNAVAILABLE']"))));
            for (int i = 0; i < 3; i++) {
                TestServer.call(
                        channel, CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(i)), "x");
            }
            Status stale = Status.UNAVAILABLE.withDescription("shard epoch 7, expected 8");
            fleet.server("s-1").fails = request -> {
                state(fleet, policy, ShardMap.of(8, new ShardCount(2, 0)));
                return stale;
            };
            assertThat(TestServer.call(channel, FOUR, "moved")).isEqualTo("s-0");
            assertThat(last(fleet, "s-0").getAll(ZerohopGrpc.SHARD_EPOCH)).containsExactly("8");
            assertThat(fleet.server("s-1").log).contains("moved");
            fleet.server("s-0").fails = request -> stale;
            assertThatThrownBy(() -> TestServer.call(channel, FOUR, "x"))
                    .as("a client that does not learn of it in time tells its caller")
                    .hasMessageContaining("shard epoch 7, expected 8");
        }
    }
}
