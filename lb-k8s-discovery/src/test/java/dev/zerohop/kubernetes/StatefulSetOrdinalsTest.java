package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** StatefulSets and slices together, as the resolver of a target puts them together. */
class StatefulSetOrdinalsTest {
    private final FakeTime time = new FakeTime();
    private final Env env = time.env();
    private final FakeApiServer server = new FakeApiServer();
    private final KubernetesDiscovery discovery = new KubernetesDiscovery(KubernetesOptions.defaults(), env, server);
    private final Said said = new Said();

    private static final class Said extends ResolutionRecorder {
        ShardCount shards() {
            return last().shards();
        }

        Map<String, Integer> ordinals() {
            Map<String, Integer> ordinals = new TreeMap<>();
            last().endpoints().forEach(endpoint -> ordinals.put(endpoint.id(), endpoint.ordinal()));
            return ordinals;
        }
    }

    private static StatefulSet set(String name, String service, int replicas, Integer start, String shards) {
        StatefulSetBuilder builder = new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withServiceName(service)
                .withReplicas(replicas)
                .endSpec();
        if (start != null) {
            builder.editSpec().withNewOrdinals(start).endSpec();
        }
        if (shards != null) {
            builder.editMetadata()
                    .addToAnnotations(StatefulSetView.SHARDS, shards)
                    .endMetadata();
        }
        return builder.build();
    }

    private static StatefulSet orders(int replicas) {
        return set("orders", "orders", replicas, null, null);
    }

    /** A slice whose pods are all ready; {@code orders-3!} is one that is not, {@code orders-3~} one that is terminating. */
    private void pods(String... names) {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[] endpoints =
                new io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[names.length];
        for (int i = 0; i < names.length; i++) {
            String name = names[i].replaceAll("[!~]", "");
            String address = "10.0.0." + (1 + i);
            endpoints[i] = names[i].endsWith("~")
                    ? Slices.leaving(name, address)
                    : Slices.pod(name, address, !names[i].endsWith("!"), !names[i].endsWith("!"), false);
        }
        server.put(Slices.slice("orders-x", endpoints));
        settle();
    }

    private void settle() {
        time.advance(SelectionWatch.START_SPREAD);
        time.advance(SelectionWatch.START_SPREAD);
    }

    private void start(String target) {
        ServiceTarget parsed = ServiceTarget.parse(Target.parse(target));
        new ServiceResolver(target, parsed, env, discovery::follow, new StatefulSetOrdinals(parsed)).start(said);
        settle();
    }

    @Test
    void theSetThatTheServiceGovernsNumbersItsPodsAndStatesTheCount() {
        server.put(orders(5));
        pods("orders-0", "orders-1", "orders-2!");
        start("k8s:///shop/orders:grpc");
        assertThat(said.ordinals())
                .containsExactly(Map.entry("orders-0", 0), Map.entry("orders-1", 1), Map.entry("orders-2", 2));
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
        assertThat(said.sets).as("no set without the numbers").hasSize(1);
    }

    @Test
    void aPlainServiceNeverAsksForStatefulSets() {
        server.deniedType = StatefulSet.class;
        pods("orders-6789489c-24567", "orders-6789489c-x7k2p");
        start("k8s:///shop/orders:grpc");
        assertThat(said.ordinals()).containsEntry("orders-6789489c-24567", Endpoint.NO_ORDINAL);
        assertThat(server.lists).noneMatch(list -> list.contains("statefulsets"));
        assertThat(said.rejected).isEmpty();
    }

    @Test
    void aReplicaSetBesideTheSetHasNoOrdinals() {
        server.put(orders(3));
        pods("orders-0", "orders-24567", "orders-6789489c-24567");
        start("k8s:///shop/orders:grpc");
        assertThat(said.ordinals())
                .containsEntry("orders-0", 0)
                .containsEntry("orders-24567", Endpoint.NO_ORDINAL)
                .containsEntry("orders-6789489c-24567", Endpoint.NO_ORDINAL);
    }

    @Test
    void theFirstOrdinalIsTheSets() {
        server.put(set("orders", "orders", 3, 5, null));
        pods("orders-5", "orders-6", "orders-7");
        start("k8s:///shop/orders:grpc");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 5));
        assertThat(said.ordinals()).containsEntry("orders-7", 7);
    }

    @Test
    void anOrdinalThatNoShardCanHaveIsAProblemAndTheCountStays() {
        server.put(orders(1));
        pods("orders-0");
        start("k8s:///shop/orders:grpc?shardCount=DESIRED");
        server.put(set("orders", "orders", 1, 1_000_001, null));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(1, 0));
        assertThat(said.rejected)
                .hasSize(1)
                .allMatch(
                        text -> text.contains("StatefulSet orders: first ordinal was 1000001, expected 0 to 1000000"));
    }

    @Test
    void growthCountsOnceEveryNewPodWasReadyAndShrinkingAtOnce() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        server.put(orders(5));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        pods("orders-0", "orders-1", "orders-2", "orders-3", "orders-4!");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        pods("orders-0", "orders-1", "orders-2", "orders-3!", "orders-4");
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
        server.put(orders(3));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals())
                .as("who is on the way out is known by its number")
                .containsEntry("orders-4", 4);
    }

    @Test
    void desiredCountsAtOnce() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc?shardCount=DESIRED");
        server.put(orders(5));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
    }

    @ParameterizedTest
    @CsvSource({"orders-1!", "orders-1~", "''"})
    void aPodThatIsDownChangesNoOrdinal(String second) {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        if (second.isEmpty()) {
            pods("orders-0", "orders-2");
        } else {
            pods("orders-0", second, "orders-2");
        }
        time.advance(Duration.ofSeconds(10));
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals()).containsEntry("orders-0", 0).containsEntry("orders-2", 2);
    }

    @Test
    void epochsAreTheAnnotations() {
        server.put(set("orders", "orders", 5, null, "{\"epoch\": 7, \"count\": 3}"));
        pods("orders-0", "orders-1", "orders-2", "orders-3", "orders-4");
        start("k8s:///shop/orders:grpc?shardCount=EPOCH");
        assertThat(said.last().shardMap().epoch()).isEqualTo(7);
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        server.put(set("orders", "orders", 5, null, "{\"epoch\": 8, \"count\": 5}"));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
        assertThat(said.rejected).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"epoch\": 6, \"count\": 9} | epoch was 6, expected 7 or more",
                "{\"epoch\": 7, \"count\": 9} | epoch 7 was 9 shards, expected 3 shards as before",
                "{\"count\": 9} | epoch was missing",
                "{\"epoch\": 8, \"count\": 0} | count",
                "nonsense | annotation zerohop.dev/shards of StatefulSet orders",
                "- | no StatefulSet has the annotation zerohop.dev/shards"
            })
    void aWrongAnnotationIsReportedOnceAndTheLastGoodOneStays(String annotation, String why) {
        server.put(set("orders", "orders", 3, null, "{\"epoch\": 7, \"count\": 3}"));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc?shardCount=EPOCH");
        server.put(set("orders", "orders", 3, null, annotation));
        settle();
        pods("orders-0", "orders-1!", "orders-2");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.rejected).hasSize(1);
        assertThat(said.rejected.get(0)).contains(why).endsWith("epoch 7 stays in force");
    }

    @Test
    void aWithdrawnEpochIsNotUsedAgain() {
        String seven = "{\"epoch\": 7, \"count\": 3";
        pods("orders-0", "orders-1", "orders-2");
        server.put(set("orders", "orders", 3, null, seven + ", \"move\": {\"epoch\": 8, \"count\": 5}}"));
        start("k8s:///shop/orders:grpc?shardCount=EPOCH");
        server.put(set("orders", "orders", 3, null, seven + "}"));
        settle();
        assertThat(said.last().shardMap().highestEpoch()).isEqualTo(8);
        assertThat(said.rejected).isEmpty();
        server.put(set("orders", "orders", 3, null, "{\"epoch\": 8, \"count\": 4}"));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.rejected)
                .singleElement()
                .asString()
                .contains("epoch 8 was announced and withdrawn before, expected 9 or more");
    }

    /** One of several sets is always annotated first. */
    @Test
    void ofSeveralSetsTheLatestMapCountsAndOneThatDisagreesIsReported() {
        String seven = "{\"epoch\": 7, \"count\": 3";
        server.put(set("orders-a", "a", 3, null, seven + "}"));
        server.put(set("orders-b", "b", 3, null, seven + "}"));
        pods("orders-a-0", "orders-a-1", "orders-a-2", "orders-b-0", "orders-b-1", "orders-b-2");
        start("k8s:///shop/orders:grpc?statefulSet=orders-a,orders-b&shardCount=EPOCH");
        String move = ", \"move\": {\"epoch\": 8, \"count\": 5}}";
        server.put(set("orders-a", "a", 3, null, seven + move));
        settle();
        assertThat(said.last().shardMap().move()).isNotNull();
        server.put(set("orders-b", "b", 3, null, seven + move));
        settle();
        server.put(set("orders-b", "b", 3, null, seven + ", \"highestEpoch\": 8}"));
        settle();
        assertThat(said.last().shardMap()).isEqualTo(new ShardMap(7, new ShardCount(3, 0), null, 8));
        assertThat(said.rejected).isEmpty();
        server.put(set("orders-b", "b", 3, null, "{\"epoch\": 9, \"count\": 4}"));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(4, 0));
        assertThat(said.rejected)
                .as("orders-a is behind, and says nothing else")
                .isEmpty();
        server.put(set("orders-a", "a", 3, null, seven + ", \"move\": {\"epoch\": 9, \"count\": 5}}"));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(4, 0));
        assertThat(said.rejected)
                .singleElement()
                .asString()
                .contains("StatefulSet orders-a: epoch 9 was 5 shards, expected 4 shards");
    }

    @Test
    void withoutAnAnnotationWhatIsWantedCountsUntilThereIsOne() {
        server.put(orders(3));
        pods("orders-0");
        start("k8s:///shop/orders:grpc?shardCount=EPOCH");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.rejected)
                .as("that the replicas count is documented, no error")
                .isEmpty();
        server.put(set("orders", "orders", 3, null, "{\"epoch\": 1, \"count\": 2}"));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(2, 0));
    }

    @Test
    void whyNoEndpointHasAnOrdinalIsSaid() {
        pods("orders-6789489c-abcde");
        start("k8s:///shop/orders:grpc");
        assertThat(said.last().unnumbered()).startsWith("no pod's name ends in a number as a StatefulSet's do");
        pods("orders-0", "orders-1");
        assertThat(said.last().unnumbered())
                .startsWith(
                        "no StatefulSet in namespace shop has spec.serviceName 'orders' or owns pods of this service");
        server.put(orders(2));
        settle();
        assertThat(said.last().unnumbered()).isNull();
        assertThat(said.rejected).isEmpty();
    }

    @Test
    void aPermissionThatKeepsOrdinalsFromBeingKnownIsSaid() {
        server.deniedType = StatefulSet.class;
        pods("orders-0");
        start("k8s:///shop/orders:grpc");
        assertThat(said.last().unnumbered()).isEqualTo(FakeApiServer.denied().getMessage());
        server.deniedType = null;
        server.put(orders(1));
        time.advance(Duration.ofMinutes(1));
        assertThat(said.last().unnumbered()).isNull();
        assertThat(said.ordinals()).containsEntry("orders-0", 0);
    }

    @Test
    void aStatefulSetThatTheTargetNamesAndThatIsNotThereIsSaid() {
        pods("orders-0");
        start("k8s:///shop/orders:grpc?statefulSet=order");
        assertThat(said.last().unnumbered()).isEqualTo("the target names StatefulSet order, which does not exist");
    }

    @Test
    void severalNamedSetsAreReplicasOfOneShardSpace() {
        server.put(set("orders-a", "a", 3, null, null));
        server.put(set("orders-b", "b", 3, null, null));
        pods("orders-a-0", "orders-a-1", "orders-a-2", "orders-b-0", "orders-b-1", "orders-b-2", "orders-c-0");
        start("k8s:///shop/orders:grpc?statefulSet=orders-a,orders-b");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals())
                .containsEntry("orders-a-1", 1)
                .containsEntry("orders-b-1", 1)
                .containsEntry("orders-c-0", Endpoint.NO_ORDINAL);
        assertThat(server.lists).anyMatch(list -> list.contains("statefulsets 'orders-a' in namespace shop"));
        // One grows before the other; keys move when there is somebody for each of them.
        server.put(set("orders-a", "a", 4, null, null));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        pods("orders-a-0", "orders-a-1", "orders-a-2", "orders-a-3", "orders-b-0", "orders-b-1", "orders-b-2");
        assertThat(said.shards()).isEqualTo(new ShardCount(4, 0));
    }

    @Test
    void withoutPermissionCallsGoOnAndTheRuleIsReportedOnce() {
        server.deniedType = StatefulSet.class;
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        assertThat(said.ordinals()).containsEntry("orders-0", Endpoint.NO_ORDINAL);
        assertThat(said.shards()).isNull();
        assertThat(said.rejected).hasSize(1);
        time.advance(Duration.ofMinutes(5));
        pods("orders-0", "orders-1!", "orders-2");
        assertThat(said.rejected).hasSize(1);
        assertThat(said.errors).isEmpty();
        // Granted later.
        server.deniedType = null;
        time.advance(Duration.ofMinutes(1));
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals()).containsEntry("orders-0", 0);
    }

    @Test
    void aPermissionTakenAwayChangesNothing() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        server.deniedType = StatefulSet.class;
        server.watches.stream()
                .filter(watch -> watch.what.kind().type() == StatefulSet.class)
                .toList()
                .forEach(watch -> watch.watcher.onEnd(FakeApiServer.denied()));
        time.advance(Duration.ofMinutes(2));
        pods("orders-0", "orders-1!", "orders-2");
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals()).containsEntry("orders-1", 1);
        assertThat(said.rejected).hasSize(1);
    }

    @Test
    void anApiServerThatIsAwayChangesNothingAndIsNoRefusal() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        server.listFailure = FakeApiServer.unreachable();
        server.watches.stream()
                .filter(watch -> watch.what.kind().type() == StatefulSet.class)
                .toList()
                .forEach(watch -> watch.watcher.onEnd(FakeApiServer.unreachable()));
        time.advance(Duration.ofMinutes(2));
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals()).containsEntry("orders-1", 1);
        assertThat(said.rejected).isEmpty();
    }

    @Test
    void aListThatFailsIsNoAnswer() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        server.unreachableType = StatefulSet.class;
        start("k8s:///shop/orders:grpc");
        assertThat(said.sets).as("no set without the numbers").isEmpty();
        time.advance(Duration.ofMinutes(1));
        assertThat(said.errors).as("why, once").hasSize(1);
        server.unreachableType = null;
        time.advance(Duration.ofMinutes(1));
        assertThat(said.sets).hasSize(1);
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.ordinals()).containsEntry("orders-2", 2);
    }

    @Test
    void aNamedSetThatIsDeletedKeepsItsLastWord() {
        server.put(set("orders-a", "a", 3, null, null));
        server.put(set("orders-b", "b", 5, null, null));
        pods("orders-a-0", "orders-a-1", "orders-a-2", "orders-b-3", "orders-b-4");
        start("k8s:///shop/orders:grpc?statefulSet=orders-a,orders-b");
        server.delete(set("orders-b", "b", 5, null, null));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
        assertThat(said.ordinals()).containsEntry("orders-b-4", 4);
        assertThat(said.rejected)
                .containsExactly("StatefulSet orders-b is gone; its last known state stays in force until the target no"
                        + " longer names it");
        pods("orders-a-0", "orders-a-1", "orders-a-2");
        time.advance(Duration.ofSeconds(10));
        assertThat(said.ordinals()).doesNotContainKey("orders-b-4");
        assertThat(said.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(said.shards()).isEqualTo(new ShardCount(5, 0));
        server.put(set("orders-b", "b", 4, null, null));
        settle();
        assertThat(said.shards()).as("it is back").isEqualTo(new ShardCount(4, 0));
    }

    @Test
    void aDeletedSetLeavesTheKeysWhereTheyAre() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        server.delete(orders(3));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(said.rejected.get(0)).isEqualTo("StatefulSet orders is gone; its last known state stays in force");
    }

    @Test
    void fewerReplicasExplainEveryLossAndNoneExplainAnEmptyService() {
        server.put(orders(5));
        pods("orders-0", "orders-1", "orders-2", "orders-3", "orders-4");
        start("k8s:///shop/orders:grpc");
        server.put(orders(1));
        settle();
        pods("orders-0");
        assertThat(said.ordinals()).containsOnlyKeys("orders-0");
        assertThat(said.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        server.put(orders(0));
        settle();
        pods();
        assertThat(said.last().endpoints()).isEmpty();
        assertThat(said.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
    }

    @Test
    void scaledToZeroTheKeysStayWhileThePodsLeave() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        server.put(orders(0));
        settle();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        pods("orders-0", "orders-1~");
        assertThat(said.ordinals()).containsOnlyKeys("orders-0", "orders-1");
        assertThat(said.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        pods();
        assertThat(said.shards()).isEqualTo(new ShardCount(3, 0));
        server.put(orders(5));
        settle();
        assertThat(said.shards()).as("nobody is there to lose a key").isEqualTo(new ShardCount(5, 0));
    }

    @Test
    void slicesThatVanishAreNotMeant() {
        server.put(orders(3));
        pods("orders-0", "orders-1", "orders-2");
        start("k8s:///shop/orders:grpc");
        pods();
        time.advance(Duration.ofSeconds(10));
        assertThat(said.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
    }

    @Test
    void closingLeavesNothingBehind() {
        server.put(orders(3));
        pods("orders-0");
        String target = "k8s:///shop/orders:grpc";
        ServiceTarget parsed = ServiceTarget.parse(Target.parse(target));
        Resolver resolver =
                new ServiceResolver(target, parsed, env, discovery::follow, new StatefulSetOrdinals(parsed));
        resolver.start(said);
        settle();
        assertThat(discovery.reflectors()).isEqualTo(2);
        resolver.close();
        assertThat(discovery.reflectors()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "statefulSet= | at position 36: found StatefulSet '', expected different names",
                "statefulSet=a,a | found StatefulSet 'a', expected different names",
                "statefulSet=A | found StatefulSet 'A'",
                "shardCount=settled | found 'settled', expected one of [SETTLED, DESIRED, EPOCH]",
                "shards=3 | found parameter 'shards', expected family, statefulSet or shardCount"
            })
    void wrongParametersAreRefused(String query, String why) {
        assertThatThrownBy(() -> ServiceTarget.parse(Target.parse("k8s:///shop/orders:grpc?" + query)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
