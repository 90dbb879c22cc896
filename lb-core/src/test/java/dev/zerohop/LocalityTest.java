package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalityTest {
    @Test
    void theEnvironmentNamesZoneAndNode() {
        assertThat(Locality.of(Map.of("ZEROHOP_ZONE", "a", "ZEROHOP_NODE", "n1", "NODE_NAME", "n2")))
                .isEqualTo(new Locality("a", "n1"));
        assertThat(Locality.of(Map.of("NODE_NAME", "n2"))).isEqualTo(new Locality(null, "n2"));
        assertThat(Locality.of(Map.of("ZEROHOP_ZONE", " ", "ZEROHOP_NODE", ""))).isEqualTo(Locality.UNKNOWN);
    }

    @Test
    void whatIsUnknownIsTakenFromTheOther() {
        Locality zone = new Locality("a", null);
        assertThat(zone.orElse(new Locality("b", "n"))).isEqualTo(new Locality("a", "n"));
        assertThat(Locality.UNKNOWN.orElse(zone)).isEqualTo(zone);
    }
}
