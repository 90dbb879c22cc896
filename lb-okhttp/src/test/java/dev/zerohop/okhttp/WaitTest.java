package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.config.Configurations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keyed calls under WAIT lose nothing while the source names no endpoint. */
@Timeout(120)
class WaitTest {

    private static Rig rig(String ownerDown, Duration callTimeout) {
        return new Rig(
                Configurations.parse(
                        "{\"policy\": {\"shard\": {\"strategy\": \"modulo\", \"shards\": 3, \"ownerDown\": \""
                                + ownerDown + "\"}}, \"key\": {\"query\": \"user\", \"as\": \"integer\"}}"),
                UnaryOperator.identity(),
                builder -> builder.callTimeout(callTimeout));
    }

    private static List<Endpoint> numbered(List<TestServer> servers) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (TestServer server : servers) {
            endpoints.add(
                    server.endpoint().toBuilder().ordinal(endpoints.size()).build());
        }
        return endpoints;
    }

    private static CompletableFuture<String> call(Rig rig, int key, ExecutorService threads) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return rig.text("/?user=" + key);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                },
                threads);
    }

    @Test
    void noCallIsLostFromThreeServersToNoneAndBack() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Rig rig = rig("WAIT", Duration.ofSeconds(100))) {
            List<Endpoint> three = numbered(rig.servers(3));
            rig.resolver.push(three);
            for (int key = 0; key < 3; key++) {
                assertThat(rig.text("/?user=" + key)).isEqualTo("s" + key);
            }
            rig.resolver.push();
            await().until(() -> rig.balancer.snapshot().members().isEmpty());
            List<CompletableFuture<String>> waiting = new ArrayList<>();
            for (int key = 0; key < 15; key++) {
                waiting.add(call(rig, key, threads));
            }
            await().until(() -> rig.client.dispatcher().runningCallsCount() == 15);
            rig.resolver.fail(new IllegalStateException("the source is away"));
            for (int key = 15; key < 30; key++) {
                waiting.add(call(rig, key, threads));
            }
            await().until(() -> rig.client.dispatcher().runningCallsCount() == 30);
            rig.resolver.push(three);
            for (int key = 0; key < 30; key++) {
                assertThat(waiting.get(key).get()).isEqualTo("s" + key % 3);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void withoutWaitTheCallsFailAtOnce() throws Exception {
        try (Rig rig = rig("FAIL_FAST", Duration.ofSeconds(100))) {
            rig.resolver.push();
            assertThatThrownBy(() -> rig.text("/?user=1"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessageStartingWith("orders: no endpoint known");
        }
    }
}
