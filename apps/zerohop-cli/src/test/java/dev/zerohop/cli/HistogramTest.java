package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void percentilesAreWithinTwoPercentOfTheTruthOverSixPowersOfTen() {
        for (long unit : new long[] {1_000, 1_000_000, 1_000_000_000L}) {
            Histogram histogram = new Histogram();
            for (int i = 1; i <= 1_000; i++) {
                histogram.record(i * unit);
            }
            for (int percent : new int[] {1, 10, 50, 90, 99, 100}) {
                double truth = percent * 10 * unit / 1e6;
                assertThat(histogram.percentileMillis(percent)).isCloseTo(truth, within(truth * 0.02));
            }
        }
    }

    @Test
    void nothingRecordedIsZero() {
        assertThat(new Histogram().percentileMillis(99)).isZero();
    }

    @Test
    void oneValueIsEveryPercentile() {
        Histogram histogram = new Histogram();
        histogram.record(12_345_000);
        assertThat(histogram.percentileMillis(1)).isEqualTo(12.345);
        assertThat(histogram.percentileMillis(99)).isEqualTo(12.345);
    }
}
