package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.report.LoadReports;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Over a real connection, with time that stands until it is moved. */
class LoadReportServiceTest {
    private static final Metadata.Key<String> PROBE =
            Metadata.Key.of("zerohop-probe", Metadata.ASCII_STRING_MARSHALLER);

    /** {@code report_interval} of 10 seconds. */
    private static final byte[] TEN_SECONDS = {0x0A, 0x02, 0x08, 0x0A};

    private final FakeTime time = new FakeTime();
    private volatile double utilization = 0.25;
    private final LoadReporter reporter = LoadReporter.builder()
            .time(time)
            .cpuUtilization(() -> 0.5)
            .applicationUtilization(() -> utilization)
            .build();
    private final LoadReportService service = new LoadReportService(
            reporter, LoadReportService.DEFAULT_MIN_INTERVAL, Env.system().blocking(), ScriptedDice.of(0));
    private Servers servers;
    private ManagedChannel channel;

    private final BlockingQueue<LoadReport> reports = new LinkedBlockingQueue<>();
    private final CompletableFuture<Metadata> headers = new CompletableFuture<>();
    private final CompletableFuture<Status> closed = new CompletableFuture<>();

    @BeforeEach
    void start() throws Exception {
        servers = new Servers(1, number -> new LoadReportInterceptor(reporter), number -> List.of(service));
        channel = Grpc.newChannelBuilder(
                        "127.0.0.1:" + servers.running.get(0).getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        servers.close();
    }

    private ClientCall<byte[], byte[]> open(byte[] request, boolean probe) {
        ClientCall<byte[], byte[]> call = channel.newCall(LoadReportService.METHOD, CallOptions.DEFAULT);
        Metadata sent = new Metadata();
        if (probe) {
            sent.put(PROBE, "1");
        }
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onHeaders(Metadata received) {
                        headers.complete(received);
                    }

                    @Override
                    public void onMessage(byte[] message) {
                        reports.add(LoadReports.ofProtobuf(message));
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        closed.complete(status);
                    }
                },
                sent);
        call.request(1_000);
        call.sendMessage(request);
        call.halfClose();
        return call;
    }

    private double nextUtilization() throws InterruptedException {
        LoadReport report = reports.poll(60, TimeUnit.SECONDS);
        assertThat(report).as("a report").isNotNull();
        return report.applicationUtilization();
    }

    /** The next report is due only when the one before it is sent. */
    private void awaitTimer() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(time.pendingTasks()).isEqualTo(1));
    }

    private void awaitStreams(int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(service.streams()).isEqualTo(count));
    }

    @Test
    void aProbeGetsOneReportAndItsStreamEnds() throws Exception {
        open(new byte[0], true);
        assertThat(closed.get().getCode()).isEqualTo(Status.Code.OK);
        assertThat(headers.get().get(PROBE)).isEqualTo("1");
        assertThat(reports).hasSize(1);
        assertThat(nextUtilization()).isEqualTo(0.25);
        assertThat(service.streams()).isZero();
        time.advance(Duration.ofSeconds(1));
        assertThat(reporter.requestsPerSecond()).isZero();
    }

    @Test
    void aStreamReportsAtOnceAndThenAtItsIntervalAndATenthLater() throws Exception {
        ClientCall<byte[], byte[]> call = open(TEN_SECONDS, false);
        assertThat(nextUtilization()).isEqualTo(0.25);
        assertThat(headers.get().containsKey(PROBE)).isFalse();
        awaitTimer();
        assertThat(reporter.report().namedMetrics()).containsEntry("requests_in_flight", 0.0);
        utilization = 0.5;
        time.advance(Duration.ofMillis(10_999));
        utilization = 0.75;
        time.advance(Duration.ofMillis(1));
        assertThat(nextUtilization()).isEqualTo(0.75);
        awaitTimer();
        time.advance(Duration.ofSeconds(11));
        assertThat(nextUtilization()).isEqualTo(0.75);
        call.cancel("enough", null);
        awaitStreams(0);
        time.advance(Duration.ofSeconds(30));
        assertThat(reports).isEmpty();
    }

    @Test
    void whoAsksForNoIntervalGetsTheLeast() throws Exception {
        open(new byte[0], false);
        assertThat(nextUtilization()).isEqualTo(0.25);
        awaitTimer();
        time.advance(Duration.ofMillis(1_099));
        utilization = 0.5;
        time.advance(Duration.ofMillis(1));
        assertThat(nextUtilization()).isEqualTo(0.5);
        assertThatThrownBy(() -> new LoadReportService(reporter, Duration.ZERO))
                .hasMessage("minInterval was PT0S, expected > 0");
    }

    @Test
    void aRequestThatCannotBeReadEndsTheStream() throws Exception {
        open(new byte[] {0x0A, 0x7F}, false);
        Status status = closed.get();
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).startsWith("the request cannot be read");
        assertThat(service.streams()).isZero();
    }

    @Test
    void closedItEndsItsStreams() throws Exception {
        open(TEN_SECONDS, false);
        nextUtilization();
        awaitStreams(1);
        service.close();
        assertThat(closed.get().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        awaitStreams(0);
        servers.running.get(0).shutdown();
        channel.shutdown();
        assertThat(servers.running.get(0).awaitTermination(60, TimeUnit.SECONDS))
                .as("nothing holds the server up")
                .isTrue();
    }

    @Test
    void closedItTakesNoStreams() throws Exception {
        service.close();
        open(TEN_SECONDS, false);
        assertThat(closed.get().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(service.streams()).isZero();
    }

    /** A call that keeps what it is given, and that a test makes ready or not. */
    private static final class Taking extends ServerCall<byte[], byte[]> {
        final List<byte[]> sent = new ArrayList<>();
        boolean ready = true;

        @Nullable
        Status status;

        @Override
        public void request(int count) {}

        @Override
        public void sendHeaders(Metadata sending) {}

        @Override
        public void sendMessage(byte[] message) {
            sent.add(message);
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void close(Status with, Metadata trailers) {
            assertThat(status).as("closed once").isNull();
            status = with;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
            return LoadReportService.METHOD;
        }
    }

    private ServerCall.Listener<byte[]> begin(Taking call) {
        return begin(call, Runnable::run, ScriptedDice.of(0));
    }

    @SuppressWarnings("unchecked")
    private ServerCall.Listener<byte[]> begin(Taking call, Executor blocking, Dice dice) {
        LoadReportService direct = new LoadReportService(reporter, Duration.ofSeconds(1), blocking, dice);
        ServerCallHandler<byte[], byte[]> handler = (ServerCallHandler<byte[], byte[]>)
                direct.bindService().getMethod(LoadReports.STREAM).getServerCallHandler();
        return handler.startCall(call, new Metadata());
    }

    @Test
    void aReportThatTheClientIsTooSlowToTakeIsLeftOut() {
        Taking call = new Taking();
        ServerCall.Listener<byte[]> stream = begin(call);
        stream.onMessage(new byte[0]);
        stream.onHalfClose();
        assertThat(call.sent).hasSize(1);
        call.ready = false;
        time.advance(Duration.ofSeconds(5));
        assertThat(call.sent).hasSize(1);
        call.ready = true;
        time.advance(Duration.ofMillis(1_100));
        assertThat(call.sent).hasSize(2);
        stream.onCancel();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aReportWaitsForTheOneBeforeIt() {
        Deque<Runnable> waiting = new ArrayDeque<>();
        Taking call = new Taking();
        ServerCall.Listener<byte[]> stream = begin(call, waiting::add, ScriptedDice.of(0));
        stream.onMessage(new byte[0]);
        stream.onHalfClose();
        time.advance(Duration.ofMinutes(1));
        assertThat(waiting).as("threads of one stream").hasSize(1);
        assertThat(call.sent).hasSize(1);
        waiting.remove().run();
        assertThat(call.sent).hasSize(2);
        time.advance(Duration.ofMillis(1_100));
        assertThat(waiting).hasSize(1);
        stream.onCancel();
        waiting.remove().run();
        assertThat(call.sent).hasSize(2);
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aStreamGoesOnAfterThreadsWereRefused() {
        AtomicBoolean refusing = new AtomicBoolean(true);
        Taking call = new Taking();
        ServerCall.Listener<byte[]> stream = begin(
                call,
                task -> {
                    if (refusing.get()) {
                        throw new RejectedExecutionException();
                    }
                    task.run();
                },
                ScriptedDice.of(0));
        stream.onMessage(new byte[0]);
        stream.onHalfClose();
        time.advance(Duration.ofMillis(1_100));
        assertThat(call.sent).hasSize(1);
        refusing.set(false);
        time.advance(Duration.ofMillis(1_100));
        assertThat(call.sent).hasSize(2);
    }

    @Test
    void aReportIsAFifthLateAtTheMost() {
        Taking call = new Taking();
        ServerCall.Listener<byte[]> stream = begin(call, Runnable::run, ScriptedDice.of(-1));
        stream.onMessage(new byte[0]);
        stream.onHalfClose();
        time.advance(Duration.ofMillis(1_199));
        assertThat(call.sent).hasSize(1);
        time.advance(Duration.ofMillis(1));
        assertThat(call.sent).hasSize(2);
    }

    @Test
    void oneRequestIsExpected() {
        Taking none = new Taking();
        begin(none).onHalfClose();
        assertThat(none.status).isNotNull();
        assertThat(none.status.getDescription()).isEqualTo("there was no request, expected one");
        Taking two = new Taking();
        ServerCall.Listener<byte[]> stream = begin(two);
        stream.onMessage(new byte[0]);
        stream.onMessage(new byte[0]);
        stream.onHalfClose();
        assertThat(two.status).isNotNull();
        assertThat(two.status.getDescription()).isEqualTo("there were two requests, expected one");
        assertThat(two.sent).isEmpty();
    }
}
