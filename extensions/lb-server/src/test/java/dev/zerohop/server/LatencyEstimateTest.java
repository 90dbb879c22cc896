package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyEstimateTest {
    /** Clocks may begin anywhere and overflow. */
    private static final long START = Long.MAX_VALUE - 1_000;

    private final LatencyEstimate estimate = new LatencyEstimate(START);

    private static long at(long millis) {
        return START + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void answered(int count, int others, long micros, long atMillis) {
        for (int i = 0; i < count; i++) {
            estimate.answered(others, TimeUnit.MICROSECONDS.toNanos(micros), at(atMillis));
        }
    }

    @Test
    void rangesAreExactBelowEightAndFourToADoublingAbove() {
        assertThat(LatencyEstimate.range(-1)).isZero();
        for (int i = 0; i < 8; i++) {
            assertThat(LatencyEstimate.range(i)).isEqualTo(i);
        }
        assertThat(new int[] {
                    LatencyEstimate.range(8),
                    LatencyEstimate.range(9),
                    LatencyEstimate.range(10),
                    LatencyEstimate.range(15),
                    LatencyEstimate.range(16),
                    LatencyEstimate.range(19),
                    LatencyEstimate.range(20),
                    LatencyEstimate.range(1 << 20),
                    LatencyEstimate.range(Integer.MAX_VALUE)
                })
                .containsExactly(8, 8, 9, 11, 12, 12, 13, 75, 75);
    }

    @Test
    void itIsTheMedianOfThoseThatCameAsNow() {
        answered(10, 0, 1_000, 0);
        answered(10, 4, 5_000, 0);
        answered(10, 40, 80_000, 0);
        assertThat(estimate.micros(0, at(1))).isEqualTo(1_000);
        assertThat(estimate.micros(4, at(1))).isEqualTo(5_000);
        assertThat(estimate.micros(40, at(1))).isEqualTo(80_000);
        answered(5, 4, 9_000, 2);
        assertThat(estimate.micros(4, at(2))).as("ten of 5 ms, five of 9").isEqualTo(5_000);
        answered(6, 4, 9_000, 2);
        assertThat(estimate.micros(4, at(2))).as("ten of 5 ms, eleven of 9").isEqualTo(9_000);
    }

    @Test
    void whereFewCameAsNowThoseNextToThemCount() {
        assertThat(estimate.micros(3, at(0))).as("nothing is known").isZero();
        answered(3, 2, 2_000, 0);
        answered(4, 5, 5_000, 0);
        answered(8, 7, 7_000, 0);
        assertThat(estimate.micros(3, at(1))).as("three, then four, then eight").isEqualTo(7_000);
        assertThat(estimate.micros(0, at(1))).isEqualTo(7_000);
        answered(8, 3, 3_000, 0);
        assertThat(estimate.micros(3, at(1))).as("enough that came as now").isEqualTo(3_000);
    }

    @Test
    void itIsOfTheLatestOfTheLastFiveSeconds() {
        answered(1, 0, 1_000, 0);
        assertThat(estimate.micros(0, at(5_000))).isEqualTo(1_000);
        assertThat(estimate.micros(0, at(5_001))).isZero();
        answered(100, 0, 1_000, 6_000);
        answered(32, 0, 3_000, 6_000);
        assertThat(estimate.micros(0, at(6_000))).as("the latest 32").isEqualTo(3_000);
    }

    /** A server that stalls while its callers give up after more than 5 s. */
    @Test
    void aFailureCountsByTheLastEstimateHoweverLongAgoThatWas() {
        answered(1, 0, 1_000, 0);
        assertThat(estimate.micros(0, at(0))).isEqualTo(1_000);
        assertThat(estimate.micros(0, at(6_000))).isZero();
        estimate.failed(0, TimeUnit.MICROSECONDS.toNanos(900), at(6_000));
        assertThat(estimate.micros(0, at(6_000))).as("a fast failure").isZero();
        estimate.failed(0, TimeUnit.SECONDS.toNanos(6), at(6_001));
        assertThat(estimate.micros(0, at(6_001))).isEqualTo(6_000_000);
    }

    @Test
    void whatIsOffTheScaleIsItsEnd() {
        answered(1, Integer.MAX_VALUE, 0, 0);
        assertThat(estimate.micros(0, at(0))).isEqualTo(1);
        answered(2, 0, TimeUnit.DAYS.toMicros(1), 0);
        assertThat(estimate.micros(0, at(0))).isEqualTo((1 << 28) - 1);
    }
}
