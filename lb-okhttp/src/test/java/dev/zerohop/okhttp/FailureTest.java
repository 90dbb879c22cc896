package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zerohop.Outcome;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import javax.net.SocketFactory;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.Dns;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures that look like others: each of the signs by which they are told apart decides on its own here. */
class FailureTest {
    private static final List<Protocol> HTTP_2 = List.of(Protocol.H2_PRIOR_KNOWLEDGE);

    private static Rig http2() {
        return new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), client -> client.protocols(HTTP_2));
    }

    // ---- what did not reach the server ----

    /** The connection says goodbye between the moment at which a call gets it and that at which the call would write to it. */
    @Test
    void aStreamThatAConnectionThatIsShuttingDownDoesNotTakeIsNotDispatched() throws Exception {
        AtomicReference<FrameServer.@Nullable Connection> leaving = new AtomicReference<>();
        try (Rig rig = http2();
                FrameServer server = new FrameServer("1-leaving", (connection, stream) -> leaving.set(connection));
                TestServer good = new TestServer("2-good", null, HTTP_2)) {
            rig.resolver.push(server.endpoint());
            CompletableFuture<String> first = Rig.enqueue(rig.client, Rig.post("/", "x"));
            await().until(() -> leaving.get() != null);
            FrameServer.Connection connection = leaving.get();
            rig.resolver.push(server.endpoint(), good.endpoint());
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addNetworkInterceptor(chain -> {
                        if (ZerohopOkHttp.endpoint(chain.connection()).id().equals("1-leaving")) {
                            connection.goAway(connection.streams.get(0));
                            // Its answer is a byte on the connection that is none of this call.
                            connection.ping();
                            await().until(() -> connection.pongs.get() > 0);
                        }
                        return chain.proceed(chain.request());
                    })
                    .build();
            // In turn: one of the two comes to the server that leaves, and goes on from there.
            assertThat(Rig.text(client, Rig.post("/", "x"))).isEqualTo("2-good");
            assertThat(Rig.text(client, Rig.post("/", "x"))).isEqualTo("2-good");
            assertThat(rig.outcomes())
                    .containsExactlyInAnyOrder(Outcome.NOT_DISPATCHED, Outcome.SUCCESS, Outcome.SUCCESS);
            connection.answer(connection.streams.get(0), "leaving");
            assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("leaving");
            assertThat(connection.streams).hasSize(1);
        }
    }

    /** Closes the connections to one endpoint as soon as a call has them, from a given one on. */
    private static final class Closing extends EventListener {
        private final String id;
        private int left;

        Closing(String id, int spared) {
            this.id = id;
            this.left = spared;
        }

        @Override
        public void connectionAcquired(Call call, Connection connection) {
            if (ZerohopOkHttp.endpoint(connection).id().equals(id) && left-- <= 0) {
                try {
                    connection.socket().close();
                } catch (IOException impossible) {
                    throw new AssertionError(impossible);
                }
            }
        }
    }

    @Test
    void aConnectionThatIsClosedBeforeTheRequestIsBegunIsNotDispatched() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer good = new TestServer("2-good");
                TestServer closed = new TestServer("1-closed")) {
            rig.resolver.push(closed.endpoint(), good.endpoint());
            OkHttpClient client = rig.client
                    .newBuilder()
                    .eventListener(new Closing("1-closed", 0))
                    .build();
            assertThat(Rig.text(client, Rig.post("/", "x"))).isEqualTo("2-good");
            assertThat(rig.outcomes()).containsExactly(Outcome.NOT_DISPATCHED, Outcome.SUCCESS);
            assertThat(closed.log).isEmpty();
        }
    }

    @Test
    void butNotAfterARedirectThatTheSamePostHasFollowed() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer good = new TestServer("2-good");
                RawServer redirecting = new RawServer("1-redirecting", (socket, in) -> {
                    RawServer.readHead(in);
                    RawServer.answer(
                            socket,
                            "HTTP/1.1 307 Go\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                })) {
            rig.resolver.push(redirecting.endpoint(), good.endpoint());
            OkHttpClient client = rig.client
                    .newBuilder()
                    .eventListener(new Closing("1-redirecting", 1))
                    .build();
            assertThatThrownBy(() -> Rig.text(client, Rig.post("/", "")))
                    .satisfies(e -> assertThat(Rig.story(e)).contains("not idempotent"));
            assertThat(rig.outcomes()).containsExactly(Outcome.NOT_DISPATCHED);
            assertThat(good.log).isEmpty();
        }
    }

    @Test
    void aConnectionToAnotherEndpointIsNotUsedAndTheCallGoesOn() throws Exception {
        AtomicReference<@Nullable Dns> dns = new AtomicReference<>();
        AtomicReference<@Nullable SocketFactory> sockets = new AtomicReference<>();
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(2);
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        // Keeps what belongs to the first attempt.
                        dns.compareAndSet(null, chain.getDns());
                        sockets.compareAndSet(null, chain.getSocketFactory());
                        return chain.withDns(dns.get())
                                .withSocketFactory(sockets.get())
                                .proceed(chain.request());
                    })
                    .build();
            for (int i = 0; i < 2; i++) {
                assertThat(Rig.text(client, Rig.post("/", "x"))).isEqualTo("s0");
            }
            assertThat(servers.get(1).log).isEmpty();
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS, Outcome.NOT_DISPATCHED, Outcome.SUCCESS);
        }
    }

    // ---- what the client alone is to blame for ----

    @Test
    void http2ByPriorKnowledgeUnderTlsIsTheClientsOwn() throws Exception {
        try (Rig rig = http2()) {
            List<TestServer> servers = rig.servers(2);
            assertThatThrownBy(() -> rig.text(
                            new Request.Builder().url("https://orders/").build()))
                    .isInstanceOf(UnknownServiceException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
            assertThat(servers).allSatisfy(server -> assertThat(server.log).isEmpty());
        }
    }

    /** Under TLS 1.3 the server says so when the client has begun to send already. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientWithoutTheCertificateThatTheServerWantsHarmsNoEndpoint(boolean http2) throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates tls = new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .addTrustedCertificate(certificate.certificate())
                .build();
        HandshakeCertificates without = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        client -> client.sslSocketFactory(without.sslSocketFactory(), without.trustManager())
                                .protocols(
                                        http2
                                                ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1)
                                                : List.of(Protocol.HTTP_1_1)));
                MockWebServer server = new MockWebServer()) {
            server.useHttps(tls.sslSocketFactory());
            server.requireClientAuth();
            server.start(InetAddress.getByName("127.0.0.1"), 0);
            rig.resolver.push(dev.zerohop.Endpoint.of("127.0.0.1", server.getPort()));
            Throwable failure = catchThrowable(() -> rig.text(
                    new Request.Builder().url("https://orders.shop.svc/").build()));
            assertThat(failure).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).hasSize(1).isSubsetOf(Outcome.CANCELLED, Outcome.NOT_DISPATCHED);
        }
    }

    /** The refusal can look like that, too: the reset overtakes it. */
    @Test
    void aConnectionThatBreaksUnderTlsSpeaksAgainstTheEndpointOnceTheClientIsKnownToSuitTheService() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates tls = new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .addTrustedCertificate(certificate.certificate())
                .build();
        Request request = new Request.Builder().url("https://orders.shop.svc/").build();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        client -> client.sslSocketFactory(tls.sslSocketFactory(), tls.trustManager())
                                .protocols(List.of(Protocol.HTTP_1_1)));
                TestServer server = new TestServer("server", tls.sslSocketFactory(), List.of(Protocol.HTTP_1_1))) {
            rig.resolver.push(server.endpoint());
            MockResponse breaks = new MockResponse.Builder()
                    .onResponseStart(new SocketEffect.CloseSocket())
                    .build();
            server.answer = any -> breaks;
            assertThatThrownBy(() -> rig.text(request)).isInstanceOf(IOException.class);
            server.answer = null;
            assertThat(rig.text(request)).isEqualTo("server");
            server.answer = any -> breaks;
            assertThatThrownBy(() -> rig.text(request)).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED, Outcome.SUCCESS, Outcome.TRANSPORT_FAILURE);
        }
    }

    /** Makes sockets that fail when they are read. */
    private static final class Failing extends SocketFactory {
        private final IOException failure;
        private final boolean interrupts;

        Failing(IOException failure, boolean interrupts) {
            this.failure = failure;
            this.interrupts = interrupts;
        }

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public InputStream getInputStream() throws IOException {
                    return new FilterInputStream(super.getInputStream()) {
                        @Override
                        public int read(byte[] target, int offset, int length) throws IOException {
                            if (interrupts) {
                                Thread.currentThread().interrupt();
                            }
                            throw failure;
                        }
                    };
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

    /** A virtual thread's socket is closed by an interrupt; other sockets say so and leave the thread as it was. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptIsKnownByTheThreadOrByTheException(boolean byTheThread) throws Exception {
        IOException failure =
                byTheThread ? new SocketException("Closed by interrupt") : new InterruptedIOException("interrupted");
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(3);
            OkHttpClient client = rig.client
                    .newBuilder()
                    .socketFactory(new Failing(failure, byTheThread))
                    .build();
            assertThatThrownBy(() -> Rig.text(client, Rig.get("/"))).isInstanceOf(failure.getClass());
            assertThat(Thread.interrupted()).isEqualTo(byTheThread);
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
        }
    }

    // ---- what the endpoint is to blame for ----

    @Test
    void aConnectionThatIsResetIsOneFailureOfItsStreamsToo() throws Exception {
        try (Rig rig = http2();
                FrameServer server = new FrameServer("server", (connection, stream) -> {})) {
            rig.resolver.push(server.endpoint());
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 1; i <= 4; i++) {
                calls.add(Rig.enqueue(rig.client, Rig.post("/", "x")));
                int requests = i;
                await().until(() -> server.requests() == requests);
            }
            server.connections.get(0).abort();
            for (CompletableFuture<String> call : calls) {
                assertThat(catchThrowable(() -> call.get(60, TimeUnit.SECONDS))).isNotNull();
            }
            await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes())
                    .containsExactlyInAnyOrder(
                            Outcome.TRANSPORT_FAILURE,
                            Outcome.CONNECTION_LOST,
                            Outcome.CONNECTION_LOST,
                            Outcome.CONNECTION_LOST);
        }
    }

    /** OkHttp gives a connection up that answers no pings, and resets its streams without a word why. */
    @Test
    void aConnectionThatAnswersNoPingsIsOneFailureOfItsStreamsToo() throws Exception {
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        client -> client.protocols(HTTP_2).pingInterval(1, TimeUnit.SECONDS));
                FrameServer server = new FrameServer("server", (connection, stream) -> {})) {
            rig.resolver.push(server.endpoint());
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 1; i <= 4; i++) {
                calls.add(Rig.enqueue(rig.client, Rig.post("/", "x")));
                int requests = i;
                await().until(() -> server.requests() == requests);
            }
            assertThat(server.connections).hasSize(1);
            server.connections.get(0).deaf = true;
            for (CompletableFuture<String> call : calls) {
                assertThat(catchThrowable(() -> call.get(60, TimeUnit.SECONDS))).isNotNull();
            }
            await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes())
                    .containsExactlyInAnyOrder(
                            Outcome.TRANSPORT_FAILURE,
                            Outcome.CONNECTION_LOST,
                            Outcome.CONNECTION_LOST,
                            Outcome.CONNECTION_LOST);
        }
    }

    @Test
    void aTlsHandshakeThatHangsIsTheEndpointsFailure() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        client -> client.readTimeout(Duration.ofMillis(300)));
                RawServer silent = new RawServer("silent", (socket, in) -> over.await())) {
            rig.resolver.push(silent.endpoint());
            assertThatThrownBy(() -> rig.text(
                            new Request.Builder().url("https://orders/").build()))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.CONNECT_FAILURE);
        } finally {
            over.countDown();
        }
    }

    @Test
    void aBodyThatStopsUntilTheCallsOwnTimeIsOverIsATimeOut() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = Rig.roundRobin();
                RawServer stopping = new RawServer("stopping", (socket, in) -> {
                    RawServer.readHead(in);
                    RawServer.answer(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
                    over.await();
                })) {
            rig.resolver.push(stopping.endpoint());
            Call call = rig.call(Rig.get("/"));
            call.timeout().timeout(2, TimeUnit.SECONDS);
            assertThatThrownBy(() -> {
                        try (Response response = call.execute()) {
                            response.body().string();
                        }
                    })
                    .isInstanceOf(InterruptedIOException.class);
            await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
        } finally {
            over.countDown();
        }
    }
}
