package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.SocketFactory;
import mockwebserver3.MockResponse;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.Test;

class RoutingTest {

    @Test
    void callsSpreadOverTheEndpointsAndKeepTheLogicalName() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(3);
            for (int i = 0; i < 300; i++) {
                try (Response response = rig.call(Rig.get("/a?b=c")).execute()) {
                    assertThat(response.request().url().toString()).isEqualTo("http://orders/a?b=c");
                    assertThat(response.body().string()).startsWith("s");
                }
            }
            for (TestServer server : servers) {
                assertThat(server.log).hasSize(100);
                assertThat(server.log.peek().getHeaders().get("Host")).isEqualTo("orders");
            }
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void theEndpointsPortIsUsedWhateverPortTheUrlHas() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            Request request = new Request.Builder().url("http://orders:1234/").build();
            assertThat(rig.text(request)).isEqualTo("s0");
            assertThat(server.only().getHeaders().get("Host")).isEqualTo("orders:1234");
        }
    }

    @Test
    void otherHostsAreLeftAlone() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer other = new TestServer("other")) {
            rig.servers(1);
            Request request = new Request.Builder()
                    .url("http://localhost:" + other.port() + "/")
                    .build();
            assertThat(rig.text(request)).isEqualTo("other");
            assertThat(rig.outcomes()).isEmpty();
            assertThat(rig.client.connectionPool().connectionCount()).isOne();
        }
    }

    @Test
    void tlsNamesAndChecksTheLogicalNameOnEveryEndpoint() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates serverSide =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        HandshakeCertificates clientSide = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        for (Protocol protocol : List.of(Protocol.HTTP_2, Protocol.HTTP_1_1)) {
            try (Rig rig = new Rig(
                            TestPolicies.roundRobin(3),
                            UnaryOperator.identity(),
                            builder -> builder.sslSocketFactory(
                                    clientSide.sslSocketFactory(), clientSide.trustManager()));
                    TestServer a = new TestServer(
                            "a", serverSide.sslSocketFactory(), List.of(Protocol.HTTP_2, Protocol.HTTP_1_1));
                    TestServer b = new TestServer(
                            "b", serverSide.sslSocketFactory(), List.of(Protocol.HTTP_2, Protocol.HTTP_1_1))) {
                if (protocol == Protocol.HTTP_1_1) {
                    a.server.setProtocols(List.of(Protocol.HTTP_1_1));
                    b.server.setProtocols(List.of(Protocol.HTTP_1_1));
                }
                rig.resolver.push(a.endpoint(), b.endpoint());
                Set<String> seen = new HashSet<>();
                for (int i = 0; i < 10; i++) {
                    try (Response response = rig.call(new Request.Builder()
                                    .url("https://orders.shop.svc/")
                                    .build())
                            .execute()) {
                        assertThat(response.protocol()).isEqualTo(protocol);
                        seen.add(response.body().string());
                    }
                }
                assertThat(seen).containsExactlyInAnyOrder("a", "b");
                assertThat(a.log).hasSize(5);
                assertThat(a.log.peek().getHandshakeServerNames()).containsExactly("orders.shop.svc");
            }
        }
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
        HeldCertificate certificate =
                new HeldCertificate.Builder().addSubjectAlternativeName("users").build();
        HandshakeCertificates serverSide =
                new HandshakeCertificates.Builder().heldCertificate(certificate).build();
        HandshakeCertificates clientSide = new HandshakeCertificates.Builder()
                .addTrustedCertificate(certificate.certificate())
                .build();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        builder -> builder.sslSocketFactory(clientSide.sslSocketFactory(), clientSide.trustManager()));
                TestServer a = new TestServer("a", serverSide.sslSocketFactory(), List.of())) {
            rig.resolver.push(a.endpoint());
            assertThatThrownBy(() -> rig.text(
                            new Request.Builder().url("https://orders/").build()))
                    .isInstanceOf(javax.net.ssl.SSLPeerUnverifiedException.class)
                    .hasMessageContaining("a(127.0.0.1:" + a.port() + ")");
            assertThat(a.log).isEmpty();
        }
    }

    @Test
    void http2WithPriorKnowledgeWorksWithoutTls() throws Exception {
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        builder -> builder.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE)));
                TestServer a = new TestServer("a", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE));
                TestServer b = new TestServer("b", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE))) {
            rig.resolver.push(a.endpoint(), b.endpoint());
            for (int i = 0; i < 10; i++) {
                rig.text("/");
            }
            assertThat(a.log).hasSize(5);
            assertThat(b.log).hasSize(5);
            assertThat(rig.zerohop.connections()).isEqualTo(2);
        }
    }

    @Test
    void aRedirectWithinTheServiceIsFollowed() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.answer = request -> switch (request.getTarget()) {
                case "/relative" -> redirect("/absolute").build();
                case "/absolute" -> redirect("http://orders/end").build();
                default -> null;
            };
            assertThat(rig.text("/relative")).isEqualTo("s0");
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aRedirectToAnotherHostGoesThereByNormalDns() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer other = new TestServer("other")) {
            rig.servers(1).get(0).answers(redirect("http://localhost:" + other.port() + "/x"));
            try (Response response = rig.call(new Request.Builder()
                            .url("http://orders/")
                            .header("Authorization", "secret")
                            .build())
                    .execute()) {
                assertThat(response.body().string()).isEqualTo("other");
                assertThat(response.priorResponse().code()).isEqualTo(302);
                assertThat(response.priorResponse().header("Location")).contains("localhost");
            }
            assertThat(other.only().getHeaders().get("Authorization")).isNull();
            assertThat(rig.client.connectionPool().connectionCount())
                    .as("not among the endpoint's connections")
                    .isOne();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void redirectsFromOneServiceToAnotherAreBalancedThere() throws Exception {
        ScriptedResolver users = new ScriptedResolver();
        Balancer second = Balancer.builder("users")
                .resolver(users)
                .settings(TestPolicies.roundRobin(3))
                .build();
        second.start();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        routing -> routing.route("users", second),
                        UnaryOperator.identity());
                TestServer u0 = new TestServer("u0");
                TestServer u1 = new TestServer("u1")) {
            users.push(u0.endpoint(), u1.endpoint());
            rig.servers(1).get(0).answers(redirect("http://users/x"));
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 4; i++) {
                seen.add(rig.text("/"));
            }
            assertThat(seen).containsExactlyInAnyOrder("u0", "u1");
            assertThat(u0.log).hasSize(2);
            assertThat(u0.log.peek().getHeaders().get("Host")).isEqualTo("users");
            assertThat(second.current().snapshot().members().get(0).inFlight()).isZero();
        }
        second.close();
    }

    @Test
    void aRedirectFromElsewhereIntoAServiceIsRouted() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer other = new TestServer("other")) {
            rig.servers(1);
            other.answers(redirect("http://orders/x"));
            assertThat(rig.text(new Request.Builder()
                            .url("http://localhost:" + other.port() + "/")
                            .build()))
                    .isEqualTo("s0");
        }
    }

    @Test
    void aPostThatIsRedirectedAcrossServicesBecomesAGetOrKeepsItsBodyAsTheCodeSays() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer other = new TestServer("other")) {
            TestServer server = rig.servers(1).get(0);
            String location = "http://localhost:" + other.port() + "/x";
            server.answer = request -> redirect(location)
                    .code(request.getTarget().equals("/303") ? 303 : 307)
                    .build();
            rig.text(Rig.post("/303", "body"));
            rig.text(Rig.post("/307", "body"));
            assertThat(other.log).extracting(request -> request.getMethod()).containsExactly("GET", "POST");
        }
    }

    @Test
    void redirectsThatGoRoundBetweenServicesEnd() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer other = new TestServer("other")) {
            rig.servers(1).get(0).answers(redirect("http://localhost:" + other.port() + "/x"));
            other.answers(redirect("http://orders/x"));
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("Too many follow-up requests");
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aClientThatFollowsNoRedirectsSeesThem() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3), UnaryOperator.identity(), builder -> builder.followRedirects(false))) {
            rig.servers(1).get(0).answers(redirect("http://elsewhere/x"));
            try (Response response = rig.call(Rig.get("/")).execute()) {
                assertThat(response.code()).isEqualTo(302);
                assertThat(response.header("Location")).isEqualTo("http://elsewhere/x");
            }
        }
    }

    @Test
    void interceptorsAuthenticatorAndCookiesOfTheUserKeepWorking() throws Exception {
        AtomicInteger application = new AtomicInteger();
        AtomicInteger network = new AtomicInteger();
        List<Cookie> jar = new ArrayList<>();
        CookieJar cookies = new CookieJar() {
            @Override
            public synchronized void saveFromResponse(HttpUrl url, List<Cookie> received) {
                assertThat(url.host()).isEqualTo("orders");
                jar.addAll(received);
            }

            @Override
            public synchronized List<Cookie> loadForRequest(HttpUrl url) {
                return url.host().equals("orders") ? List.copyOf(jar) : List.of();
            }
        };
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.cookieJar(cookies)
                        .authenticator((route, response) -> response.request()
                                .newBuilder()
                                .header("Authorization", "token")
                                .build())
                        .addInterceptor(chain -> {
                            application.incrementAndGet();
                            return chain.proceed(chain.request());
                        })
                        .addNetworkInterceptor(chain -> {
                            network.incrementAndGet();
                            return chain.proceed(chain.request());
                        }))) {
            for (TestServer server : rig.servers(2)) {
                server.answer = request -> request.getHeaders().get("Authorization") == null
                        ? new MockResponse.Builder()
                                .code(401)
                                .addHeader("Set-Cookie", "session=7")
                                .build()
                        : new MockResponse.Builder()
                                .body("cookie " + request.getHeaders().get("Cookie"))
                                .build();
            }
            assertThat(rig.text("/")).isEqualTo("cookie session=7");
            assertThat(rig.text("/")).isEqualTo("cookie session=7; session=7");
            assertThat(application).hasValue(2);
            assertThat(network).hasValue(4);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void anOuterInterceptorThatSendsTheCallAgainGetsAnotherEndpointAlsoOnHttp2() throws Exception {
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        builder -> builder.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
                                .addInterceptor(chain -> {
                                    chain.proceed(chain.request()).close();
                                    return chain.proceed(chain.request());
                                }));
                TestServer a = new TestServer("a", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE));
                TestServer b = new TestServer("b", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE))) {
            rig.resolver.push(a.endpoint(), b.endpoint());
            assertThat(rig.text("/")).isEqualTo("b");
            assertThat(a.log).hasSize(1);
            assertThat(b.log).hasSize(1);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void anEndpointWithAHostNameIsResolvedByTheUsersDnsWhenConnecting() throws Exception {
        List<String> asked = new ArrayList<>();
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(1),
                UnaryOperator.identity(),
                builder -> builder.dns(host -> {
                    asked.add(host);
                    if (host.equals("pod-0.orders.svc")) {
                        return List.of(InetAddress.getByName("127.0.0.1"));
                    }
                    throw new UnknownHostException(host);
                }))) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(
                    Endpoint.builder("pod-0.orders.svc", server.port()).build());
            assertThat(rig.text("/")).isEqualTo("s0");
            assertThat(asked).containsExactly("pod-0.orders.svc");
        }
    }

    @Test
    void ipv6LiteralsAreConnectedTo() throws Exception {
        try (Rig rig = Rig.roundRobin();
                mockwebserver3.MockWebServer server = new mockwebserver3.MockWebServer()) {
            server.start(InetAddress.getByName("::1"), 0);
            server.enqueue(new MockResponse.Builder().body("six").build());
            rig.resolver.push(Endpoint.of("::1", server.getPort()));
            assertThat(rig.text("/")).isEqualTo("six");
        }
    }

    @Test
    void aSocketFactoryOfTheUserMakesTheSockets() throws Exception {
        AtomicInteger made = new AtomicInteger();
        SocketFactory factory = new CountingSocketFactory(made);
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(1), UnaryOperator.identity(), builder -> builder.socketFactory(factory))) {
            rig.servers(2);
            for (int i = 0; i < 4; i++) {
                rig.text("/");
            }
            assertThat(made).hasValue(2);
        }
    }

    @Test
    void aRoutedCallGoesDirectEvenIfTheClientHasAProxy() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(1),
                UnaryOperator.identity(),
                builder -> builder.proxy(new Proxy(
                        Proxy.Type.HTTP,
                        new java.net.InetSocketAddress(
                                "127.0.0.1", Rig.dead("proxy").port()))))) {
            rig.servers(1);
            assertThat(rig.text("/")).isEqualTo("s0");
        }
    }

    /** The JDK's own sockets go through the system's SOCKS proxy even where the client says that there is no proxy. */
    @Test
    void aRoutedCallGoesDirectEvenIfTheSystemHasASocksProxy() throws Exception {
        Endpoint proxy = Rig.dead("proxy");
        System.setProperty("socksProxyHost", "127.0.0.1");
        System.setProperty("socksProxyPort", Integer.toString(proxy.port()));
        // The loopback address is not proxied unless this says so.
        System.setProperty("socksNonProxyHosts", "");
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            assertThat(rig.text("/")).isEqualTo("s0");
        } finally {
            System.clearProperty("socksProxyHost");
            System.clearProperty("socksProxyPort");
            System.clearProperty("socksNonProxyHosts");
        }
    }

    @Test
    void aRedirectOutOfTheServiceGoesByTheClientsOwnProxy() throws Exception {
        try (TestServer proxy = new TestServer("proxy");
                Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        builder -> builder.proxy(new Proxy(
                                Proxy.Type.HTTP, new java.net.InetSocketAddress("127.0.0.1", proxy.port()))))) {
            TestServer server = rig.servers(1).get(0);
            server.answers(redirect("http://elsewhere.test/x"));
            assertThat(rig.text("/")).isEqualTo("proxy");
            assertThat(server.log).hasSize(1);
            assertThat(proxy.only().getRequestLine()).isEqualTo("GET http://elsewhere.test/x HTTP/1.1");
        }
    }

    /** A connection that broke says something of those beside it that were not used since. */
    @Test
    void idleConnectionsToAnEndpointAreClosedWhenOneOfThemBreaks() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            CountDownLatch both = new CountDownLatch(2);
            server.answer = request -> {
                both.countDown();
                try {
                    both.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                return null;
            };
            CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
                try {
                    rig.text("/");
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            rig.text("/");
            other.get(60, TimeUnit.SECONDS);
            Rig.await().until(() -> rig.zerohop.connections() == 2);
            server.answers(new MockResponse.Builder().onResponseStart(new mockwebserver3.SocketEffect.CloseSocket()));
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x"))).hasMessageContaining("TRANSPORT_FAILURE");
            Sockets.awaitNoneOpen(server.port());
        }
    }

    @Test
    void aStreamedRequestBodyArrivesWhole() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            RequestBody streamed = new RequestBody() {
                @Override
                public okhttp3.MediaType contentType() {
                    return null;
                }

                @Override
                public boolean isOneShot() {
                    return true;
                }

                @Override
                public void writeTo(okio.BufferedSink sink) throws IOException {
                    for (int i = 0; i < 1000; i++) {
                        sink.writeUtf8("0123456789").flush();
                    }
                }
            };
            rig.text(new Request.Builder().url("http://orders/").post(streamed).build());
            assertThat(server.only().getBodySize()).isEqualTo(10_000);
            assertThat(rig.inFlight()).isZero();
        }
    }

    private static MockResponse.Builder redirect(String location) {
        return new MockResponse.Builder().code(302).addHeader("Location", location);
    }

    private static final class CountingSocketFactory extends SocketFactory {
        private final AtomicInteger made;

        CountingSocketFactory(AtomicInteger made) {
            this.made = made;
        }

        @Override
        public Socket createSocket() {
            made.incrementAndGet();
            return new Socket();
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
}
