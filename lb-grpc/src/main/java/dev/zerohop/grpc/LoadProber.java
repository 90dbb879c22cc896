package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import dev.zerohop.probe.ProbeLimit;
import dev.zerohop.report.LoadReports;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the load of endpoints by the standard service for reports out of band (gRFC A51), over the connection that calls use: the first report of a stream. Servers with {@code lb-server} then end the stream;
 * that of others is reset, which {@link ProbeLimit} bounds, for the calls' own connection is at stake.
 */
final class LoadProber implements Prober {
    private static final MethodDescriptor<byte[], byte[]> STREAM = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(LoadReports.STREAM)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private static final Metadata.Key<String> PROBE =
            Metadata.Key.of(LoadReports.PROBE, Metadata.ASCII_STRING_MARSHALLER);

    /** For who does not call a probe off: a channel that shuts down waits for its streams. */
    private static final int LONGEST_SECONDS = 10;

    /** Those connected to last. */
    private static final int MOST_LIMITS = 4096;

    private final Helper helper;
    private final Function<String, @Nullable Channel> connections;
    private final Time time;

    /** By endpoint: one that leaves and comes back may be on the connection that it had. Guarded by itself. */
    private final Map<String, ProbeLimit> limits = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ProbeLimit> eldest) {
            return size() > MOST_LIMITS;
        }
    };

    private volatile boolean unimplementedLogged;

    /** {@code connections} has the connection of an endpoint, by id, while it has one; in the synchronization context. */
    LoadProber(Helper helper, Function<String, @Nullable Channel> connections, Time time) {
        this.helper = helper;
        this.connections = connections;
        this.time = time;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        ProbeLimit limit = limit(endpoint.id());
        return (blocking, answer) -> {
            if (!limit.begin()) {
                answer.accept(Result.SKIPPED);
                return () -> {};
            }
            Probe probe = new Probe(endpoint.id(), limit, answer);
            probe.start();
            return probe;
        };
    }

    private ProbeLimit limit(String endpointId) {
        synchronized (limits) {
            return limits.computeIfAbsent(endpointId, absent -> new ProbeLimit(time));
        }
    }

    private final class Probe extends ConnectionProbe<byte[], byte[]> {
        private final ProbeLimit limit;
        private boolean endsByItself;
        private boolean answered;

        Probe(String endpointId, ProbeLimit limit, Consumer<Result> answer) {
            super("load probe", endpointId, helper, connections, answer);
            this.limit = limit;
        }

        @Override
        ClientCall<byte[], byte[]> open(Channel connection, CallOptions options) {
            return connection.newCall(STREAM, options.withDeadlineAfter(LONGEST_SECONDS, TimeUnit.SECONDS));
        }

        /** No interval: there will be no second report. */
        @Override
        byte[] request() {
            return new byte[0];
        }

        @Override
        Metadata headers() {
            Metadata headers = new Metadata();
            headers.put(PROBE, "1");
            return headers;
        }

        @Override
        public void onHeaders(Metadata headers) {
            endsByItself = headers.containsKey(PROBE);
        }

        @Override
        public void onMessage(byte[] message) {
            if (answered) {
                return;
            }
            answered = true;
            if (endsByItself) {
                settled();
            }
            answer(read(message));
            if (!endsByItself) {
                cancel();
            }
        }

        private static Result read(byte[] message) {
            LoadReport report;
            try {
                report = LoadReports.ofProtobuf(message);
            } catch (IllegalArgumentException none) {
                return Result.failure("its load report cannot be read: " + none.getMessage());
            }
            return Result.load(report);
        }

        @Override
        @Nullable
        Result result(Status status) {
            if (answered) {
                return null;
            }
            if (status.getCode() == Status.Code.UNIMPLEMENTED) {
                if (!unimplementedLogged) {
                    unimplementedLogged = true;
                    log(
                            "zerohop: endpoint {0} has no service for load reports ({1}), and cannot be probed, nor"
                                    + " can others without one",
                            endpointId(), LoadReports.STREAM);
                }
                return Result.failure("it has no service for load reports");
            }
            return Result.failure(
                    status.isOk() ? "it sent no load report" : "the load probe answered " + Causes.describe(status));
        }

        @Override
        void over(@Nullable Status status) {
            limit.end(status != null && !(answered && status.isOk()));
        }
    }

    /** The messages are read and written by {@link LoadReports}. */
    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    @Override
    public String toString() {
        return LoadReports.STREAM;
    }
}
