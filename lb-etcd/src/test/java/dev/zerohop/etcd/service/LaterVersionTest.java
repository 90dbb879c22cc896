package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What processes write for one another is read by those of an earlier version: the two run side by side in a rolling upgrade. */
class LaterVersionTest {
    private static final String LATER = "\"later\": {\"deep\": [1, {\"er\": null}]}, \"more\": [true], \"x\": 1.5, ";

    private static byte[] withMore(String json) {
        assertThat(json).startsWith("{");
        return ("{" + LATER + json.substring(1)).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aVerdictOfALaterVersionIsRead() throws Exception {
        HealthVerdict verdict =
                new HealthVerdict(dev.zerohop.Health.Status.UNHEALTHY, "down", "w", 7, 30, List.of("w"), Instant.EPOCH);
        assertThat(HealthVerdict.parse(withMore(verdict.toJson()))).isEqualTo(verdict);
    }
}
