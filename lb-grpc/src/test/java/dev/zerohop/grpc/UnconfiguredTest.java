package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Snapshot;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source whose first configuration is rejected serves no call by the defaults, over real channels. */
class UnconfiguredTest {
    private static final String SHARDED = "{\"policy\": {\"shard\": {\"strategy\": \"modulo\"}}}";
    private static final String BAD = "{\"policy\": {\"shard\": {\"ownerDown\": \"FAILFAST\"}}}";

    private final Queue<String> events = new ConcurrentLinkedQueue<>();
    private final BalancerListener listener = new BalancerListener() {
        @Override
        public void onMembership(String service, int members, int added, int removed, int held) {
            events.add("members " + members);
        }

        @Override
        public void onRebuild(String service, Snapshot snapshot, Duration took) {
            events.add("rebuilt");
        }

        @Override
        public void onConfigurationRejected(String service, String reason) {
            events.add("refused " + reason);
        }

        @Override
        public void onUnconfigured(String service, String reason) {
            events.add("unconfigured " + reason);
        }

        @Override
        public void onConfigured(String service, BalancerSettings settings) {
            events.add("configured " + settings.policy().name());
        }
    };

    enum By {
        BALANCER(fleet -> fleet.configure(BAD)),
        SOURCE(fleet -> fleet.rejectConfiguration("orders/config: policy.shard.ownerDown: was FAILFAST")),
        // A gRPC call carries keys in headers only: other clients of the source take this one.
        GRPC(fleet -> fleet.configure("{\"policy\": \"shard\", \"key\": {\"query\": \"ownerDown\"}}"));

        private final Consumer<Fleet> refusal;

        By(Consumer<Fleet> refusal) {
            this.refusal = refusal;
        }
    }

    private static CallOptions keyed(long key) {
        return CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key));
    }

    private static void assertRefused(ManagedChannel channel) {
        for (CallOptions options : List.of(CallOptions.DEFAULT, keyed(1))) {
            assertThatThrownBy(() -> TestServer.call(channel, options, "x"))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, failed -> {
                        assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                        assertThat(failed.getStatus().getDescription())
                                .contains("the source's configuration is rejected", "ownerDown", "calls fail until");
                    });
        }
    }

    private static void assertOwned(ManagedChannel channel) {
        for (int key = 0; key < 6; key++) {
            assertThat(TestServer.call(channel, keyed(key), "x")).startsWith("s-" + key % 3);
        }
    }

    private static Fleet fleet() {
        Fleet fleet = new Fleet();
        for (int i = 0; i < 3; i++) {
            fleet.add("s-" + i);
        }
        return fleet;
    }

    @ParameterizedTest
    @EnumSource
    void callsFailWithTheReasonAndThoseThatWaitForReadyWait(By by) throws Exception {
        try (Fleet fleet = fleet()) {
            by.refusal.accept(fleet);
            fleet.name("s-0", "s-1", "s-2");
            ManagedChannel channel = fleet.built(fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, listener));
            assertRefused(channel);
            CompletableFuture<String> waiting = CompletableFuture.supplyAsync(() ->
                    TestServer.call(channel, keyed(4).withWaitForReady().withDeadlineAfter(60, TimeUnit.SECONDS), "x"));
            assertRefused(channel);
            assertThat(events)
                    .filteredOn(event -> event.startsWith("unconfigured"))
                    .hasSize(1);
            assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
            assertThat(ZerohopGrpc.explain(channel)).contains("TRANSIENT_FAILURE, ", "were rejected: ", "ownerDown");
            fleet.configure(SHARDED);
            assertThat(waiting.get(60, TimeUnit.SECONDS)).startsWith("s-1");
            assertOwned(channel);
            by.refusal.accept(fleet);
            await().until(() ->
                    events.stream().filter(event -> event.startsWith("refused")).count() == 2);
            assertOwned(channel);
        }
    }

    @Test
    void theApplicationsOwnConfigurationHolds() throws Exception {
        try (Fleet fleet = fleet();
                RecordingPolicy policy = new RecordingPolicy()) {
            fleet.configure(BAD);
            fleet.name("s-0", "s-1", "s-2");
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{'policy': {'shard': {'strategy': 'modulo'}}}", null)));
            assertOwned(channel);
            fleet.configure("{\"policy\": \"random\"}");
            fleet.name("s-0", "s-1", "s-2");
            assertOwned(channel);
            assertOwned(channel);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aChannelThatCallsByTheDefaultsIsNotCutOffByALaterTypingError(By by) throws Exception {
        try (Fleet fleet = fleet()) {
            fleet.name("s-0", "s-1", "s-2");
            ManagedChannel channel = fleet.built(fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, listener));
            RoutingTest.awaitAll(channel, "s-0", "s-1", "s-2");
            by.refusal.accept(fleet);
            await().until(() -> events.stream().anyMatch(event -> event.startsWith("refused")));
            RoutingTest.awaitAll(channel, "s-0", "s-1", "s-2");
            assertThat(events).noneMatch(event -> event.startsWith("unconfigured"));
            fleet.configure(SHARDED);
            await().until(() -> events.contains("configured shard"));
            assertOwned(channel);
            fleet.configure("");
            await().untilAsserted(
                            () -> assertThat(RoutingTest.spread(channel, 30)).hasSize(3));
        }
    }

    @Test
    void aSourceThatTakesItBackLeavesTheDefaults() throws Exception {
        try (Fleet fleet = fleet()) {
            fleet.configure(BAD);
            fleet.name("s-0", "s-1", "s-2");
            ManagedChannel channel = fleet.built(fleet.builder());
            assertRefused(channel);
            fleet.configure("");
            // Calls are refused until the source's change has arrived.
            await().ignoreExceptionsInstanceOf(StatusRuntimeException.class)
                    .untilAsserted(
                            () -> assertThat(RoutingTest.spread(channel, 60)).containsOnlyKeys("s-0", "s-1", "s-2"));
        }
    }

    /** The name resolver of another library says it by an attribute. */
    @Test
    void anotherNameResolverConfiguresByItsAttribute() throws Exception {
        try (Fleet fleet = fleet()) {
            fleet.plain(
                    List.of(new EquivalentAddressGroup(new InetSocketAddress(
                            "127.0.0.1", fleet.server("s-0").port()))),
                    Attributes.newBuilder()
                            .set(ZerohopGrpc.SOURCE_CONFIGURATION, BAD)
                            .build());
            assertRefused(fleet.channel("{}"));
        }
    }
}
