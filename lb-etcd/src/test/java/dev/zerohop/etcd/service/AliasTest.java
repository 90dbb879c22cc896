package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.FakeStore;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Aliases on fake time, over an etcd of the test's making. */
class AliasTest {
    private final FakeTime time = new FakeTime();
    private final FakeSource etcd = new FakeSource(time.env());
    private final FakeStore store = etcd.store;
    private final ServiceKeys orders = new ServiceKeys("orders");
    private final ServiceKeys next = new ServiceKeys("orders-v2");
    private final Resolver resolver = ServiceResolver.of("orders", etcd.source, "orders", DirectoryOptions.DEFAULTS);
    private final ResolutionRecorder heard = new ResolutionRecorder();

    @AfterEach
    void nothingIsLeftAfterTheEnd() {
        resolver.close();
        assertThat(etcd.uses).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    private void start() {
        resolver.start(heard);
    }

    private void endpoint(ServiceKeys service, String id) {
        store.put(service.endpoint(id), "{\"address\": \"10.0.0.1:80\"}");
    }

    private void alias(ServiceKeys service, String target) {
        store.put(service.alias(), "{\"target\": \"" + target + "\"}");
    }

    private List<String> ids() {
        return heard.last().endpoints().stream().map(Endpoint::id).toList();
    }

    @Test
    void theOtherTargetTakesOverWithItsFirstEndpointAndTheOldOnesAreMeantToGo() {
        endpoint(orders, "old");
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(ids()).containsExactly("old");
        endpoint(next, "new");
        assertThat(ids()).containsExactly("new");
        assertThat(heard.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        endpoint(next, "newer");
        assertThat(heard.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(heard.sets).hasSize(3);
    }

    @Test
    void deletingTheAliasGoesBackAtOnceToWhatTheServiceIsByThen() {
        endpoint(orders, "old");
        endpoint(next, "new");
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        endpoint(orders, "old-2");
        assertThat(ids()).containsExactly("new");
        store.delete(orders.alias());
        assertThat(ids()).containsExactly("old", "old-2");
        assertThat(heard.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        endpoint(next, "newer");
        assertThat(ids()).containsExactly("old", "old-2");
    }

    @Test
    void anAliasMayBeRepointedWhileItServes() {
        endpoint(orders, "old");
        start();
        alias(orders, "static:///10.0.0.2:80;id=two");
        assertThat(ids()).containsExactly("two");
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(ids()).containsExactly("two");
        endpoint(next, "new");
        assertThat(ids()).containsExactly("new");
    }

    @Test
    void whatHasAnAliasFromTheStartIsServedByItAlone() {
        endpoint(orders, "old");
        alias(orders, "static:///10.0.0.2:80;id=two");
        start();
        assertThat(heard.sets).hasSize(1);
        assertThat(ids()).containsExactly("two");
    }

    @Test
    void anAliasWhoseTargetIsSilentIsReportedAndTheServiceServesMeanwhile() {
        endpoint(orders, "old");
        alias(orders, "etcd://fake:2379/orders-v2");
        start();
        assertThat(heard.sets).isEmpty();
        time.advance(ServiceResolver.PATIENCE);
        assertThat(ids()).containsExactly("old");
        assertThat(heard.rejected).hasSize(1);
        assertThat(heard.rejected.get(0))
                .contains(orders.alias(), "etcd://fake:2379/orders-v2", "it has no endpoint that takes calls");
        assertThat(etcd.statuses.get("orders")).extracting(RejectedValue::key).containsExactly(orders.alias());
        endpoint(next, "new");
        assertThat(ids()).containsExactly("new");
        assertThat(etcd.statuses.get("orders")).isEmpty();
    }

    @Test
    void aBadAliasLeavesTheLastGoodOneInForce() {
        endpoint(orders, "old");
        start();
        alias(orders, "static:///10.0.0.2:80;id=two");
        alias(orders, "nonsense");
        assertThat(ids()).containsExactly("two");
        assertThat(heard.rejected).hasSize(1);
    }

    @Test
    void twoServicesThatNameEachOtherAreRefusedAndEndSomewhere() {
        endpoint(orders, "old");
        endpoint(next, "new");
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        alias(next, "etcd://fake:2379/orders");
        assertThat(ids()).containsExactly("new");
        assertThat(heard.rejected).hasSize(1);
        assertThat(heard.rejected.get(0))
                .contains(next.alias(), "target leads in a circle: orders -> orders-v2 -> orders");
        assertThat(etcd.statuses.get("orders-v2")).hasSize(1);
    }

    @Test
    void aChainIsFollowedUpToItsLimit() {
        for (int i = 1; i <= 6; i++) {
            ServiceKeys service = new ServiceKeys("s" + i);
            endpoint(service, "e" + i);
            alias(service, "etcd://fake:2379/s" + (i + 1));
        }
        endpoint(orders, "e0");
        alias(orders, "etcd://fake:2379/s1");
        start();
        assertThat(ids()).containsExactly("e4");
        assertThat(heard.rejected).hasSize(1);
        assertThat(heard.rejected.get(0))
                .contains("a chain of 5 aliases: orders -> s1 -> s2 -> s3 -> s4 -> s5, expected at most 4");
    }

    @Test
    void theServicesOwnConfigurationHoldsElseTheOtherTargets() {
        endpoint(orders, "old");
        endpoint(next, "new");
        String own = "{\"policy\": \"random\"}";
        String theirs = "{\"policy\": \"round_robin\"}";
        store.put(orders.config(), own);
        store.put(next.config(), theirs);
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(heard.configurations).containsExactly(own);
        store.delete(orders.config());
        store.delete(orders.alias());
        assertThat(heard.configurations).containsExactly(own, theirs, "");
    }

    @Test
    void aRejectedConfigurationIsOfTheServiceThatStatesIt() {
        endpoint(orders, "old");
        endpoint(next, "new");
        store.put(next.config(), "{\"policy\": \"fastest\"}");
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(heard.rejections).singleElement().asString().contains(next.config(), "fastest");
        store.put(orders.config(), "{\"policy\": \"random\"}");
        assertThat(heard.configurations)
                .as("the service's own goes before")
                .containsExactly("{\"policy\": \"random\"}");
        store.put(orders.config(), "{\"policy\": \"slowest\"}");
        store.delete(orders.config());
        assertThat(heard.rejections).as("the other's again").hasSize(2);
        store.delete(orders.alias());
        assertThat(heard.configurations).endsWith("");
    }

    @Test
    void theOtherTargetsWeightsAndShardsCount() {
        endpoint(orders, "old");
        endpoint(next, "new");
        store.put(orders.weights(), "{\"new\": 7}");
        store.put(next.weights(), "{\"new\": 8}");
        store.put(next.shards(), "{\"epoch\": 1, \"count\": 3}");
        start();
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(heard.last().endpoints()).extracting(Endpoint::weight).containsExactly(8);
        assertThat(heard.last().shards()).isNotNull();
    }

    private static KeyDirectory.Answer ownerOfAlice(KeyDirectory directory) {
        EndpointSelector alice = EndpointSelector.of("alice");
        directory.find(alice);
        return directory.find(alice);
    }

    @Test
    void theDirectoryIsThatOfTheServiceThatServes() {
        endpoint(orders, "old");
        endpoint(next, "new");
        store.put(orders.directory() + "alice", "{\"endpoint\": \"old\"}");
        store.put(next.directory() + "alice", "{\"endpoint\": \"new\"}");
        start();
        assertThat(ownerOfAlice(heard.last().directory())).isEqualTo(KeyDirectory.Owner.endpoint("old"));
        alias(orders, "etcd://fake:2379/orders-v2");
        assertThat(ids()).containsExactly("new");
        assertThat(ownerOfAlice(heard.last().directory())).isEqualTo(KeyDirectory.Owner.endpoint("new"));
        alias(orders, "static:///10.0.0.2:80;id=two");
        assertThat(ids()).containsExactly("two");
        assertThat(ownerOfAlice(heard.last().directory()))
                .as("who has no directory is under that of the service that was asked for")
                .isEqualTo(KeyDirectory.Owner.endpoint("old"));
    }

    @Test
    void anAliasThatCannotBeFollowedIsReportedAndWhatServesGoesOn() {
        endpoint(orders, "old");
        start();
        alias(orders, "static:///10.0.0.2:80;id=two");
        etcd.unopened = new IllegalArgumentException("the CA file is gone");
        alias(orders, "etcd://fake:2379/orders-v2");
        endpoint(orders, "old-2");
        assertThat(ids()).containsExactly("two");
        assertThat(heard.rejected).hasSize(1);
        assertThat(heard.rejected.get(0)).contains(orders.alias(), "the CA file is gone");
        etcd.unopened = null;
        store.delete(orders.alias());
        assertThat(ids()).containsExactly("old", "old-2");
    }

    @Test
    void aServiceWhoseClientCannotBeMadeSaysSo() {
        etcd.unopened = new IllegalArgumentException("the CA file is gone");
        start();
        assertThat(heard.errors).containsExactly(etcd.unopened);
    }
}
