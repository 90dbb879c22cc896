package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.Target;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.watch.RemovalBuffer;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ServiceResolverTest extends ResolverContract {
    private final FakeApiServer server = new FakeApiServer();
    private final KubernetesDiscovery discovery = new KubernetesDiscovery(KubernetesOptions.defaults(), env, server);
    private final ResolutionRecorder recorder = new ResolutionRecorder();

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        server.put(Slices.slice(
                "orders-a",
                endpoints.stream()
                        .map(endpoint -> Slices.pod(endpoint.host().replace('.', '-'), endpoint.host()))
                        .toArray(io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[]::new)));
        return resolver("k8s:///shop/orders:grpc");
    }

    @Override
    protected List<Endpoint> someEndpoints() {
        return List.of(Endpoint.of("127.0.0.1", 8080), Endpoint.of("127.0.0.2", 8080), Endpoint.of("127.0.0.3", 8080));
    }

    private Resolver resolver(String target) {
        return resolver(
                target, endpoints -> new OrdinalAssigner.Assignment(endpoints, null, lost -> false, null, null));
    }

    private Resolver resolver(String target, OrdinalAssigner ordinals) {
        return new ServiceResolver(target, ServiceTarget.parse(Target.parse(target)), env, discovery::follow, ordinals);
    }

    private void start(String target) {
        resolver(target).start(recorder);
        time.advance(SelectionWatch.START_SPREAD);
    }

    private static Service service(String type, int port, int targetPort) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .withType(type)
                .addNewPort()
                .withName("grpc")
                .withPort(port)
                .withNewTargetPort(targetPort)
                .endPort()
                .endSpec()
                .build();
    }

    private Map<String, Endpoint.Readiness> last() {
        Map<String, Endpoint.Readiness> readiness = new TreeMap<>();
        recorder.last().endpoints().forEach(endpoint -> readiness.put(endpoint.id(), endpoint.readiness()));
        return readiness;
    }

    // ---- what is followed ----

    @Test
    void aNamedPortNeedsTheSlicesAlone() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        start("k8s:///shop/orders:grpc");
        assertThat(last()).containsOnlyKeys("orders-0");
        assertThat(server.lists)
                .containsExactly("endpointslices with kubernetes.io/service-name=orders in namespace shop");
    }

    @Test
    void aSliceThatIsNoSliceIsAnErrorThatHealsAndTheLastSetStays() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        start("k8s:///shop/orders:grpc");
        EndpointSlice odd = Slices.slice("orders-b");
        odd.setEndpoints(Collections.singletonList(null));
        server.put(odd);
        assertThat(recorder.errors)
                .singleElement()
                .satisfies(error -> assertThat(error)
                        .hasMessageStartingWith("k8s:///shop/orders:grpc: what the API server has cannot be read: ")
                        .hasMessageEndingWith("expected objects as their API defines them"));
        assertThat(last()).containsOnlyKeys("orders-0");
        server.put(Slices.slice("orders-b", Slices.pod("orders-1", "10.0.0.2")));
        assertThat(last()).containsOnlyKeys("orders-0", "orders-1");
    }

    @Test
    void aNumberIsLookedUpInTheService() {
        server.put(service("ClusterIP", 80, 8080));
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        start("k8s:///shop/orders:80");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.last().endpoints()).extracting(Endpoint::port).containsExactly(8080);
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aNumberIsThePodsOwnWhenTheServiceMayNotBeSeen() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        server.deniedType = Service.class;
        start("k8s:///shop/orders:8080");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(last()).containsOnlyKeys("orders-0");
        assertThat(recorder.errors).isEmpty();
        ResolutionRecorder other = new ResolutionRecorder();
        resolver("k8s:///shop/orders:80").start(other);
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(other.errors.get(0))
                .hasMessageContaining("there is no TCP port 80")
                .hasMessageContaining("grpc 8080")
                .hasMessageContaining("own ports are not known");
    }

    @Test
    void theServiceIsNoLongerFollowedOnceThereAreSlices() {
        start("k8s:///shop/orders:grpc");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(discovery.reflectors()).isEqualTo(2);
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        assertThat(discovery.reflectors()).isEqualTo(1);
    }

    @Test
    void resolversOfOneServiceShareTheCopyAndTheLastOneEndsIt() {
        Resolver first = resolverOver(someEndpoints());
        Resolver second = resolver("k8s:///shop/orders:grpc");
        first.start(recorder);
        second.start(new ResolutionRecorder());
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(server.lists).hasSize(1);
        assertThat(discovery.reflectors()).isEqualTo(1);
        first.close();
        assertThat(server.lastWatch().cancelled).isFalse();
        second.close();
        assertThat(discovery.reflectors()).isZero();
        assertThat(server.lastWatch().cancelled).isTrue();
        assertThat(time.pendingTasks()).isZero();
    }

    // ---- services and ports that are not there ----

    @Test
    void aMissingServiceIsAnErrorThatHeals() {
        start("k8s:///shop/orders:grpc");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0)).hasMessageContaining("no service 'orders' in namespace shop");
        server.put(service("ClusterIP", 80, 8080));
        assertThat(recorder.last().endpoints()).isEmpty();
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        assertThat(last()).containsOnlyKeys("orders-0");
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void aServiceThatMayNotBeReadIsDistinguishedFromAMissingOne() {
        server.deniedType = Service.class;
        start("k8s:///shop/orders:grpc");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.errors.get(0))
                .hasMessageContaining("no EndpointSlice names service 'orders'")
                .hasMessageContaining("403");
    }

    @Test
    void aMissingPortNamesThoseThatThereAreAndHeals() {
        EndpointSlice slice = Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"));
        server.put(slice);
        start("k8s:///shop/orders:http");
        assertThat(recorder.sets).isEmpty();
        assertThat(recorder.errors.get(0))
                .hasMessageContaining("there is no TCP port 'http'")
                .hasMessageContaining("grpc 8080");
        EndpointSlice renamed = Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"));
        renamed.getPorts().get(0).setName("http");
        server.put(renamed);
        assertThat(last()).containsOnlyKeys("orders-0");
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void aServiceWithoutPodsIsEmptyNotMissing() {
        server.put(Slices.slice("orders-a"));
        start("k8s:///shop/orders:grpc");
        assertThat(recorder.last().endpoints()).isEmpty();
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aDeletedServiceIsAGuardedLossAndAnError() {
        server.put(service("ClusterIP", 80, 8080));
        EndpointSlice slice = Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"));
        server.put(slice);
        start("k8s:///shop/orders:grpc");
        server.delete(service("ClusterIP", 80, 8080));
        server.delete(slice);
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.last().endpoints()).hasSize(1);
        time.advance(RemovalBuffer.QUIET_PERIOD);
        assertThat(recorder.last().endpoints()).isEmpty();
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(recorder.errors.get(recorder.errors.size() - 1)).hasMessageContaining("no service 'orders'");
    }

    // ---- losses ----

    @Test
    void slicesThatVanishOneByOneArePublishedTogetherAndGuarded() {
        for (int i = 0; i < 4; i++) {
            server.put(Slices.slice("orders-" + i, Slices.pod("orders-" + i, "10.0.0." + i)));
        }
        start("k8s:///shop/orders:grpc");
        for (int i = 0; i < 3; i++) {
            server.delete(Slices.slice("orders-" + i));
            time.advance(RemovalBuffer.QUIET_PERIOD.dividedBy(2));
        }
        assertThat(recorder.sets).hasSize(1);
        time.advance(RemovalBuffer.QUIET_PERIOD);
        assertThat(recorder.sets).hasSize(2);
        assertThat(last()).containsOnlyKeys("orders-3");
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
    }

    @Test
    void podsThatWereSeenLeavingGoAtOnce() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"), Slices.pod("orders-1", "10.0.0.2")));
        start("k8s:///shop/orders:grpc");
        server.put(
                Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"), Slices.leaving("orders-1", "10.0.0.2")));
        assertThat(last()).containsEntry("orders-1", Endpoint.Readiness.DRAINING);
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        assertThat(last()).containsOnlyKeys("orders-0");
    }

    @Test
    void additionsDoNotWaitForALoss() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        start("k8s:///shop/orders:grpc");
        server.put(Slices.slice("orders-a", Slices.pod("orders-1", "10.0.0.2")));
        assertThat(last()).containsOnlyKeys("orders-0", "orders-1");
        time.advance(RemovalBuffer.QUIET_PERIOD);
        assertThat(last()).containsOnlyKeys("orders-1");
    }

    @Test
    void anEndpointThatMovesBetweenSlicesIsNeverGone() {
        EndpointSlice full =
                Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"), Slices.pod("orders-1", "10.0.0.2"));
        server.put(full);
        start("k8s:///shop/orders:grpc");
        server.put(Slices.slice("orders-b", Slices.pod("orders-1", "10.0.0.2")));
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.sets).hasSize(1);
        assertThat(last()).containsOnlyKeys("orders-0", "orders-1");
    }

    // ---- outages ----

    @Test
    void anOutageIsReportedOnceAndItsEndGivesAFreshSet() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            resolver.start(recorder);
            time.advance(SelectionWatch.START_SPREAD);
            server.listFailure = FakeApiServer.unreachable();
            server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
            settle();
            assertThat(recorder.errors).hasSize(1);
            assertThat(recorder.sets).hasSize(1);
            server.listFailure = null;
            settle();
            assertThat(recorder.sets).hasSize(2);
            assertThat(recorder.last().stale()).isFalse();
            assertThat(recorder.last().endpoints()).hasSize(3);
        }
    }

    @Test
    void anApiServerThatIsDownAtTheStartIsWaitedFor() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        server.listFailure = FakeApiServer.unreachable();
        start("k8s:///shop/orders:grpc");
        assertThat(recorder.errors).hasSize(1);
        server.listFailure = null;
        time.advance(Duration.ofSeconds(1));
        assertThat(last()).containsOnlyKeys("orders-0");
    }

    @Test
    void theAgeIsKeptTrueByBookmarks() throws Exception {
        try (Resolver resolver = resolverOver(someEndpoints())) {
            resolver.start(recorder);
            time.advance(Duration.ofSeconds(30));
            server.lastWatch().watcher.onBookmark("99");
            assertThat(recorder.confirmations).containsExactly(time.now());
        }
    }

    // ---- external names ----

    @Test
    void anExternalNameIsAskedOfDnsUntilTheServiceIsAnother() {
        Service external = new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .withType("ExternalName")
                .withExternalName("localhost")
                .endSpec()
                .build();
        server.put(external);
        start("k8s:///shop/orders:9090?family=ipv4");
        settleQuietly();
        assertThat(recorder.last().endpoints()).extracting(Endpoint::address).containsExactly("127.0.0.1:9090");
        assertThat(recorder.last().source()).isEqualTo("k8s:///shop/orders:9090?family=ipv4");
        server.put(service("ClusterIP", 9090, 8080));
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        time.advance(Duration.ofSeconds(5));
        assertThat(recorder.last().endpoints()).extracting(Endpoint::address).containsExactly("10.0.0.1:8080");
    }

    private void settleQuietly() {
        time.advance(Duration.ofSeconds(1));
    }

    @Test
    void anExternalNameNeedsAPortThatItKnows() {
        Service external = service("ExternalName", 80, 80);
        external.getSpec().setExternalName("localhost");
        server.put(external);
        start("k8s:///shop/orders:http");
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.errors.get(0)).hasMessageContaining("ExternalName").hasMessageContaining("http");
    }

    // ---- ordinals ----

    @Test
    void nothingIsPublishedUntilTheOrdinalsAreKnown() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        Numbers numbers = new Numbers();
        resolver("k8s:///shop/orders:grpc", numbers).start(recorder);
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.sets).isEmpty();
        numbers.count = 1;
        numbers.changed.run();
        assertThat(recorder.last().shards()).isEqualTo(new ShardCount(1, 0));
        assertThat(recorder.last().endpoints()).extracting(Endpoint::ordinal).containsExactly(0);
    }

    @Test
    void fewerShardsExplainALossAndAnExplainedLossIsMeant() {
        server.put(Slices.slice(
                "orders-a",
                Slices.pod("orders-0", "10.0.0.1"),
                Slices.pod("orders-1", "10.0.0.2"),
                Slices.pod("orders-2", "10.0.0.3")));
        Numbers numbers = new Numbers();
        numbers.count = 3;
        resolver("k8s:///shop/orders:grpc", numbers).start(recorder);
        time.advance(SelectionWatch.START_SPREAD);
        numbers.count = 1;
        numbers.changed.run();
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        assertThat(last()).containsOnlyKeys("orders-0");
        numbers.none = true;
        server.put(Slices.slice("orders-a"));
        assertThat(recorder.last().endpoints()).isEmpty();
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
    }

    @Test
    void aProblemWithTheOrdinalsIsReportedBesideTheSet() {
        server.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        Numbers numbers = new Numbers();
        numbers.count = 1;
        numbers.problem = new IllegalStateException("no StatefulSet");
        resolver("k8s:///shop/orders:grpc", numbers).start(recorder);
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors).as("the endpoints are as true as before").isEmpty();
    }

    /** Ordinals by the pods' names. */
    private static final class Numbers implements OrdinalAssigner {
        private Runnable changed = () -> {};
        private int count;
        private boolean none;
        private Exception problem;

        @Override
        public void start(WatchingResolver owner) {
            changed = owner::updateSoon;
        }

        @Override
        public Assignment assign(List<Endpoint> endpoints) {
            if (count == 0) {
                return null;
            }
            List<Endpoint> numbered = endpoints.stream()
                    .map(endpoint -> endpoint.toBuilder()
                            .ordinal(Integer.parseInt(endpoint.id().substring("orders-".length())))
                            .build())
                    .toList();
            return new Assignment(
                    numbered, none ? null : ShardMap.of(new ShardCount(count, 0)), lost -> none, problem, null);
        }
    }
}
