package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "PT-5S, 0 ms",
        "PT0S, 0 ms",
        "PT0.0129S, 12 ms",
        "PT0.999S, 999 ms",
        "PT1S, 1.0 s",
        "PT9.94S, 9.9 s",
        "PT9.96S, 10.0 s",
        "PT32.9S, 33 s",
        "PT119S, 119 s",
        "PT2M, 2 min",
        "PT119M40S, 120 min",
        "PT2H, 2 h",
        "PT47H, 47 h",
        "PT48H, 2 d",
        "P365D, 365 d"
    })
    void theLargestUnitThatTellsEnough(Duration time, String text) {
        assertThat(Durations.text(time.toNanos())).isEqualTo(text);
    }
}
