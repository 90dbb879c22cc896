package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.testing.ScriptedDirectory;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels over real servers: who gets which call. */
@Timeout(300)
class RoutingTest {

    static Map<String, Integer> spread(ManagedChannel channel, int calls) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < calls; i++) {
            counts.merge(TestServer.call(channel), 1, Integer::sum);
        }
        return counts;
    }

    static void awaitAll(ManagedChannel channel, String... ids) {
        await().untilAsserted(() -> assertThat(spread(channel, 20 * ids.length)).containsOnlyKeys(ids));
    }

    @Test
    void aTargetIsEnough() throws Exception {
        try (TestServer a = new TestServer("a");
                TestServer b = new TestServer("b")) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "static:///" + a.address() + "," + b.address(), InsecureChannelCredentials.create())
                    .build();
            try {
                awaitAll(channel, "a", "b");
                Map<String, Integer> counts = spread(channel, 100);
                assertThat(counts).isEqualTo(Map.of("a", 50, "b", 50));
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void weightsOfTheTargetHold() throws Exception {
        try (TestServer a = new TestServer("a");
                TestServer b = new TestServer("b")) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "static:///" + a.address() + ";weight=3," + b.address(),
                            InsecureChannelCredentials.create())
                    .build();
            try {
                awaitAll(channel, "a", "b");
                assertThat(spread(channel, 400).get("a")).isBetween(290, 310);
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void hostNamesAreLookedUp() throws Exception {
        try (TestServer a = new TestServer("a")) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "static:///localhost:" + a.port(), InsecureChannelCredentials.create())
                    .build();
            try {
                assertThat(TestServer.call(channel)).isEqualTo("a");
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void ipv6LiteralsWorkOnceEncoded() throws Exception {
        try (TestServer a = new TestServer("a")) {
            String target = ZerohopGrpc.target("static:///[::1]:" + a.port());
            assertThat(target).isEqualTo("static:///%5B::1%5D:" + a.port());
            ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                    .build();
            try {
                assertThat(TestServer.call(channel)).isEqualTo("a");
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aBadTargetIsRefusedWithTheWordsOfTheCore() {
        String bad = "static:///127.0.0.1:http";
        String words = null;
        try {
            dev.zerohop.Target.parse(bad).newResolver(dev.zerohop.Env.system());
        } catch (IllegalArgumentException refused) {
            words = refused.getMessage();
        }
        assertThat(words).contains("position");
        assertThatThrownBy(() -> Grpc.newChannelBuilder(bad, InsecureChannelCredentials.create())
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(words);
        assertThatThrownBy(() -> ZerohopGrpc.target("static:127.0.0.1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void scalingUpIsSeenWithoutAReconnect() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = fleet.channel("{'policy': 'round_robin'}");
            awaitAll(channel, "a", "b", "c");
            fleet.add("d");
            fleet.add("e");
            fleet.name("a", "b", "c", "d", "e");
            awaitAll(channel, "a", "b", "c", "d", "e");
            assertThat(spread(channel, 100).values()).allMatch(count -> count == 20);
            fleet.name("a", "e");
            awaitAll(channel, "a", "e");
        }
    }

    @Test
    void theSamePolicyWorksUnderGrpcsOwnDns() throws Exception {
        try (TestServer a = new TestServer("a")) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "dns:///localhost:" + a.port(), InsecureChannelCredentials.create())
                    .defaultServiceConfig(Json.serviceConfig("{'policy': 'least_request'}", null))
                    .build();
            try {
                assertThat(TestServer.call(channel)).isEqualTo("a");
            } finally {
                channel.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            }
        }
    }

    // ---- keys ----

    private static final String SHARD = "{'policy': {'shard': {'strategy': 'modulo', 'shards': 3}}}";

    @Test
    void theKeyOfTheCallOptionsDecides() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            ManagedChannel channel = fleet.channel(SHARD);
            for (int key = 0; key < 30; key++) {
                CallOptions options = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(key));
                assertThat(TestServer.call(channel, options, "x")).isEqualTo("s-" + key % 3);
            }
        }
    }

    @Test
    void theKeyOfTheContextDecidesTheFirstBufferedCallToo() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            for (int key = 0; key < 3; key++) {
                int owner = key;
                ManagedChannel channel = fleet.built(fleet.builder()
                        .defaultServiceConfig(Json.serviceConfig(SHARD, null))
                        .intercept(ZerohopGrpc.interceptor()));
                Context.current()
                        .withValue(ZerohopGrpc.SELECTOR_IN_CONTEXT, EndpointSelector.of(key))
                        .run(() -> assertThat(TestServer.call(channel)).isEqualTo("s-" + owner));
            }
        }
    }

    @Test
    void theKeyOfANamedHeaderDecides() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            ManagedChannel channel = fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 3}},"
                    + " 'key': {'header': 'x-user-id', 'as': 'integer'}}");
            for (int key = 0; key < 9; key++) {
                assertThat(TestServer.call(
                                withHeader(channel, "x-user-id", String.valueOf(key)), CallOptions.DEFAULT, "x"))
                        .isEqualTo("s-" + key % 3);
            }
            assertThatThrownBy(
                            () -> TestServer.call(withHeader(channel, "x-user-id", "seven"), CallOptions.DEFAULT, "x"))
                    .hasMessageContaining("'seven', expected an integer");
        }
    }

    private static io.grpc.Channel withHeader(ManagedChannel channel, String name, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @Test
    void aMissingKeyFailsEvenCallsThatWaitForReady() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1")) {
            ManagedChannel plain = fleet.channel(SHARD);
            assertThatThrownBy(() -> TestServer.call(plain, CallOptions.DEFAULT.withWaitForReady(), "x"))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            thrown -> assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL))
                    .hasMessageContaining("key");
            ManagedChannel intercepted = fleet.built(fleet.builder()
                    .defaultServiceConfig(Json.serviceConfig(SHARD, null))
                    .intercept(ZerohopGrpc.interceptor()));
            assertThatThrownBy(() -> TestServer.call(intercepted, CallOptions.DEFAULT.withWaitForReady(), "x"))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            thrown -> assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
        }
    }

    @Test
    void anOwnerThatIsDownFailsWaitsOrIsReplacedAsConfigured() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            fleet.name("s-0", "s-2");
            CallOptions one = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(1));
            ManagedChannel fast = fleet.channel(SHARD);
            assertThatThrownBy(() -> TestServer.call(fast, one, "x"))
                    .hasMessageContaining("UNAVAILABLE")
                    .hasMessageContaining("ordinal 1");
            ManagedChannel waits =
                    fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 3, 'ownerDown': 'WAIT'}}}");
            assertThatThrownBy(() -> TestServer.call(waits, one.withDeadlineAfter(200, TimeUnit.MILLISECONDS), "x"))
                    .hasMessageContaining("DEADLINE_EXCEEDED");
            ManagedChannel spills =
                    fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 3, 'ownerDown': 'SPILL'}}}");
            String stood = await().until(() -> TestServer.call(spills, one, "spilled"), answer -> answer != null);
            Metadata seen = new java.util.ArrayDeque<>(fleet.server(stood).headers).getLast();
            assertThat(seen.get(ZerohopGrpc.NOT_OWNER)).contains("owner");
            // The waiting call goes through as soon as the owner is back.
            fleet.name("s-0", "s-1", "s-2");
            assertThat(TestServer.call(waits, one, "x")).isEqualTo("s-1");
        }
    }

    @Test
    void theFirstCallOfAKeyWaitsForItsLookUpAndLaterOnesFollowTheDirectory() throws Exception {
        try (Fleet fleet = new Fleet()) {
            ScriptedDirectory directory = new ScriptedDirectory();
            fleet.directory = directory;
            for (String id : List.of("s-0", "s-1", "s-2")) {
                fleet.add(id);
            }
            fleet.name("s-0", "s-1", "s-2");
            ManagedChannel channel = fleet.channel("{'policy': 'directory'}");
            CallOptions alice = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of("alice"));
            var first = ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, alice), "x");
            await().until(() -> directory.asked().contains("alice"));
            assertThatThrownBy(() -> TestServer.call(channel, alice.withDeadlineAfter(200, TimeUnit.MILLISECONDS), "x"))
                    .hasMessageContaining("DEADLINE_EXCEEDED");
            assertThat(first.isDone()).isFalse();
            directory.put("alice", Owner.endpoint("s-1"));
            assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("s-1");
            directory.put("alice", Owner.ordinal(2));
            await().until(() -> TestServer.call(channel, alice, "x").equals("s-2"));
            directory.put("alice", new Absent());
            assertThatThrownBy(() -> TestServer.call(channel, alice, "x"))
                    .hasMessageContaining("key \"alice\" has no entry in the directory");
            directory.put("alice", new Unknown(false, "etcd is away"));
            assertThatThrownBy(() -> TestServer.call(channel, alice, "x"))
                    .hasMessageContaining("UNAVAILABLE")
                    .hasMessageContaining("the owner of key \"alice\" cannot be found out: etcd is away");
            channel.shutdownNow();
            await().until(() -> directory.followers() == 0);
        }
    }

    // ---- none ----

    @Test
    void allDownNamesTheCausesAndWaitForReadyIsDeliveredAfterRecovery() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.channel("{}");
            awaitAll(channel, "a", "b");
            dev.zerohop.Endpoint a = fleet.endpoint("a");
            fleet.server("a").close();
            fleet.server("b").close();
            await().untilAsserted(() -> assertThatThrownBy(() -> TestServer.call(channel))
                    .hasMessageContaining("UNAVAILABLE")
                    .hasMessageContaining("0 of 2 endpoints usable")
                    .hasMessageContaining("Connection refused")
                    .hasMessageContaining(a.address()));
            var waiting = ClientCalls.futureUnaryCall(
                    channel.newCall(TestServer.ECHO, CallOptions.DEFAULT.withWaitForReady()), "w");
            fleet.add("c");
            fleet.name("c");
            assertThat(waiting.get(60, TimeUnit.SECONDS)).isEqualTo("c");
            assertThat(fleet.refreshed).isPositive();
        }
    }

    @Test
    void aSourceThatCannotBeAskedIsToldApartFromAnEmptyOne() throws Exception {
        try (Fleet fleet = new Fleet()) {
            fleet.fail("403 from the source\u001b[2J\nINJECTED line");
            ManagedChannel channel = fleet.channel("{}");
            await().untilAsserted(() -> assertThatThrownBy(() -> TestServer.call(channel))
                    .hasMessageContaining("UNAVAILABLE")
                    .hasMessageContaining(
                            fleet.target() + " cannot be read: 403 from the source\\u001b[2J INJECTED line")
                    .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\u001b", "\n")));
            fleet.add("a");
            fleet.name("a");
            awaitAll(channel, "a");
            fleet.fail("again");
            assertThat(spread(channel, 10)).isEqualTo(Map.of("a", 10));
            fleet.push(List.of());
            await().untilAsserted(() ->
                    assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("no endpoint known"));
            assertThatThrownBy(() -> TestServer.call(channel))
                    .as("the source has answered since its errors")
                    .hasMessageNotContaining("again")
                    .hasMessageNotContaining("403");
            fleet.fail("a third time");
            await().untilAsserted(() ->
                    assertThatThrownBy(() -> TestServer.call(channel)).hasMessageContaining("a third time"));
        }
    }

    @Test
    void aChannelThatIdlesAndWakesWhileItsSourceIsDownKeepsRouting() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.channel("{}");
            awaitAll(channel, "a", "b");
            fleet.fail("down");
            channel.enterIdle();
            awaitAll(channel, "a", "b");
            assertThat(fleet.started).as("the watch outlives the idle channel").isOne();
        }
    }

    @Test
    void aSourceThatVouchesForItsSetKeepsTheAgeTrueAndRebuildsNothing() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            awaitAll(channel, "a", "b");
            dev.zerohop.Snapshot before = policy.balancer().current().snapshot();
            java.time.Instant later = java.time.Instant.now().plusSeconds(60);
            fleet.confirm(later);
            await().untilAsserted(() ->
                    assertThat(policy.balancer().state().source().set().asOf()).isEqualTo(later));
            assertThat(policy.balancer().current().snapshot()).isSameAs(before);
            // What is delivered again for another reason does not bring the old date back.
            fleet.configure("{\"policy\": \"random\"}");
            awaitAll(channel, "a", "b");
            assertThat(policy.balancer().state().source().set().asOf()).isEqualTo(later);
        }
    }

    @Test
    void theListenerOfAChannelHearsOfItsPicksAndOutcomes() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            java.util.Queue<String> heard = new java.util.concurrent.ConcurrentLinkedQueue<>();
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, new dev.zerohop.BalancerListener() {
                        @Override
                        public void onMembership(String service, int members, int added, int removed, int held) {
                            heard.add("members " + members);
                        }

                        @Override
                        public void onOutcome(
                                String service,
                                dev.zerohop.Endpoint endpoint,
                                dev.zerohop.Outcome outcome,
                                long latencyNanos) {
                            heard.add(endpoint.id() + " " + outcome);
                        }
                    }));
            awaitAll(channel, "a", "b");
            await().untilAsserted(() -> assertThat(heard).contains("members 2", "a SUCCESS", "b SUCCESS"));
        }
    }

    @Test
    void everybodyReplacedAtOnceCostsNoCall() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.channel("{}");
            awaitAll(channel, "a", "b");
            for (int round = 0; round < 20; round++) {
                String next = "n" + round;
                fleet.add(next);
                fleet.name(next);
                Set<String> seen = new HashSet<>();
                for (int i = 0; i < 20; i++) {
                    seen.add(TestServer.call(channel));
                }
                awaitAll(channel, next);
            }
        }
    }

    @Test
    void whatTheSourceJudgesAndRefusesReachesTheChannel() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b", "c")) {
            java.util.Queue<String> heard = new java.util.concurrent.ConcurrentLinkedQueue<>();
            RecordingPolicy policy = new RecordingPolicy();
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{}", null))
                    .setNameResolverArg(ZerohopGrpc.LISTENER, new dev.zerohop.BalancerListener() {
                        @Override
                        public void onSourceValueRejected(String service, String reason) {
                            heard.add("value: " + reason);
                        }

                        @Override
                        public void onConfigurationRejected(String service, String reason) {
                            heard.add("configuration: " + reason);
                        }
                    }));
            awaitAll(channel, "a", "b", "c");
            fleet.judge(Map.of(
                    "b",
                    dev.zerohop.HealthSource.Verdict.lasting(
                            dev.zerohop.Health.Status.UNHEALTHY, "two probers agree")));
            await().untilAsserted(() -> assertThat(
                            policy.balancer().current().snapshot().candidates())
                    .extracting(candidate -> candidate.node().endpoint().id())
                    .containsExactly("a", "c"));
            fleet.judge(Map.of());
            awaitAll(channel, "a", "b", "c");
            fleet.reject("weights were bad");
            await().untilAsserted(() -> assertThat(heard).contains("value: weights were bad"));
        }
    }

    @Test
    void aConfigurationOfTheSourceThatIsRefusedIsHeardOfOnce() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            java.util.Queue<String> heard = new java.util.concurrent.ConcurrentLinkedQueue<>();
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, new dev.zerohop.BalancerListener() {
                        @Override
                        public void onConfigurationRejected(String service, String reason) {
                            heard.add(reason);
                        }
                    }));
            awaitAll(channel, "a", "b");
            fleet.configure("{\"policy\": \"nonsense\"}");
            await().untilAsserted(() -> assertThat(heard).hasSize(1));
            fleet.name("a");
            fleet.name("a", "b");
            awaitAll(channel, "a", "b");
            assertThat(heard).singleElement().asString().contains("nonsense");
            fleet.configure("{}");
            fleet.configure("{\"policy\": \"nonsense\"}");
            await().untilAsserted(() -> assertThat(heard).as("refused again").hasSize(2));
        }
    }

    @Test
    void whatTheSourceRefusedBeforeItsFirstSetIsHeardOf() throws Exception {
        try (Fleet fleet = new Fleet()) {
            fleet.add("a");
            java.util.Queue<String> heard = new java.util.concurrent.ConcurrentLinkedQueue<>();
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, new dev.zerohop.BalancerListener() {
                        @Override
                        public void onSourceValueRejected(String service, String reason) {
                            heard.add(reason);
                        }
                    }));
            channel.getState(true);
            await().until(() -> fleet.started == 1);
            fleet.reject("weights were bad");
            fleet.name("a");
            awaitAll(channel, "a");
            await().untilAsserted(() -> assertThat(heard).containsExactly("weights were bad"));
        }
    }
}
