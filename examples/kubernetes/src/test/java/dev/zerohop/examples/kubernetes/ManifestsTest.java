package dev.zerohop.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests say only what Kubernetes knows, and what they refer to is there. */
class ManifestsTest {
    private static final Path DIRECTORY = Path.of("manifests");
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<Path> manifests() throws IOException {
        return Files.list(DIRECTORY).sorted();
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everyFieldIsOneThatKubernetesKnows(Path manifest) throws IOException {
        List<JsonNode> documents = documents(Files.readString(manifest));
        assertThat(documents).isNotEmpty();
        documents.forEach(ManifestsTest::requireKnownFields);
    }

    @Test
    void aFieldThatKubernetesDoesNotKnowIsFound() throws IOException {
        String text = Files.readString(DIRECTORY.resolve("10-orders.yaml"));
        for (String wrong :
                List.of("replicas: 3", "periodSeconds: 2", "targetPort: grpc", "fieldPath: metadata.name")) {
            String misspelt = text.replaceFirst(wrong, wrong.replaceFirst(":", "x:"));
            assertThat(misspelt).isNotEqualTo(text);
            assertThatThrownBy(() -> documents(misspelt).forEach(ManifestsTest::requireKnownFields))
                    .isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void whatIsReferredToIsThere() throws IOException {
        Set<String> apps = new HashSet<>();
        Set<String> services = new HashSet<>();
        List<JsonNode> selectors = new ArrayList<>();
        List<String> targets = new ArrayList<>();
        for (Path manifest : manifests().toList()) {
            for (JsonNode document : documents(Files.readString(manifest))) {
                apps.add(document.at("/spec/template/metadata/labels/app").asText());
                if (document.get("kind").asText().equals("Service")) {
                    services.add(document.at("/metadata/name").asText());
                    selectors.add(document.at("/spec/selector/app"));
                }
                document.findParents("name").stream()
                        .filter(variable -> variable.get("name").asText().equals("TARGET"))
                        .forEach(variable -> targets.add(variable.get("value").asText()));
            }
        }
        assertThat(selectors).isNotEmpty().allSatisfy(app -> assertThat(apps).contains(app.asText()));
        assertThat(targets)
                .hasSize(5)
                .allSatisfy(target -> assertThat(services)
                        .contains(target.replaceFirst("^dns:///|^k8s:///shop/", "")
                                .replaceFirst(":.*", "")));
    }

    static List<JsonNode> documents(String yaml) throws IOException {
        YAMLMapper mapper = new YAMLMapper(new YAMLFactory());
        try (var values = mapper.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return values.readAll();
        }
    }

    /** Reads the document into the client's model and writes it again: what the model does not know ends in its "additional properties" or is gone. */
    static void requireKnownFields(JsonNode document) {
        HasMetadata model = Serialization.unmarshal(document.toString(), HasMetadata.class);
        assertThat(model.getClass().getSimpleName())
                .isEqualTo(document.get("kind").asText());
        Unknown.requireNone(model, document.get("kind").asText());
        JsonNode again = JSON.valueToTree(Serialization.unmarshal(Serialization.asJson(model), Object.class));
        requireWithin(document, again, "");
    }

    private static void requireWithin(JsonNode expected, JsonNode actual, String path) {
        assertThat(actual).as(path).isNotNull();
        if (expected.isObject()) {
            expected.properties()
                    .forEach(field ->
                            requireWithin(field.getValue(), actual.get(field.getKey()), path + "/" + field.getKey()));
        } else if (expected.isArray()) {
            for (int i = 0; i < expected.size(); i++) {
                requireWithin(expected.get(i), actual.get(i), path + "/" + i);
            }
        } else {
            assertThat(actual.asText()).as(path).isEqualTo(expected.asText());
        }
    }
}
