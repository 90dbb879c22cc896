package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.FakeStore;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.golb.GolbView;
import dev.zerohop.resolver.EndpointJson;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.watch.RemovalBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class EtcdResolverTest extends ResolverContract {
    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeSource etcd = new FakeSource(env);
    private final FakeStore store = etcd.store;

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            store.put(keys.endpoint(endpoint.id()), EndpointJson.write(endpoint));
        }
        return ServiceResolver.of("etcd:orders", etcd.source, "orders", DirectoryOptions.DEFAULTS);
    }

    @Test
    void anOutageIsReportedOnceAndItsEndGivesAFreshSet() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.goAway();
            settle();
            assertThat(recorder.errors).hasSize(1);
            assertThat(recorder.sets).hasSize(1);
            store.readFailure = null;
            settle();
            assertThat(recorder.sets).hasSize(2);
            assertThat(recorder.last().stale()).isFalse();
            assertThat(recorder.last().endpoints()).hasSize(3);
        }
    }

    @Test
    void aRefusedValueLeavesTheSetAsItWas() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(keys.endpoint("127.0.0.1:8081"), "{broken");
            store.put(keys.weights(), "[]");
            store.put(keys.shards(), "{\"epoch\": 1}");
            settle();
            assertThat(recorder.last().endpoints()).isEqualTo(someEndpoints());
            assertThat(recorder.errors).isEmpty();
        }
    }

    @Test
    void lossesThatComeOneByOneArePublishedTogether() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            for (Endpoint endpoint : someEndpoints()) {
                store.delete(keys.endpoint(endpoint.id()));
                time.advance(RemovalBuffer.QUIET_PERIOD.dividedBy(2));
            }
            assertThat(recorder.sets).hasSize(1);
            time.advance(RemovalBuffer.QUIET_PERIOD);
            assertThat(recorder.sets).hasSize(2);
            assertThat(recorder.last().endpoints()).isEmpty();
        }
    }

    @Test
    void anEndpointThatReturnsBeforeItsLossIsPublishedDoesNotJump() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            String id = "127.0.0.1:8081";
            String value = "{\"address\": \"127.0.0.1:8081\"}";
            store.put(keys.endpoint(id), value);
            resolver.start(recorder);
            store.put(
                    keys.weights(),
                    "{\"weights\": {\"" + id + "\": 100}, \"smoothing\": {\"step\": 10, \"interval\": \"1h\"}}");
            store.delete(keys.endpoint(id));
            store.put(keys.endpoint(id), value);
            assertThat(recorder.last().endpoints())
                    .filteredOn(Endpoint::id, id)
                    .extracting(Endpoint::weight)
                    .containsExactly(11);
        }
    }

    @Test
    void additionsAndChangesDoNotWaitForALoss() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.delete(keys.endpoint("127.0.0.1:8081"));
            store.put(keys.endpoint("new"), "{\"address\": \"127.0.0.9:80\"}");
            assertThat(recorder.last().endpoints()).hasSize(4);
            store.put(keys.weights(), "{\"new\": 9}");
            assertThat(recorder.last().endpoints())
                    .filteredOn(Endpoint::id, "new")
                    .extracting(Endpoint::weight)
                    .containsExactly(9);
            settle();
            assertThat(recorder.last().endpoints()).hasSize(3);
        }
    }

    @Test
    void endpointsThatAnnouncedThatTheyLeaveGoAtOnce() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(keys.endpoint("127.0.0.1:8081"), "{\"address\": \"127.0.0.1:8081\", \"draining\": true}");
            store.delete(keys.endpoint("127.0.0.1:8081"));
            assertThat(recorder.last().endpoints()).hasSize(2);
        }
    }

    @Test
    void aConfigurationIsPassedOnOnceForEachChange() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(keys.config(), "{\"policy\": \"random\"}");
            store.put(keys.weights(), "{}");
            store.put(keys.config(), "{\"policy\": \"round_robin\"}");
            assertThat(recorder.configurations)
                    .containsExactly("{\"policy\": \"random\"}", "{\"policy\": \"round_robin\"}");
        }
    }

    @Test
    void whenTheConfigurationIsDeletedTheSourceConfiguresNothing() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(keys.config(), "{\"policy\": \"random\"}");
            store.delete(keys.config());
            settle();
            assertThat(recorder.configurations).containsExactly("{\"policy\": \"random\"}", "");
        }
    }

    @Test
    void aBadConfigurationIsRefusedHereOnceAndTheLastGoodOneStays() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(keys.config(), "{\"policy\": \"random\"}");
            store.put(keys.config(), "{\"policy\": \"fastest\"}");
            settle();
            store.put(keys.weights(), "{}");
            settle();
            assertThat(recorder.configurations).containsExactly("{\"policy\": \"random\"}");
            assertThat(recorder.rejected).hasSize(1);
            assertThat(recorder.rejected.get(0)).contains(keys.config(), "the last good value stays", "fastest");
            assertThat(etcd.statuses.get("orders"))
                    .extracting(RejectedValue::key)
                    .containsExactly(keys.config());
            store.put(keys.weights(), "[]");
            assertThat(recorder.rejected).as("each value once").hasSize(2);
            store.put(keys.weights(), "{}");
            store.put(keys.config(), "{\"policy\": \"random\"}");
            assertThat(etcd.statuses.get("orders")).isEmpty();
        }
        assertThat(etcd.uses).isZero();
    }

    @Test
    void aBadFirstConfigurationIsRejectedBeforeAnyEndpointIsNamed() throws Exception {
        store.put(keys.config(), "{\"policy\": \"fastest\"}");
        try (Resolver resolver = resolverOver(someEndpoints())) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            List<Resolution> said = new CopyOnWriteArrayList<>();
            resolver.start(now -> {
                said.add(now);
                recorder.onResolution(now);
            });
            assertThat(said.get(0).configuration().rejection()).isNotNull();
            assertThat(recorder.rejections.get(0)).contains(keys.config(), "no good value before it", "fastest");
            store.put(keys.weights(), "{\"127.0.0.1:8081\": 3}");
            assertThat(recorder.rejections).as("once").hasSize(1);
            store.put(keys.config(), "{\"policy\": \"faster\"}");
            assertThat(recorder.rejections).as("another one").hasSize(2);
            assertThat(recorder.configurations).isEmpty();
            store.delete(keys.config());
            assertThat(recorder.configurations)
                    .as("it configures nothing any more")
                    .containsExactly("");
            store.put(keys.config(), "{\"policy\": \"fastest\"}");
            assertThat(recorder.rejections).hasSize(3);
            store.put(keys.config(), "{\"policy\": \"random\"}");
            assertThat(recorder.configurations).containsExactly("", "{\"policy\": \"random\"}");
            store.put(keys.config(), "{\"policy\": \"fastest\"}");
            assertThat(recorder.rejections).as("there is a good one").hasSize(3);
            assertThat(etcd.statuses.get("orders"))
                    .extracting(RejectedValue::key)
                    .containsExactly(keys.config());
        }
    }

    @Test
    void weightsStepTowardsWhatIsWrittenAndNeverPastIt() throws Exception {
        try (Resolver resolver = resolverOver(
                List.of(Endpoint.builder("127.0.0.1", 80).id("a").weight(10).build()))) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(
                    keys.weights(),
                    "{\"weights\": {\"a\": 35, \"b\": 1}, \"smoothing\": {\"step\": 10, \"interval\": \"1s\"}}");
            for (int i = 0; i < 10; i++) {
                time.advance(Duration.ofMillis(500));
            }
            store.put(keys.endpoint("b"), "{\"address\": \"127.0.0.2:80\", \"weight\": 99}");
            assertThat(recorder.sets)
                    .extracting(set ->
                            set.endpoints().stream().map(Endpoint::weight).toList())
                    .containsExactly(List.of(10), List.of(20), List.of(30), List.of(35), List.of(35, 1));
        }
    }

    @Test
    void whatStepsDuringAnOutageIsStale() throws Exception {
        try (Resolver resolver = resolverOver(
                List.of(Endpoint.builder("127.0.0.1", 80).id("a").weight(10).build()))) {
            ResolutionRecorder recorder = new ResolutionRecorder();
            resolver.start(recorder);
            store.put(
                    keys.weights(), "{\"weights\": {\"a\": 30}, \"smoothing\": {\"step\": 10, \"interval\": \"1s\"}}");
            store.goAway();
            time.advance(Duration.ofSeconds(2));
            assertThat(recorder.last().endpoints()).extracting(Endpoint::weight).containsExactly(30);
            assertThat(recorder.last().stale()).isTrue();
        }
    }

    @Test
    void aBadFirstGolbValueIsAnErrorNotAnEmptySet() {
        GolbView view = new GolbView("z", "f");
        store.put("golb/function/z/f", "{\"ips\": [], \"weights\": []}");
        Resolver resolver = new EtcdResolver(
                "golb",
                env,
                new EtcdResolver.Reading(
                        view,
                        EndpointSet.Removals.MEANT,
                        subscriber -> etcd.source.follow(view.followed(), subscriber)));
        ResolutionRecorder recorder = new ResolutionRecorder();
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0)).hasMessageContaining("ips was empty");
        store.put("golb/function/z/f", "{\"ips\": [\"10.0.0.1\"], \"weights\": [2]}");
        assertThat(recorder.last().endpoints()).hasSize(1);
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        store.put("golb/function/z/f", "nonsense");
        assertThat(recorder.last().endpoints()).hasSize(1);
        assertThat(recorder.errors).hasSize(1);
        store.delete("golb/function/z/f");
        assertThat(recorder.last().endpoints()).isEmpty();
        resolver.close();
    }
}
