package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is said of differences between policies. */
class DifferenceTest {
    private static List<Double> list(DoubleStream values) {
        return values.boxed().toList();
    }

    @Test
    void theMedianIsTheOneInTheMiddle() {
        assertThat(Difference.median(new double[] {9, 1, 2})).isEqualTo(2);
        assertThat(Difference.median(new double[] {9, 1, 2, 4})).isEqualTo(3);
        assertThat(Difference.median(new double[] {9, Double.NaN, 2})).isNaN();
    }

    /**
     * Of 21 values, the median of a resample is at most the k-th with the chance that of 21 draws at least 11 are among the k lowest: 1.8 % for k = 6 and 5.6 % for k = 7. So the interval ends at the 7th and,
     * alike, at the 15th.
     */
    @Test
    void theIntervalIsThatOfTheBootstrap() {
        Difference difference = Difference.of(list(IntStream.rangeClosed(1, 21).asDoubleStream()));
        assertThat(difference).isEqualTo(new Difference(11, 7, 15));
    }

    @Test
    void oneSeedHasNoInterval() {
        assertThat(Difference.of(List.of(3.0))).isEqualTo(new Difference(3, Double.NaN, Double.NaN));
        assertThat(Difference.of(List.of(3.0, 3.0))).isEqualTo(new Difference(3, 3, 3));
        assertThat(Difference.of(List.of(3.0, Double.NaN)).median()).isNaN();
    }

    /** Seeds differ by 100 ms and policies by 2 to 4: seed by seed that is seen. */
    @Test
    void pairsAreOfTheSameSeed() {
        Latencies first = latencies(100, 200, 300);
        Latencies other = latencies(102, 204, 303);
        assertThat(other.above(first, LatencyFigure.P99)).isEqualTo(new Difference(3, 2, 4));
        assertThat(other.meanAbove(first, LatencyFigure.P99).value()).isEqualTo(3);
        assertThat(other.median(LatencyFigure.P99)).isEqualTo(204);
        assertThat(first.above(first, LatencyFigure.MEAN)).isEqualTo(new Difference(0, 0, 0));
    }

    private static Latencies latencies(double... p99) {
        return new Latencies(Arrays.stream(p99)
                .mapToObj(value -> Map.of(LatencyFigure.P99, value, LatencyFigure.MEAN, 1.0))
                .toList());
    }
}
