package dev.zerohop.etcd.orchestrator;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import dev.zerohop.etcd.client.TlsFiles;
import dev.zerohop.probe.SocketProber;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.Executor;
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
        return new Line(endpoint);
    }

    /** One endpoint, and the channel to it. */
    private final class Line implements Target {
        private final Endpoint endpoint;
        private @Nullable ManagedChannel channel;
        private boolean closed;

        Line(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public Cancellable probe(Executor blocking, Consumer<Result> answer) {
            Call call = new Call(this, answer);
            // Files may have to be read.
            blocking.execute(call);
            return call;
        }

        synchronized ManagedChannel channel() {
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
        void giveUp(ManagedChannel failed) {
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
    }

    /** One probe. */
    private final class Call implements Runnable, Cancellable, FutureCallback<Int32Value> {
        private final Line line;
        private final Consumer<Result> answer;
        private @Nullable ManagedChannel used;
        private @Nullable ListenableFuture<Int32Value> call;
        private boolean cancelled;

        Call(Line line, Consumer<Result> answer) {
            this.line = line;
            this.answer = answer;
        }

        @Override
        public void run() {
            try {
                Futures.addCallback(begin(line.channel()), this, MoreExecutors.directExecutor());
            } catch (RuntimeException failed) {
                answer.accept(Result.failure("cannot be probed: " + SocketProber.reason(failed)));
            }
        }

        private synchronized ListenableFuture<Int32Value> begin(ManagedChannel channel) {
            used = channel;
            ListenableFuture<Int32Value> begun =
                    ClientCalls.futureUnaryCall(channel.newCall(CHECK, CallOptions.DEFAULT), StringValue.of(service));
            call = begun;
            if (cancelled) {
                begun.cancel(true);
            }
            return begun;
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            if (call != null) {
                call.cancel(true);
            }
        }

        @Override
        public void onSuccess(@Nullable Int32Value status) {
            answer.accept(result(status == null ? 0 : status.getValue()));
        }

        @Override
        public void onFailure(Throwable thrown) {
            ManagedChannel failed;
            synchronized (this) {
                failed = used;
            }
            if (failed != null) {
                line.giveUp(failed);
            }
            answer.accept(Result.failure("the health check answered "
                    + Status.fromThrowable(thrown).getCode() + ": " + SocketProber.reason(thrown)));
        }
    }

    private Result result(int status) {
        if (status == SERVING) {
            return Result.OK;
        }
        String word = status >= 0 && status < SERVING_STATUS.length ? SERVING_STATUS[status] : "status " + status;
        return Result.failure("the health check of '" + service + "' answered " + word + ", expected SERVING");
    }
}
