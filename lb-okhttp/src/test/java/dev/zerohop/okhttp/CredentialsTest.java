package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import mockwebserver3.MockResponse;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Credentials that were meant for one host do not follow a redirect to another one, as with plain OkHttp. */
class CredentialsTest {
    private static final Consumer<OkHttpClient.Builder> NOTHING = builder -> {};
    private static final Interceptor ADDS_TOKEN = chain -> chain.proceed(
            chain.request().newBuilder().header("Authorization", "secret").build());

    @Test
    void whatAnInnerInterceptorAddsStaysWithTheHostOfTheCall() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.elsewhere, "/x")));
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "elsewhere null");
        }
    }

    @Test
    void norDoesItFollowFromTlsToTlsOrFromTlsToClear() throws Exception {
        for (String[] secure : List.of(new String[] {"orders", "elsewhere"}, new String[] {"orders"})) {
            try (Twin twin = Twin.tls(secure)) {
                twin.orders.answers(redirect(307, twin.url(twin.elsewhere, "/x")));
                assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                        .containsExactly("orders secret", "elsewhere null");
            }
        }
    }

    @Test
    void norFromOneServiceToAnother() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(308, twin.url(twin.users, "/x")));
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "users null");
        }
    }

    @Test
    void norFromOutsideIntoAService() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.elsewhere.answers(redirect(301, twin.url(twin.orders, "/x")));
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.elsewhere, "/")))
                    .containsExactly("elsewhere secret", "orders null");
        }
    }

    @Test
    void norDoesItComeBackWithTheRedirectThatLeadsBack() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answer = request -> request.getTarget().equals("/")
                    ? redirect(302, twin.url(twin.elsewhere, "/x")).build()
                    : null;
            twin.elsewhere.answers(redirect(302, twin.url(twin.orders, "/back")));
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "elsewhere null", "orders null");
        }
    }

    @Test
    void norOverAFurtherRedirectOfTheOtherHost() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.elsewhere, "/x")));
            twin.elsewhere.answer = request -> request.getTarget().equals("/x")
                    ? redirect(302, twin.url(twin.elsewhere, "/y")).build()
                    : null;
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "elsewhere null", "elsewhere null");
        }
    }

    @Test
    void whatTheCallItselfOrAnOuterInterceptorBringsStaysToo() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.users, "/x")));
            assertThat(sameOnBoth(twin, b -> b.addInterceptor(ADDS_TOKEN), NOTHING, twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "users null");
        }
    }

    @Test
    void itGoesWithARedirectWithinTheHost() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answer = request ->
                    request.getTarget().equals("/") ? redirect(302, "/x").build() : null;
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "orders secret");
        }
    }

    @Test
    void toAnotherPortOfTheServiceItDoesNotGo() throws Exception {
        try (Twin twin = Twin.clear()) {
            // Another port is another origin; through zerohop both lead to the endpoint, and nothing listens there for
            // plain OkHttp.
            twin.orders.answer = request -> request.getTarget().equals("/")
                    ? redirect(302, "http://orders:1/x").build()
                    : null;
            assertThat(authorizations(twin.zerohop(
                            NOTHING,
                            b -> b.addInterceptor(ADDS_TOKEN),
                            session -> session.get(twin.url(twin.orders, "/")))))
                    .containsExactly("orders secret", "orders null");
        }
    }

    /** An authenticator answers the other host, and it must not think that it has been asked before. */
    @Test
    void whatAnAuthenticatorGivesTheOtherHostIsSentThere() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.users, "/x")));
            twin.users.answer = request -> request.getHeaders().get("Authorization") == null
                    ? new MockResponse.Builder().code(401).build()
                    : null;
            List<@Nullable String> shown = Collections.synchronizedList(new ArrayList<>());
            Consumer<OkHttpClient.Builder> after =
                    builder -> builder.addInterceptor(ADDS_TOKEN).authenticator((route, response) -> {
                        shown.add(response.request().header("Authorization"));
                        return response.request().header("Authorization") != null
                                ? null
                                : response.request()
                                        .newBuilder()
                                        .header("Authorization", "for-users")
                                        .build();
                    });
            assertThat(sameOnBoth(twin, NOTHING, after, twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "users null", "users for-users");
            assertThat(shown).containsExactly(null, null);
        }
    }

    @Test
    void aNetworkInterceptorSeesEveryRequestAndMayAddWhatItWants() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.users, "/x")));
            assertThat(sameOnBoth(twin, NOTHING, b -> b.addNetworkInterceptor(ADDS_TOKEN), twin.url(twin.orders, "/")))
                    .containsExactly("orders secret", "users secret");
        }
    }

    @Test
    void theCallerSeesTheRequestsAsTheyWereSent() throws Exception {
        try (Twin twin = Twin.clear()) {
            twin.orders.answers(redirect(302, twin.url(twin.users, "/x")));
            twin.users.answer = request ->
                    request.getTarget().equals("/x") ? redirect(302, "/y").build() : null;
            List<String> results = new ArrayList<>();
            Twin.Use use = session -> {
                try (Response response = session.client()
                        .newCall(new Request.Builder()
                                .url(twin.url(twin.orders, "/"))
                                .build())
                        .execute()) {
                    StringBuilder line = new StringBuilder();
                    for (Response r = response; r != null; r = r.priorResponse()) {
                        line.append(r.request().url().encodedPath())
                                .append(' ')
                                .append(r.request().header("Authorization"))
                                .append(' ');
                    }
                    results.add(line.toString());
                }
            };
            twin.plain(NOTHING, b -> b.addInterceptor(ADDS_TOKEN), use);
            twin.zerohop(NOTHING, b -> b.addInterceptor(ADDS_TOKEN), use);
            assertThat(results).containsExactly("/y null /x null / secret ", "/y null /x null / secret ");
        }
    }

    /** What each server got as Authorization, in the order of time; the same with plain OkHttp as through zerohop. */
    private static List<String> sameOnBoth(
            Twin twin, Consumer<OkHttpClient.Builder> before, Consumer<OkHttpClient.Builder> after, String url)
            throws Exception {
        List<String> plain = authorizations(twin.plain(before, after, session -> session.get(url)));
        List<String> routed = authorizations(twin.zerohop(before, after, session -> session.get(url)));
        assertThat(routed).as("as with plain OkHttp").isEqualTo(plain);
        return routed;
    }

    private static List<String> authorizations(Twin.Seen seen) {
        assertThat(seen.of(Twin.View.RESULT)).singleElement().asString().startsWith("200");
        return seen.arrivals().stream()
                .map(arrival ->
                        arrival.host() + " " + arrival.request().getHeaders().get("Authorization"))
                .toList();
    }

    private static MockResponse.Builder redirect(int code, String location) {
        return new MockResponse.Builder().code(code).addHeader("Location", location);
    }
}
