package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.Test;

class TransformedFieldsTest {
    @Test
    void ofANodeItsNameAndZoneAreKept() {
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName("n1")
                .addToLabels(NodeZones.ZONE, "a")
                .addToLabels("other", "long")
                .addToAnnotations("note", "long")
                .endMetadata()
                .withNewSpec()
                .withProviderID("long")
                .endSpec()
                .withNewStatus()
                .withPhase("long")
                .endStatus()
                .build();
        assertThat(ObjectTransform.trim(node))
                .isEqualTo(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n1")
                        .addToLabels(NodeZones.ZONE, "a")
                        .endMetadata()
                        .build());
    }

    @Test
    void anEmptyNameIsNone() {
        assertThat(ObjectTransform.required("n1", "name")).isEqualTo("n1");
        for (String none : new String[] {null, ""}) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> ObjectTransform.required(none, "name"))
                    .withMessageContaining("without a name");
        }
    }
}
