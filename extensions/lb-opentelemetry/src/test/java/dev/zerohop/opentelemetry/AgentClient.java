package dev.zerohop.opentelemetry;

import dev.zerohop.BalancerRegistry;
import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** A process that makes one call over OkHttp and one over gRPC, as an application under the Java agent would: it knows of no SDK. Arguments: the targets of both. */
public final class AgentClient {
    private AgentClient() {}

    /** Ends with 0 if both were answered. */
    public static void main(String[] targets) throws Exception {
        BalancerRegistry.trace(OpenTelemetryTracer.create());
        try (ZerohopOkHttp zerohop =
                ZerohopOkHttp.builder().route("orders", targets[0]).build()) {
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/1").build())
                    .execute()) {
                if (response.code() != 200) {
                    throw new IllegalStateException("the answer was " + response);
                }
            }
        }
        Map<String, ?> retries = Map.of(
                "name",
                List.of(Map.of()),
                "retryPolicy",
                Map.of(
                        "maxAttempts",
                        3.0,
                        "initialBackoff",
                        "0.001s",
                        "maxBackoff",
                        "0.001s",
                        "backoffMultiplier",
                        1.0,
                        "retryableStatusCodes",
                        List.of("UNAVAILABLE")));
        ManagedChannel channel = Grpc.newChannelBuilder(targets[1], InsecureChannelCredentials.create())
                .defaultServiceConfig(Map.of(
                        "loadBalancingConfig", List.of(Map.of("zerohop", Map.of())), "methodConfig", List.of(retries)))
                .intercept(ZerohopGrpc.interceptor())
                .build();
        ClientCalls.blockingUnaryCall(
                channel,
                WhoServers.WHO,
                CallOptions.DEFAULT.withWaitForReady().withDeadlineAfter(60, TimeUnit.SECONDS),
                "who");
        channel.shutdownNow();
        channel.awaitTermination(60, TimeUnit.SECONDS);
    }
}
