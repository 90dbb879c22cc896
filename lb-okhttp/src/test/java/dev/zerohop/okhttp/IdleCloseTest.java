package dev.zerohop.okhttp;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers close connections that are idle. A call that finds such a connection in the pool is not to be lost. */
class IdleCloseTest {
    private static final HeldCertificate CERTIFICATE =
            new HeldCertificate.Builder().addSubjectAlternativeName("orders").build();
    private static final HandshakeCertificates SERVER_TLS =
            new HandshakeCertificates.Builder().heldCertificate(CERTIFICATE).build();
    private static final HandshakeCertificates CLIENT_TLS = new HandshakeCertificates.Builder()
            .addTrustedCertificate(CERTIFICATE.certificate())
            .build();

    private static final String TIMED_OUT =
            "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void noPostIsLostWhenTheServerClosesEachConnectionAfterItsAnswer(String scheme) throws Exception {
        try (Rig rig = rig();
                TestServer server = new TestServer(
                        "a",
                        scheme.equals("https") ? SERVER_TLS.sslSocketFactory() : null,
                        List.of(Protocol.HTTP_1_1))) {
            rig.resolver.push(server.endpoint());
            // Without a word: no "Connection: close".
            server.answers(new MockResponse.Builder().body("done").onResponseEnd(new SocketEffect.CloseSocket()));
            for (int i = 0; i < 12; i++) {
                assertThat(rig.text(post(scheme, i))).isEqualTo("done");
                Sockets.awaitClosedByServer(server.port());
            }
            assertThat(server.log).extracting(request -> request.getTarget()).containsExactlyElementsOf(targets(12));
            assertThat(rig.outcomes())
                    .as("found closed before it was used: that is no attempt")
                    .hasSize(12)
                    .containsOnly(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void noPostIsLostWithAServerThatKeepsIdleConnectionsForASecond(String scheme) throws Exception {
        WireMockServer jetty = new WireMockServer(wireMockConfig()
                .dynamicPort()
                .dynamicHttpsPort()
                .http2PlainDisabled(true)
                .http2TlsDisabled(true)
                .jettyIdleTimeout(1_000L)
                .bindAddress("127.0.0.1"));
        jetty.start();
        int port = scheme.equals("https") ? jetty.httpsPort() : jetty.port();
        try (Rig rig = rig(builder -> trustingAll(builder))) {
            jetty.stubFor(any(anyUrl()).willReturn(aResponse().withBody("done")));
            rig.resolver.push(Endpoint.of("127.0.0.1", port));
            for (int i = 0; i < 4; i++) {
                assertThat(rig.text(post(scheme, i))).isEqualTo("done");
                Sockets.awaitClosedByServer(port);
            }
            assertThat(jetty.getAllServeEvents()).hasSize(4);
            assertThat(rig.outcomes()).contains(Outcome.SUCCESS).doesNotContain(Outcome.TRANSPORT_FAILURE);
        } finally {
            jetty.stop();
        }
    }

    /** The server closes, resets, or says that it will close, between the look and the request: as late as it can be seen. */
    @ParameterizedTest
    @ValueSource(strings = {"closes", "resets", "closes with a word", "says a word"})
    void aConnectionThatIsFoundClosedBeforeAnyByteWasWrittenIsNotDispatchedAndAnotherOneIsUsed(String how)
            throws Exception {
        try (OneConnectionServer server = new OneConnectionServer();
                Rig rig = rig(builder -> builder.addInterceptor(chain -> chain.proceed(chain.request())))) {
            rig.resolver.push(Endpoint.of("127.0.0.1", server.port()));
            OkHttpClient late = rig.client
                    .newBuilder()
                    .addNetworkInterceptor(once(() -> {
                        if (how.endsWith("word")) {
                            server.send(TIMED_OUT);
                        }
                        if (how.equals("resets")) {
                            server.close(true);
                            Sockets.awaitReset(server.port());
                        } else if (how.startsWith("closes")) {
                            server.close(false);
                            Sockets.awaitClosedByServer(server.port());
                        } else {
                            Sockets.awaitUnread(server.port());
                        }
                    }))
                    .build();
            assertThat(rig.text(post("http", 0))).isEqualTo("done");
            try (okhttp3.Response response = late.newCall(post("http", 1)).execute()) {
                assertThat(response.body().string()).isEqualTo("done");
            }
            assertThat(server.requests).containsExactly("POST /0 HTTP/1.1", "POST /1 HTTP/1.1");
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS, Outcome.NOT_DISPATCHED, Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
    }

    /** What came unasked on an idle connection is the answer to nothing, least of all to the next request. */
    @Test
    void anAnswerThatCameUnaskedIsNotTakenForThatOfTheNextRequest() throws Exception {
        try (OneConnectionServer server = new OneConnectionServer();
                Rig rig = rig()) {
            rig.resolver.push(Endpoint.of("127.0.0.1", server.port()));
            assertThat(rig.text(post("http", 0))).isEqualTo("done");
            server.send(TIMED_OUT);
            server.close(false);
            Sockets.awaitClosedByServer(server.port());
            assertThat(rig.text(post("http", 1))).isEqualTo("done");
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS, Outcome.SUCCESS);
        }
    }

    @Test
    void aPostIsNotRepeatedOnceAByteOfItWasWritten() throws Exception {
        try (Rig rig = rig();
                TestServer server = new TestServer("a")) {
            rig.resolver.push(server.endpoint());
            rig.text(post("http", 0));
            server.answers(new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket()));
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> rig.text(post("http", 1))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the server may have run it");
            assertThat(server.log).hasSize(2);
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS, Outcome.TRANSPORT_FAILURE);
        }
    }

    /** An action that may fail. */
    private interface Action {
        void run() throws IOException;
    }

    private static Interceptor once(Action action) {
        Action[] left = {action};
        return chain -> {
            if (left[0] != null) {
                left[0].run();
                left[0] = null;
            }
            return chain.proceed(chain.request());
        };
    }

    private static Rig rig() {
        return rig(UnaryOperator.identity());
    }

    private static Rig rig(UnaryOperator<OkHttpClient.Builder> clients) {
        return new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> clients.apply(
                        builder.sslSocketFactory(CLIENT_TLS.sslSocketFactory(), CLIENT_TLS.trustManager())));
    }

    /** WireMock brings a certificate of its own. */
    private static OkHttpClient.Builder trustingAll(OkHttpClient.Builder builder) {
        HandshakeCertificates any =
                new HandshakeCertificates.Builder().addInsecureHost("orders").build();
        return builder.sslSocketFactory(any.sslSocketFactory(), any.trustManager())
                .hostnameVerifier((host, session) -> true);
    }

    private static Request post(String scheme, int number) {
        return new Request.Builder()
                .url(scheme + "://orders/" + number)
                .post(RequestBody.create("body", null))
                .build();
    }

    private static List<String> targets(int count) {
        return java.util.stream.IntStream.range(0, count).mapToObj(i -> "/" + i).toList();
    }

    /** Serves one connection after the other, and closes the one it has when it is asked to. */
    private static final class OneConnectionServer implements AutoCloseable {
        final CopyOnWriteArrayList<String> requests = new CopyOnWriteArrayList<>();
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        private volatile Socket connection = new Socket();

        OneConnectionServer() throws IOException {
            CompletableFuture.runAsync(this::serve);
        }

        int port() {
            return listener.getLocalPort();
        }

        private void serve() {
            while (!listener.isClosed()) {
                try {
                    connection = listener.accept();
                    byte[] buffer = new byte[8192];
                    StringBuilder text = new StringBuilder();
                    int count;
                    while ((count = connection.getInputStream().read(buffer)) >= 0) {
                        text.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
                        if (text.toString().endsWith("\r\n\r\nbody")) {
                            requests.add(text.substring(0, text.indexOf("\r\n")));
                            text.setLength(0);
                            send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
                        }
                    }
                } catch (IOException closed) {
                    // The next one.
                }
            }
        }

        void send(String text) throws IOException {
            connection.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        }

        void close(boolean reset) throws IOException {
            if (reset) {
                connection.setSoLinger(true, 0);
            }
            connection.close();
        }

        @Override
        public void close() throws IOException {
            listener.close();
            connection.close();
        }
    }
}
