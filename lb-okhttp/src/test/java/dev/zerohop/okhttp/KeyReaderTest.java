package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.KeySource.Place;
import dev.zerohop.PrefixKey;
import dev.zerohop.Printable;
import dev.zerohop.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Five servers; the test policy sends the integer key n to server n modulo 5, and a text key by its length. */
class KeyReaderTest {

    private static Rig rig(@Nullable KeySource key) throws IOException {
        return rig(key, UnaryOperator.identity(), CookieJar.NO_COOKIES);
    }

    private static Rig rig(@Nullable KeySource key, UnaryOperator<ZerohopOkHttp.Builder> routing, CookieJar cookies)
            throws IOException {
        Rig rig = new Rig(TestPolicies.byOrdinal(key), routing, client -> client.cookieJar(cookies));
        rig.servers(5);
        return rig;
    }

    @Test
    void theTagOfTheRequestIsTheKey() throws Exception {
        try (Rig rig = rig(new KeySource(Place.QUERY, "user", true))) {
            Request request = Rig.get("/?user=1")
                    .newBuilder()
                    .tag(EndpointSelector.class, EndpointSelector.of(3))
                    .build();
            assertThat(rig.text(request)).isEqualTo("s3");
        }
    }

    @Test
    void aQueryParameterIsTheKey() throws Exception {
        try (Rig rig = rig(new KeySource(Place.QUERY, "user", true))) {
            assertThat(rig.text("/?x=9&user=4")).isEqualTo("s4");
        }
    }

    @Test
    void aHeaderIsTheKey() throws Exception {
        try (Rig rig = rig(new KeySource(Place.HEADER, "X-User", true))) {
            assertThat(rig.text(
                            Rig.get("/").newBuilder().header("x-user", " 2 ").build()))
                    .isEqualTo("s2");
        }
    }

    @Test
    void aGroupOfThePathIsTheKeyDecoded() throws Exception {
        try (Rig rig = rig(new KeySource(Place.PATH, "^/users/([^/]+)", false))) {
            assertThat(rig.text("/users/abc/orders")).as("length 3").isEqualTo("s3");
            assertThat(rig.text("/users/a%2Fb%2Bc+/orders"))
                    .as("a/b+c+: length 6")
                    .isEqualTo("s1");
        }
    }

    /** OkHttp replaces the request's own Cookie header by that of the jar, if the jar has any cookie for the URL: what is sent decides. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user=2        |               | s2",
                "user=2        | user=3        | s2",
                "user=2; a=1   | a=b; user=3   | s2",
                "              | a=b; user=3   | s3",
            })
    void theCookieThatIsSentIsTheKey(@Nullable String inJar, @Nullable String ofRequest, String server)
            throws Exception {
        CookieJar jar = new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                List<Cookie> cookies = new ArrayList<>();
                for (String pair : inJar == null ? new String[0] : inJar.split("; ")) {
                    cookies.add(Cookie.parse(url, pair));
                }
                return cookies;
            }
        };
        try (Rig rig = rig(new KeySource(Place.COOKIE, "user", true), UnaryOperator.identity(), jar)) {
            Request.Builder request = Rig.get("/").newBuilder();
            if (ofRequest != null) {
                request.header("Cookie", ofRequest);
            }
            assertThat(rig.text(request.build())).isEqualTo(server);
            int owner = Integer.parseInt(server.substring(1));
            assertThat(rig.servers(0).get(owner).only().getHeaders().get("Cookie"))
                    .contains("user=" + owner);
        }
    }

    @Test
    void cookiesOfTheJarThatDifferAreRefused() throws Exception {
        CookieJar jar = new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                return List.of(Cookie.parse(url, "user=1; path=/"), Cookie.parse(url, "user=2; path=/"));
            }
        };
        try (Rig rig = rig(new KeySource(Place.COOKIE, "user", true), UnaryOperator.identity(), jar)) {
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessageContaining("was given more than once, as '1' and as '2'");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/user/id   | {\"x\":[1,2],\"user\":{\"name\":\"n\",\"id\":3}}     | s3",
                "/items/1   | {\"items\":[7,4]}                                    | s4",
                "/a~1b/c~0d | {\"a/b\":{\"c~d\":\"2\"}}                            | s2",
            })
    void aValueInAJsonBodyIsTheKeyAndTheBodyIsStillSent(String pointer, String json, String server) throws Exception {
        try (Rig rig = rig(new KeySource(Place.JSON_POINTER, pointer, true))) {
            assertThat(rig.text(Rig.post("/", json))).isEqualTo(server);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "QUERY        | user  | /?user=abc | ''                | was 'abc', expected an integer of 64 bits",
                "QUERY        | user  | /          | ''                | the policy needs a key",
                "JSON_POINTER | /user | /          | {'user':          | the body is not valid JSON",
                "JSON_POINTER | /user | /          | {'user':{'a':1}}  | expected a text or a number",
                "JSON_POINTER | /user | /          | {'user':null}     | the policy needs a key",
                "JSON_POINTER | /user | /          | {'other':1}       | the policy needs a key",
                "JSON_POINTER | user  | /          | {'user':1}        | cannot be used",
                "PATH         | ([    | /          | ''                | cannot be used",
            })
    void aKeyThatCannotBeUsedFailsTheCallWithoutSendingIt(
            Place place, String name, String path, String body, String problem) throws Exception {
        try (Rig rig = rig(new KeySource(place, name, true))) {
            assertThatThrownBy(() -> rig.text(Rig.post(path, body.replace('\'', '"'))))
                    .isInstanceOfSatisfying(
                            NoEndpointIOException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.BAD_KEY))
                    .hasMessageStartingWith("orders: ")
                    .hasMessageContaining(problem);
            assertThat(rig.outcomes()).isEmpty();
        }
    }

    @Test
    void whatIsWrongWithABodyIsSaidInPrintableForm() {
        String body = "{\"user\": a\u001b]52;c;aGk=\u0007\u009b31m\u202e" + "x".repeat(100_000);
        assertThatThrownBy(() -> JsonBodyKey.read(
                        RequestBody.create(body, MediaType.get("application/json")),
                        JsonPointer.compile("/user"),
                        1 << 20,
                        false))
                .isInstanceOfSatisfying(
                        UnusableKeyException.class,
                        unusable -> assertThat(unusable.getMessage())
                                .startsWith("cannot be read: the body is not valid JSON at line 1, column ")
                                .hasSizeLessThan(2_100)
                                .isEqualTo(Printable.text(unusable.getMessage())));
        assertThat(new UnusableKeyException("a\u001b[2J\nb")).hasMessage("a\\u001b[2J b");
    }

    @Test
    void aBodyThatIsTooLongOrCanBeSentOnlyOnceIsNotRead() throws Exception {
        KeySource key = new KeySource(Place.JSON_POINTER, "/user", true);
        try (Rig rig = rig(key, routing -> routing.keyBodyLimit(20), CookieJar.NO_COOKIES)) {
            String longer = "{\"pad\":\"0123456789\",\"user\":1}";
            assertThatThrownBy(() -> rig.text(Rig.post("/", longer))).hasMessageContaining("longer than 20 bytes");
            assertThatThrownBy(() -> rig.text(request(longer, -1, false))).hasMessageContaining("longer than 20 bytes");
            assertThatThrownBy(() -> rig.text(request("{\"user\":1}", -1, true)))
                    .hasMessageContaining("can be sent only once");
            assertThat(rig.text(request("{\"user\":1}", -1, false))).isEqualTo("s1");
        }
    }

    /** A prefix says where a call would rather go: no reason to fail it. */
    @Test
    void aBeginningThatCannotBeReadIsNoKey() throws Exception {
        KeySource key = new KeySource(Place.JSON_POINTER, "/messages", false, new PrefixKey.Cut(64, 4));
        try (Rig rig = rig(key, routing -> routing.keyBodyLimit(60), CookieJar.NO_COOKIES)) {
            for (Request unreadable : List.of(
                    Rig.post("/", "{\"messages\": secretly}"),
                    Rig.post("/", "{\"messages\": [\"" + "x".repeat(60) + "\"]}"),
                    request("{\"messages\": []}", -1, true))) {
                assertThatThrownBy(() -> rig.text(unreadable)).hasMessageContaining("the policy needs a key");
            }
            assertThat(rig.text(Rig.post("/", "{\"messages\": [\"hello\"]}"))).startsWith("s");
        }
    }

    private static Request request(String body, long length, boolean oneShot) {
        return new Request.Builder()
                .url("http://orders/")
                .post(new RequestBody() {
                    @Override
                    public @Nullable MediaType contentType() {
                        return null;
                    }

                    @Override
                    public long contentLength() {
                        return length;
                    }

                    @Override
                    public boolean isOneShot() {
                        return oneShot;
                    }

                    @Override
                    public void writeTo(BufferedSink sink) throws IOException {
                        sink.writeUtf8(body);
                    }
                })
                .build();
    }

    @Test
    void aPolicyWithoutKeysDoesNotLookForOne() throws Exception {
        try (Rig rig = new Rig(TestPolicies.settings(
                new TestPolicies.RoundRobin(false), 1, new KeySource(Place.QUERY, "user", true)))) {
            rig.servers(1);
            assertThat(rig.text("/?user=abc")).isEqualTo("s0");
        }
    }

    @Test
    void aStandInForAnOwnerThatIsDownIsToldSo() throws Exception {
        try (Rig rig = rig(new KeySource(Place.QUERY, "user", true))) {
            rig.text("/?user=-3");
            rig.text("/?user=0");
            assertThat(rig.servers(0).get(0).log)
                    .extracting(request -> request.getHeaders().get("zerohop-not-owner"))
                    .containsExactly("true", null);
        }
    }
}
