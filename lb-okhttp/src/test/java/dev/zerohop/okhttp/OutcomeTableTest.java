package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.UnknownServiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.CertificatePinner;
import okhttp3.ConnectionSpec;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table "event on the wire, outcome, counted, repeated" of docs/okhttp.md, row by row on real sockets. */
class OutcomeTableTest {
    private static final List<Protocol> HTTP_2 = List.of(Protocol.H2_PRIOR_KNOWLEDGE);

    private static Rig http2() {
        return new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), client -> client.protocols(HTTP_2));
    }

    private static int failures(List<CompletableFuture<String>> calls) {
        int failed = 0;
        for (CompletableFuture<String> call : calls) {
            failed += catchThrowable(() -> call.get(60, TimeUnit.SECONDS)) == null ? 0 : 1;
        }
        return failed;
    }

    // ---- connections that come to nothing ----

    @Test
    void aConnectionThatIsRefusedAfterOneThatBrokeNamesTheEndpoint() throws Exception {
        try (Rig rig = Rig.roundRobin();
                RawServer crashing = new RawServer("crashing", true, (socket, in) -> RawServer.readHead(in))) {
            rig.resolver.push(crashing.endpoint());
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("1. crashing(127.0.0.1:")
                    .hasMessageContaining("TRANSPORT_FAILURE")
                    .hasMessageContaining("2. crashing(127.0.0.1:")
                    .hasMessageContaining("CONNECT_FAILURE");
            assertThat(rig.outcomes())
                    .containsExactly(Outcome.TRANSPORT_FAILURE, Outcome.CONNECT_FAILURE, Outcome.CONNECT_FAILURE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void aConnectionThatIsRefusedAfterARedirectIsTheEndpointsFailureAndTheFirstRequestHasRun(String method)
            throws Exception {
        try (Rig rig = Rig.roundRobin();
                RawServer redirecting = new RawServer("1-redirecting", true, (socket, in) -> {
                    RawServer.readHead(in);
                    RawServer.answer(
                            socket,
                            "HTTP/1.1 307 Go\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                })) {
            TestServer good = new TestServer("2-good");
            rig.resolver.push(redirecting.endpoint(), good.endpoint());
            Request request = new Request.Builder()
                    .url("http://orders/here")
                    .method(method, method.equals("GET") ? null : RequestBody.create("", null))
                    .build();
            if (method.equals("GET")) {
                assertThat(rig.text(request)).isEqualTo("2-good");
                assertThat(good.only().getTarget()).isEqualTo("/here");
                assertThat(rig.outcomes()).containsExactly(Outcome.CONNECT_FAILURE, Outcome.SUCCESS);
            } else {
                assertThatThrownBy(() -> rig.text(request))
                        .isInstanceOf(ConnectException.class)
                        .hasMessageContaining("1-redirecting(127.0.0.1:")
                        .hasMessageContaining("not idempotent");
                assertThat(rig.outcomes()).containsExactly(Outcome.CONNECT_FAILURE);
                assertThat(good.log).isEmpty();
            }
            good.close();
        }
    }

    // ---- the client's own settings ----

    @Test
    void aClientWithoutLeaveForPlainTextHarmsNobodyElse() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(3);
            OkHttpClient strict = rig.client
                    .newBuilder()
                    .connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
                    .build();
            assertThatThrownBy(() -> strict.newCall(Rig.get("/")).execute())
                    .isInstanceOf(UnknownServiceException.class)
                    .hasMessageStartingWith("CLEARTEXT");
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
            assertThat(servers).allSatisfy(server -> assertThat(server.log).isEmpty());
        }
    }

    private static HeldCertificate certificate(String name) {
        return new HeldCertificate.Builder()
                .commonName(name)
                .addSubjectAlternativeName(name)
                .build();
    }

    private static HandshakeCertificates holding(HeldCertificate certificate) {
        return new HandshakeCertificates.Builder().heldCertificate(certificate).build();
    }

    private static HandshakeCertificates trusting(HeldCertificate certificate) {
        return new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
    }

    private static OkHttpClient.Builder tls(OkHttpClient.Builder client, HandshakeCertificates trust) {
        return client.sslSocketFactory(trust.sslSocketFactory(), trust.trustManager());
    }

    private static final Request SECURE =
            new Request.Builder().url("https://orders.shop.svc/").build();

    @Test
    void aWrongPinAndAForeignTrustStoreAreTheClientsOwnAndAWrongCertificateIsTheEndpoints() throws Exception {
        HeldCertificate held = certificate("orders.shop.svc");
        HandshakeCertificates trust = trusting(held);
        try (TestServer a = new TestServer("a", holding(held).sslSocketFactory(), List.of());
                TestServer b = new TestServer("b", holding(held).sslSocketFactory(), List.of());
                TestServer wrong = new TestServer(
                        "wrong", holding(certificate("users.shop.svc")).sslSocketFactory(), List.of());
                Rig rig = new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), client -> tls(client, trust))) {
            rig.resolver.push(a.endpoint(), b.endpoint());

            OkHttpClient pinned = rig.client
                    .newBuilder()
                    .certificatePinner(new CertificatePinner.Builder()
                            .add("orders.shop.svc", "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
                            .build())
                    .build();
            assertThatThrownBy(() -> pinned.newCall(SECURE).execute())
                    .isInstanceOf(SSLPeerUnverifiedException.class)
                    .hasMessageStartingWith("Certificate pinning failure!");
            assertThat(rig.outcomes()).as("one attempt, no endpoint's fault").containsExactly(Outcome.CANCELLED);
            rig.outcomes.clear();

            OkHttpClient foreign =
                    tls(rig.client.newBuilder(), trusting(certificate("other"))).build();
            assertThatThrownBy(() -> foreign.newCall(SECURE).execute())
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("a(127.0.0.1:")
                    .hasMessageContaining("b(127.0.0.1:");
            assertThat(rig.outcomes()).hasSize(3).containsOnly(Outcome.CANCELLED);
            rig.outcomes.clear();

            // A client that no endpoint has answered yet is not believed; one that is known to suit the service is.
            rig.resolver.push(wrong.endpoint(), a.endpoint());
            assertThat(rig.text(SECURE)).isEqualTo("a");
            rig.outcomes.clear();
            for (int i = 0; i < 4; i++) {
                assertThat(rig.text(SECURE)).isEqualTo("a");
            }
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE).doesNotContain(Outcome.CANCELLED);
        }
    }

    @Test
    void aBodyThatBreaksItsOwnWordIsTheCallersFault() throws Exception {
        RequestBody lying = new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return null;
            }

            @Override
            public long contentLength() {
                return 4;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                sink.writeUtf8("longer than four");
            }
        };
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(3);
            assertThatThrownBy(() -> rig.text(new Request.Builder()
                            .url("http://orders/")
                            .put(lying)
                            .tag(Idempotent.class, Idempotent.YES)
                            .build()))
                    .isInstanceOf(ProtocolException.class);
            assertThatThrownBy(() -> rig.text(new Request.Builder()
                            .url("http://orders/")
                            .post(new Duplex(new AtomicInteger()))
                            .tag(Idempotent.class, Idempotent.YES)
                            .build()))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("Duplex");
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED, Outcome.CANCELLED);
            assertThat(rig.inFlight()).isZero();
        }
    }

    // ---- time ----

    @Test
    void aDeadlineIsATimeOutAsACallTimeoutIs() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (Rig rig = Rig.roundRobin();
                RawServer silent = new RawServer("silent", (socket, in) -> over.await())) {
            rig.resolver.push(silent.endpoint());
            Call deadline = rig.call(Rig.get("/"));
            deadline.timeout().deadline(200, TimeUnit.MILLISECONDS);
            assertThatThrownBy(deadline::execute)
                    .isInstanceOf(InterruptedIOException.class)
                    .hasMessage("timeout");
            await().until(() -> rig.outcomes().equals(List.of(Outcome.TIMEOUT)));
            Call timeout = rig.call(Rig.get("/"));
            timeout.timeout().timeout(200, TimeUnit.MILLISECONDS);
            assertThatThrownBy(timeout::execute).isInstanceOf(InterruptedIOException.class);
            await().until(() -> rig.outcomes().equals(List.of(Outcome.TIMEOUT, Outcome.TIMEOUT)));
            assertThat(rig.inFlight()).isZero();
        } finally {
            over.countDown();
        }
    }

    @Test
    void timeThatTheApplicationItselfHasTakenIsNotTheEndpoints() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body("x".repeat(1_000_000)));
            OkHttpClient slow = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        await().until(() -> chain.call().isCanceled());
                        return chain.proceed(chain.request());
                    })
                    .build();
            Call interceptor = slow.newCall(Rig.get("/"));
            interceptor.timeout().timeout(100, TimeUnit.MILLISECONDS);
            assertThatThrownBy(interceptor::execute).isInstanceOf(InterruptedIOException.class);

            Call reader = rig.call(Rig.get("/"));
            reader.timeout().timeout(2, TimeUnit.SECONDS);
            try (Response response = reader.execute()) {
                response.body().source().skip(10);
                await().until(reader::isCanceled);
            }
            await().until(() -> rig.outcomes().size() == 2);
            assertThat(rig.outcomes()).containsOnly(Outcome.CANCELLED);
        }
    }

    // ---- the caller's thread ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptIsTheCallersOwnAndIsNotRepeated(boolean http2) throws Exception {
        List<Protocol> protocols = List.of(http2 ? Protocol.H2_PRIOR_KNOWLEDGE : Protocol.HTTP_1_1);
        List<TestServer> servers = new ArrayList<>();
        try (Rig rig =
                new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), client -> client.protocols(protocols))) {
            List<Endpoint> endpoints = new ArrayList<>();
            for (String id : List.of("a", "b", "c")) {
                TestServer server = new TestServer(id, null, protocols);
                servers.add(server);
                endpoints.add(server.endpoint());
            }
            rig.resolver.push(endpoints);
            for (int i = 0; i < 3; i++) {
                rig.text("/warm");
            }
            rig.outcomes.clear();
            for (int i = 0; i < 3; i++) {
                // The connections are there: the interrupt is found when the request is written, or its answer awaited.
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> rig.text("/")).isInstanceOf(InterruptedIOException.class);
                assertThat(Thread.interrupted()).as("the caller learns of it").isTrue();
            }
            assertThat(rig.outcomes()).hasSize(3).containsOnly(Outcome.CANCELLED);
            assertThat(rig.inFlight()).isZero();
        } finally {
            servers.forEach(TestServer::close);
        }
    }

    // ---- HTTP/2 ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLostConnectionIsOneFailureHoweverManyStreamsItCarried(boolean answered) throws Exception {
        try (Rig rig = http2();
                FrameServer server = new FrameServer("1-server", (connection, stream) -> {
                    if (answered) {
                        connection.headers(stream);
                        connection.data(stream, "begun", false);
                    }
                })) {
            rig.resolver.push(server.endpoint());
            List<CompletableFuture<String>> calls = new ArrayList<>();
            calls.add(Rig.enqueue(rig.client, Rig.post("/", "x")));
            // One connection for all: the first call has made it.
            await().until(() -> server.requests() == 1);
            for (int i = 1; i < 8; i++) {
                calls.add(Rig.enqueue(rig.client, Rig.post("/", "x")));
            }
            await().until(() -> server.requests() == 8);
            assertThat(server.connections).hasSize(1);
            server.connections.get(0).breakOff();
            assertThat(failures(calls)).isEqualTo(8);
            await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes()).hasSize(8).containsOnlyOnce(Outcome.TRANSPORT_FAILURE);
            assertThat(rig.outcomes()).containsOnly(Outcome.TRANSPORT_FAILURE, Outcome.CONNECTION_LOST);
        }
    }

    @Test
    void aLostConnectionIsRepeatedForIdempotentCallsOnly() throws Exception {
        try (Rig rig = http2();
                FrameServer lost = new FrameServer("1-lost", (connection, stream) -> connection.breakOff());
                TestServer good = new TestServer("2-good", null, HTTP_2)) {
            rig.resolver.push(lost.endpoint(), good.endpoint());
            assertThat(rig.text("/")).isEqualTo("2-good");
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x")))
                    .satisfies(e -> assertThat(Rig.story(e)).contains("not idempotent"));
            assertThat(rig.outcomes())
                    .containsExactly(Outcome.TRANSPORT_FAILURE, Outcome.SUCCESS, Outcome.TRANSPORT_FAILURE);
        }
    }

    @Test
    void streamsBehindAGoAwayAreNotDispatchedAndRepeatedWhateverTheirMethod() throws Exception {
        try (Rig rig = http2();
                FrameServer leaving = new FrameServer("1-leaving", (connection, stream) -> {
                    if (connection.streams.size() == 2) {
                        connection.goAway(connection.streams.get(0));
                        connection.answer(connection.streams.get(0), "leaving");
                    }
                });
                TestServer good = new TestServer("2-good", null, HTTP_2)) {
            rig.resolver.push(leaving.endpoint());
            CompletableFuture<String> first = Rig.enqueue(rig.client, Rig.post("/", "x"));
            await().until(() -> leaving.requests() == 1);
            rig.resolver.push(leaving.endpoint(), good.endpoint());
            // In turn: one of these two comes to the server that leaves, and goes on from there.
            CompletableFuture<String> second = Rig.enqueue(rig.client, Rig.post("/", "x"));
            CompletableFuture<String> third = Rig.enqueue(rig.client, Rig.post("/", "x"));
            assertThat(second.get(60, TimeUnit.SECONDS)).isEqualTo("2-good");
            assertThat(third.get(60, TimeUnit.SECONDS)).isEqualTo("2-good");
            assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("leaving");
            assertThat(rig.outcomes())
                    .containsExactlyInAnyOrder(
                            Outcome.NOT_DISPATCHED, Outcome.SUCCESS, Outcome.SUCCESS, Outcome.SUCCESS);
        }
    }

    @Test
    void aStreamThatIsRefusedAfterAnEarlierRequestOfTheCallWasAnsweredIsNotRepeatedForAPost() throws Exception {
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        client -> client.protocols(HTTP_2)
                                .authenticator((route, response) -> response.request()
                                        .newBuilder()
                                        .header("Authorization", "secret")
                                        .build()));
                FrameServer server = new FrameServer("1-server", (connection, stream) -> {
                    if (connection.streams.size() == 1) {
                        connection.status(stream, "401");
                    } else {
                        connection.reset(stream, FrameServer.REFUSED_STREAM);
                    }
                });
                TestServer good = new TestServer("2-good", null, HTTP_2)) {
            rig.resolver.push(server.endpoint(), good.endpoint());
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x")))
                    .satisfies(e -> assertThat(Rig.story(e)).contains("1-server(127.0.0.1:"))
                    .satisfies(e -> assertThat(Rig.story(e)).contains("not idempotent"));
            assertThat(good.log).isEmpty();
            assertThat(rig.outcomes()).as("no failure of the endpoint").containsExactly(Outcome.NOT_DISPATCHED);
        }
    }

    @Test
    void aStreamThatIsResetOnAConnectionThatGoesOnIsAFailureOfItsOwn() throws Exception {
        try (Rig rig = http2();
                FrameServer server = new FrameServer("1-server", (connection, stream) -> {
                    if (connection.streams.size() == 3) {
                        connection.reset(connection.streams.get(0), FrameServer.INTERNAL_ERROR);
                        connection.reset(connection.streams.get(1), FrameServer.INTERNAL_ERROR);
                        connection.answer(stream, "fine");
                    }
                })) {
            rig.resolver.push(server.endpoint());
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 1; i <= 3; i++) {
                calls.add(Rig.enqueue(rig.client, Rig.post("/", "x")));
                int requests = i;
                await().until(() -> server.requests() == requests);
            }
            assertThat(failures(calls)).isEqualTo(2);
            assertThat(rig.outcomes())
                    .containsExactlyInAnyOrder(Outcome.TRANSPORT_FAILURE, Outcome.TRANSPORT_FAILURE, Outcome.SUCCESS);
        }
    }

    @Test
    void aDuplexCallIsNeverSentTwice() throws Exception {
        try (Rig rig = http2();
                // Once a part of it has come: a call that breaks before may go on.
                FrameServer a = new FrameServer(
                        "a", (connection, stream) -> {}, (connection, stream) -> connection.breakOff());
                FrameServer b = new FrameServer(
                        "b", (connection, stream) -> {}, (connection, stream) -> connection.breakOff())) {
            rig.resolver.push(a.endpoint(), b.endpoint());
            AtomicInteger written = new AtomicInteger();
            assertThatThrownBy(() -> rig.text(new Request.Builder()
                            .url("http://orders/")
                            .post(new Duplex(written))
                            .tag(Idempotent.class, Idempotent.YES)
                            .build()))
                    .satisfies(e -> assertThat(Rig.story(e)).contains("can be sent only once"));
            assertThat(written).hasValue(1);
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
        }
    }

    // ---- answers ----

    @Test
    void answersThatNoServerShouldGiveAreErrorsOfTheServer() throws Exception {
        try (Rig rig = new Rig(TestPolicies.roundRobin(1));
                RawServer server = new RawServer("1-server", (socket, in) -> {
                    String head = RawServer.readHead(in);
                    RawServer.answer(
                            socket,
                            head.startsWith("GET /proxy")
                                    ? "HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                    : "HTTP/1.1 204 None\r\nContent-Length: 4\r\n\r\nbody");
                })) {
            rig.resolver.push(server.endpoint());
            assertThatThrownBy(() -> rig.text("/proxy")).isInstanceOf(ProtocolException.class);
            assertThatThrownBy(() -> rig.text("/body")).isInstanceOf(ProtocolException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.ERROR_RESPONSE, Outcome.ERROR_RESPONSE);
        }
    }

    @Test
    void overloadAndErrorsKeepTheirMeaningHoweverTheBodyEnds() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            String body = "x".repeat(1_000_000);
            for (MockResponse.Builder answer : List.of(
                    new MockResponse.Builder().code(429).body(body),
                    new MockResponse.Builder()
                            .code(503)
                            .addHeader("Retry-After", "1")
                            .body(body),
                    new MockResponse.Builder().code(503).body(body))) {
                server.answers(answer);
                rig.text("/");
                rig.call(Rig.get("/")).execute().close();
                Call cancelled = rig.call(Rig.get("/"));
                Response response = cancelled.execute();
                cancelled.cancel();
                response.close();
            }
            assertThat(rig.outcomes())
                    .containsExactly(
                            Outcome.OVERLOADED,
                            Outcome.OVERLOADED,
                            Outcome.OVERLOADED,
                            Outcome.OVERLOADED,
                            Outcome.OVERLOADED,
                            Outcome.OVERLOADED,
                            Outcome.ERROR_RESPONSE,
                            Outcome.ERROR_RESPONSE,
                            Outcome.ERROR_RESPONSE);
        }
    }

    @Test
    void anAnswerThatBreaksInItsBodyIsATransportFailureOnEveryProtocol() throws Exception {
        try (Rig rig = http2();
                FrameServer server = new FrameServer("1-server", (connection, stream) -> {
                    connection.headers(stream);
                    connection.data(stream, "half", false);
                    connection.reset(stream, FrameServer.INTERNAL_ERROR);
                })) {
            rig.resolver.push(server.endpoint());
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
        }
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1)
                    .get(0)
                    .answers(new MockResponse.Builder()
                            .body("x".repeat(100_000))
                            .onResponseBody(new SocketEffect.CloseSocket()));
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
        }
    }

    /** Sends a little and leaves the rest open. */
    private static final class Duplex extends RequestBody {
        private final AtomicInteger written;

        Duplex(AtomicInteger written) {
            this.written = written;
        }

        @Override
        public @Nullable MediaType contentType() {
            return null;
        }

        @Override
        public boolean isDuplex() {
            return true;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            written.incrementAndGet();
            sink.writeUtf8("begun");
            sink.flush();
        }
    }
}
