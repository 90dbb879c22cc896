package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.Outcome;
import dev.zerohop.testing.ScriptedResolver;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the client's cache can answer needs no endpoint. */
class CacheTest {
    private static final MockResponse.Builder FRESH =
            new MockResponse.Builder().body("fresh").addHeader("Cache-Control", "max-age=60");

    private Cache cache;

    @BeforeEach
    void open(@TempDir File directory) {
        cache = new Cache(directory, 1 << 20);
    }

    @AfterEach
    void close() throws IOException {
        cache.close();
    }

    private Rig rig() {
        return new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), builder -> builder.cache(cache));
    }

    @Test
    void aFreshAnswerIsNoAttempt() throws Exception {
        try (Rig rig = rig()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(FRESH);
            for (int i = 0; i < 3; i++) {
                assertThat(rig.text("/")).isEqualTo("fresh");
            }
            assertThat(server.log).hasSize(1);
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aFreshAnswerIsThereInAnOutage() throws Exception {
        try (Rig rig = rig()) {
            rig.servers(1).get(0).answers(FRESH);
            rig.text("/");
            outage(rig);
            assertThat(rig.text("/")).isEqualTo("fresh");
            assertThatThrownBy(() -> rig.text("/other")).isInstanceOf(NoEndpointIOException.class);
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x"))).isInstanceOf(NoEndpointIOException.class);
        }
    }

    @Test
    void onlyIfCachedIsAnsweredInAnOutageAndBeforeTheSourceHasAnswered() throws Exception {
        Request onlyIfCached =
                Rig.get("/").newBuilder().cacheControl(CacheControl.FORCE_CACHE).build();
        try (Rig rig = rig()) {
            try (Response response = rig.call(onlyIfCached).execute()) {
                assertThat(response.code()).isEqualTo(504);
            }
            rig.servers(1).get(0).answers(FRESH);
            rig.text("/");
            outage(rig);
            assertThat(rig.text(onlyIfCached)).isEqualTo("fresh");
        }
        // Nor does it take a cache.
        try (Rig rig = Rig.roundRobin();
                Response response = rig.call(onlyIfCached).execute()) {
            assertThat(response.code()).isEqualTo(504);
            assertThat(rig.outcomes()).isEmpty();
        }
    }

    @Test
    void aCallThatTheCacheCannotAnswerWaitsForItsEndpointAsAnyOther() throws Exception {
        try (Rig rig = rig()) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return rig.text("/");
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            Rig.await().until(() -> rig.client.dispatcher().runningCallsCount() == 1);
            rig.servers(1);
            assertThat(answer.get(60, java.util.concurrent.TimeUnit.SECONDS)).isEqualTo("s0");
        }
    }

    @Test
    void anAnswerThatMustBeAskedForAgainIsAnAttempt() throws Exception {
        try (Rig rig = rig()) {
            rig.servers(1).get(0).answer = request -> request.getHeaders().get("If-None-Match") != null
                    ? new MockResponse.Builder().code(304).build()
                    : new MockResponse.Builder()
                            .body("tagged")
                            .addHeader("ETag", "\"1\"")
                            .addHeader("Cache-Control", "no-cache")
                            .build();
            assertThat(rig.text("/")).isEqualTo("tagged");
            assertThat(rig.text("/")).isEqualTo("tagged");
            assertThat(cache.hitCount()).isEqualTo(1);
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS, Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void attemptsOfACallThatMissesTheCacheAreRepeatedAsAnyOther() throws Exception {
        try (Rig rig = rig()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Rig.dead("dead"), server.endpoint());
            for (int i = 0; i < 4; i++) {
                assertThat(rig.text("/" + i)).isEqualTo("s0");
            }
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE, Outcome.SUCCESS);
            assertThat(rig.inFlight()).isZero();
        }
    }

    /** What an interceptor that was added after zerohop and a listener saw. */
    private final List<String> attempts = new CopyOnWriteArrayList<>();

    private final List<String> events = new CopyOnWriteArrayList<>();

    private OkHttpClient watched(Rig rig) {
        return rig.client
                .newBuilder()
                .eventListener(new EventNames(events))
                .addInterceptor(chain -> {
                    attempts.add(chain.request().url().encodedPath());
                    return chain.proceed(chain.request());
                })
                .build();
    }

    @Test
    void withoutAnEndpointACallThatTheCacheCannotAnswerIsNoAttempt() throws Exception {
        try (Rig rig = rig()) {
            rig.servers(1).get(0).answer = request -> request.getTarget().equals("/stale")
                    ? new MockResponse.Builder()
                            .body("stale")
                            .addHeader("Cache-Control", "max-age=0")
                            .build()
                    : FRESH.build();
            rig.text("/stale");
            rig.text("/fresh");
            outage(rig);
            OkHttpClient client = watched(rig);
            for (String path : List.of("/unknown", "/stale")) {
                assertThatThrownBy(() -> Rig.text(client, Rig.get(path))).isInstanceOf(NoEndpointIOException.class);
                assertThat(attempts).isEmpty();
                assertThat(events).containsExactly("callStart", "callFailed " + NoEndpointIOException.class.getName());
                events.clear();
            }
            Request never = Rig.get("/fresh")
                    .newBuilder()
                    .cacheControl(CacheControl.FORCE_NETWORK)
                    .build();
            assertThatThrownBy(() -> Rig.text(client, never)).isInstanceOf(NoEndpointIOException.class);
            assertThat(attempts).isEmpty();

            assertThat(Rig.text(client, Rig.get("/fresh"))).isEqualTo("fresh");
            assertThat(attempts).containsExactly("/fresh");
        }
    }

    @Test
    void aCallThatWaitsForItsFirstEndpointIsOneAttempt() throws Exception {
        try (Rig rig = rig()) {
            OkHttpClient client = watched(rig);
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return Rig.text(client, Rig.get("/"));
                } catch (IOException failure) {
                    throw new java.io.UncheckedIOException(failure);
                }
            });
            Rig.await().until(() -> client.dispatcher().runningCallsCount() == 1);
            rig.servers(1);
            assertThat(answer.get(60, java.util.concurrent.TimeUnit.SECONDS)).isEqualTo("s0");
            assertThat(attempts).containsExactly("/");
            assertThat(events).containsOnlyOnce("dnsStart orders").doesNotContain("retryDecision false");
        }
    }

    /** What the answer in the cache depends on: its headers, the jar's cookies, TLS, an earlier redirect. */
    @Test
    void inAnOutageTheCacheIsAskedAsOkHttpAsksIt() throws Exception {
        HeldCertificate certificate = new HeldCertificate.Builder()
                .addSubjectAlternativeName("orders.shop.svc")
                .build();
        HandshakeCertificates trust = new HandshakeCertificates.Builder()
                .heldCertificate(certificate)
                .addTrustedCertificate(certificate.certificate())
                .build();
        List<Cookie> jar = new CopyOnWriteArrayList<>();
        List<String> saved = new CopyOnWriteArrayList<>();
        CookieJar cookies = new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> received) {
                saved.add(url.encodedPath());
            }

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                return List.copyOf(jar);
            }
        };
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3),
                        UnaryOperator.identity(),
                        builder -> builder.cache(cache)
                                .cookieJar(cookies)
                                .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager()));
                TestServer server = new TestServer("tls", trust.sslSocketFactory(), List.of())) {
            rig.resolver.push(server.endpoint());
            server.answer = request -> request.getTarget().equals("/go")
                    ? new MockResponse.Builder()
                            .code(301)
                            .addHeader("Location", "/there")
                            .addHeader("Cache-Control", "max-age=60")
                            .build()
                    : FRESH.clone()
                            .addHeader("Vary", "Accept-Language, Cookie")
                            .addHeader("Set-Cookie", "seen=1")
                            .build();
            Request german = secure("/there", "de");
            Cookie session = new Cookie.Builder()
                    .name("session")
                    .value("7")
                    .domain("orders.shop.svc")
                    .build();
            jar.add(session);
            rig.text(german);
            rig.text(secure("/go", "de"));
            outage(rig);
            saved.clear();
            assertThat(rig.text(german)).isEqualTo("fresh");
            assertThat(rig.text(secure("/go", "de"))).isEqualTo("fresh");
            assertThat(saved).as("cookies of the answers that the caller got").hasSize(2);
            assertThatThrownBy(() -> rig.text(secure("/there", "fr"))).isInstanceOf(NoEndpointIOException.class);
            jar.clear();
            assertThatThrownBy(() -> rig.text(german)).isInstanceOf(NoEndpointIOException.class);
        }
    }

    private static Request secure(String path, String language) {
        return new Request.Builder()
                .url("https://orders.shop.svc" + path)
                .header("Accept-Language", language)
                .build();
    }

    @Test
    void theCacheIsAskedWithoutTheNetworkEvenIfTheNameMeansSomethingThere() throws Exception {
        ScriptedResolver resolver = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("localhost")
                        .resolver(resolver)
                        .settings(TestPolicies.roundRobin(3))
                        .build();
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("localhost", balancer).build();
                TestServer outside = new TestServer("outside")) {
            balancer.start();
            resolver.push(List.of());
            OkHttpClient client =
                    zerohop.install(new OkHttpClient.Builder().cache(cache)).build();
            Request request = new Request.Builder()
                    .url("http://localhost:" + outside.port() + "/")
                    .build();
            assertThatThrownBy(() -> Rig.text(client, request)).isInstanceOf(NoEndpointIOException.class);
            assertThat(outside.log).isEmpty();
        }
    }

    /** An interceptor that asks for the network where the cache had the answer is not in the way of the next endpoint. */
    @Test
    void anInterceptorMayStillAskForTheNetworkAndThenTheCallWaitsAsAnyOther() throws Exception {
        try (Rig rig = rig()) {
            rig.servers(1).get(0).answers(FRESH);
            rig.text("/");
            outage(rig);
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> chain.proceed(chain.request()
                            .newBuilder()
                            .cacheControl(CacheControl.FORCE_NETWORK)
                            .build()))
                    .build();
            assertThatThrownBy(() -> Rig.text(client, Rig.get("/"))).isInstanceOf(NoEndpointIOException.class);
            assertThat(rig.text("/")).isEqualTo("fresh");
        }
    }

    private static void outage(Rig rig) {
        rig.resolver.push(List.of());
        Rig.await().until(() -> rig.balancer.current().snapshot().members().isEmpty());
    }
}
