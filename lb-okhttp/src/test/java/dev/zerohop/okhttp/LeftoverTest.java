package dev.zerohop.okhttp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that sends more than its answer: what is over reaches no other call. */
class LeftoverTest {
    private static final String STOLEN = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen";

    private static final String ORDERLY = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";

    /** Answers the first request of all with {@code first} and every other in an orderly way; notes which connection took which request. */
    private static RawServer server(String first, List<String> seen) throws IOException {
        AtomicInteger connections = new AtomicInteger();
        AtomicInteger requests = new AtomicInteger();
        return new RawServer("s", (socket, in) -> {
            int connection = connections.incrementAndGet();
            while (true) {
                String head = RawServer.readHead(in);
                seen.add(connection + " " + head.substring(0, head.indexOf(" HTTP")));
                RawServer.answer(socket, requests.incrementAndGet() == 1 ? first : ORDERLY);
            }
        });
    }

    private static Rig rig(RawServer server, boolean usersSockets) {
        UnaryOperator<OkHttpClient.Builder> client =
                builder -> usersSockets ? builder.socketFactory(new PlainSockets()) : builder;
        Rig rig = new Rig(TestPolicies.roundRobin(1), UnaryOperator.identity(), client);
        rig.resolver.push(List.of(server.endpoint()));
        return rig;
    }

    private static Request first(String method) {
        return new Request.Builder()
                .url("http://orders/first")
                .method(method, null)
                .build();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HEAD | 200 | Content-Length: 6",
                "HEAD | 200 | Transfer-Encoding: chunked",
                "GET | 304 | ETag: x",
                "GET | 204 | X: y",
                "GET | 200 | Content-Length: 0",
                "GET | 101 | Connection: upgrade",
                "GET | 101 | Content-Length: 0",
            })
    void bytesAfterAnAnswerWithoutABodyAnswerNobody(String method, int status, String header) throws Exception {
        for (boolean usersSockets : new boolean[] {false, true}) {
            List<String> seen = new CopyOnWriteArrayList<>();
            String answer = "HTTP/1.1 " + status + " X\r\n" + header + "\r\n\r\n" + STOLEN;
            try (RawServer server = server(answer, seen);
                    Rig rig = rig(server, usersSockets)) {
                try (Response response = rig.call(first(method)).execute()) {
                    assertThat(response.code()).isEqualTo(status);
                    assertThat(response.body().string()).isEmpty();
                }
                assertThat(rig.text("/second")).isEqualTo("mine");
                assertThat(rig.text("/third")).isEqualTo("mine");
                assertThat(seen).containsExactly("1 " + method + " /first", "2 GET /second", "2 GET /third");
            }
        }
    }

    /** Under TLS nothing is held back from OkHttp: the connection must not be used again. */
    @ParameterizedTest
    @ValueSource(
            strings = {"Connection: upgrade", "Connection: upgrade\r\nUpgrade: websocket", "Content-Length: 0", "X: y"})
    void bytesAfterAnUnasked101AnswerNobodyUnderTlsEither(String header) throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders")
                .build();
        SSLSocketFactory shown = new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .build()
                .sslSocketFactory();
        HandshakeCertificates trusting = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicInteger connections = new AtomicInteger();
        String first = "HTTP/1.1 101 X\r\n" + header + "\r\n\r\n" + STOLEN;
        try (RawServer server = new RawServer("s", (socket, in) -> {
                    Socket tls = shown.createSocket(socket, null, true);
                    int connection = connections.incrementAndGet();
                    while (true) {
                        String head = RawServer.readHead(tls.getInputStream());
                        seen.add(connection + " " + head.substring(0, head.indexOf(" HTTP")));
                        RawServer.answer(tls, head.contains("/first") ? first : ORDERLY);
                    }
                });
                Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        builder -> builder.sslSocketFactory(trusting.sslSocketFactory(), trusting.trustManager()))) {
            rig.resolver.push(List.of(server.endpoint()));
            Request.Builder request = new Request.Builder();
            try (Response response =
                    rig.call(request.url("https://orders/first").build()).execute()) {
                assertThat(response.code()).isEqualTo(101);
                assertThat(response.body().string()).isEmpty();
            }
            assertThat(rig.text(request.url("https://orders/second").build())).isEqualTo("mine");
            assertThat(rig.text(request.url("https://orders/third").build())).isEqualTo("mine");
            assertThat(seen).containsExactly("1 GET /first", "2 GET /second", "2 GET /third");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 2\r\n\r\nok",
                "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1;x=y\r\no\r\n001\r\nk\r\n0\r\nX: 1\r\nY: 2\r\n\r\n",
                "Transfer-Encoding: chunked\n\n2\nok\n0\n\n",
            })
    void bytesAfterABodyAnswerNobody(String rest) throws Exception {
        for (boolean usersSockets : new boolean[] {false, true}) {
            List<String> seen = new CopyOnWriteArrayList<>();
            try (RawServer server = server("HTTP/1.1 200 OK\r\n" + rest + STOLEN, seen);
                    Rig rig = rig(server, usersSockets)) {
                assertThat(rig.text("/first")).isEqualTo("ok");
                assertThat(rig.text("/second")).isEqualTo("mine");
                assertThat(seen).containsExactly("1 GET /first", "2 GET /second");
            }
        }
    }

    /** Whatever OkHttp reads ahead ends where the answer does, however it comes, and the connection is used again. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 4096})
    void anAnswerInPiecesIsWhatItWas(int piece) throws Exception {
        String large = "x".repeat(20_000);
        List<String> answers = List.of(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nHT\n\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
                "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + large,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n" + large + "\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nuntil the end");
        List<String> bodies = List.of("HTTP", "HT\n\n0123456789", "", "", large, large, "until the end");
        AtomicInteger connections = new AtomicInteger();
        AtomicInteger next = new AtomicInteger();
        try (RawServer server = new RawServer("s", (socket, in) -> {
                    connections.incrementAndGet();
                    socket.setTcpNoDelay(true);
                    int number;
                    do {
                        RawServer.readHead(in);
                        number = next.getAndIncrement();
                        String answer = answers.get(number);
                        int sent = 0;
                        while (sent < answer.length()) {
                            // The end of a long one in one piece.
                            int end = sent > 400 ? answer.length() : Math.min(answer.length(), sent + piece);
                            RawServer.answer(socket, answer.substring(sent, end));
                            sent = end;
                        }
                    } while (number < answers.size() - 1);
                });
                Rig rig = rig(server, false)) {
            for (int i = 0; i < answers.size(); i++) {
                assertThat(rig.text("/" + i)).isEqualTo(bodies.get(i));
            }
            assertThat(connections.get()).isEqualTo(1);
        }
    }

    /** What comes later, while the connection is idle, is found when it is to be used again. */
    @ParameterizedTest
    @CsvSource({"HTTP/1.1 200 OK, false", "x, false", "x, true"})
    void bytesThatComeWhileTheConnectionIsIdleAnswerNobody(String late, boolean usersSockets) throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        AtomicInteger connections = new AtomicInteger();
        try (RawServer server = new RawServer("s", (socket, in) -> {
                    boolean first = connections.incrementAndGet() == 1;
                    RawServer.readHead(in);
                    RawServer.answer(socket, ORDERLY);
                    if (first) {
                        go.join();
                        RawServer.answer(socket, late);
                        sent.complete(null);
                    }
                    in.read();
                });
                Rig rig = rig(server, usersSockets)) {
            assertThat(rig.text("/first")).isEqualTo("mine");
            go.complete(null);
            sent.join();
            Sockets.awaitUnread(server.endpoint().port());
            assertThat(rig.text("/second")).isEqualTo("mine");
            assertThat(connections.get()).isEqualTo(2);
        }
    }

    /** HEAD, 204 and 304: what the server sends in spite of that may come when the next call is under way, so that it cannot be noticed. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void underStrictReuseAConnectionEndsWithAnAnswerWithoutABody(boolean strict) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer server = server("HTTP/1.1 204 No Content\r\n\r\n", seen);
                Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        builder -> strict ? builder.strictReuse() : builder,
                        UnaryOperator.identity())) {
            rig.resolver.push(List.of(server.endpoint()));
            assertThat(rig.text("/first")).isEmpty();
            assertThat(rig.text("/second")).isEqualTo("mine");
            assertThat(rig.text("/third")).isEqualTo("mine");
            int second = strict ? 2 : 1;
            assertThat(seen).containsExactly("1 GET /first", second + " GET /second", second + " GET /third");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void underStrictReuseAConnectionUnderTlsCarriesOneCall(boolean strict) throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders")
                .build();
        HandshakeCertificates server =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        HandshakeCertificates client = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        try (TestServer tls = new TestServer("s", server.sslSocketFactory(), List.of(Protocol.HTTP_1_1));
                Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        builder -> strict ? builder.strictReuse() : builder,
                        builder -> builder.sslSocketFactory(client.sslSocketFactory(), client.trustManager()))) {
            rig.resolver.push(List.of(tls.endpoint()));
            Set<Integer> ports = new HashSet<>();
            OkHttpClient noting = rig.client
                    .newBuilder()
                    .addNetworkInterceptor(chain -> {
                        ports.add(requireNonNull(chain.connection()).socket().getLocalPort());
                        return chain.proceed(chain.request());
                    })
                    .build();
            for (int i = 0; i < 3; i++) {
                assertThat(Rig.text(
                                noting,
                                new Request.Builder().url("https://orders/" + i).build()))
                        .isNotEmpty();
            }
            assertThat(ports).hasSize(strict ? 3 : 1);
        }
    }

    /** A factory of the user's own, whose sockets have no channel. */
    private static final class PlainSockets extends SocketFactory {
        @Override
        public java.net.Socket createSocket() {
            return new java.net.Socket();
        }

        @Override
        public java.net.Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public java.net.Socket createSocket(String host, int port, java.net.InetAddress localHost, int localPort) {
            throw new UnsupportedOperationException();
        }

        @Override
        public java.net.Socket createSocket(java.net.InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public java.net.Socket createSocket(
                java.net.InetAddress address, int port, java.net.InetAddress localAddress, int localPort) {
            throw new UnsupportedOperationException();
        }
    }
}
