package dev.zerohop.etcd.orchestrator;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.TlsFiles;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The standard health check of gRPC, {@code grpc.health.v1.Health/Check}. */
final class GrpcProber implements Prober {

    /** {@code HealthCheckResponse.ServingStatus}, by number. */
    private static final String[] SERVING_STATUS = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

    private static final int SERVING = 1;

    /** The messages have the wire form of the health service's: each has one field, number 1, a string and an enum. */
    static final MethodDescriptor<StringValue, Int32Value> CHECK =
            MethodDescriptor.<StringValue, Int32Value>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("grpc.health.v1.Health/Check")
                    .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
                    .setResponseMarshaller(ProtoUtils.marshaller(Int32Value.getDefaultInstance()))
                    .build();

    private final String service;
    private final @Nullable TlsFiles tls;
    private final @Nullable String authority;

    /** {@code authority} is the name that certificates must carry; null for each endpoint's host. In plain text without {@code tls}. */
    GrpcProber(String service, @Nullable TlsFiles tls, @Nullable String authority) {
        this.service = service;
        this.tls = tls;
        this.authority = authority;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        return new Target() {
            private @Nullable ManagedChannel channel;
            private boolean closed;

            @Override
            public Cancellable probe(Consumer<@Nullable String> answer) {
                ManagedChannel used = channel();
                ListenableFuture<Int32Value> call =
                        ClientCalls.futureUnaryCall(used.newCall(CHECK, CallOptions.DEFAULT), StringValue.of(service));
                Futures.addCallback(
                        call,
                        new FutureCallback<>() {
                            @Override
                            public void onSuccess(@Nullable Int32Value status) {
                                answer.accept(wrong(status == null ? 0 : status.getValue()));
                            }

                            @Override
                            public void onFailure(Throwable thrown) {
                                giveUp(used);
                                answer.accept(describe(thrown));
                            }
                        },
                        MoreExecutors.directExecutor());
                return () -> call.cancel(true);
            }

            private synchronized ManagedChannel channel() {
                ManagedChannel open = channel;
                if (open == null) {
                    if (tls != null) {
                        // The files may have changed since the last connection; a probe may block.
                        tls.refresh();
                    }
                    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                                    endpoint.host(),
                                    endpoint.port(),
                                    tls == null ? InsecureChannelCredentials.create() : tls.credentials())
                            // No system proxy: it would be probed instead of the endpoint.
                            .proxyDetector(address -> null)
                            .disableRetry()
                            .disableServiceConfigLookUp();
                    if (tls != null && authority != null) {
                        builder.overrideAuthority(authority);
                    }
                    open = builder.build();
                    channel = open;
                    if (closed) {
                        open.shutdownNow();
                    }
                }
                return open;
            }

            // Discards a failed channel, since its back-off grows to two minutes; the next probe gets a new one.
            private void giveUp(ManagedChannel failed) {
                synchronized (this) {
                    if (channel == failed && !closed) {
                        channel = null;
                    }
                }
                failed.shutdownNow();
            }

            @Override
            public void close() {
                ManagedChannel last;
                synchronized (this) {
                    closed = true;
                    last = channel;
                }
                if (last != null) {
                    last.shutdownNow();
                }
            }
        };
    }

    private @Nullable String wrong(int status) {
        if (status == SERVING) {
            return null;
        }
        String word = status >= 0 && status < SERVING_STATUS.length ? SERVING_STATUS[status] : "status " + status;
        return "the health check of '" + service + "' answered " + word + ", expected SERVING";
    }

    private static String describe(Throwable thrown) {
        return "the health check answered " + Status.fromThrowable(thrown).getCode() + ": " + Prober.reason(thrown);
    }
}
