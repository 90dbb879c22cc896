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
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLHandshakeException;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
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
            await().until(() -> rig.balancer.current().snapshot().members().isEmpty());
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

    @Test
    void aCertificateThatIsNotTrustedIsNotWaitedFor() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates servers =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        Request request =
                new Request.Builder().url("https://orders.shop.svc/?user=0").build();
        try (Rig rig = rig("WAIT", Duration.ofSeconds(100));
                TestServer server = new TestServer("server", servers.sslSocketFactory(), List.of(Protocol.HTTP_1_1))) {
            rig.resolver.push(server.endpoint().toBuilder().ordinal(0).build());
            assertThatThrownBy(() -> rig.text(request))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("failed in 3 attempts");
        }
    }

    @Test
    void aCallThatIsCancelledWhileItWaitsSaysWhatFailedBefore() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (Rig rig = rig("WAIT", Duration.ofSeconds(100))) {
            List<TestServer> servers = rig.servers(1);
            rig.resolver.push(numbered(servers));
            servers.get(0).close();
            CompletableFuture<String> call = call(rig, 0, threads);
            await().until(() -> rig.outcomes().size() > 2);
            rig.client.dispatcher().cancelAll();
            assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
                    .rootCause()
                    .hasMessageStartingWith("Canceled while waiting")
                    .satisfies(canceled -> assertThat(canceled.getSuppressed()[0])
                            .hasMessageContaining("attempts: 1. ")
                            .hasMessageEndingWith("another attempt was waited for"));
        } finally {
            threads.shutdownNow();
        }
    }
}
