package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.EndpointSet;
import dev.zerohop.Locality;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodsResolverTest extends ResolverContract {
    private static final String TARGET = "k8s-pods:///shop?label=app%3Dresnet&image=resnet&port=8080";

    private final FakeApiServer server = new FakeApiServer();
    private final KubernetesDiscovery discovery = new KubernetesDiscovery(KubernetesOptions.defaults(), env, server);
    private final ResolutionRecorder recorder = new ResolutionRecorder();
    private Locality configured = Locality.UNKNOWN;

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            server.put(pod(endpoint.host().replace('.', '-'), endpoint.host(), true)
                    .build());
        }
        return resolver(TARGET);
    }

    @Override
    protected List<Endpoint> someEndpoints() {
        return List.of(Endpoint.of("127.0.0.1", 8080), Endpoint.of("127.0.0.2", 8080), Endpoint.of("127.0.0.3", 8080));
    }

    private Resolver resolver(String target) {
        return new PodsResolver(target, PodsTarget.parse(Target.parse(target)), env, discovery::follow, configured);
    }

    private EndpointSet start(String target) {
        resolver(target).start(recorder);
        time.advance(Duration.ofSeconds(1));
        return recorder.last();
    }

    private static PodBuilder pod(String name, String address, boolean ready) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .addToLabels("app", "resnet")
                .endMetadata()
                .withNewSpec()
                .withNodeName("node-1")
                .addNewContainer()
                .withName("sidecar")
                .withImage("envoy:v1")
                .addNewPort()
                .withName("grpc")
                .withContainerPort(9999)
                .endPort()
                .endContainer()
                .addNewContainer()
                .withName("main")
                .withImage("registry:5000/models/resnet:v2")
                .addNewPort()
                .withName("grpc")
                .withContainerPort(9090)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(address)
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus();
    }

    @Test
    void aPodThatIsNoPodIsAnErrorThatHealsAndTheLastSetStays() {
        server.put(pod("a", "10.0.0.1", true).build());
        assertThat(start(TARGET).endpoints()).hasSize(1);
        Pod odd = pod("b", "10.0.0.2", true).build();
        odd.getSpec().setContainers(Collections.singletonList(null));
        server.put(odd);
        assertThat(recorder.errors)
                .singleElement()
                .satisfies(error -> assertThat(error).hasMessageContaining("what the API server has cannot be read: "));
        assertThat(recorder.last().endpoints()).hasSize(1);
        server.put(pod("b", "10.0.0.2", true).build());
        assertThat(recorder.last().endpoints()).hasSize(2);
    }

    @Test
    void twoPodsThatTakeCallsAtOneAddressCountOnce() {
        server.put(leaving("resnet-0", "10.0.0.1"));
        server.put(created("resnet-1", "10.0.0.1", "2026-01-01T00:00:01Z"));
        server.put(created("resnet-2", "10.0.0.1", "2026-01-01T00:00:02Z"));
        server.put(pod("resnet-3", "10.0.0.1", false).build());
        server.put(pod("resnet-4", "10.0.0.4", true).build());
        assertThat(start(TARGET).endpoints())
                .extracting(Endpoint::id)
                .containsExactly("resnet-2", "resnet-3", "resnet-4");
    }

    private static Pod created(String name, String address, String at) {
        return pod(name, address, true)
                .editMetadata()
                .withCreationTimestamp(at)
                .endMetadata()
                .build();
    }

    private static Pod leaving(String name, String address) {
        return pod(name, address, true)
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
    }

    private static Node node(String name, String zone) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("topology.kubernetes.io/zone", zone)
                .endMetadata()
                .build();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "resnet, resnet",
                "resnet:v2, resnet",
                "registry:5000/resnet, resnet",
                "registry:5000/a/b/resnet:v2@sha256:0123, resnet",
                "a/resnet@sha256:0123, resnet",
                "resnet/other:v1, other",
                "-, ''",
            })
    void anImageIsNamedByTheLastSegmentOfItsPath(String image, String name) {
        assertThat(PodView.imageName(image)).isEqualTo(name);
    }

    @Test
    void readinessAndDeletionAreHonoured() {
        server.put(pod("a", "10.0.0.1", true).build());
        server.put(pod("b", "10.0.0.2", false).build());
        server.put(leaving("c", "10.0.0.3"));
        server.put(pod("no-address", null, true).build());
        server.put(pod("done", "10.0.0.4", true)
                .editStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build());
        EndpointSet set = start(TARGET);
        assertThat(set.endpoints()).extracting(Endpoint::id).containsExactly("a", "b", "c");
        assertThat(set.endpoints())
                .extracting(Endpoint::readiness)
                .containsExactly(Readiness.READY, Readiness.NOT_READY, Readiness.DRAINING);
        assertThat(set.endpoints().get(0).address()).isEqualTo("10.0.0.1:8080");
    }

    @Test
    void aPodWithANewAddressIsTheSameEndpoint() {
        server.put(pod("a", "10.0.0.1", true).build());
        start(TARGET);
        server.put(pod("a", "10.0.0.9", true).build());
        assertThat(recorder.last().endpoints()).extracting(Endpoint::id).containsExactly("a");
        assertThat(recorder.last().endpoints().get(0).host()).isEqualTo("10.0.0.9");
    }

    @Test
    void onlyPodsWithTheImageAndTheLabelAreTaken() {
        server.put(pod("a", "10.0.0.1", true).build());
        server.put(pod("other-label", "10.0.0.2", true)
                .editMetadata()
                .addToLabels("app", "bert")
                .endMetadata()
                .build());
        server.put(pod("other-image", "10.0.0.3", true)
                .editSpec()
                .editContainer(1)
                .withImage("resnet50")
                .endContainer()
                .endSpec()
                .build());
        assertThat(start(TARGET).endpoints()).extracting(Endpoint::id).containsExactly("a");
        ResolutionRecorder byImage = new ResolutionRecorder();
        resolver("k8s-pods:///shop?image=resnet&port=8080").start(byImage);
        time.advance(Duration.ofSeconds(1));
        assertThat(byImage.last().endpoints()).extracting(Endpoint::id).containsExactly("a", "other-label");
    }

    @Test
    void aNamedPortIsThatOfTheContainerThatRunsTheImage() {
        server.put(pod("a", "10.0.0.1", true).build());
        assertThat(start("k8s-pods:///shop?image=resnet&port=grpc")
                        .endpoints()
                        .get(0)
                        .port())
                .isEqualTo(9090);
    }

    @Test
    void aPodOfAStatefulSetHasAnOrdinalAndAnOtherHasNone() {
        server.put(pod("orders-3", "10.0.0.1", true)
                .editMetadata()
                .addNewOwnerReference()
                .withKind("StatefulSet")
                .withName("orders")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build());
        server.put(pod("orders-4", "10.0.0.2", true)
                .editMetadata()
                .addNewOwnerReference()
                .withKind("ReplicaSet")
                .withName("orders")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build());
        assertThat(start(TARGET).endpoints()).extracting(Endpoint::ordinal).containsExactly(3, Endpoint.NO_ORDINAL);
    }

    private static Pod numbered(int ordinal) {
        return pod("orders-" + ordinal, "10.0.0." + (1 + ordinal), true)
                .editMetadata()
                .addNewOwnerReference()
                .withKind("StatefulSet")
                .withName("orders")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    /** A pod that is deleted, gracefully or not, is replaced; the number of shards stays a guess and is never stated. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOrdinalThatWasNamedOnceIsMissingUntilItIsBack(boolean graceful) {
        server.put(pod("a", "10.0.0.9", true).build());
        assertThat(start(TARGET).shardMap()).isNull();
        for (int ordinal = 0; ordinal < 3; ordinal++) {
            server.put(numbered(ordinal));
        }
        assertThat(recorder.last().missingOrdinals()).isEmpty();
        if (graceful) {
            server.put(numbered(2)
                    .edit()
                    .editMetadata()
                    .withDeletionTimestamp("2026-01-31T12:00:00Z")
                    .endMetadata()
                    .build());
            assertThat(recorder.last().endpoints().get(3).readiness()).isEqualTo(Endpoint.Readiness.DRAINING);
        }
        server.delete(numbered(2));
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.last().endpoints()).extracting(Endpoint::id).containsExactly("a", "orders-0", "orders-1");
        assertThat(recorder.last().missingOrdinals())
                .singleElement()
                .matches(missing ->
                        missing.ordinal() == 2 && missing.endpointId().equals("orders-2"));
        assertThat(recorder.last().shardMap()).as("nothing is stated").isNull();
        server.put(numbered(2));
        assertThat(recorder.last().missingOrdinals()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Failed", "Succeeded"})
    void aPodThatHasRunToItsEndLeavesAtOnce(String phase) {
        server.put(pod("a", "10.0.0.1", true).build());
        server.put(pod("b", "10.0.0.2", true).build());
        server.put(pod("c", "10.0.0.3", true).build());
        start(TARGET);
        server.delete(pod("a", "10.0.0.1", true).build());
        assertThat(recorder.last().endpoints())
                .as("a loss that nobody announced")
                .hasSize(3);
        server.put(pod("b", "10.0.0.2", true)
                .editStatus()
                .withPhase(phase)
                .endStatus()
                .build());
        assertThat(recorder.last().endpoints()).extracting(Endpoint::id).containsExactlyInAnyOrder("a", "c");
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.last().endpoints()).extracting(Endpoint::id).containsExactly("c");
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
    }

    @Test
    void nodesAreAskedForOneAtATimeAndTheClientsOwnFirst() {
        configured = new Locality(null, "node-7");
        server.put(node("node-7", "eu-1c"));
        for (int i = 0; i < 5; i++) {
            // Of the third there is nothing to be known.
            if (i != 2) {
                server.put(node("node-" + i, "eu-1a"));
            }
            server.put(pod("pod-" + i, "10.0.0." + (1 + i), true)
                    .editSpec()
                    .withNodeName("node-" + i)
                    .endSpec()
                    .build());
        }
        resolver(TARGET).start(recorder);
        int most = 0;
        for (int i = 0; i < 2_000; i++) {
            time.advance(Duration.ofMillis(1));
            most = Math.max(most, discovery.reflectors());
        }
        assertThat(most).as("the pods and one node").isEqualTo(2);
        assertThat(server.lists).hasSize(7);
        assertThat(server.lists.get(1)).contains("node-7");
        assertThat(recorder.last().client()).isEqualTo(new Locality("eu-1c", "node-7"));
        assertThat(recorder.last().endpoints())
                .extracting(Endpoint::zone)
                .containsExactly("eu-1a", "eu-1a", null, "eu-1a", "eu-1a");
    }

    @Test
    void theZoneIsThePodsLabelElseItsNodes() {
        server.put(node("node-1", "eu-1b"));
        server.put(pod("a", "10.0.0.1", true)
                .editMetadata()
                .addToLabels("topology.kubernetes.io/zone", "eu-1a")
                .endMetadata()
                .build());
        assertThat(start(TARGET).endpoints()).extracting(Endpoint::zone).containsExactly("eu-1a");
        assertThat(server.lists).noneMatch(list -> list.startsWith("nodes"));
        server.put(pod("b", "10.0.0.2", true).build());
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last().endpoints()).extracting(Endpoint::zone).containsExactly("eu-1a", "eu-1b");
        assertThat(discovery.reflectors()).as("a zone is asked for once").isEqualTo(1);
    }

    @Test
    void withoutPermissionForNodesZonesAreUnknownAndNotRequestedAgain() {
        server.put(node("node-1", "eu-1b"));
        server.deniedType = Node.class;
        server.put(pod("a", "10.0.0.1", true).build());
        assertThat(start(TARGET).endpoints()).extracting(Endpoint::zone).containsOnlyNulls();
        time.advance(Duration.ofMinutes(10));
        server.put(pod("b", "10.0.0.2", true).build());
        time.advance(Duration.ofSeconds(1));
        assertThat(server.lists.stream().filter(list -> list.startsWith("nodes")))
                .hasSize(1);
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aZoneOfANodeThatCanBeNoneIsUnknownAndCostsNoEndpoint() {
        server.put(node("node-1", "eu\u001b]52;c;aGk=\u0007"));
        server.put(node("node-7", "x".repeat(100_000)));
        configured = new Locality(null, "node-7");
        server.put(pod("a", "10.0.0.1", true).build());
        EndpointSet set = start(TARGET);
        assertThat(set.endpoints()).extracting(Endpoint::zone).containsExactly((String) null);
        assertThat(set.client()).isEqualTo(configured);
        assertThat(server.lists.stream().filter(list -> list.startsWith("nodes")))
                .hasSize(2);
    }

    @Test
    void theClientsOwnZoneIsThatOfItsNode() {
        server.put(node("node-7", "eu-1c"));
        configured = new Locality(null, "node-7");
        server.put(pod("a", "10.0.0.1", true).build());
        assertThat(start(TARGET).client()).isEqualTo(new Locality("eu-1c", "node-7"));
    }

    @Test
    void aStatedZoneNeedsNoNode() {
        configured = new Locality("eu-1a", "node-7");
        server.put(pod("a", "10.0.0.1", true)
                .editSpec()
                .withNodeName(null)
                .endSpec()
                .build());
        assertThat(start(TARGET).client()).isEqualTo(configured);
        assertThat(server.lists).noneMatch(list -> list.startsWith("nodes"));
    }

    @Test
    void anErrorKeepsThePodsAndASetFollowsWhenItIsOver() {
        server.put(pod("a", "10.0.0.1", true).build());
        start(TARGET);
        server.listFailure = FakeApiServer.unreachable();
        server.watches.stream()
                .filter(watch -> watch.what.kind().type() == Pod.class)
                .findFirst()
                .orElseThrow()
                .watcher
                .onEnd(FakeApiServer.denied());
        time.advance(Duration.ofMinutes(2));
        assertThat(recorder.errors).as("once each").hasSize(2);
        int sets = recorder.sets.size();
        server.listFailure = null;
        time.advance(Duration.ofMinutes(1));
        assertThat(recorder.sets.size()).isGreaterThan(sets);
        assertThat(recorder.last().stale()).isFalse();
        assertThat(recorder.last().endpoints()).extracting(Endpoint::id).containsExactly("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "k8s-pods:///shop | found no port, expected k8s-pods:///namespace?label",
                "k8s-pods:///shop?port=1 | found no label and no image",
                "k8s-pods:///shop?image=a/b&port=1 | found image 'a/b', expected its name alone",
                "k8s-pods:///shop?image=a:v1&port=1 | found image 'a:v1', expected its name alone",
                "k8s-pods:///shop?image=a&port=0 | found port '0'",
                "k8s-pods:///shop?image=a&port=A | found port 'A'",
                "k8s-pods:///shop?image=&port=1 | parameter 'image' was empty",
                "k8s-pods:///Shop?image=a&port=1 | found namespace 'Shop'",
                "k8s-pods:///shop?images=a&port=1 | found parameter 'images', expected label, image or port"
            })
    void wrongTargetsAreRefused(String target, String why) {
        assertThatThrownBy(() -> PodsTarget.parse(Target.parse(target)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
