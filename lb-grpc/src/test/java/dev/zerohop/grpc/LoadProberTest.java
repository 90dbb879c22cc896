package dev.zerohop.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Prober;
import dev.zerohop.Prober.Result;
import dev.zerohop.report.LoadReports;
import dev.zerohop.testing.CapturingPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.FreePorts;
import io.grpc.Channel;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.LoadBalancer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Load probes over real connections, of servers that keep the standard in different ways. */
@Timeout(180)
class LoadProberTest {
    private static final Metadata.Key<String> PROBE =
            Metadata.Key.of("zerohop-probe", Metadata.ASCII_STRING_MARSHALLER);
    private static final LoadReport REPORT = LoadReport.builder()
            .cpuUtilization(0.5)
            .namedMetric("requests_in_flight", 3)
            .build();

    private final List<Throwable> panics = new ArrayList<>();
    private final SynchronizationContext context = new SynchronizationContext((thread, thrown) -> panics.add(thrown));
    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> served = new LinkedBlockingQueue<>();
    private final FakeTime time = new FakeTime();
    private final AtomicInteger contexts = new AtomicInteger();
    private final CheckTransport transport = new CheckTransport(new FakeHelper(), id -> connection(), time);
    private final Prober.Target target = connect();

    private @Nullable TestServer server;
    private @Nullable ManagedChannel channel;
    private volatile boolean connected = true;

    private Prober.Target connect() {
        return transport.load("/load").connect(Endpoint.of("10.0.0.1", 80));
    }

    private @Nullable Channel connection() {
        return connected ? channel : null;
    }

    private final class FakeHelper extends LoadBalancer.Helper {
        @Override
        public SynchronizationContext getSynchronizationContext() {
            contexts.incrementAndGet();
            return context;
        }

        @Override
        public ChannelLogger getChannelLogger() {
            return new ChannelLogger() {
                @Override
                public void log(ChannelLogLevel level, String message) {
                    logged.add(message);
                }

                @Override
                public void log(ChannelLogLevel level, String format, Object... of) {
                    logged.add(format);
                }
            };
        }

        @Override
        public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker picker) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String getAuthority() {
            return "orders";
        }
    }

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
                throw new UncheckedIOException(failed);
            }
        }
    }

    /** What a server does with a stream, once it has the request. */
    private interface Answer {
        void to(ServerCall<byte[], byte[]> call);
    }

    private void serve(Answer answer) {
        serve(service(answer));
    }

    private ServerServiceDefinition service(Answer answer) {
        MethodDescriptor<byte[], byte[]> method = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                .setFullMethodName("xds.service.orca.v3.OpenRcaService/StreamCoreMetrics")
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        return ServerServiceDefinition.builder("xds.service.orca.v3.OpenRcaService")
                .addMethod(method, (call, headers) -> {
                    served.add("asked, " + headers.get(PROBE));
                    call.request(1);
                    return new Served(call, answer);
                })
                .build();
    }

    private final class Served extends ServerCall.Listener<byte[]> {
        private final ServerCall<byte[], byte[]> call;
        private final Answer answer;

        Served(ServerCall<byte[], byte[]> call, Answer answer) {
            this.call = call;
            this.answer = answer;
        }

        @Override
        public void onHalfClose() {
            answer.to(call);
        }

        @Override
        public void onCancel() {
            served.add("reset");
        }

        @Override
        public void onComplete() {
            served.add("completed");
        }
    }

    private void serve(@Nullable ServerServiceDefinition service) {
        server = new TestServer(
                "a",
                FreePorts.next(),
                InsecureServerCredentials.create(),
                builder -> service == null ? builder : builder.addService(service));
        channel = Grpc.newChannelBuilder(server.address(), InsecureChannelCredentials.create())
                .build();
    }

    private static void report(ServerCall<byte[], byte[]> call, boolean own) {
        Metadata headers = new Metadata();
        if (own) {
            headers.put(PROBE, "1");
        }
        call.sendHeaders(headers);
        call.sendMessage(LoadReports.toProtobuf(REPORT));
        if (own) {
            call.close(Status.OK, new Metadata());
        }
    }

    private Cancellable probe() {
        return target.probe(Runnable::run, results::add);
    }

    private Result next() throws InterruptedException {
        Result result = results.poll(60, TimeUnit.SECONDS);
        assertThat(result).as("a result").isNotNull();
        return result;
    }

    private String nextServed() throws InterruptedException {
        return String.valueOf(served.poll(60, TimeUnit.SECONDS));
    }

    @AfterEach
    void close() throws Exception {
        if (channel != null) {
            channel.shutdown();
            assertThat(channel.awaitTermination(60, TimeUnit.SECONDS))
                    .as("no probe holds the channel up")
                    .isTrue();
        }
        if (server != null) {
            server.close();
        }
        assertThat(panics).isEmpty();
        assertThat(results).as("one result for a probe").isEmpty();
    }

    @Test
    void aServerThatEndsTheStreamIsNotReset() throws Exception {
        serve(call -> report(call, true));
        for (int i = 0; i < 100; i++) {
            // The client sees the end of a stream a moment later than its report.
            Fleet.await().until(() -> next(probe()).equals(Result.load(REPORT)));
            assertThat(nextServed()).isEqualTo("asked, 1");
            assertThat(nextServed()).isEqualTo("completed");
        }
    }

    @Test
    void theStreamOfAnotherServerIsResetAfterItsFirstReport() throws Exception {
        serve(call -> report(call, false));
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(nextServed()).isEqualTo("asked, 1");
        assertThat(nextServed()).isEqualTo("reset");
    }

    /** A server may close the connection of a client that resets many streams, and with it the calls. */
    @Test
    void streamsThatAreResetAreFew() throws Exception {
        serve(call -> report(call, false));
        int reset = 0;
        for (Result result = next(probe()); result != Result.SKIPPED; result = next(probe())) {
            reset++;
            assertThat(nextServed()).isEqualTo("asked, 1");
            assertThat(nextServed()).isEqualTo("reset");
        }
        assertThat(reset).isBetween(20, 24);
        Cancellable again = connect().probe(Runnable::run, results::add);
        assertThat(next(again))
                .as("of the same endpoint, which left and came back")
                .isEqualTo(Result.SKIPPED);
        time.advance(Duration.ofMinutes(1));
        assertThat(next(probe())).isEqualTo(Result.load(REPORT));
    }

    private Result next(Cancellable begun) throws InterruptedException {
        assertThat(begun).isNotNull();
        return next();
    }

    @Test
    void aServerThatDoesNotAnswerIsCalledOff() throws Exception {
        serve(call -> {});
        Prober.Running probe = (Prober.Running) probe();
        assertThat(nextServed()).isEqualTo("asked, 1");
        assertThat(probe.sent()).isTrue();
        assertThat(results).isEmpty();
        probe.cancel();
        assertThat(next().kind()).isEqualTo(Result.Kind.FAILURE);
        assertThat(nextServed()).isEqualTo("reset");
    }

    /** As the time-out of a policy may, a moment late. */
    @Test
    void whatEndsByItselfIsNotResetByACancellation() throws Exception {
        BlockingQueue<ServerCall<byte[], byte[]>> calls = new LinkedBlockingQueue<>();
        serve(call -> {
            Metadata headers = new Metadata();
            headers.put(PROBE, "1");
            call.sendHeaders(headers);
            call.sendMessage(LoadReports.toProtobuf(REPORT));
            calls.add(call);
        });
        Cancellable probe = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(nextServed()).isEqualTo("asked, 1");
        int before = contexts.get();
        probe.cancel();
        assertThat(contexts).as("tasks of the channel").hasValue(before);
        assertThat(TestServer.call(channel))
                .as("what follows on the connection")
                .isEqualTo("a");
        calls.take().close(Status.OK, new Metadata());
        assertThat(nextServed()).isEqualTo("completed");
    }

    /** For who does not call a probe off: a channel that shuts down waits for its streams. */
    @Test
    void aProbeHasADeadline() throws Exception {
        BlockingQueue<Boolean> bounded = new LinkedBlockingQueue<>();
        serve(call -> {
            bounded.add(Context.current().getDeadline() != null);
            report(call, true);
        });
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(bounded.take()).isTrue();
    }

    @Test
    void fourAreUnderWayAtATime() throws Exception {
        serve(call -> {});
        List<Cancellable> probes = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            probes.add(probe());
        }
        for (int i = 0; i < 6; i++) {
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        for (int i = 0; i < 4; i++) {
            assertThat(nextServed()).isEqualTo("asked, 1");
        }
        probes.forEach(Cancellable::cancel);
        for (int i = 0; i < 4; i++) {
            assertThat(next().kind()).isEqualTo(Result.Kind.FAILURE);
            assertThat(nextServed()).isEqualTo("reset");
        }
    }

    @Test
    void aServerWithoutTheServiceFailsAndThatIsLoggedOnce() throws Exception {
        serve((ServerServiceDefinition) null);
        for (int i = 0; i < 3; i++) {
            Cancellable ignored = probe();
            assertThat(next()).isEqualTo(Result.failure("it has no service for load reports"));
        }
        assertThat(logged).hasSize(1);
        assertThat(logged.peek()).contains("has no service for load reports");
        int probes = 3;
        for (Result result = next(probe()); result != Result.SKIPPED; result = next(probe())) {
            probes++;
        }
        assertThat(probes).as("it is not probed for each call").isBetween(20, 24);
    }

    @Test
    void aConnectionThatIsLostUnderAProbeSaysNothing() throws Exception {
        try (RawServer raw = new RawServer((connection, stream) -> {
            connected = false;
            connection.finish();
        })) {
            channel = Grpc.newChannelBuilder("127.0.0.1:" + raw.port(), InsecureChannelCredentials.create())
                    .build();
            Cancellable ignored = probe();
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
    }

    @Test
    void whatIsNoReportFails() throws Exception {
        serve(call -> {
            call.sendHeaders(new Metadata());
            call.sendMessage(new byte[] {0x0F});
        });
        Cancellable ignored = probe();
        assertThat(next().reason()).startsWith("its load report cannot be read: ");
        assertThat(nextServed()).isEqualTo("asked, 1");
        assertThat(nextServed()).isEqualTo("reset");
    }

    @Test
    void aStreamThatEndsWithoutAReportFails() throws Exception {
        serve(call -> call.close(Status.OK, new Metadata()));
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.failure("it sent no load report"));
    }

    @Test
    void aServerThatRejectsProbesFails() throws Exception {
        serve(call -> call.close(Status.PERMISSION_DENIED.withDescription("not for you"), new Metadata()));
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.failure("the load probe answered not for you"));
    }

    @Test
    void withoutAConnectionItIsSkippedAndItsPlaceIsFree() throws Exception {
        connected = false;
        for (int i = 0; i < 10; i++) {
            Cancellable ignored = probe();
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        connected = true;
        serve(call -> report(call, true));
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
    }

    @Test
    void aPolicyProbesOverTheSecuredConnectionOfTheCalls() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.svc")
                .build();
        ServerServiceDefinition service = service(call -> report(call, true));
        server = new TestServer(
                "a",
                FreePorts.next(),
                TlsServerCredentials.create(pem(certificate.certificatePem()), pem(certificate.privateKeyPkcs8Pem())),
                builder -> builder.addService(service));
        CapturingPolicy.Provider.policy().clear();
        channel = Grpc.newChannelBuilder(
                        "static:///" + server.address() + ";id=a",
                        TlsChannelCredentials.newBuilder()
                                .trustManager(pem(certificate.certificatePem()))
                                .build())
                .overrideAuthority("orders.svc")
                .defaultServiceConfig(Json.serviceConfig("{'policy': {'test.capturing': {}}}", null))
                .build();
        assertThat(TestServer.call(channel)).isEqualTo("a");
        Env env = CapturingPolicy.Provider.policy().takeEnv();
        Prober prober = env.probes().load("/load");
        assertThat(prober).isNotNull();
        Endpoint a = Endpoint.builder("127.0.0.1", server.port()).id("a").build();
        Cancellable ignored = prober.connect(a).probe(env.blocking(), results::add);
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(nextServed()).isEqualTo("asked, 1");
        assertThat(nextServed()).isEqualTo("completed");
        // Of another endpoint there is no connection.
        ignored = prober.connect(Endpoint.of("10.0.0.1", 80)).probe(env.blocking(), results::add);
        assertThat(next()).isEqualTo(Result.SKIPPED);
    }

    private static InputStream pem(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }
}
