package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What processes write for one another is read by those of an earlier version: the two run side by side in a rolling upgrade. */
class LaterVersionTest {
    private static final String LATER = "\"later\": {\"deep\": [1, {\"er\": null}]}, \"more\": [true], \"x\": 1.5, ";

    private static byte[] withMore(String json) {
        assertThat(json).startsWith("{");
        return ("{" + LATER + json.substring(1)).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void anAssignmentOfALaterVersionIsRead() throws Exception {
        Assignment assignment = new Assignment(7, "a", List.of("a", "b"));
        assertThat(Assignment.parse(withMore(assignment.toJson()))).isEqualTo(assignment);
    }

    @Test
    void anObservationOfALaterVersionIsRead() throws Exception {
        Observation observation =
                new Observation(7, Map.of("e", new Observation.Down("gone", Instant.EPOCH)), Set.of("f"));
        String json = observation.toJson();
        String deeper = json.replace("{\"id\"", "{" + LATER + "\"id\"");
        assertThat(deeper).isNotEqualTo(json);
        assertThat(Observation.parse(withMore(deeper))).isEqualTo(observation);
    }
}
