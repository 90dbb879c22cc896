package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keyed calls under WAIT lose nothing while the source names no endpoint. */
@Timeout(120)
class WaitTest {
    private static final String WAIT =
            "{'policy': {'shard': {'strategy': 'modulo', 'shards': 3, 'ownerDown': 'WAIT'}}}";

    private static Future<String> call(ManagedChannel channel, long key) {
        return ClientCalls.futureUnaryCall(
                channel.newCall(
                        TestServer.ECHO,
                        CallOptions.DEFAULT
                                .withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key))
                                .withDeadlineAfter(100, TimeUnit.SECONDS)),
                "");
    }

    @Test
    void noCallIsLostFromThreeServersToNoneAndBack() throws Exception {
        try (Fleet fleet = Fleet.of("a-0", "a-1", "a-2")) {
            ManagedChannel channel = fleet.channel(WAIT);
            for (int key = 0; key < 3; key++) {
                assertThat(call(channel, key).get()).isEqualTo("a-" + key);
            }
            fleet.name();
            List<Future<String>> waiting = new ArrayList<>();
            for (int key = 0; key < 30; key++) {
                waiting.add(call(channel, key));
            }
            fleet.fail("the source is away");
            for (int key = 30; key < 60; key++) {
                waiting.add(call(channel, key));
            }
            fleet.name("a-0", "a-1", "a-2");
            for (int key = 0; key < 60; key++) {
                assertThat(waiting.get(key).get()).isEqualTo("a-" + key % 3);
            }
        }
    }

    @Test
    void withoutWaitTheCallsFailAtOnce() throws Exception {
        try (Fleet fleet = Fleet.of("a-0")) {
            ManagedChannel channel = fleet.channel("{'policy': {'shard': {'shards': 1}}}");
            assertThat(call(channel, 0).get()).isEqualTo("a-0");
            fleet.name();
            await().untilAsserted(
                            () -> assertThatThrownBy(() -> call(channel, 0).get())
                                    .hasCauseInstanceOf(StatusRuntimeException.class)
                                    .hasMessageContaining("no endpoint known"));
        }
    }
}
