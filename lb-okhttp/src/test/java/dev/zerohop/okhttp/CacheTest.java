package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Outcome;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Request;
import okhttp3.Response;
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

    private static void outage(Rig rig) {
        rig.resolver.push(List.of());
        Rig.await().until(() -> rig.balancer.snapshot().members().isEmpty());
    }
}
