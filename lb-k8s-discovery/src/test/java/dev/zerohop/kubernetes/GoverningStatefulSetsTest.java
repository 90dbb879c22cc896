package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoverningStatefulSetsTest {
    private static StatefulSetView set(String name, String service, int replicas) {
        return new StatefulSetView(name, service, new OrdinalRange(0, replicas), new OrdinalRange(0, replicas), null);
    }

    private static List<String> found(GoverningStatefulSets sets) {
        return sets.sets().stream().map(StatefulSetView::name).toList();
    }

    @Test
    void theGovernedSetGoesBeforeTheOwnerOfThePods() {
        List<StatefulSetView> all = List.of(set("orders", "orders-headless", 3), set("other", "orders", 3));
        assertThat(found(GoverningStatefulSets.find("orders", List.of(), all, Set.of("orders-0"))))
                .containsExactly("other");
        assertThat(found(GoverningStatefulSets.find("orders-api", List.of(), all, Set.of("orders-0"))))
                .containsExactly("orders");
        assertThat(GoverningStatefulSets.find("orders-api", List.of(), all, Set.of("web-0")))
                .isEqualTo(GoverningStatefulSets.NONE);
    }

    @Test
    void ifTheSetIsAmbiguousNoPodHasAnOrdinal() {
        List<StatefulSetView> all = List.of(set("orders-b", "orders", 3), set("orders-a", "orders", 3));
        GoverningStatefulSets sets = GoverningStatefulSets.find("orders", List.of(), all, Set.of("orders-a-0"));
        assertThat(sets.sets()).isEmpty();
        assertThat(sets.problem()).contains("StatefulSets orders-a and orders-b", "?statefulSet=orders-a,orders-b");
        assertThat(sets.ordinal("orders-a-0")).isEqualTo(Endpoint.NO_ORDINAL);
    }

    @Test
    void namedSetsAreReplicasOfTheSameShards() {
        List<StatefulSetView> all =
                List.of(set("orders-a", "x", 3), set("orders-b", "y", 5), set("orders-c", "orders", 9));
        GoverningStatefulSets sets =
                GoverningStatefulSets.find("orders", List.of("orders-b", "orders-a"), all, Set.of());
        assertThat(found(sets)).containsExactly("orders-a", "orders-b");
        assertThat(sets.wanted()).isEqualTo(new OrdinalRange(0, 5));
        assertThat(sets.ordinal("orders-a-2")).isEqualTo(2);
        assertThat(sets.ordinal("orders-b-2")).isEqualTo(2);
        assertThat(sets.ordinal("orders-c-2")).isEqualTo(Endpoint.NO_ORDINAL);
    }

    @Test
    void aNamedSetThatIsMissingIsReportedAndTheOthersAreUsed() {
        GoverningStatefulSets sets = GoverningStatefulSets.find(
                "orders", List.of("orders", "nope"), List.of(set("orders", null, 3)), Set.of());
        assertThat(found(sets)).containsExactly("orders");
        assertThat(sets.problem()).isEqualTo("the target names StatefulSet nope, which does not exist");
    }

    @ParameterizedTest
    @CsvSource({
        // Its own pods, also those that a scale-down has not taken away yet.
        "orders-0, 0",
        "orders-2, 2",
        "orders-4, 4",
        "orders-5, -1",
        // A bare ReplicaSet of the same name: all digits, but no ordinal.
        "orders-24567, -1",
        "orders-6789489c-24567, -1",
    })
    void onlyPodsOfTheSetHaveAnOrdinal(String pod, int ordinal) {
        StatefulSetView set =
                new StatefulSetView("orders", "orders", new OrdinalRange(0, 3), new OrdinalRange(0, 5), null);
        assertThat(set.ordinal(pod)).isEqualTo(ordinal);
    }

    @Test
    void readsWhatMattersOfAStatefulSet() {
        StatefulSet full = new StatefulSetBuilder()
                .withNewMetadata()
                .withName("orders")
                .addToAnnotations("zerohop.dev/shards", "{}")
                .endMetadata()
                .withNewSpec()
                .withServiceName("orders-headless")
                .withReplicas(3)
                .withNewOrdinals()
                .withStart(5)
                .endOrdinals()
                .endSpec()
                .withNewStatus()
                .withReplicas(5)
                .endStatus()
                .build();
        assertThat(StatefulSetView.of(full))
                .isEqualTo(new StatefulSetView(
                        "orders", "orders-headless", new OrdinalRange(5, 8), new OrdinalRange(5, 10), "{}"));
        StatefulSet bare = new StatefulSetBuilder()
                .withNewMetadata()
                .withName("orders")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
        assertThat(StatefulSetView.of(bare))
                .isEqualTo(new StatefulSetView("orders", null, new OrdinalRange(0, 1), new OrdinalRange(0, 1), null));
    }
}
