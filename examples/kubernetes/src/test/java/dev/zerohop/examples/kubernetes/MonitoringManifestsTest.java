package dev.zerohop.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests of docs/monitoring: Kubernetes' own kinds by its models, those of operators by the fields that their references have. */
class MonitoringManifestsTest {
    private static final Path DIRECTORY = Path.of("..", "..", "docs", "monitoring", "kubernetes");

    /** Of keda.sh/v1alpha1, as far as anyone would use it here. */
    private static final Set<String> SCALED_OBJECT = Set.of(
            "scaleTargetRef",
            "pollingInterval",
            "cooldownPeriod",
            "minReplicaCount",
            "maxReplicaCount",
            "fallback",
            "advanced",
            "triggers");

    private static final Set<String> PROMETHEUS_TRIGGER = Set.of(
            "serverAddress", "query", "threshold", "activationThreshold", "namespace", "ignoreNullValues", "unsafeSsl");

    static Stream<Path> manifests() throws IOException {
        return Files.list(DIRECTORY).sorted();
    }

    private static JsonNode read(String file) throws IOException {
        return ManifestsTest.documents(Files.readString(DIRECTORY.resolve(file)))
                .get(0);
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void eachIsOneDocumentOfAKindThatIsCheckedBelow(Path manifest) throws IOException {
        assertThat(ManifestsTest.documents(Files.readString(manifest)))
                .singleElement()
                .satisfies(document -> {
                    assertThat(document.at("/kind").asText())
                            .isIn("ScaledObject", "HorizontalPodAutoscaler", "ConfigMap", "PodMonitor");
                    assertThat(document.at("/metadata/name").asText()).isNotEmpty();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"hpa.yaml", "prometheus-adapter.yaml"})
    void everyFieldIsOneThatKubernetesKnows(String file) throws IOException {
        ManifestsTest.requireKnownFields(read(file));
    }

    @Test
    void aMisspeltFieldOfTheAutoscalerIsFound() throws IOException {
        String misspelt = Files.readString(DIRECTORY.resolve("hpa.yaml")).replace("averageValue:", "averagevalue:");
        JsonNode document = ManifestsTest.documents(misspelt).get(0);
        assertThatThrownBy(() -> ManifestsTest.requireKnownFields(document)).isInstanceOf(AssertionError.class);
    }

    @Test
    void theAutoscalerAsksForTheMetricThatTheAdapterOffers() throws IOException {
        JsonNode rule = ManifestsTest.documents(
                        read("prometheus-adapter.yaml").at("/data/config.yaml").asText())
                .get(0)
                .at("/externalRules/0");
        assertThat(fields(rule)).containsExactlyInAnyOrder("seriesQuery", "resources", "name", "metricsQuery");
        assertThat(rule.at("/resources/namespaced").asBoolean(true)).isFalse();
        assertThat(read("hpa.yaml").at("/spec/metrics/0/external/metric/name").asText())
                .isEqualTo(rule.at("/name/as").asText())
                .isNotEmpty();
    }

    @Test
    void theScaledObjectHasOnlyFieldsOfKedas() throws IOException {
        JsonNode spec = read("keda.yaml").get("spec");
        assertThat(SCALED_OBJECT).containsAll(fields(spec));
        assertThat(fields(spec.get("scaleTargetRef"))).containsExactlyInAnyOrder("apiVersion", "kind", "name");
        assertThat(fields(spec.get("fallback"))).containsExactlyInAnyOrder("failureThreshold", "replicas");
        assertThat(spec.get("minReplicaCount").asInt())
                .isPositive()
                .isLessThan(spec.get("maxReplicaCount").asInt());
        assertThat(spec.at("/fallback/replicas").asInt())
                .isBetween(
                        spec.get("minReplicaCount").asInt(),
                        spec.get("maxReplicaCount").asInt());
        assertThat(spec.get("triggers")).hasSize(2).allSatisfy(trigger -> {
            assertThat(trigger.get("type").asText()).isEqualTo("prometheus");
            // The only kind for which KEDA has a fallback.
            assertThat(trigger.get("metricType").asText()).isEqualTo("AverageValue");
            assertThat(PROMETHEUS_TRIGGER).containsAll(fields(trigger.get("metadata")));
            // KEDA takes texts only.
            assertThat(trigger.get("metadata"))
                    .allSatisfy(value -> assertThat(value.isTextual()).isTrue());
            assertThat(Double.parseDouble(trigger.at("/metadata/threshold").asText()))
                    .isPositive();
        });
    }

    @Test
    void bothScaleTheSameServersAtTheSamePace() throws IOException {
        JsonNode keda = read("keda.yaml").get("spec");
        JsonNode hpa = read("hpa.yaml").get("spec");
        assertThat(keda.get("scaleTargetRef")).isEqualTo(hpa.get("scaleTargetRef"));
        JsonNode behavior = keda.at("/advanced/horizontalPodAutoscalerConfig/behavior");
        assertThat(behavior).isEqualTo(hpa.get("behavior"));
        Unknown.requireNone(
                Serialization.unmarshal(behavior.toString(), HorizontalPodAutoscalerBehavior.class), "behavior");
        assertThat(keda.at("/triggers/0/metadata/threshold").asText())
                .isEqualTo(hpa.at("/metrics/0/external/target/averageValue").asText());
    }

    @Test
    void theMonitorSelectsPodsByTheLabelThatThePageNames() throws IOException {
        JsonNode monitor = read("pod-monitor.yaml");
        assertThat(monitor.get("apiVersion").asText()).isEqualTo("monitoring.coreos.com/v1");
        assertThat(fields(monitor.get("spec"))).containsExactlyInAnyOrder("selector", "podMetricsEndpoints");
        assertThat(fields(monitor.at("/spec/podMetricsEndpoints/0")))
                .containsExactlyInAnyOrder("port", "path", "interval");
        String label = new ObjectMapper()
                .writeValueAsString(monitor.at("/spec/selector/matchLabels"))
                .replaceAll("[{}]", "")
                .replace("\":\"", ": \"")
                .replaceFirst("\"", "");
        assertThat(Files.readString(DIRECTORY.resolveSibling("README.md"))).contains("`" + label + "`");
    }

    private static Set<String> fields(JsonNode object) {
        Set<String> names = new TreeSet<>();
        for (Iterator<String> each = object.fieldNames(); each.hasNext(); ) {
            names.add(each.next());
        }
        return names;
    }
}
