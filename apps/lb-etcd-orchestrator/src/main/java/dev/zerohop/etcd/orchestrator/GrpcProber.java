package dev.zerohop.etcd.orchestrator;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.TlsFiles;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The standard health check of gRPC, {@code grpc.health.v1.Health/Check}. Its two messages have one field each, so nothing is generated for them. */
final class GrpcProber implements Prober {

    /** {@code HealthCheckResponse.ServingStatus}, by number. */
    private static final String[] SERVING_STATUS = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

    private static final int SERVING = 1;

    /** The number of the field of both messages. */
    private static final int FIELD = 1;

    static final MethodDescriptor<String, Integer> CHECK = MethodDescriptor.<String, Integer>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .setRequestMarshaller(new Request())
            .setResponseMarshaller(new Response())
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
                ListenableFuture<Integer> call =
                        ClientCalls.futureUnaryCall(used.newCall(CHECK, CallOptions.DEFAULT), service);
                Futures.addCallback(
                        call,
                        new FutureCallback<>() {
                            @Override
                            public void onSuccess(@Nullable Integer status) {
                                answer.accept(wrong(status == null ? 0 : status));
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
                        // Where the last connection ended, files may have changed; a probe may block.
                        tls.refresh();
                    }
                    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                                    endpoint.host(),
                                    endpoint.port(),
                                    tls == null ? InsecureChannelCredentials.create() : tls.credentials())
                            // A proxy of the system's would be what is judged.
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

            // A channel's own back-off grows to two minutes; the next probe is to find out for itself.
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

    /** {@code HealthCheckRequest}: the service's name. */
    private static final class Request implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String service) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            try {
                out.writeString(FIELD, service);
                out.flush();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
            return new ByteArrayInputStream(bytes.toByteArray());
        }

        @Override
        public String parse(InputStream stream) {
            try {
                CodedInputStream in = CodedInputStream.newInstance(stream);
                String service = "";
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (tag >>> 3 == FIELD) {
                        service = in.readString();
                    } else {
                        in.skipField(tag);
                    }
                }
                return service;
            } catch (IOException malformed) {
                throw Status.INTERNAL
                        .withDescription("not a health check: " + malformed.getMessage())
                        .withCause(malformed)
                        .asRuntimeException();
            }
        }
    }

    /** {@code HealthCheckResponse}: the number of a status; 0 when it is not there. */
    private static final class Response implements MethodDescriptor.Marshaller<Integer> {
        @Override
        public InputStream stream(Integer status) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            try {
                out.writeEnum(FIELD, status);
                out.flush();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
            return new ByteArrayInputStream(bytes.toByteArray());
        }

        @Override
        public Integer parse(InputStream stream) {
            try {
                CodedInputStream in = CodedInputStream.newInstance(stream);
                int status = 0;
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (tag >>> 3 == FIELD) {
                        status = in.readEnum();
                    } else {
                        in.skipField(tag);
                    }
                }
                return status;
            } catch (IOException malformed) {
                throw Status.INTERNAL
                        .withDescription("not the answer to a health check: " + malformed.getMessage())
                        .withCause(malformed)
                        .asRuntimeException();
            }
        }
    }
}
