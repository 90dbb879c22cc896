package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.Outcome;
import dev.zerohop.Resolution;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.config.Configurations;
import dev.zerohop.guard.ShardGuard;
import dev.zerohop.picker.ShardPolicy;
import java.io.IOException;
import java.util.List;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The epoch on the wire, and what comes of a server that refuses a stale client. */
@Timeout(300)
class ShardEpochTest {
    private static final String MODULO =
            "{\"policy\": {\"shard\": {\"strategy\": \"modulo\", \"withoutKey\": \"random\"}},"
                    + " \"key\": {\"query\": \"user\", \"as\": \"integer\"}}";

    private static Rig rig(UnaryOperator<OkHttpClient.Builder> client) throws IOException {
        Rig rig = new Rig(Configurations.parse(MODULO), UnaryOperator.identity(), client);
        rig.servers(2);
        return rig;
    }

    private static void state(Rig rig, List<TestServer> servers, ShardMap map) {
        Endpoint first = servers.get(0).endpoint().toBuilder().ordinal(0).build();
        Endpoint second = servers.get(1).endpoint().toBuilder().ordinal(1).build();
        rig.resolver.push(EndpointSet.builder("test")
                .endpoints(List.of(first, second))
                .removals(EndpointSet.Removals.MEANT)
                .shardMap(map)
                .build());
    }

    @Test
    void theEpochTravelsWhenAndOnlyWhenTheSourceGaveOneAndAKeyWasRoutedByIt() throws Exception {
        try (Rig rig = rig(UnaryOperator.identity())) {
            List<TestServer> servers = rig.servers(0);
            state(rig, servers, ShardMap.of(new ShardCount(2, 0)));
            rig.text("/?user=1");
            state(rig, servers, ShardMap.of(7, new ShardCount(2, 0)));
            rig.text("/?user=1");
            state(rig, servers, ShardMap.of(8, new ShardCount(1, 1)));
            rig.text("/?user=1");
            rig.text("/?user=2");
            assertThat(servers.get(1).log)
                    .extracting(request -> request.getHeaders().get("zerohop-shard-epoch"))
                    .containsExactly(null, "7", "8", "8");
            String any = rig.text("/");
            assertThat(servers.stream()
                            .filter(server -> server.id.equals(any))
                            .flatMap(server -> server.log.stream())
                            .filter(request -> request.getUrl().queryParameter("user") == null))
                    .hasSize(1)
                    .allMatch(request -> request.getHeaders().get("zerohop-shard-epoch") == null);
        }
    }

    /** Under 7 the odd keys belong to the second server, under 8 all belong to the first. */
    @Test
    void aStaleClientKeepsItsCallsAtAGuardedServerForKeysThatDidNotMove() throws Exception {
        try (Rig rig = rig(UnaryOperator.identity())) {
            List<TestServer> servers = rig.servers(0);
            state(rig, servers, ShardMap.of(7, new ShardCount(2, 0)));
            for (int i = 0; i < servers.size(); i++) {
                TestServer server = servers.get(i);
                ShardGuard guard = ShardGuard.builder(i)
                        .strategy(ShardPolicy.Strategy.MODULO)
                        .build();
                guard.onResolution(Resolution.of(EndpointSet.builder("test")
                        .shardMap(ShardMap.of(8, new ShardCount(1, 0)))
                        .build()));
                server.answer = request -> {
                    ShardGuard.Rejection rejection = guard.judge(
                            request.getHeaders().get(ShardGuard.EPOCH_HEADER),
                            request.getHeaders().get(ShardGuard.NOT_OWNER_HEADER) != null,
                            EndpointSelector.of(Long.parseLong(request.getUrl().queryParameter("user"))));
                    return rejection == null
                            ? new MockResponse.Builder().body(server.id).build()
                            : new MockResponse.Builder()
                                    .code(421)
                                    .setHeader(ShardGuard.EPOCH_HEADER, Long.toString(rejection.epoch()))
                                    .body(rejection.message())
                                    .build();
                };
            }
            for (int user = 0; user < 10; user++) {
                try (Response response = rig.call(Rig.get("/?user=" + user)).execute()) {
                    assertThat(response.code()).isEqualTo(user % 2 == 0 ? 200 : 421);
                    assertThat(response.header("zerohop-shard-epoch")).isEqualTo(user % 2 == 0 ? null : "8");
                    assertThat(response.body().string())
                            .isEqualTo(
                                    user % 2 == 0
                                            ? "s0"
                                            : "shard epoch was 7, expected 8: by epoch 8 the key belongs to ordinal 0,"
                                                    + " this server is 1");
                }
            }
        }
    }

    /** The old owner knows of epoch 8 before the client does. */
    @Test
    void aRefusalOfAStaleEpochIsAnAnswerAndAnInterceptorBeforeOursMayRepeatIt() throws Exception {
        try (Rig rig = rig(UnaryOperator.identity());
                Rig repeating = rig(builder -> builder.addInterceptor(chain -> {
                    Response response = chain.proceed(chain.request());
                    for (int repeats = 0; response.code() == 421 && repeats < 3; repeats++) {
                        response.close();
                        response = chain.proceed(chain.request());
                    }
                    return response;
                }))) {
            for (Rig each : List.of(rig, repeating)) {
                List<TestServer> servers = each.servers(0);
                state(each, servers, ShardMap.of(7, new ShardCount(2, 0)));
                servers.get(1).answer = request -> {
                    state(each, servers, ShardMap.of(8, new ShardCount(1, 0)));
                    return new MockResponse.Builder()
                            .code(421)
                            .setHeader("zerohop-shard-epoch", "8")
                            .build();
                };
            }
            try (Response response = rig.call(Rig.get("/?user=1")).execute()) {
                assertThat(response.code()).isEqualTo(421);
                assertThat(response.header("zerohop-shard-epoch")).isEqualTo("8");
            }
            assertThat(rig.servers(0).get(0).log).isEmpty();
            assertThat(rig.servers(0).get(1).log).hasSize(1);
            assertThat(rig.outcomes).containsExactly(Outcome.SUCCESS);
            assertThat(repeating.text("/?user=1")).isEqualTo("s0");
            assertThat(repeating.servers(0).get(0).only().getHeaders().get("zerohop-shard-epoch"))
                    .isEqualTo("8");
        }
    }
}
