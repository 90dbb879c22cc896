package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.Cache;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes along with a redirect that leaves a service, and the strict mode in which nothing leaves it. */
class RedirectScopeTest {
    private static final HeldCertificate CERTIFICATE = new HeldCertificate.Builder()
            .addSubjectAlternativeName("orders")
            .addSubjectAlternativeName("localhost")
            .build();

    @TempDir
    private Path directory;

    /** Redirects whatever it is asked to {@code /go?LOCATION}; notes every request with its body. */
    private static RawServer server(String id, List<String> seen) throws IOException {
        return new RawServer(id, (socket, in) -> {
            while (true) {
                String head = RawServer.readHead(in);
                String body = head.contains("Content-Length: 4") ? new String(in.readNBytes(4)) : "";
                seen.add(id + " " + head + body);
                int location = head.indexOf("/go?");
                RawServer.answer(
                        socket,
                        location < 0
                                ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
                                : "HTTP/1.1 307 Go\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\nLocation: "
                                        + head.substring(location + 4, head.indexOf(" HTTP/")) + "\r\n\r\ngo");
            }
        });
    }

    private static Rig rig(RedirectScope scope, UnaryOperator<OkHttpClient.Builder> client) {
        return new Rig(TestPolicies.roundRobin(1), builder -> builder.redirects(scope), client);
    }

    private static Request secret(String location) {
        return new Request.Builder()
                .url("http://orders/go?" + location)
                .header("Authorization", "Bearer a")
                .header("Cookie", "c=1")
                .header("Proxy-Authorization", "Basic p")
                .header("X-Api-Key", "k")
                .put(RequestBody.create("body", null))
                .build();
    }

    /** So does OkHttp: only Authorization stays behind. */
    @Test
    void asTheClientDoesItEverythingButAuthorizationGoesToAnotherHost() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer inside = server("inside", seen);
                RawServer outside = server("outside", seen);
                Rig rig = rig(RedirectScope.AS_CLIENT, UnaryOperator.identity())) {
            rig.resolver.push(List.of(inside.endpoint()));
            String location = "http://127.0.0.1:" + outside.endpoint().port() + "/taken";
            OkHttpClient plain = new OkHttpClient();
            Request direct = secret(location)
                    .newBuilder()
                    .url("http://localhost:" + inside.endpoint().port() + "/go?" + location)
                    .build();
            for (OkHttpClient client : List.of(rig.client, plain)) {
                seen.clear();
                assertThat(Rig.text(client, client == plain ? direct : secret(location)))
                        .isEqualTo("done");
                assertThat(seen).hasSize(2);
                assertThat(seen.get(1))
                        .startsWith("outside PUT /taken")
                        .contains("\r\nCookie: c=1\r\n", "\r\nProxy-Authorization: Basic p\r\n", "\r\nX-Api-Key: k\r\n")
                        .doesNotContain("Bearer")
                        .endsWith("body");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:PORT/x",
        "http://orders.shop.svc/x",
        "http://orders:81/x",
        "https://orders/x",
        "//127.0.0.1:PORT/"
    })
    void withinTheServiceOnlyNothingLeavesItAndTheCallerGetsTheAnswer(String to) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        Cache cache = new Cache(directory.toFile(), 1 << 20);
        try (RawServer inside = server("inside", seen);
                RawServer outside = server("outside", seen);
                cache;
                Rig rig = rig(RedirectScope.SAME_SERVICE, client -> client.cache(cache))) {
            rig.resolver.push(List.of(inside.endpoint()));
            String location =
                    to.replace("PORT", Integer.toString(outside.endpoint().port()));
            for (int i = 0; i < 2; i++) {
                Request request = i == 0
                        ? secret(location)
                        : secret(location).newBuilder().get().build();
                try (Response response = rig.call(request).execute()) {
                    assertThat(response.code()).isEqualTo(307);
                    assertThat(response.headers("Location")).containsExactly(location);
                    assertThat(response.headers("Cache-Control")).containsExactly("max-age=60");
                    assertThat(response.body().string()).isEqualTo("go");
                    assertThat(response.priorResponse()).isNull();
                }
            }
            assertThat(seen).hasSize(2).allMatch(request -> request.startsWith("inside"));
        }
    }

    /** As plain OkHttp: from TLS to clear text everything goes along but Authorization, the body as well under 307 and 308. */
    @ParameterizedTest
    @CsvSource({"302, GET, ''", "303, GET, ''", "307, PUT, body", "308, PUT, body"})
    void fromTlsToClearTextAsTheClientDoesIt(int code, String method, String body) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer clear = server("clear", seen);
                TestServer tls = tls();
                Rig rig = rig(RedirectScope.AS_CLIENT, RedirectScopeTest::trusting)) {
            rig.resolver.push(List.of(tls.endpoint()));
            String location = "http://127.0.0.1:" + clear.endpoint().port() + "/taken";
            tls.answers(new MockResponse.Builder().code(code).addHeader("Location", location));
            OkHttpClient plain = trusting(new OkHttpClient.Builder()).build();
            for (OkHttpClient client : List.of(rig.client, plain)) {
                seen.clear();
                tls.log.clear();
                Request request = secret("")
                        .newBuilder()
                        .url(client == plain ? "https://localhost:" + tls.port() + "/" : "https://orders/")
                        .build();
                assertThat(Rig.text(client, request)).isEqualTo("done");
                assertThat(tls.only().getHeaders().get("Authorization")).isEqualTo("Bearer a");
                assertThat(seen)
                        .singleElement()
                        .satisfies(taken -> assertThat(taken)
                                .startsWith("clear " + method + " /taken")
                                .contains(
                                        "\r\nCookie: c=1\r\n",
                                        "\r\nProxy-Authorization: Basic p\r\n",
                                        "\r\nX-Api-Key: k\r\n")
                                .doesNotContain("Bearer")
                                .endsWith("\r\n\r\n" + body));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"AS_CLIENT, false", "SAME_SERVICE, true", "SAME_SERVICE, false"})
    void nothingGoesFromTlsToClearTextWhereThatIsTurnedOff(RedirectScope scope, boolean followSslRedirects)
            throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer clear = server("clear", seen);
                TestServer tls = tls();
                Rig rig = rig(scope, client -> trusting(client).followSslRedirects(followSslRedirects))) {
            rig.resolver.push(List.of(tls.endpoint()));
            String host = "http://127.0.0.1:" + clear.endpoint().port();
            for (String location : List.of(host + "/taken", "http://orders/", "http://orders.shop.svc/")) {
                tls.answers(new MockResponse.Builder()
                        .code(307)
                        .addHeader("Location", location)
                        .body("go"));
                Request request = secret("").newBuilder().url("https://orders/").build();
                try (Response response = rig.call(request).execute()) {
                    assertThat(response.code()).isEqualTo(307);
                    assertThat(response.header("Location")).isEqualTo(location);
                    assertThat(response.body().string()).isEqualTo("go");
                }
            }
            assertThat(seen).isEmpty();
            assertThat(tls.log).hasSize(3);
        }
    }

    private static TestServer tls() throws IOException {
        HandshakeCertificates shown =
                new HandshakeCertificates.Builder().heldCertificate(CERTIFICATE).build();
        return new TestServer("tls", shown.sslSocketFactory(), List.of(Protocol.HTTP_1_1));
    }

    private static OkHttpClient.Builder trusting(OkHttpClient.Builder client) {
        HandshakeCertificates trusted = new HandshakeCertificates.Builder()
                .addTrustedCertificate(CERTIFICATE.certificate())
                .build();
        return client.sslSocketFactory(trusted.sslSocketFactory(), trusted.trustManager());
    }

    @ParameterizedTest
    @EnumSource(RedirectScope.class)
    void aRedirectWithinTheServiceIsFollowed(RedirectScope scope) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer inside = server("inside", seen);
                Rig rig = rig(scope, UnaryOperator.identity())) {
            rig.resolver.push(List.of(inside.endpoint()));
            for (String location : List.of("/next", "http://orders/next", "http://ORDERS:80/next")) {
                seen.clear();
                assertThat(rig.text(secret(location))).isEqualTo("done");
                assertThat(seen.get(1))
                        .startsWith("inside PUT /next")
                        .contains("Bearer a")
                        .endsWith("body");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RedirectScope.class)
    void aRedirectedWebSocketLeavesTheServiceOnlyWhereItMay(RedirectScope scope) throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer inside = server("inside", seen);
                RawServer outside = server("outside", seen);
                Rig rig = rig(scope, UnaryOperator.identity())) {
            rig.resolver.push(List.of(inside.endpoint()));
            CompletableFuture<Throwable> failed = new CompletableFuture<>();
            rig.client.newWebSocket(
                    new Request.Builder()
                            .url("http://orders/go?http://127.0.0.1:"
                                    + outside.endpoint().port() + "/x")
                            .build(),
                    new WebSocketListener() {
                        @Override
                        public void onFailure(WebSocket socket, Throwable failure, @Nullable Response response) {
                            failed.complete(failure);
                        }
                    });
            assertThat(failed.get()).isNotNull();
            assertThat(seen).hasSize(scope == RedirectScope.SAME_SERVICE ? 1 : 2);
        }
    }

    @Test
    void callsToHostsThatAreNotRoutedAreRedirectedAsEver() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (RawServer one = server("one", seen);
                RawServer other = server("other", seen);
                Rig rig = rig(RedirectScope.SAME_SERVICE, UnaryOperator.identity())) {
            Request request = new Request.Builder()
                    .url("http://127.0.0.1:" + one.endpoint().port() + "/go?http://127.0.0.1:"
                            + other.endpoint().port() + "/x")
                    .build();
            assertThat(rig.text(request)).isEqualTo("done");
            assertThat(seen).hasSize(2);
        }
    }
}
