package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.Cancellable;
import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls over sockets, of clients that are given the metrics and of clients that are not. */
class RealCallsTest {
    private static final String OK = "zerohop_attempts_seconds_count";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @AfterEach
    void close() {
        registry.close();
    }

    private static final MethodDescriptor<byte[], byte[]> ECHO = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("test.Echo/Echo")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException failed) {
                throw new IllegalStateException(failed);
            }
        }
    }

    @Test
    void aCallOverGrpcIsCounted() throws Exception {
        Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(ServerServiceDefinition.builder("test.Echo")
                        .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(request);
                            answer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "static:///127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create())
                .setNameResolverArg(ZerohopGrpc.LISTENER_FACTORY, ZerohopMetrics.of(registry))
                .build();
        try {
            CallOptions patient = CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(60, TimeUnit.SECONDS);
            ClientCalls.blockingUnaryCall(channel, ECHO, patient, new byte[1]);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(Scrape.of(registry).value(OK, "outcome", "success"))
                            .isEqualTo(1));
            assertThat(Scrape.of(registry).value("zerohop_info", "adapter", "grpc"))
                    .isEqualTo(1);
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
        assertThat(channel.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> registry.getMeters().isEmpty());
    }

    @Test
    void aCallOverOkHttpIsCountedWhereTheProcessIsObserved() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        Cancellable observed = BalancerRegistry.observe(ZerohopMetrics.of(registry));
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///127.0.0.1:" + server.getAddress().getPort())
                .build();
        try {
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/1").build())
                    .execute()) {
                assertThat(response.code()).isEqualTo(204);
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(Scrape.of(registry).value(OK, "outcome", "success", "service", "orders"))
                                    .isEqualTo(1));
            assertThat(Scrape.of(registry).value("zerohop_info", "adapter", "okhttp", "source", "static"))
                    .isEqualTo(1);
        } finally {
            observed.cancel();
            zerohop.close();
            server.stop(0);
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> registry.getMeters().isEmpty());
    }
}
