package dev.zerohop.examples.kubernetes;

import dev.zerohop.EndpointSelector;
import dev.zerohop.config.Configurations;
import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sharded calls on one page, over both transports: all calls of one account reach the pod that owns it, for as long as the number of shards stays the same,
 * even if pods are restarted meanwhile.
 */
public final class AccountCalls implements AutoCloseable {
    private static final Map<String, Object> SHARDED = Map.of("policy", Map.of("shard", Map.of("ownerDown", "WAIT")));

    private final ManagedChannel channel;
    private final ZerohopOkHttp routing;
    private final OkHttpClient http;

    /** The caller's own type is the key: accounts with the same text have the same owner. */
    public record Account(String name) implements EndpointSelector {
        @Override
        public String text() {
            return name;
        }

        @Override
        public int hashableIdentifier() {
            return (int) hash();
        }
    }

    /** Calls two targets such as {@code k8s:///shop/orders:grpc} and {@code k8s:///shop/orders:http}. */
    public AccountCalls(String grpcTarget, String httpTarget) {
        channel = Grpc.newChannelBuilder(ZerohopGrpc.target(grpcTarget), InsecureChannelCredentials.create())
                .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(ZerohopGrpc.POLICY, SHARDED))))
                .intercept(ZerohopGrpc.interceptor())
                .build();
        routing = ZerohopOkHttp.builder()
                .route("orders", httpTarget)
                .settings(Configurations.parse(SHARDED))
                .build();
        http = routing.install(new OkHttpClient.Builder().callTimeout(5, TimeUnit.SECONDS))
                .build();
    }

    /** Places an order over gRPC; returns the pod that took it. */
    public String place(Account account) {
        CallOptions options =
                CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, account).withDeadlineAfter(5, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(channel, Orders.PLACE, options, account.name());
    }

    /** Requests the account's orders over HTTP; returns the pod that answered. */
    public String list(Account account) throws IOException {
        Request request = new Request.Builder()
                .url("http://orders/accounts/" + account.name())
                .tag(EndpointSelector.class, account)
                .build();
        try (Response response = http.newCall(request).execute()) {
            return response.body().string();
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        routing.close();
    }
}
