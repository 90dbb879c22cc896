package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.okhttp.Twin.Session;
import dev.zerohop.okhttp.Twin.View;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.ConnectionSpec;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.MultipartBody;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.Buffer;
import okio.BufferedSink;
import okio.GzipSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One table of scenarios, each run with plain OkHttp and through zerohop against the same servers. All that can be seen must be the same; where zerohop
 * differs on purpose the scenario says how, and the documentation says why.
 */
class SameAsPlainOkHttpTest {
    private static final Consumer<OkHttpClient.Builder> NOTHING = builder -> {};

    /** What a scenario does, and in which views zerohop differs from plain OkHttp, and how. */
    private static final class Scenario {
        final String name;
        String[] tls = {};
        Consumer<Twin> script = twin -> {};
        Consumer<OkHttpClient.Builder> before = NOTHING;
        Consumer<OkHttpClient.Builder> after = NOTHING;
        Function<Twin, Twin.Use> use;
        final Map<View, BiFunction<Twin, List<String>, List<String>>> differs = new EnumMap<>(View.class);
        final Set<View> unseen = new HashSet<>();

        Scenario(String name, Function<Twin, Twin.Use> use) {
            this.name = name;
            this.use = use;
        }

        Scenario tls(String... hosts) {
            tls = hosts;
            return this;
        }

        Scenario orders(Function<RecordedRequest, MockResponse.@Nullable Builder> answer) {
            return script(twin -> twin.orders.answer = built(answer));
        }

        Scenario orders(MockResponse.Builder answer) {
            return orders(request -> answer);
        }

        Scenario script(Consumer<Twin> more) {
            script = script.andThen(more);
            return this;
        }

        Scenario before(Consumer<OkHttpClient.Builder> change) {
            before = before.andThen(change);
            return this;
        }

        Scenario after(Consumer<OkHttpClient.Builder> change) {
            after = after.andThen(change);
            return this;
        }

        /** Documented: zerohop shows instead what this makes of plain OkHttp's lines. */
        Scenario differs(View view, UnaryOperator<List<String>> lines) {
            differs.put(view, (twin, plain) -> lines.apply(plain));
            return this;
        }

        /** Documented: zerohop shows these lines instead. */
        Scenario shows(View view, Function<Twin, List<String>> lines) {
            differs.put(view, (twin, plain) -> lines.apply(twin));
            return this;
        }

        /** The call's own clock cancels it while these are written: their lines are not the same twice. */
        Scenario racy(View... views) {
            unseen.addAll(List.of(views));
            return this;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Function<RecordedRequest, @Nullable MockResponse> built(
            Function<RecordedRequest, MockResponse.@Nullable Builder> answer) {
        return request -> {
            MockResponse.Builder builder = answer.apply(request);
            return builder == null ? null : builder.build();
        };
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void isTheSameOrDocumented(Object given, @TempDir File plainCache, @TempDir File routedCache) throws Exception {
        Scenario scenario = (Scenario) given;
        try (Twin twin = Twin.tls(scenario.tls)) {
            Twin.Seen plain;
            Twin.Seen routed;
            scenario.script.accept(twin);
            try (Cache cache = new Cache(plainCache, 1 << 20)) {
                plain = twin.plain(caching(scenario, cache), scenario.after, scenario.use.apply(twin));
            }
            scenario.script.accept(twin);
            try (Cache cache = new Cache(routedCache, 1 << 20)) {
                routed = twin.zerohop(caching(scenario, cache), scenario.after, scenario.use.apply(twin));
            }
            for (View view : View.values()) {
                BiFunction<Twin, List<String>, List<String>> different = scenario.differs.get(view);
                if (different != null) {
                    assertThat(routed.of(view))
                            .as(view + " as documented")
                            .isEqualTo(different.apply(twin, plain.of(view)));
                    assertThat(routed.of(view))
                            .as(view + " is no longer different")
                            .isNotEqualTo(plain.of(view));
                } else if (!scenario.unseen.contains(view)) {
                    assertThat(routed.of(view)).as(view.name()).isEqualTo(plain.of(view));
                }
            }
            assertThat(routed.of(View.RESULT)).as("something was seen").isNotEmpty();
        }
    }

    private static Consumer<OkHttpClient.Builder> caching(Scenario scenario, Cache cache) {
        return scenario.before.andThen(builder -> {
            if (scenario.name.contains("cache")) {
                builder.cache(cache);
            }
        });
    }

    @Test
    void thereAreEnoughOfThem() {
        assertThat(scenarios().map(Scenario::toString).distinct().count()).isGreaterThanOrEqualTo(60);
    }

    static Stream<Scenario> scenarios() {
        List<Scenario> all = new ArrayList<>();
        methods(all);
        bodies(all);
        answers(all);
        redirectsWithin(all);
        redirectsAcross(all);
        authentication(all);
        caching(all);
        failures(all);
        webSockets(all);
        clients(all);
        return all.stream();
    }

    // ---- requests ----

    private static void methods(List<Scenario> all) {
        for (String method : List.of("GET", "HEAD", "DELETE", "OPTIONS")) {
            all.add(new Scenario(
                    method,
                    send(twin -> request(twin.url(twin.orders, "/a?b=c")).method(method, null))));
        }
        for (String method : List.of("POST", "PUT", "PATCH", "PROPFIND", "QUERY")) {
            all.add(new Scenario(
                    method + " with a body",
                    send(twin -> request(twin.url(twin.orders, "/a")).method(method, text("body")))));
        }
        all.add(new Scenario("GET over TLS", get("/a")).tls("orders"));
        all.add(new Scenario("two calls over one connection", twin -> session -> {
            session.get(twin.url(twin.orders, "/1"));
            session.get(twin.url(twin.orders, "/2"));
        }));
        all.add(new Scenario(
                        "a call to a host that is not routed", send(twin -> request(twin.url(twin.elsewhere, "/a"))))
                .script(twin -> twin.elsewhere.answer = null));
        all.add(new Scenario(
                "a Host header of one's own",
                send(twin -> request(twin.url(twin.orders, "/a")).header("Host", "other.test"))));
        all.add(new Scenario("odd characters in path and query", get("/a%2Fb/%20c?d=%26e&f=%C3%A4#g")));
        all.add(new Scenario(
                "user information in the URL",
                send(twin -> request(twin.url(twin.orders, "/a").replace("//", "//user:secret@")))));
    }

    private static void bodies(List<Scenario> all) {
        all.add(new Scenario(
                "a body of unknown length",
                send(twin -> request(twin.url(twin.orders, "/a")).post(streamed(false)))));
        all.add(new Scenario(
                "a body that can be sent once",
                send(twin -> request(twin.url(twin.orders, "/a")).post(streamed(true)))));
        all.add(new Scenario(
                "an empty body",
                send(twin -> request(twin.url(twin.orders, "/a")).post(RequestBody.create("", null)))));
        all.add(new Scenario(
                "a form",
                send(twin -> request(twin.url(twin.orders, "/a"))
                        .post(new FormBody.Builder().add("a", "b c").build()))));
        all.add(new Scenario(
                "a multipart body",
                send(twin -> request(twin.url(twin.orders, "/a"))
                        .post(new MultipartBody.Builder("edge")
                                .addFormDataPart("a", "b")
                                .build()))));
        all.add(new Scenario(
                "a body whose writing fails",
                send(twin -> request(twin.url(twin.orders, "/a")).post(broken()))));
    }

    // ---- answers ----

    private static void answers(List<Scenario> all) {
        for (int code : List.of(200, 201, 204, 400, 404, 409, 429, 500, 502, 504)) {
            all.add(new Scenario("an answer " + code, get("/a"))
                    .orders(answer(code).addHeader("X-From", "orders")));
        }
        all.add(new Scenario("a compressed answer", get("/a"))
                .orders(answer(200).addHeader("Content-Encoding", "gzip").body(gzip("compressed"))));
        all.add(new Scenario("a chunked answer", get("/a")).orders(answer(200).chunkedBody("in parts", 3)));
        all.add(new Scenario("an answer that ends the connection", twin -> session -> {
                    session.get(twin.url(twin.orders, "/1"));
                    session.get(twin.url(twin.orders, "/2"));
                })
                .orders(answer(200).addHeader("Connection", "close").body("last")));
        all.add(new Scenario("repeated headers", get("/a"))
                .orders(answer(200).addHeader("X-A", "1").addHeader("X-A", "2")));
        all.add(new Scenario("an answer closed unread", twin -> session -> {
                    try (Response response = session.client()
                            .newCall(request(twin.url(twin.orders, "/a")).build())
                            .execute()) {
                        session.note("" + response.code());
                    }
                })
                .orders(answer(200).body("unread")));
        all.add(new Scenario("503 with Retry-After: 5", get("/a"))
                .orders(answer(503).addHeader("Retry-After", "5")));
        // Plain OkHttp repeats any request at once here. The caller has the answer; interceptors below do not see the
        // header.
        all.add(new Scenario("503 with Retry-After: 0", post("/a"))
                .orders(request -> answer(503).addHeader("Retry-After", "0"))
                .differs(View.RESULT, Differences::withoutPrior)
                .differs(View.OUTER, Differences::withoutPrior)
                .differs(View.INNER, Differences::withoutPriorAndRetryAfter)
                .differs(View.NETWORK, Differences::firstHalf)
                .differs(View.SERVERS, Differences::firstHalf)
                .differs(View.EVENTS, Differences::decidedOnce));
        // Plain OkHttp repeats any request once here.
        all.add(new Scenario("408", post("/a"))
                .orders(request -> answer(408))
                .differs(View.RESULT, Differences::withoutPrior)
                .differs(View.OUTER, Differences::withoutPrior)
                .differs(View.INNER, Differences::withoutPrior)
                .differs(View.NETWORK, Differences::firstHalf)
                .differs(View.SERVERS, Differences::firstHalf)
                .differs(View.EVENTS, Differences::decidedOnce));
    }

    // ---- redirects ----

    private static void redirectsWithin(List<Scenario> all) {
        for (int code : List.of(300, 301, 302, 303, 307, 308)) {
            all.add(new Scenario(code + " of a GET within the host", get("/go")).orders(goesTo(code, "/there")));
            all.add(new Scenario(code + " of a POST within the host", post("/go")).orders(goesTo(code, "/there")));
        }
        all.add(new Scenario(
                        "307 of a body that can be sent once",
                        send(twin -> request(twin.url(twin.orders, "/go")).post(streamed(true))))
                .orders(goesTo(307, "/there")));
        all.add(new Scenario("a redirect without a location", get("/go")).orders(request -> answer(302)));
        all.add(new Scenario("a redirect to another scheme of URL", get("/go"))
                .orders(request -> answer(302).addHeader("Location", "ftp://orders/x")));
        all.add(new Scenario("redirects that never end", get("/go"))
                .orders(request -> answer(302).addHeader("Location", "/go")));
        all.add(new Scenario("a redirect that the client does not follow", get("/go"))
                .orders(goesTo(302, "/there"))
                .before(builder -> builder.followRedirects(false)));
    }

    private static void redirectsAcross(List<Scenario> all) {
        for (int code : List.of(301, 302, 303, 307, 308)) {
            for (String to : List.of("users", "elsewhere")) {
                all.add(across(new Scenario(code + " of a GET from a service to " + to, get("/go")), code, to));
                all.add(across(new Scenario(code + " of a POST from a service to " + to, post("/go")), code, to));
            }
        }
        all.add(border(new Scenario(
                        "302 from elsewhere into a service", send(twin -> request(twin.url(twin.elsewhere, "/go"))))
                .script(twin -> twin.elsewhere.answer =
                        built(request -> answer(302).addHeader("Location", twin.url(twin.orders, "/there"))))));
        all.add(across(
                new Scenario(
                        "307 across of a body that can be sent once",
                        send(twin -> request(twin.url(twin.orders, "/go")).post(streamed(true)))),
                307,
                "users",
                false));
        all.add(border(new Scenario("a redirect across and back", get("/go")).script(twin -> {
            twin.orders.answer = built(request -> request.getTarget().equals("/go")
                    ? answer(302).addHeader("Location", twin.url(twin.users, "/on"))
                    : answer(200).body("back"));
            twin.users.answer = built(request -> answer(302).addHeader("Location", twin.url(twin.orders, "/back")));
        })));
        all.add(border(new Scenario("a redirect across, then within", get("/go")).script(twin -> {
            twin.orders.answer = built(request -> answer(302).addHeader("Location", twin.url(twin.users, "/on")));
            twin.users.answer = built(request -> request.getTarget().equals("/on")
                    ? answer(302).addHeader("Location", "/end")
                    : answer(200).body("end"));
        })));
        all.add(border(new Scenario("redirects across that never end", get("/go")).script(twin -> {
                    twin.orders.answer =
                            built(request -> answer(302).addHeader("Location", twin.url(twin.users, "/go")));
                    twin.users.answer =
                            built(request -> answer(302).addHeader("Location", twin.url(twin.orders, "/go")));
                }))
                .shows(View.INNER, SameAsPlainOkHttpTest::roundAndRound));
        all.add(across(
                new Scenario("from TLS to clear text, which the client does not follow", get("/go"))
                        .tls("orders")
                        .before(builder -> builder.followSslRedirects(false)),
                302,
                "users",
                false));
        all.add(across(
                new Scenario("a redirect across that the client does not follow", get("/go"))
                        .before(builder -> builder.followRedirects(false)),
                302,
                "users",
                false));
        all.add(across(new Scenario("302 across, both over TLS", get("/go")).tls("orders", "users"), 302, "users"));
    }

    private static Scenario across(Scenario scenario, int code, String to) {
        return across(scenario, code, to, true);
    }

    private static Scenario across(Scenario scenario, int code, String to, boolean followed) {
        scenario.script(twin -> {
            TestServer target = to.equals("users") ? twin.users : twin.elsewhere;
            twin.orders.answer = built(request -> answer(code).addHeader("Location", twin.url(target, "/there")));
            target.answer = null;
        });
        return followed ? border(scenario) : scenario;
    }

    /** As many as OkHttp follows, and the one that they began with. */
    private static List<String> roundAndRound(Twin twin) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i <= 20; i++) {
            String request = "GET " + twin.url(i % 2 == 0 ? twin.orders : twin.users, "/go");
            lines.add("-> " + request);
            lines.add("<- 302 {Cache-Control=no-store, Content-Length=0} network of " + request);
        }
        return lines;
    }

    /** An interceptor that was added after zerohop sees a redirect across a service's border as a request of its own; OkHttp plans its ways anew. */
    private static Scenario border(Scenario scenario) {
        return scenario.differs(View.INNER, Differences::requestsOfTheirOwn)
                .differs(View.EVENTS, Differences::decidedAboveOkHttp);
    }

    // ---- authentication, cookies ----

    private static void authentication(List<Scenario> all) {
        all.add(new Scenario("a challenge that is answered", get("/a"))
                .orders(challenge("token"))
                .before(builder -> builder.authenticator((route, response) -> response.request()
                        .newBuilder()
                        .header("Authorization", "token")
                        .build())));
        all.add(new Scenario("a challenge without an authenticator", get("/a")).orders(challenge("token")));
        all.add(new Scenario("challenges that never end", get("/a"))
                .orders(challenge("never"))
                .before(builder -> builder.authenticator((route, response) -> response.request()
                        .newBuilder()
                        .header("Authorization", "token")
                        .build())));
        all.add(new Scenario("cookies", twin -> session -> {
                    session.get(twin.url(twin.orders, "/1"));
                    session.get(twin.url(twin.orders, "/2"));
                })
                .orders(request -> answer(200).addHeader("Set-Cookie", "session=7"))
                .before(builder -> builder.cookieJar(jar())));
    }

    // ---- cache ----

    private static void caching(List<Scenario> all) {
        all.add(new Scenario("cache: a fresh answer", twice("/a"))
                .orders(answer(200).addHeader("Cache-Control", "max-age=60").body("fresh")));
        all.add(new Scenario("cache: an answer that must be asked for again", twice("/a"))
                .orders(request -> request.getHeaders().get("If-None-Match") != null
                        ? answer(304)
                        : answer(200)
                                .addHeader("ETag", "\"1\"")
                                .addHeader("Cache-Control", "no-cache")
                                .body("tagged")));
        all.add(new Scenario(
                "cache: only-if-cached without an entry",
                send(twin -> request(twin.url(twin.orders, "/a")).cacheControl(CacheControl.FORCE_CACHE))));
        all.add(new Scenario("cache: no-store", twice("/a"))
                .orders(answer(200).addHeader("Cache-Control", "no-store").body("gone")));
        all.add(new Scenario("cache: 301 within the host", twice("/go"))
                .orders(request -> request.getTarget().equals("/go")
                        ? answer(301).addHeader("Location", "/there").addHeader("Cache-Control", "max-age=60")
                        : answer(200).body("there")));
        // A redirect across a border is followed above the cache, which must not keep what it is shown.
        all.add(new Scenario("cache: 301 across", twice("/go"))
                .script(twin -> {
                    twin.orders.answer = built(request -> answer(301)
                            .addHeader("Location", twin.url(twin.users, "/there"))
                            .addHeader("Cache-Control", "max-age=60"));
                    twin.users.answer = null;
                })
                .differs(View.RESULT, Differences::notCached)
                .differs(View.OUTER, Differences::notCached)
                .differs(View.INNER, plain -> Differences.requestsOfTheirOwn(Differences.notCached(plain)))
                .differs(View.NETWORK, Differences::firstCallTwice)
                .differs(View.SERVERS, Differences::firstCallTwice)
                .differs(View.EVENTS, Differences::sentAgain));
    }

    // ---- failures ----

    private static void failures(List<Scenario> all) {
        all.add(new Scenario("a connection that is refused", get("/a"))
                .script(twin -> twin.orders.close())
                .differs(View.INNER, Differences::threeTimes)
                .differs(View.EVENTS, Differences::threeTries));
        all.add(new Scenario("an answer that never comes", post("/a"))
                .orders(answer(200).headersDelay(60, TimeUnit.SECONDS))
                .before(builder -> builder.readTimeout(Duration.ofSeconds(1))));
        all.add(new Scenario("a body that breaks off", get("/a"))
                .orders(answer(200).body("x".repeat(200_000)).onResponseBody(new SocketEffect.CloseSocket())));
        // Plain OkHttp does not try again on a connection that never gave an answer, zerohop never repeats a POST.
        all.add(new Scenario("an answer that breaks off before its headers", post("/a"))
                .orders(answer(200).onResponseStart(new SocketEffect.CloseSocket())));
        all.add(new Scenario("no clear text permitted", get("/a"))
                .before(builder -> builder.connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))));
        all.add(new Scenario("a certificate that is not trusted", get("/a"))
                .tls("orders")
                .before(builder -> {
                    okhttp3.tls.HandshakeCertificates trustsNone =
                            new okhttp3.tls.HandshakeCertificates.Builder().build();
                    builder.sslSocketFactory(trustsNone.sslSocketFactory(), trustsNone.trustManager());
                })
                .differs(View.INNER, Differences::threeTimes)
                .differs(View.EVENTS, Differences::threeTries));
        all.add(new Scenario("a pin that does not match", get("/a"))
                .tls("orders")
                .before(builder -> builder.certificatePinner(new okhttp3.CertificatePinner.Builder()
                        .add("orders", "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
                        .build())));
        all.add(new Scenario("an interceptor that fails before the request", get("/a"))
                .after(builder -> builder.addInterceptor(chain -> {
                    throw new IOException("no token");
                })));
        all.add(new Scenario("a call timeout", get("/a"))
                .orders(answer(200).headersDelay(60, TimeUnit.SECONDS))
                .before(builder -> builder.callTimeout(Duration.ofSeconds(1)))
                .racy(View.EVENTS, View.NETWORK, View.INNER, View.OUTER));
        all.add(new Scenario("a call that was cancelled before", twin -> session -> {
            Call call = session.client()
                    .newCall(request(twin.url(twin.orders, "/a")).build());
            call.cancel();
            try (Response response = call.execute()) {
                session.note("" + response.code());
            } catch (IOException failure) {
                session.note(failure.getClass().getName() + " " + failure.getMessage());
            }
        }));
        all.add(new Scenario("a 204 with a body", get("/a")).orders(answer(204).addHeader("Content-Length", "3")));
        all.add(new Scenario("407 from a server", get("/a")).orders(answer(407)));
    }

    // ---- WebSockets ----

    private static void webSockets(List<Scenario> all) {
        all.add(new Scenario("a WebSocket", twin -> session -> socket(session, twin.url(twin.orders, "/ws")))
                .orders(request -> new MockResponse.Builder().webSocketUpgrade(echo())));
        all.add(new Scenario(
                        "a WebSocket that is refused", twin -> session -> socket(session, twin.url(twin.orders, "/ws")))
                .orders(answer(403)));
        all.add(new Scenario(
                        "a WebSocket that is redirected within the host",
                        twin -> session -> socket(session, twin.url(twin.orders, "/ws")))
                .orders(request -> request.getTarget().equals("/ws")
                        ? answer(302).addHeader("Location", "/ws2")
                        : new MockResponse.Builder().webSocketUpgrade(echo())));
        all.add(new Scenario(
                        "a WebSocket that is redirected elsewhere",
                        twin -> session -> socket(session, twin.url(twin.orders, "/ws")))
                .script(twin -> {
                    twin.orders.answer =
                            built(request -> answer(302).addHeader("Location", twin.url(twin.elsewhere, "/ws")));
                    twin.elsewhere.answer = built(request -> new MockResponse.Builder().webSocketUpgrade(echo()));
                }));
        all.add(new Scenario(
                        "a WebSocket that is redirected to another service",
                        twin -> session -> socket(session, twin.url(twin.orders, "/ws")))
                .script(twin -> {
                    twin.orders.answer =
                            built(request -> answer(302).addHeader("Location", twin.url(twin.users, "/ws")));
                    twin.users.answer = built(request -> new MockResponse.Builder().webSocketUpgrade(echo()));
                }));
    }

    // ---- clients ----

    private static void clients(List<Scenario> all) {
        all.add(new Scenario("an asynchronous call", twin -> session -> {
            CompletableFuture<String> answer = new CompletableFuture<>();
            session.client()
                    .newCall(request(twin.url(twin.orders, "/a")).build())
                    .enqueue(new Callback() {
                        @Override
                        public void onFailure(Call call, IOException failure) {
                            answer.complete(failure.getClass().getName());
                        }

                        @Override
                        public void onResponse(Call call, Response response) throws IOException {
                            answer.complete(response.code() + response.body().string());
                        }
                    });
            session.note(answer.get(60, TimeUnit.SECONDS));
        }));
        all.add(new Scenario("an interceptor that answers itself", get("/a"))
                .after(builder -> builder.addInterceptor(chain -> new Response.Builder()
                        .request(chain.request())
                        .protocol(okhttp3.Protocol.HTTP_1_1)
                        .code(200)
                        .message("made up")
                        .body(ResponseBody.create("made up", null))
                        .build())));
        all.add(new Scenario("an interceptor that sends the call twice", get("/a"))
                .before(builder -> builder.addInterceptor(chain -> {
                    chain.proceed(chain.request()).close();
                    return chain.proceed(chain.request());
                })));
        all.add(new Scenario("tags", twin -> session -> {
                    session.send(request(twin.url(twin.orders, "/a"))
                            .tag(String.class, "tagged")
                            .build());
                })
                .after(builder -> builder.addInterceptor(chain -> chain.proceed(chain.request()
                        .newBuilder()
                        .header("X-Tag", String.valueOf(chain.request().tag(String.class)))
                        .build()))));
    }

    // ---- helpers ----

    private static Function<Twin, Twin.Use> send(Function<Twin, Request.Builder> request) {
        return twin -> session -> session.send(request.apply(twin).build());
    }

    private static Function<Twin, Twin.Use> get(String path) {
        return send(twin -> request(twin.url(twin.orders, path)));
    }

    private static Function<Twin, Twin.Use> post(String path) {
        return send(twin -> request(twin.url(twin.orders, path)).post(text("body")));
    }

    private static Function<Twin, Twin.Use> twice(String path) {
        return twin -> session -> {
            session.get(twin.url(twin.orders, path));
            session.get(twin.url(twin.orders, path));
        };
    }

    private static Request.Builder request(String url) {
        return new Request.Builder().url(url);
    }

    private static RequestBody text(String text) {
        return RequestBody.create(text, MediaType.get("text/plain; charset=utf-8"));
    }

    private static MockResponse.Builder answer(int code) {
        return new MockResponse.Builder().code(code);
    }

    private static Function<RecordedRequest, MockResponse.@Nullable Builder> goesTo(int code, String location) {
        return request -> request.getTarget().equals("/go") ? answer(code).addHeader("Location", location) : null;
    }

    private static Function<RecordedRequest, MockResponse.@Nullable Builder> challenge(String expected) {
        return request -> expected.equals(request.getHeaders().get("Authorization"))
                ? null
                : answer(401).addHeader("WWW-Authenticate", "Bearer");
    }

    private static Buffer gzip(String text) {
        Buffer compressed = new Buffer();
        try (BufferedSink sink = Okio.buffer(new GzipSink(compressed))) {
            sink.writeUtf8(text);
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return compressed;
    }

    private static RequestBody streamed(boolean once) {
        return new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return null;
            }

            @Override
            public boolean isOneShot() {
                return once;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                sink.writeUtf8("streamed");
            }
        };
    }

    private static RequestBody broken() {
        return new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return null;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                throw new IOException("file is gone");
            }
        };
    }

    private static CookieJar jar() {
        List<Cookie> kept = new ArrayList<>();
        return new CookieJar() {
            @Override
            public synchronized void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                kept.clear();
                kept.addAll(cookies);
            }

            @Override
            public synchronized List<Cookie> loadForRequest(HttpUrl url) {
                return List.copyOf(kept);
            }
        };
    }

    private static WebSocketListener echo() {
        return new WebSocketListener() {
            @Override
            public void onMessage(WebSocket socket, String text) {
                socket.send("echo " + text);
            }

            @Override
            public void onClosing(WebSocket socket, int code, String reason) {
                socket.close(code, reason);
            }
        };
    }

    private static void socket(Session session, String url) throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletableFuture<String> ended = new CompletableFuture<>();
        WebSocket socket = session.client().newWebSocket(request(url).build(), new WebSocketListener() {
            @Override
            public void onMessage(WebSocket ignored, String text) {
                answer.complete(text);
            }

            @Override
            public void onClosed(WebSocket ignored, int code, String reason) {
                ended.complete("closed " + code);
            }

            @Override
            public void onFailure(WebSocket ignored, Throwable failure, @Nullable Response response) {
                String text = failure.getClass().getName() + " " + (response == null ? "" : response.code());
                answer.complete(text);
                ended.complete(text);
            }
        });
        socket.send("hi");
        session.note(answer.get(60, TimeUnit.SECONDS));
        socket.close(1000, "done");
        session.note(ended.get(60, TimeUnit.SECONDS));
    }
}
