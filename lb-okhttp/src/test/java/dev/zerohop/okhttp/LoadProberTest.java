package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Dice;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Prober;
import dev.zerohop.Prober.Result;
import dev.zerohop.Time;
import dev.zerohop.report.LoadReports;
import dev.zerohop.testing.CapturingPolicy;
import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import javax.net.SocketFactory;
import mockwebserver3.MockResponse;
import mockwebserver3.MockResponseBody;
import mockwebserver3.RecordedRequest;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.BufferedSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Load probes as a policy makes them, of real servers. */
@Timeout(180)
class LoadProberTest {
    private static final LoadReport REPORT = LoadReport.builder()
            .cpuUtilization(0.5)
            .namedMetric("requests_in_flight", 3)
            .build();

    private final CapturingPolicy policy = new CapturingPolicy(new TestPolicies.RoundRobin(false));
    private final BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    private final BlockingQueue<RecordedRequest> probes = new LinkedBlockingQueue<>();
    private final CountDownLatch stalled = new CountDownLatch(1);
    private TestServer server;
    private ZerohopOkHttp zerohop;
    private OkHttpClient client;
    private Env env;
    private Prober.Target target;

    private void serve(TestServer by, UnaryOperator<MockResponse.Builder> load) {
        server = by;
        server.answer = request -> {
            if (!request.getTarget().startsWith("/load")) {
                return null;
            }
            probes.add(request);
            return load.apply(new MockResponse.Builder().code(204)).build();
        };
    }

    private static MockResponse.Builder report(MockResponse.Builder answer) {
        return answer.addHeader("Endpoint-Load-Metrics", LoadReports.toHeader(REPORT));
    }

    private void start(UnaryOperator<OkHttpClient.Builder> clients) throws InterruptedException {
        start(Env.system(), clients);
    }

    private void start(Env with, UnaryOperator<OkHttpClient.Builder> clients) throws InterruptedException {
        zerohop = ZerohopOkHttp.builder()
                .env(with)
                .route("orders.shop.svc", "static:///127.0.0.1:" + server.port() + ";id=a")
                .settings(BalancerSettings.of(policy))
                .build();
        client = zerohop.install(clients.apply(new OkHttpClient.Builder())).build();
        env = policy.takeEnv();
        target = env.probes().load("/load?of=all").connect(endpoint());
    }

    private Endpoint endpoint() {
        return Endpoint.builder("127.0.0.1", server.port()).id("a").build();
    }

    private void call(String url) throws IOException {
        try (Response response =
                client.newCall(new Request.Builder().url(url).build()).execute()) {
            assertThat(response.body().string()).isEqualTo("a");
        }
    }

    private Cancellable probe() {
        return target.probe(env.blocking(), results::add);
    }

    private Result next() throws InterruptedException {
        Result result = results.poll(60, TimeUnit.SECONDS);
        assertThat(result).as("a result").isNotNull();
        return result;
    }

    private RecordedRequest nextProbe() throws InterruptedException {
        RecordedRequest probe = probes.poll(60, TimeUnit.SECONDS);
        assertThat(probe).as("a probe").isNotNull();
        return probe;
    }

    @AfterEach
    void close() throws Exception {
        stalled.countDown();
        if (zerohop != null) {
            zerohop.close();
        }
        server.close();
        assertThat(results).as("one result for a probe").isEmpty();
    }

    private MockResponse.Builder stall(MockResponse.Builder answer) {
        try {
            stalled.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
        return answer;
    }

    @Test
    void probesGoToTheEndpointUnderTheNameAndKeepTheirConnection() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        AtomicInteger intercepted = new AtomicInteger();
        // A proxy at which nothing listens: a probe that took it would fail.
        start(builder -> builder.proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", FreePorts.next())))
                .addNetworkInterceptor(chain -> {
                    intercepted.incrementAndGet();
                    return chain.proceed(chain.request());
                })
                .addInterceptor(chain -> {
                    intercepted.incrementAndGet();
                    return chain.proceed(chain.request());
                }));
        Cancellable ignored = probe();
        assertThat(next()).as("before the first call").isEqualTo(Result.SKIPPED);
        call("http://orders.shop.svc:81/orders");
        int before = intercepted.get();
        List<Integer> connections = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Cancellable answered = probe();
            assertThat(next()).isEqualTo(Result.load(REPORT));
            answered.cancel();
            RecordedRequest probe = nextProbe();
            assertThat(probe.getTarget()).isEqualTo("/load?of=all");
            assertThat(probe.getHeaders().get("Host")).isEqualTo("orders.shop.svc:81");
            connections.add(probe.getConnectionIndex());
        }
        assertThat(connections).containsOnly(1);
        assertThat(intercepted).hasValue(before);
        assertThat(zerohop.connections()).as("of calls").isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
    void probesUseTheTlsOfTheCalls(Protocol protocol) throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates shown =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        HandshakeCertificates trusting = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        List<Protocol> protocols =
                protocol == Protocol.HTTP_2 ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1) : List.of(protocol);
        serve(new TestServer("a", shown.sslSocketFactory(), protocols), LoadProberTest::report);
        start(builder -> builder.sslSocketFactory(trusting.sslSocketFactory(), trusting.trustManager()));
        call("https://orders.shop.svc/orders");
        for (int i = 0; i < 3; i++) {
            Cancellable ignored = probe();
            assertThat(next()).isEqualTo(Result.load(REPORT));
            assertThat(nextProbe().getVersion()).isEqualTo(protocol == Protocol.HTTP_2 ? "HTTP/2" : "HTTP/1.1");
        }
    }

    /** Of clients that share a routing and differ in TLS, it is the one that calls. */
    @Test
    void probesUseTheTlsOfTheClientThatCalledLast() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates shown =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        HandshakeCertificates trusting = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        serve(new TestServer("a", shown.sslSocketFactory(), List.of(Protocol.HTTP_1_1)), LoadProberTest::report);
        start(builder -> builder.sslSocketFactory(trusting.sslSocketFactory(), trusting.trustManager()));
        OkHttpClient trusts = client;
        OkHttpClient doesNot = zerohop.install(new OkHttpClient.Builder()).build();
        call("https://orders.shop.svc/orders");
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        client = doesNot;
        assertThatThrownBy(() -> call("https://orders.shop.svc/orders")).isInstanceOf(IOException.class);
        // A connection that is secured by the other's TLS is not for this one.
        ignored = probe();
        assertThat(next().reason()).startsWith("GET /load?of=all was not answered: ");
        client = trusts;
        call("https://orders.shop.svc/orders");
        ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
    }

    @Test
    void aServerThatDoesNotAnswerIsCalledOff() throws Exception {
        serve(new TestServer("a"), this::stall);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Prober.Running probe = (Prober.Running) probe();
        nextProbe();
        assertThat(probe.sent()).isTrue();
        assertThat(results).isEmpty();
        probe.cancel();
        assertThat(next().kind()).isEqualTo(Result.Kind.FAILURE);
    }

    @Test
    void aProbeThatIsCalledOffBeforeItHasAThreadIsSkipped() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        List<Runnable> waiting = new ArrayList<>();
        Prober.Running probe = (Prober.Running) target.probe(waiting::add, results::add);
        assertThat(probe.sent()).isFalse();
        probe.cancel();
        waiting.get(0).run();
        assertThat(next()).isEqualTo(Result.SKIPPED);
        assertThat(probes).isEmpty();
    }

    @Test
    void whatNeverGetsAThreadTakesNoPlaceAfterItIsCalledOff() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Executor dropping = task -> {};
        List<Cancellable> begun = new ArrayList<>();
        for (int i = 0; i < CheckTransport.MOST_PROBES; i++) {
            begun.add(env.probes().load("/load").connect(endpoint()).probe(dropping, results::add));
        }
        begun.forEach(Cancellable::cancel);
        for (int i = 0; i < CheckTransport.MOST_PROBES; i++) {
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        for (int i = 0; i < 20; i++) {
            target.probe(dropping, results::add).cancel();
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
    }

    /** A policy must not take it for a server without a load page. */
    @Test
    void aProbeWhoseConnectionIsRefusedHasNotLeft() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Endpoint down = Endpoint.builder("127.0.0.1", FreePorts.next()).id("b").build();
        Prober.Running probe =
                (Prober.Running) env.probes().load("/load").connect(down).probe(env.blocking(), results::add);
        assertThat(next().reason()).startsWith("GET /load was not answered: ");
        assertThat(probe.sent()).isFalse();
    }

    @Test
    void fourAreUnderWayAtATimeAndTheCallsGoOn() throws Exception {
        serve(new TestServer("a"), this::stall);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        List<Cancellable> begun = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            begun.add(probe());
        }
        for (int i = 0; i < 6; i++) {
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        for (int i = 0; i < 4; i++) {
            nextProbe();
        }
        call("http://orders.shop.svc/orders");
        assertThat(client.dispatcher().runningCallsCount()).isZero();
        begun.forEach(Cancellable::cancel);
        for (int i = 0; i < 4; i++) {
            assertThat(next().kind()).isEqualTo(Result.Kind.FAILURE);
        }
    }

    @Test
    void ofAllEndpointsThereAreSoManyUnderWay() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        List<Runnable> waiting = new ArrayList<>();
        for (int i = 0; i < CheckTransport.MOST_PROBES + 6; i++) {
            Cancellable ignored = env.probes().load("/load").connect(endpoint()).probe(waiting::add, results::add);
        }
        for (int i = 0; i < 6; i++) {
            assertThat(next()).isEqualTo(Result.SKIPPED);
        }
        waiting.forEach(Runnable::run);
        for (int i = 0; i < CheckTransport.MOST_PROBES; i++) {
            assertThat(next()).isEqualTo(Result.load(REPORT));
        }
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
    }

    @Test
    void aServerWithoutALoadPageFailsAndIsNotAskedForEachCall() throws Exception {
        serve(new TestServer("a"), answer -> answer.code(404));
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        int failed = 0;
        Cancellable ignored = probe();
        for (Result result = next(); result != Result.SKIPPED; result = next()) {
            assertThat(result).isEqualTo(Result.failure("GET /load?of=all answered 404, expected 200 to 299"));
            failed++;
            ignored = probe();
        }
        // One of 5 a second may come in between, on a slow machine.
        assertThat(failed).isGreaterThanOrEqualTo(20);
        assertThat(probes).hasSize(failed);
    }

    @Test
    void anAnswerWithoutAReportAndOneThatCannotBeReadFail() throws Exception {
        AtomicReference<String> header = new AtomicReference<>("BIN !");
        serve(
                new TestServer("a"),
                answer -> header.get() == null ? answer : answer.addHeader("endpoint-load-metrics", header.get()));
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Cancellable ignored = probe();
        assertThat(next().reason()).startsWith("its load report cannot be read: ");
        header.set(null);
        ignored = probe();
        assertThat(next().reason()).isEqualTo("GET /load?of=all was answered without a load report");
    }

    @Test
    void aConnectionThatIsLostUnderAProbeFails() throws Exception {
        serve(new TestServer("a"), answer -> answer.onResponseStart(new mockwebserver3.SocketEffect.CloseSocket()));
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Cancellable ignored = probe();
        assertThat(next().reason()).startsWith("GET /load?of=all was not answered: ");
    }

    @Test
    void aTargetThatIsClosedKeepsNoConnection() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        LoadProber.EndpointTarget closing = (LoadProber.EndpointTarget) target;
        Rig.await().until(() -> closing.connections() == 1);
        closing.close();
        Rig.await().until(() -> closing.connections() == 0);
        ignored = probe();
        assertThat(next()).isEqualTo(Result.SKIPPED);
    }

    @Test
    void whatIsClosedEndsItsProbesAndConnections() throws Exception {
        serve(new TestServer("a"), this::stall);
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        Cancellable ignored = probe();
        nextProbe();
        zerohop.close();
        assertThat(next().kind()).isEqualTo(Result.Kind.FAILURE);
        Rig.await().until(() -> ((LoadProber.EndpointTarget) target).connections() == 0);
        ignored = probe();
        assertThat(next()).isEqualTo(Result.SKIPPED);
    }

    /** Connects when the test lets it, like an endpoint that is far away. */
    private static final class SlowSockets extends SocketFactory {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch connecting = new CountDownLatch(1);
        final AtomicInteger connected = new AtomicInteger();
        volatile boolean slow;

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress address, int timeoutMillis) throws IOException {
                    if (slow) {
                        begun.countDown();
                        try {
                            connecting.await();
                        } catch (InterruptedException closing) {
                            throw new InterruptedIOException();
                        }
                    }
                    super.connect(address, timeoutMillis);
                    connected.incrementAndGet();
                }
            };
        }

        @Override
        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    /** Else an endpoint to which a connection takes longer than the time-out of probes would never have a result. */
    @Test
    void aProbeThatIsCalledOffWhileItConnectsLeavesItsConnectionToTheNext() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        SlowSockets sockets = new SlowSockets();
        start(builder -> builder.socketFactory(sockets));
        call("http://orders.shop.svc/orders");
        sockets.slow = true;
        Prober.Running far = (Prober.Running) probe();
        sockets.begun.await();
        assertThat(far.sent()).isFalse();
        far.cancel();
        assertThat(next()).isEqualTo(Result.SKIPPED);
        far.cancel();
        sockets.connecting.countDown();
        int connection = nextProbe().getConnectionIndex();
        Rig.await().until(() -> target().idleConnections() == 1);
        Prober.Running near = (Prober.Running) probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(near.sent()).isTrue();
        assertThat(nextProbe().getConnectionIndex()).isEqualTo(connection);
        assertThat(sockets.connected).as("the call's and one for probes").hasValue(2);
    }

    /** Endpoints that accept no connections take no places of others, and are not without bound. */
    @Test
    void ofAllEndpointsSoManyGoOnConnecting() throws Exception {
        serve(new TestServer("a"), LoadProberTest::report);
        CheckTransport transport = new CheckTransport("orders", Env.system());
        for (int i = 0; i < CheckTransport.MOST_PROBES; i++) {
            assertThat(transport.tryBegin()).isTrue();
            assertThat(transport.tryLeaveBehind()).isTrue();
        }
        assertThat(transport.tryBegin()).isTrue();
        assertThat(transport.tryLeaveBehind()).isFalse();
        transport.end(true);
        assertThat(transport.tryLeaveBehind()).isTrue();
    }

    private LoadProber.EndpointTarget target() {
        return (LoadProber.EndpointTarget) target;
    }

    @Test
    void anAnswerDoesNotWaitForItsBody() throws Exception {
        serve(
                new TestServer("a"),
                answer -> report(answer).code(200).body(new MockResponseBody() {
                    @Override
                    public long getContentLength() {
                        return 10;
                    }

                    @Override
                    public void writeTo(BufferedSink sink) {
                        stall(answer);
                    }
                }));
        start(builder -> builder);
        call("http://orders.shop.svc/orders");
        BlockingQueue<Integer> connections = new LinkedBlockingQueue<>();
        Cancellable ignored = target.probe(env.blocking(), result -> {
            connections.add(target().connections());
            results.add(result);
        });
        assertThat(next()).isEqualTo(Result.load(REPORT));
        assertThat(connections).as("the connection is closed after that").containsExactly(1);
        Rig.await().until(() -> target().connections() == 0);
    }

    /** The application may shut its executor down first. */
    @Test
    void connectionsCloseWithoutTheExecutor() throws Exception {
        AtomicBoolean refusing = new AtomicBoolean();
        Executor blocking = task -> {
            if (refusing.get()) {
                throw new RejectedExecutionException();
            }
            Env.system().blocking().execute(task);
        };
        serve(new TestServer("a"), LoadProberTest::report);
        start(new Env(Time.system(), Dice.threadLocal(), blocking), builder -> builder);
        call("http://orders.shop.svc/orders");
        LoadProber.EndpointTarget other =
                (LoadProber.EndpointTarget) env.probes().load("/load").connect(endpoint());
        Cancellable ignored = probe();
        assertThat(next()).isEqualTo(Result.load(REPORT));
        ignored = other.probe(env.blocking(), results::add);
        assertThat(next()).isEqualTo(Result.load(REPORT));
        refusing.set(true);
        zerohop.close();
        assertThat(target().connections() + other.connections()).isZero();
        assertThat(zerohop.connections()).as("of calls").isZero();
    }
}
