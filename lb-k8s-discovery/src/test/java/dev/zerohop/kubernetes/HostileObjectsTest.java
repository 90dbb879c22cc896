package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Printable;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHintsBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZoneBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Objects with texts in them that would steer a log or a terminal, read by the real client: each costs itself alone, and what is said of it is printable. */
class HostileObjectsTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";

    private final MockApi api = new MockApi();
    private final KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
    private final Heard heard = new Heard();

    @AfterEach
    void close() {
        discovery.close();
        api.close();
    }

    private static final class Heard extends ResolutionRecorder {
        private List<String> said() {
            List<String> said = new ArrayList<>(rejected);
            errors.forEach(error -> said.add(String.valueOf(error.getMessage())));
            return said;
        }

        private Set<String> ids() {
            Set<String> ids = new TreeSet<>();
            if (!sets.isEmpty()) {
                sets.get(sets.size() - 1).endpoints().forEach(endpoint -> ids.add(endpoint.id()));
            }
            return ids;
        }
    }

    private void assertSaid(int times) {
        assertThat(heard.said())
                .hasSize(times)
                .allSatisfy(text -> assertThat(text).isEqualTo(Printable.text(text)));
    }

    private static Pod pod(String name, String address, Consumer<PodBuilder> with) {
        PodBuilder builder = new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .addToLabels("app", "orders")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("orders")
                .addNewPort()
                .withName("grpc")
                .withContainerPort(8080)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(address)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus();
        with.accept(builder);
        return builder.build();
    }

    @Test
    void aPodThatCanBeNoEndpointCostsItselfAlone() {
        api.put(pod("orders-0", "10.0.0.1", with -> {}));
        discovery.resolver("k8s-pods:///shop?label=app%3Dorders&port=grpc").start(heard);
        KubernetesDiscoveryTest.await().until(() -> heard.ids().contains("orders-0"));
        api.put(pod(
                "orders-1",
                "10.0.0.2",
                with -> with.editMetadata().addToLabels(NodeZones.ZONE, HOSTILE).endMetadata()));
        api.put(pod(
                "orders-2",
                "10.0.0.3",
                with -> with.editSpec().withNodeName("x".repeat(100_000)).endSpec()));
        api.put(pod("orders-3", "10.0.0\u001b[2J", with -> {}));
        // Before it comes one of the same address that is left out: it stands for nothing.
        api.put(pod("orders-4", "10.0.0.2", with -> {}));
        KubernetesDiscoveryTest.await()
                .until(() -> heard.ids().contains("orders-4") && heard.said().size() == 3);
        assertThat(heard.ids()).containsExactly("orders-0", "orders-4");
        assertSaid(3);
        assertThat(heard.said())
                .anyMatch(text -> text.startsWith("pod orders-1: endpoint orders-1: zone was 'a\\u001b]52;c;"))
                .anyMatch(text -> text.endsWith("node was 100000 characters long, expected at most 256"))
                .anyMatch(text -> text.startsWith("pod orders-3: endpoint orders-3: host was '10.0.0\\u001b[2J'"));
        api.put(pod("orders-1", "10.0.0.5", with -> {}));
        KubernetesDiscoveryTest.await().until(() -> heard.ids().contains("orders-1"));
    }

    @Test
    void anEndpointOfASliceThatCannotBeCostsItselfAlone() {
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint hostname = Slices.pod("orders-1", "10.0.0.2");
        hostname.setHostname(HOSTILE);
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint zone = Slices.pod("orders-2", "10.0.0.3");
        zone.setZone(HOSTILE);
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint hint = Slices.pod("orders-3", "10.0.0.4");
        hint.setHints(new EndpointHintsBuilder()
                .withForZones(new ForZoneBuilder().withName(HOSTILE).build())
                .build());
        io.fabric8.kubernetes.api.model.discovery.v1.Endpoint named = Slices.pod("b" + HOSTILE, "10.0.0.5");
        api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"), hostname, zone, hint, named));
        discovery.resolver("k8s:///shop/orders:grpc").start(heard);
        KubernetesDiscoveryTest.await()
                .until(() -> heard.ids().contains("orders-0") && heard.said().size() == 4);
        assertThat(heard.ids()).containsExactly("orders-0");
        assertSaid(4);
        assertThat(heard.said())
                .allMatch(text -> text.startsWith("slice orders-a: endpoint ") && text.contains("a\\u001b]52;c;"));
    }

    @Test
    void anImpossibleShardsAnnotationIsReportedInPrintableForm() {
        api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
        api.put(new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("orders")
                .addToAnnotations(StatefulSetView.SHARDS, "{\"epoch\": 1, \"" + HOSTILE.replace("\n", "\\n") + "\": 2}")
                .endMetadata()
                .withNewSpec()
                .withServiceName("orders")
                .withReplicas(1)
                .endSpec()
                .build());
        discovery.resolver("k8s:///shop/orders:grpc?shardCount=EPOCH").start(heard);
        KubernetesDiscoveryTest.await().until(() -> !heard.said().isEmpty());
        assertSaid(1);
    }

    @Test
    void whatTheServerSaysIsShownInPrintableForm() {
        for (SourceFailure failure : List.of(
                KubernetesFailure.answered("server", "list pods", "", 500, HOSTILE, Duration.ZERO),
                KubernetesFailure.answered("server", "list pods", "", 403, "x".repeat(100_000), Duration.ZERO),
                KubernetesFailure.unanswered("server", "list pods", new IOException(HOSTILE)))) {
            String message = String.valueOf(failure.getMessage());
            assertThat(message).hasSizeLessThan(2_100).isEqualTo(Printable.text(message));
        }
    }
}
