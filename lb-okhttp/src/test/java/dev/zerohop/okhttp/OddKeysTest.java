package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.KeySource;
import dev.zerohop.Refusal;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.OddKey;
import dev.zerohop.testing.OddKeys;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of odd keys over HTTP: seven real servers, each the owner of one ordinal, write down what arrives. */
class OddKeysTest {
    private static final int SHARDS = 7;

    private static final List<TestServer> SERVERS = new ArrayList<>();
    private static final Map<KeySource, Balancer> BALANCERS = new LinkedHashMap<>();
    private static final List<Endpoint> ENDPOINTS = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        for (int i = 0; i < SHARDS; i++) {
            TestServer server = new TestServer("s" + i);
            SERVERS.add(server);
            ENDPOINTS.add(Endpoint.builder("127.0.0.1", server.port())
                    .id("s" + i)
                    .ordinal(i)
                    .build());
        }
    }

    @AfterAll
    static void stop() {
        BALANCERS.values().forEach(Balancer::close);
        SERVERS.forEach(TestServer::close);
    }

    static Stream<OddKey> everyPlace() {
        return Stream.concat(OddKeys.inHeaders().stream(), OddKeys.inHttp().stream());
    }

    @ParameterizedTest
    @MethodSource("everyPlace")
    void arrivesAtItsOwnerOrIsRefusedWithTheOneSentence(OddKey odd) throws Throwable {
        SERVERS.forEach(server -> server.log.clear());
        try (ZerohopOkHttp zerohop =
                ZerohopOkHttp.builder().route("orders", balancer(odd.source())).build()) {
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            try {
                // Asynchronous, since what is thrown out of the dispatcher's thread is the fault to look for.
                Call call = client.newCall(request(odd));
                if (odd.key() != null) {
                    assertThat(answer(call)).isEqualTo("s" + odd.owner(SHARDS));
                    assertThat(SERVERS.get(odd.owner(SHARDS)).log).hasSize(1);
                } else {
                    assertThatThrownBy(() -> answer(call))
                            .isInstanceOfSatisfying(
                                    NoEndpointIOException.class,
                                    refused ->
                                            assertThat(refused.refusal().kind()).isEqualTo(Refusal.Kind.BAD_KEY))
                            .hasMessageStartingWith("orders: ")
                            .hasMessageContaining(odd.refusal());
                }
                assertThat(SERVERS.stream()
                                .mapToInt(server -> server.log.size())
                                .sum())
                        .isEqualTo(odd.key() == null ? 0 : 1);
            } finally {
                client.dispatcher().executorService().shutdown();
            }
        }
    }

    @Test
    void aPatternThatWouldFillTheMemoryIsRefusedAsConfigurationAndKeysStayWhereTheyAre() throws Throwable {
        List<String> refused = new ArrayList<>();
        ScriptedResolver resolver = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                        .resolver(resolver)
                        .defaults(Configurations.defaults())
                        .followSourceConfiguration()
                        .listener(new BalancerListener() {
                            @Override
                            public void onConfigurationRejected(String service, String reason) {
                                refused.add(reason);
                            }
                        })
                        .build();
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build()) {
            balancer.start();
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            OddKey good = OddKeys.inHttp().stream()
                    .filter(odd -> odd.carried().get(0).equals("/u/abc"))
                    .findFirst()
                    .orElseThrow();
            resolver.configure(configuration(good.source().name()));
            resolver.push(ENDPOINTS);
            for (String pattern : OddKeys.patternsToRefuse()) {
                refused.clear();
                resolver.configure(configuration(pattern));
                assertThat(refused)
                        .as(pattern)
                        .singleElement()
                        .asString()
                        .contains("key.path: was ", "expected a regular expression with exactly one group");
                assertThat(answer(client.newCall(request(good)))).isEqualTo("s" + good.owner(SHARDS));
            }
            client.dispatcher().executorService().shutdown();
        }
    }

    private static String configuration(String pattern) {
        return "{\"policy\":{\"shard\":{\"shards\":" + SHARDS + "}},\"key\":{\"path\":\"" + pattern
                + "\",\"as\":\"text\"}}";
    }

    private static Balancer balancer(KeySource source) {
        return BALANCERS.computeIfAbsent(source, absent -> {
            BalancerSettings shards =
                    BalancerSettings.of(ShardPolicy.builder().shards(SHARDS).build());
            ScriptedResolver resolver = new ScriptedResolver();
            Balancer balancer = Balancer.builder("orders")
                    .resolver(resolver)
                    .settings(BalancerSettings.builder(shards.policy())
                            .stages(shards.stages())
                            .ejection(shards.ejection())
                            .guard(shards.guard())
                            .retry(shards.retry())
                            .key(source)
                            .build())
                    .build();
            balancer.start();
            resolver.push(ENDPOINTS);
            return balancer;
        });
    }

    private static Request request(OddKey odd) {
        Request.Builder request = new Request.Builder();
        String url = "http://orders/";
        switch (odd.source().place()) {
            case HEADER -> request.headers(headers(odd.source().name(), odd.carried()));
            case COOKIE -> request.headers(headers("Cookie", odd.carried()));
            case QUERY -> url = "http://orders/?" + odd.carried().get(0);
            case PATH -> url = "http://orders" + odd.carried().get(0);
            case JSON_POINTER -> request.post(RequestBody.create(odd.carried().get(0), null));
        }
        return request.url(url).build();
    }

    private static Headers headers(String name, List<String> values) {
        Headers.Builder headers = new Headers.Builder();
        for (String value : values) {
            headers.addUnsafeNonAscii(name, value);
        }
        return headers.build();
    }

    /** What the call ends with, whichever way; it ends at all. */
    private static String answer(Call call) throws Throwable {
        CompletableFuture<String> answer = new CompletableFuture<>();
        call.enqueue(new Callback() {
            @Override
            public void onFailure(Call failed, IOException failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onResponse(Call answered, Response response) throws IOException {
                try (response) {
                    answer.complete(response.body().string());
                }
            }
        });
        try {
            // Long enough for any machine; a matcher that backtracks would take years.
            return answer.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause();
        }
    }
}
