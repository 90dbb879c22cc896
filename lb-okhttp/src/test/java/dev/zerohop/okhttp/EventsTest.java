package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where a call really goes, as listeners and interceptors find it out. OkHttp's own addresses have the port of the URL. */
class EventsTest {
    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final EventListener listener = new EventListener() {
        @Override
        public void callStart(Call call) {
            note("callStart", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void dnsStart(Call call, String domainName) {
            note("dnsStart", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
            note("connectStart", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
            note("connectEnd", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void connectFailed(
                Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException failure) {
            note("connectFailed", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void connectionAcquired(Call call, Connection connection) {
            note("connectionAcquired", ZerohopOkHttp.endpoint(connection));
            // What the socket says is true as well.
            Endpoint endpoint = ZerohopOkHttp.endpoint(connection);
            if (endpoint != null && connection.socket().getPort() != endpoint.port()) {
                note("but to port " + connection.socket().getPort(), endpoint);
            }
        }

        @Override
        public void connectionReleased(Call call, Connection connection) {
            note("connectionReleased", ZerohopOkHttp.endpoint(connection));
        }

        @Override
        public void responseHeadersEnd(Call call, Response response) {
            note("responseHeadersEnd", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void callEnd(Call call) {
            note("callEnd", ZerohopOkHttp.endpoint(call));
        }

        @Override
        public void callFailed(Call call, IOException failure) {
            note("callFailed", ZerohopOkHttp.endpoint(call));
        }
    };

    private void note(String event, @Nullable Endpoint endpoint) {
        seen.add(event + " " + (endpoint == null ? "-" : endpoint.id() + ":" + endpoint.port()));
    }

    private OkHttpClient watched(OkHttpClient client) {
        return client.newBuilder()
                .eventListener(listener)
                .addInterceptor(chain -> {
                    note("inner", ZerohopOkHttp.endpoint(chain.call()));
                    return chain.proceed(chain.request());
                })
                .addNetworkInterceptor(chain -> {
                    Connection connection = chain.connection();
                    note("network", connection == null ? null : ZerohopOkHttp.endpoint(connection));
                    return chain.proceed(chain.request());
                })
                .build();
    }

    private List<String> taken() {
        List<String> taken = new ArrayList<>(seen);
        seen.clear();
        return taken;
    }

    @Test
    void eachEventOfAnAttemptHasTheEndpointAndItsOwnPort() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer live = new TestServer("2-live")) {
            Endpoint dead = Rig.dead("1-dead");
            rig.resolver.push(dead, live.endpoint());
            OkHttpClient client = watched(rig.client);
            assertThat(Rig.text(client, Rig.get("/"))).isEqualTo("2-live");
            String first = "1-dead:" + dead.port();
            String second = "2-live:" + live.port();
            assertThat(taken())
                    .containsExactly(
                            "callStart -",
                            "inner " + first,
                            "dnsStart " + first,
                            "connectStart " + first,
                            "connectFailed " + first,
                            "inner " + second,
                            "dnsStart " + second,
                            "connectStart " + second,
                            "connectEnd " + second,
                            "connectionAcquired " + second,
                            "network " + second,
                            "responseHeadersEnd " + second,
                            "connectionReleased " + second,
                            "callEnd " + second);
        }
    }

    @Test
    void aCallThatFailsHasTheEndpointOfItsLastAttemptAndOneWithoutAttemptsHasNone() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.resolver.push(Rig.dead("a"), Rig.dead("b"));
            OkHttpClient client = watched(rig.client);
            assertThatThrownBy(() -> Rig.text(client, Rig.get("/"))).isInstanceOf(ConnectException.class);
            assertThat(taken()).first().isEqualTo("callStart -");
            rig.resolver.push();
            Rig.await().until(() -> rig.balancer.current().snapshot().members().isEmpty());
            assertThatThrownBy(() -> Rig.text(client, Rig.get("/"))).isInstanceOf(NoEndpointIOException.class);
            assertThat(taken()).containsExactly("callStart -", "callFailed -");
        }
    }

    @Test
    void aRedirectToAnotherHostHasLeftTheEndpoint() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer elsewhere = new TestServer("elsewhere")) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder()
                    .code(302)
                    .addHeader("Location", "http://localhost:" + elsewhere.port() + "/x"));
            assertThat(Rig.text(watched(rig.client), Rig.get("/"))).isEqualTo("elsewhere");
            List<String> events = taken();
            int left = events.indexOf("inner -");
            assertThat(left).isPositive();
            // The call holds its connection until it takes another one.
            assertThat(events.subList(left, events.size()))
                    .contains("connectionReleased s0:" + server.port())
                    .filteredOn(event -> !event.startsWith("connectionReleased s0"))
                    .as("from there on no event names the endpoint")
                    .allMatch(event -> event.endsWith(" -"))
                    .contains("connectStart -", "connectionAcquired -", "network -", "callEnd -");
        }
    }

    /** OkHttp runs no network interceptors for it and follows by itself, over what it has of the endpoint. */
    @Test
    void theConnectionOfAWebSocketThatIsRedirectedElsewhereIsNotTheEndpoints() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer elsewhere = new TestServer("elsewhere")) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder()
                    .code(302)
                    .addHeader("Location", "http://localhost:" + elsewhere.port() + "/ws"));
            elsewhere.answers(new MockResponse.Builder().webSocketUpgrade(new WebSocketListener() {}));
            CompletableFuture<Response> opened = new CompletableFuture<>();
            // A WebSocket's call has no listener of the client's.
            OkHttpClient listening = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        chain.call().addEventListener(listener);
                        return chain.proceed(chain.request());
                    })
                    .build();
            WebSocket socket = listening.newWebSocket(Rig.get("/ws"), new WebSocketListener() {
                @Override
                public void onOpen(WebSocket ignored, Response response) {
                    opened.complete(response);
                }

                @Override
                public void onFailure(WebSocket ignored, Throwable failure, @Nullable Response response) {
                    opened.completeExceptionally(failure);
                }
            });
            opened.get(60, TimeUnit.SECONDS);
            assertThat(taken()).contains("connectionAcquired s0:" + server.port(), "connectionAcquired -");
            socket.cancel();
        }
    }

    /** What another host's certificate was good for says nothing of the service's. */
    @Test
    void anAnswerOfAnotherHostOverTlsIsNoProofThatTheClientSuitsTheService() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("localhost")
                .build();
        HandshakeCertificates tls = new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .addTrustedCertificate(certificate.certificate())
                .build();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(1),
                        UnaryOperator.identity(),
                        client -> client.sslSocketFactory(tls.sslSocketFactory(), tls.trustManager()));
                TestServer elsewhere = new TestServer("elsewhere", tls.sslSocketFactory(), List.of());
                TestServer foreign = new TestServer("foreign", tls.sslSocketFactory(), List.of())) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder()
                    .code(302)
                    .addHeader("Location", "https://localhost:" + elsewhere.port() + "/x"));
            assertThat(rig.text("/")).isEqualTo("elsewhere");
            rig.outcomes.clear();
            rig.resolver.push(foreign.endpoint());
            Rig.await()
                    .until(() -> rig.balancer
                            .current()
                            .snapshot()
                            .members()
                            .get(0)
                            .endpoint()
                            .id()
                            .equals("foreign"));
            assertThatThrownBy(() -> rig.text(
                            new Request.Builder().url("https://orders/").build()))
                    .isInstanceOf(javax.net.ssl.SSLException.class);
            assertThat(rig.outcomes())
                    .as("no endpoint of the service has answered yet")
                    .containsExactly(dev.zerohop.Outcome.CANCELLED);
        }
    }
}
