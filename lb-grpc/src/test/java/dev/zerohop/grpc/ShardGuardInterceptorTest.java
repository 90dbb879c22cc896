package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.KeySource;
import dev.zerohop.PickContext;
import dev.zerohop.Resolution;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.guard.ShardGuard;
import dev.zerohop.picker.KeyPlacement;
import dev.zerohop.picker.ShardPolicy.Strategy;
import dev.zerohop.testing.FreePorts;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that judge calls, and a client that is one epoch behind. */
@Timeout(300)
class ShardGuardInterceptorTest {
    private static final int KEYS = 60;
    private static final ShardCount THREE = new ShardCount(3, 0);
    private static final ShardCount FOUR = new ShardCount(4, 0);
    private static final ShardMap SEVEN = ShardMap.of(7, THREE);
    private static final ShardMap EIGHT = ShardMap.of(8, FOUR);
    private static final String[] IDS = {"s-0", "s-1", "s-2", "s-3"};
    private static final Metadata.Key<String> USER = Metadata.Key.of("x-user", Metadata.ASCII_STRING_MARSHALLER);
    private static final KeySource HEADER = new KeySource(KeySource.Place.HEADER, "x-user", false);

    private final List<ShardGuard> guards = new ArrayList<>();

    /** Guarded servers s-0 to s-3, and nothing known to the guards yet. */
    private Fleet fleet(Function<ShardGuard, ShardGuardInterceptor> interceptor) {
        Fleet fleet = new Fleet();
        for (int i = 0; i < IDS.length; i++) {
            ShardGuard guard = ShardGuard.builder(i).build();
            guards.add(guard);
            fleet.servers.put(
                    IDS[i],
                    new TestServer(
                            IDS[i],
                            FreePorts.next(),
                            InsecureServerCredentials.create(),
                            builder -> builder.intercept(interceptor.apply(guard))));
        }
        return fleet;
    }

    private void know(ShardMap map) {
        EndpointSet set = EndpointSet.builder("fleet")
                .endpoints(List.of(Endpoint.builder("10.0.0.1", 80).build()))
                .shardMap(map)
                .build();
        guards.forEach(guard -> guard.onResolution(Resolution.of(set)));
    }

    private static void route(Fleet fleet, RecordingPolicy policy, ShardMap map) {
        fleet.shards(map);
        fleet.name(IDS);
        await().until(() -> {
            var balancer = policy.balancer();
            return balancer != null
                    && balancer.current().shardEpoch(PickContext.of(EndpointSelector.of("k"))) == map.epoch();
        });
    }

    private static int owner(ShardCount count, String key) {
        return KeyPlacement.of(Strategy.JUMP, count).ordinal(EndpointSelector.of(key));
    }

    private static String call(Channel channel, String key) {
        Metadata headers = new Metadata();
        headers.put(USER, key);
        return TestServer.call(
                ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key)),
                key);
    }

    private static void judgeInTheHandler(Fleet fleet) {
        for (TestServer server : fleet.servers.values()) {
            server.fails = request -> {
                StatusRuntimeException rejected = ShardGuardInterceptor.judge(EndpointSelector.of(request));
                if (rejected != null) {
                    server.trailers = rejected.getTrailers();
                    return rejected.getStatus();
                }
                return Status.OK;
            };
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"header", "handler"})
    void aClientOneEpochBehindKeepsTheKeysThatDidNotMoveAndLearnsTheEpochOfTheOthers(String how) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = fleet(
                        how.equals("header")
                                ? guard -> ShardGuardInterceptor.byHeader(guard, HEADER)
                                : ShardGuardInterceptor::byHandler)) {
            if (how.equals("handler")) {
                judgeInTheHandler(fleet);
            }
            fleet.shards(SEVEN);
            fleet.name(IDS);
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{'policy': {'shard': {'ownerDown': 'WAIT'}}}", null)));
            know(SEVEN);
            assertThat(call(channel, "k0")).isEqualTo("s-" + owner(THREE, "k0"));
            know(EIGHT);
            int kept = 0;
            for (int i = 0; i < KEYS; i++) {
                String key = "k" + i;
                int by7 = owner(THREE, key);
                int by8 = owner(FOUR, key);
                try {
                    assertThat(call(channel, key)).isEqualTo("s-" + by7);
                    assertThat(by8).isEqualTo(by7);
                    kept++;
                } catch (StatusRuntimeException rejected) {
                    assertThat(by8).isNotEqualTo(by7);
                    assertThat(rejected.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(rejected.getStatus().getDescription())
                            .isEqualTo("shard epoch was 7, expected 8: by epoch 8 the key belongs to ordinal " + by8
                                    + ", this server is " + by7);
                    assertThat(rejected.getTrailers().get(ZerohopGrpc.SHARD_EPOCH))
                            .isEqualTo("8");
                }
            }
            assertThat(kept).isBetween(KEYS / 2, KEYS - 1);
            route(fleet, policy, EIGHT);
            for (int i = 0; i < KEYS; i++) {
                assertThat(call(channel, "k" + i)).isEqualTo("s-" + owner(FOUR, "k" + i));
            }
        }
    }

    @Test
    void aServerThatKnowsNoMapRejectsCallsThatStateAnEpochAndRunsTheOthers() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = fleet(guard -> ShardGuardInterceptor.byMetadata(guard, headers -> null))) {
            fleet.shards(ShardMap.of(THREE));
            fleet.name(IDS);
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{'policy': {'shard': {'ownerDown': 'WAIT'}}}", null)));
            assertThat(call(channel, "k0")).isEqualTo("s-" + owner(THREE, "k0"));
            route(fleet, policy, SEVEN);
            assertThat(rejected(channel, "k0"))
                    .isEqualTo(
                            "shard epoch was 7, and this server knows no shard map yet, expected one: repeat the call"
                                    + " later");
            know(EIGHT);
            assertThat(rejected(channel, "k0"))
                    .as("by the epoch alone, as the key is not in the metadata")
                    .isEqualTo("shard epoch was 7, expected 8 or more, as its key is not known here");
            know(SEVEN);
            assertThat(call(channel, "k0")).isEqualTo("s-" + owner(THREE, "k0"));
        }
    }

    private static String rejected(Channel channel, String key) {
        try {
            return "was run by " + call(channel, key);
        } catch (StatusRuntimeException rejected) {
            assertThat(rejected.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            return rejected.getStatus().getDescription();
        }
    }

    @Test
    void aKeyThatCannotBeReadEndsTheCallAsTheClientsRuleSays() throws Exception {
        KeySource integer = new KeySource(KeySource.Place.HEADER, "x-user", true);
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = fleet(guard -> ShardGuardInterceptor.byHeader(guard, integer))) {
            fleet.shards(SEVEN);
            fleet.name(IDS);
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{'policy': {'shard': {'ownerDown': 'WAIT'}}}", null)));
            know(SEVEN);
            try {
                assertThat(call(channel, "k0")).isEmpty();
            } catch (StatusRuntimeException refused) {
                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(refused.getStatus().getDescription())
                        .startsWith("this server: the key (header 'x-user') was 'k0', expected an integer of 64 bits");
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardGuardInterceptor.byHeader(
                        guards.get(0), new KeySource(KeySource.Place.QUERY, "user", false)))
                .withMessage("key source was query parameter 'user', expected a header");
        for (String name : List.of("user-bin", "user!")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ShardGuardInterceptor.byHeader(
                            guards.get(0), new KeySource(KeySource.Place.HEADER, name, false)))
                    .withMessage(
                            "key.header: was '" + name + "', expected a metadata name of lower-case letters, digits,"
                                    + " '-', '_' and '.' that does not end in -bin");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ShardGuardInterceptor.byHeader(
                        guards.get(0), new KeySource(KeySource.Place.HEADER, "a\u001b]52;c;aGk=\u0007", false)))
                .withMessage("key source was header 'a\\u001b]52;c;aGk=\\u0007', expected a header");
        assertThatIllegalStateException()
                .isThrownBy(() -> ShardGuardInterceptor.judge(EndpointSelector.of("k")))
                .withMessageContaining("outside a call's context");
    }
}
