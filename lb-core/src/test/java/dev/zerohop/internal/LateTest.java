package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LateTest {

    @ParameterizedTest
    @CsvSource({"0, 1.1", "0.5, 1.15", "1, 1.2"})
    void tenToTwentyPercent(double chance, double factor) {
        assertThat(Late.factor(chance)).isEqualTo(factor);
    }
}
