package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.KeySource;
import dev.zerohop.Outcome;
import dev.zerohop.RetryBudget;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Time;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which version of the balancer an attempt is made by, and when it waits. */
@Timeout(300)
class PicksTest {
    private static final KeySource IN_HEADER = new KeySource(KeySource.Place.HEADER, "user", true);
    private static final KeySource IN_QUERY = new KeySource(KeySource.Place.QUERY, "user", true);

    private static BalancerSettings shards(int shards, OwnerDown ownerDown, KeySource key) {
        return TestPolicies.settings(
                ShardPolicy.builder()
                        .strategy(ShardPolicy.Strategy.MODULO)
                        .shards(shards)
                        .ownerDown(ownerDown)
                        .build(),
                3,
                key);
    }

    private static Request keyed(long header, long query) {
        return new Request.Builder()
                .url("http://orders/?user=" + query)
                .header("user", Long.toString(header))
                .build();
    }

    private static CompletableFuture<String> text(OkHttpClient client, Request request) {
        return CompletableFuture.supplyAsync(() -> {
            try (Response response = client.newCall(request).execute()) {
                return response.body().string();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
    }

    @Test
    void theFirstCallFindsItsKeyWhereTheSourceSays() throws Exception {
        ScriptedResolver resolver = new ScriptedResolver();
        List<TestServer> servers = new ArrayList<>();
        List<Endpoint> endpoints = new ArrayList<>();
        try (Balancer balancer = Balancer.builder("orders")
                        .resolver(resolver)
                        .settings(Configurations.defaults())
                        .followSourceConfiguration()
                        .build();
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build()) {
            balancer.start();
            for (int i = 0; i < 3; i++) {
                TestServer server = new TestServer("s" + i);
                servers.add(server);
                endpoints.add(server.endpoint().toBuilder().ordinal(i).build());
            }
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            List<CompletableFuture<String>> first = new ArrayList<>();
            for (int key = 0; key < 6; key++) {
                first.add(text(client, keyed(key, 0)));
            }
            await().until(() -> client.dispatcher().runningCallsCount() > 0);
            resolver.configure("""
                    {"policy": {"shard": {"strategy": "modulo", "shards": 3}}, "key": {"header": "user", "as": "integer"}}
                    """);
            resolver.push(endpoints);
            for (int key = 0; key < 6; key++) {
                assertThat(first.get(key).get(60, TimeUnit.SECONDS)).isEqualTo("s" + key % 3);
            }
        } finally {
            servers.forEach(TestServer::close);
        }
    }

    @Test
    void aLiveChangeOfKeyPlaceAndShardsFailsNoCallAndMixesNoVersions() throws Exception {
        try (Rig rig = new Rig(shards(3, OwnerDown.FAIL_FAST, IN_HEADER))) {
            List<Endpoint> endpoints = new ArrayList<>();
            for (TestServer server : rig.servers(5)) {
                endpoints.add(
                        server.endpoint().toBuilder().ordinal(endpoints.size()).build());
            }
            rig.resolver.push(endpoints);
            BalancerSettings one = shards(3, OwnerDown.FAIL_FAST, IN_HEADER);
            BalancerSettings other = shards(5, OwnerDown.FAIL_FAST, IN_QUERY);
            ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
            AtomicInteger done = new AtomicInteger();
            AtomicBoolean over = new AtomicBoolean();
            List<Thread> callers = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                int seed = t;
                Thread caller = new Thread(() -> {
                    for (int i = 0; !over.get(); i++) {
                        long header = 7L * i + seed;
                        long query = 11L * i + 3 + seed;
                        try {
                            String server = rig.text(keyed(header, query));
                            if (!server.equals("s" + header % 3) && !server.equals("s" + query % 5)) {
                                wrong.add(header + "/" + query + " at " + server);
                            }
                        } catch (IOException failure) {
                            wrong.add(failure.toString());
                        }
                        done.incrementAndGet();
                    }
                });
                caller.start();
                callers.add(caller);
            }
            int changes = 0;
            try {
                while (changes < 60 || done.get() < 600) {
                    rig.balancer.apply(changes++ % 2 == 0 ? other : one);
                    int seen = done.get();
                    await().until(() -> done.get() > seen);
                }
            } finally {
                over.set(true);
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(wrong).isEmpty();
        }
    }

    @Test
    void underWaitACallWaitsForAnOwnerThatTakesNoConnection() throws Exception {
        try (Rig rig = new Rig(shards(1, OwnerDown.WAIT, IN_HEADER))) {
            Endpoint owner = Rig.dead("s0").toBuilder().ordinal(0).build();
            rig.resolver.push(owner);
            OkHttpClient patient = rig.client
                    .newBuilder()
                    .callTimeout(java.time.Duration.ofSeconds(120))
                    .build();
            Request post = keyed(0, 0)
                    .newBuilder()
                    .post(okhttp3.RequestBody.create("x", null))
                    .build();
            CompletableFuture<String> call = text(patient, post);
            await().until(() -> rig.outcomes().size() > 3);
            assertThat(rig.outcomes())
                    .as("more than the attempts of other policies")
                    .containsOnly(Outcome.CONNECT_FAILURE);
            assertThat(call).isNotDone();
            try (TestServer server = new TestServer("s0", owner.port(), null, List.of())) {
                assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("s0");
                assertThat(server.log).hasSize(1);
            }
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void theOnlyEndpointIsNotTriedThreeTimesAtOnce() throws Exception {
        try (Rig rig = new Rig(shards(1, OwnerDown.FAIL_FAST, IN_HEADER))) {
            rig.resolver.push(Rig.dead("s0").toBuilder().ordinal(0).build());
            long start = System.nanoTime();
            assertThatThrownBy(() -> rig.text(keyed(0, 0)))
                    .hasMessageContaining("failed in 3 attempts")
                    .hasMessageContaining("3. s0(127.0.0.1:");
            assertThat(System.nanoTime() - start)
                    .as("two pauses, of 50 and 100 ms less a fifth")
                    .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(120));
            assertThat(rig.outcomes()).hasSize(3).containsOnly(Outcome.CONNECT_FAILURE);
        }
    }

    /** Why the first attempt fails, and what is there for the second one. */
    private enum First {
        /** It arrives nowhere, but there is another endpoint. */
        REFUSED_BESIDE_ANOTHER,
        /** Its connection breaks once the request was sent. */
        BROKEN,
        /** Its connection ends before the request was sent. */
        NOT_SENT
    }

    @ParameterizedTest
    @EnumSource
    void onlyAnEndpointThatHasJustRefusedACallIsGivenTime(First first) throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(4),
                        java.util.function.UnaryOperator.identity(),
                        client -> client.eventListener(new okhttp3.EventListener() {
                            @Override
                            public void connectionAcquired(okhttp3.Call call, okhttp3.Connection connection) {
                                if (first == First.NOT_SENT) {
                                    try {
                                        connection.socket().close();
                                    } catch (IOException impossible) {
                                        throw new UncheckedIOException(impossible);
                                    }
                                }
                            }
                        }));
                RawServer breaking = new RawServer("breaking", (socket, in) -> RawServer.readHead(in))) {
            if (first == First.REFUSED_BESIDE_ANOTHER) {
                rig.resolver.push(Rig.dead("1-dead"), Rig.dead("2-dead"));
            } else {
                rig.resolver.push(breaking.endpoint());
            }
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        if (attempts.incrementAndGet() == 2) {
                            rig.resolver.push();
                            await().until(() ->
                                    rig.balancer.current().snapshot().members().isEmpty());
                        }
                        return chain.proceed(chain.request());
                    })
                    .build();
            // What ends the call is that no endpoint is left, and says for how long that was waited for.
            assertThatThrownBy(() -> Rig.text(client, Rig.get("/")))
                    .satisfies(e -> assertThat(Rig.story(e))
                            .contains("failed in 2 attempts", "no endpoint known")
                            .doesNotContain("waited"));
        }
    }

    @Test
    void aCallThatMayNotWaitLongerNamesWhatItHasTried() throws Exception {
        try (Rig rig = new Rig(
                shards(1, OwnerDown.WAIT, IN_HEADER),
                java.util.function.UnaryOperator.identity(),
                client -> client.connectTimeout(java.time.Duration.ofMillis(400)))) {
            rig.resolver.push(Rig.dead("s0").toBuilder().ordinal(0).build());
            assertThatThrownBy(() -> rig.text(keyed(0, 0)))
                    .isInstanceOf(java.net.ConnectException.class)
                    .hasMessageContaining("s0(127.0.0.1:")
                    .hasMessageContaining("; waited ");
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void eachCallPaysIntoTheBudgetOnceAndEachRepetitionDrawsOnIt() throws Exception {
        AtomicInteger deposits = new AtomicInteger();
        AtomicInteger withdrawals = new AtomicInteger();
        RetryPolicy counting = new RetryPolicy() {
            @Override
            public int maxAttempts() {
                return 3;
            }

            @Override
            public boolean idempotent(String method) {
                return true;
            }

            @Override
            public RetryBudget newBudget(Time time) {
                return new RetryBudget() {
                    @Override
                    public void deposit() {
                        deposits.incrementAndGet();
                    }

                    @Override
                    public boolean tryWithdraw() {
                        withdrawals.incrementAndGet();
                        return true;
                    }
                };
            }
        };
        try (Rig rig = new Rig(BalancerSettings.builder(new TestPolicies.RoundRobin(false))
                .retry(counting)
                .build())) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Rig.dead("dead"), server.endpoint());
            for (int i = 0; i < 4; i++) {
                rig.text("/");
            }
            assertThat(deposits).hasValue(4);
            assertThat(withdrawals).hasValue(java.util.Collections.frequency(rig.outcomes(), Outcome.CONNECT_FAILURE));
            assertThat(withdrawals.get()).isPositive();
        }
    }
}
