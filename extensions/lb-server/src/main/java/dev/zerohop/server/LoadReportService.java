package dev.zerohop.server;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.report.LoadReports;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends the load of this server to clients of gRPC apart from calls, as gRFC A51 has it: {@code xds.service.orca.v3.OpenRcaService}. The first report comes at once, and the next ones at the interval that
 * the client states, each 10 to 20 % later so that clients do not march in step. So a client may take one report and leave, which probes its load (Prequal, NSDI 2024), or follow it. A client whose request has the header {@value LoadReports#PROBE} gets one report, and the
 * stream ends; it need not be reset.
 *
 * <p>A stream ends with its client, its connection or {@link #close}, without which {@code Server.shutdown()} waits for the clients. Reports that a client is too slow to take are left out. Thread-safe.
 */
public final class LoadReportService implements BindableService, AutoCloseable {
    /**
     * How often a stream reports at the most, by default. gRPC's own servers have 30 s, which is less than what their clients ask for by default (10 s); rates are averages that move once a second, so
     * more would be of little use.
     */
    public static final Duration DEFAULT_MIN_INTERVAL = Duration.ofSeconds(1);

    /** The least and the most that a report is late, as shares of the interval. */
    private static final double LATE = 0.1;

    private static final double LATER = 0.2;

    static final String NAME = LoadReports.STREAM.substring(0, LoadReports.STREAM.indexOf('/'));

    static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(LoadReports.STREAM)
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private static final Metadata.Key<String> PROBE =
            Metadata.Key.of(LoadReports.PROBE, Metadata.ASCII_STRING_MARSHALLER);

    private final LoadReporter reporter;
    private final long minNanos;
    private final Executor blocking;
    private final Dice dice;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** With the least interval of {@link #DEFAULT_MIN_INTERVAL}. */
    public LoadReportService(LoadReporter reporter) {
        this(reporter, DEFAULT_MIN_INTERVAL);
    }

    /**
     * Reports what this reporter measures.
     *
     * @param minInterval what a client gets that asks for less, or for nothing
     * @throws IllegalArgumentException if it is not positive
     */
    public LoadReportService(LoadReporter reporter, Duration minInterval) {
        this(reporter, minInterval, Env.system().blocking(), Env.system().dice());
    }

    /** With these threads for the application's suppliers. */
    LoadReportService(LoadReporter reporter, Duration minInterval, Executor blocking, Dice dice) {
        this.reporter = requireNonNull(reporter, "reporter");
        this.blocking = blocking;
        this.dice = dice;
        if (requireNonNull(minInterval, "minInterval").isNegative() || minInterval.isZero()) {
            throw new IllegalArgumentException("minInterval was " + minInterval + ", expected > 0");
        }
        this.minNanos = minInterval.toNanos();
    }

    @Override
    public ServerServiceDefinition bindService() {
        return ServerServiceDefinition.builder(NAME)
                .addMethod(METHOD, (call, headers) -> {
                    // A second message would be an error, which the client is to be told.
                    call.request(2);
                    return new Stream(call, headers.containsKey(PROBE));
                })
                .build();
    }

    /** Ends all streams, and those that clients open later; probes are still answered. Call it before {@code Server.shutdown()}. */
    @Override
    public void close() {
        closed = true;
        streams.forEach(Stream::leave);
    }

    /** How many streams there are. */
    int streams() {
        return streams.size();
    }

    /** The reports to one client. A {@link ServerCall} allows no two calls of its methods at once, and timers run on other threads: therefore the lock. */
    private final class Stream extends ServerCall.Listener<byte[]> {
        private final ServerCall<byte[], byte[]> call;
        private final boolean probe;
        private byte @Nullable [] request;
        private long intervalNanos;
        private boolean ended;
        private @Nullable Cancellable timer;

        Stream(ServerCall<byte[], byte[]> call, boolean probe) {
            this.call = call;
            this.probe = probe;
        }

        @Override
        public synchronized void onMessage(byte[] message) {
            if (request != null) {
                end(Status.INVALID_ARGUMENT.withDescription("there were two requests, expected one"));
            }
            request = message;
        }

        @Override
        public synchronized void onHalfClose() {
            if (ended) {
                return;
            }
            byte[] asked = request;
            if (asked == null) {
                end(Status.INVALID_ARGUMENT.withDescription("there was no request, expected one"));
                return;
            }
            try {
                intervalNanos = Math.max(minNanos, LoadReports.intervalNanos(asked));
            } catch (IllegalArgumentException none) {
                end(Status.INVALID_ARGUMENT.withDescription("the request cannot be read: " + none.getMessage()));
                return;
            }
            Metadata headers = new Metadata();
            if (probe) {
                headers.put(PROBE, "1");
            }
            call.sendHeaders(headers);
            call.sendMessage(LoadReports.toProtobuf(reporter.report()));
            if (probe) {
                end(Status.OK);
                return;
            }
            streams.add(this);
            awaitNext();
            if (closed) {
                leave();
            }
        }

        private synchronized void awaitNext() {
            if (!ended) {
                double late = 1 + LATE + (LATER - LATE) * dice.nextDouble();
                timer = reporter.time().schedule((long) (intervalNanos * late), this::tick);
            }
        }

        /** Runs on the timers' thread, where the application's suppliers must not be called. */
        private void tick() {
            try {
                blocking.execute(this::next);
            } catch (RuntimeException | Error refused) {
                // There is no thread: this report is left out.
                awaitNext();
            }
        }

        /** Sends a report and only then waits for the next, so that a supplier that hangs holds one thread. */
        private void next() {
            try {
                byte[] report = LoadReports.toProtobuf(reporter.report());
                synchronized (this) {
                    if (!ended && call.isReady()) {
                        call.sendMessage(report);
                    }
                }
            } finally {
                awaitNext();
            }
        }

        synchronized void leave() {
            end(Status.UNAVAILABLE.withDescription("the server reports no more: it is going"));
        }

        private void end(Status status) {
            if (!ended) {
                release();
                call.close(status, new Metadata());
            }
        }

        private synchronized void release() {
            ended = true;
            streams.remove(this);
            if (timer != null) {
                timer.cancel();
            }
        }

        @Override
        public void onCancel() {
            release();
        }

        @Override
        public void onComplete() {
            release();
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
}
