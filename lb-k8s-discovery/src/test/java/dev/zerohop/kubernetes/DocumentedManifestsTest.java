package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever copies a manifest from the documentation gets what it says. */
class DocumentedManifestsTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\n(.*?)^```$");

    @ParameterizedTest
    @ValueSource(strings = {"kubernetes-permissions.md", "statefulsets.md", "topology.md"})
    void everyManifestHasOnlyFieldsThatThereAre(String page) throws IOException {
        List<HasMetadata> objects = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(Files.readString(Path.of("..", "docs", page)));
        while (blocks.find()) {
            objects.addAll(Manifests.parse(blocks.group(1)));
        }
        assertThat(objects).as("manifests of %s", page).isNotEmpty();
    }

    @Test
    void aFieldThatThereIsNotIsSeen() {
        String role =
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: zerohop
                rules:
                  - apiGroups: ["apps"]
                    resources: ["statefulsets"]
                    verb: ["list"]
                """;
        assertThatThrownBy(() -> Manifests.parse(role)).hasMessage("Role.rules[0] has no field [verb]");
        assertThat(Manifests.parse(role.replace("verb:", "verbs:"))).hasSize(1);
        assertThatThrownBy(() -> Manifests.parse(role.replace("kind: Role", "kind: Roll")))
                .hasMessageContaining("no kind that the client knows");
    }
}
