package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WeightedScheduleTest {

    @Test
    void everyStretchOfTheCycleIsCloseToTheWeights() {
        assertEven(3, 1, 1);
        assertEven(5, 1, 1);
        assertEven(1, 2, 3);
        assertEven(100, 1);
        assertEven(100, 99);
        assertEven(100, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 3_000; round++) {
            double[] weights = new double[2 + random.nextInt(round % 10 == 0 ? 99 : 9)];
            int most = 1 + random.nextInt(100);
            for (int i = 0; i < weights.length; i++) {
                weights[i] = 1 + random.nextInt(round % 3 == 0 && i > 0 ? 3 : most);
            }
            assertEven(weights);
        }
    }

    @Test
    void aHundredDifferentWeightsAreEven() {
        double[] weights = new double[100];
        Arrays.setAll(weights, i -> i + 1);
        assertEven(weights);
    }

    @Test
    void thousandsOfNodesStrayLittle() {
        double worst = 0;
        for (int count : new int[] {101, 999, 1_001, 1_013, 10_001}) {
            double[] weights = new double[count];
            Arrays.setAll(weights, i -> 1 + i % 10);
            worst = Math.max(worst, stray(weights));
        }
        assertThat(worst).isLessThan(2.5);
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 20; round++) {
            double[] weights = new double[101 + random.nextInt(400)];
            int most = 1 + random.nextInt(100);
            Arrays.setAll(weights, i -> 1 + random.nextInt(most));
            weights[0] = 1 + random.nextInt(20_000);
            worst = Math.max(worst, stray(weights));
        }
        assertThat(worst).isLessThan(3.5);
    }

    @Test
    void equalWeightsNeedNoTable() {
        int[] nodes = nodes(4);
        assertThat(WeightedSchedule.of(nodes, new double[] {7, 7, 7, 7})).isSameAs(nodes);
        assertThat(WeightedSchedule.of(nodes, new double[] {0.3, 0.3, 0.3, 0.3}))
                .isSameAs(nodes);
    }

    @Test
    void weightsAreReducedByTheirDivisor() {
        assertThat(WeightedSchedule.of(nodes(3), new double[] {3_000, 1_000, 1_000}))
                .hasSize(5);
    }

    @Test
    void fractionsAreRoundedWithinHalfATurnOfTheCycle() {
        double[] weights = {1, 0.1, 0.37, 1.25, 1e-9};
        double sum = Arrays.stream(weights).sum();
        int[] units = WeightedSchedule.units(weights);
        int cycle = Arrays.stream(units).sum();
        assertThat(cycle).isBetween(8_000, 16_400);
        for (int i = 0; i < 4; i++) {
            assertThat(Math.abs(units[i] / (double) cycle - weights[i] / sum)).isLessThan(1.0 / cycle);
        }
        assertThat(units[4]).as("a weight above 0 is never starved").isEqualTo(1);
    }

    @Test
    void aHugeCycleIsRoundedToABoundedOne() {
        int[] units = WeightedSchedule.units(new double[] {1_000_000, 999_999, 1});
        assertThat(Arrays.stream(units).sum()).isBetween(16_000, 16_400);
        assertThat(WeightedSchedule.units(new double[] {40_000, 25_000, 536})).containsExactly(5_000, 3_125, 67);
    }

    /** The largest deviation of any node in any stretch of the cycle. */
    private static double stray(double... weights) {
        int[] nodes = nodes(weights.length);
        int[] slots = WeightedSchedule.of(nodes, weights);
        double sum = Arrays.stream(weights).sum();
        // The deviation grows only at a turn and sinks steadily in between, so it is looked at just before and after
        // each turn.
        int[] got = new int[nodes.length];
        double[] low = new double[nodes.length];
        double[] high = new double[nodes.length];
        for (int at = 0; at < slots.length; at++) {
            int node = slots[at];
            double share = weights[node] / sum;
            low[node] = Math.min(low[node], got[node] - at * share);
            got[node]++;
            high[node] = Math.max(high[node], got[node] - (at + 1) * share);
        }
        double worst = 0;
        for (int node = 0; node < nodes.length; node++) {
            assertThat((double) got[node]).isEqualTo(weights[node] / sum * slots.length, within(1e-6));
            worst = Math.max(worst, high[node] - low[node]);
        }
        return worst;
    }

    /** All stretches of the endless repetition of the cycle, wherever they begin, against 1 + 0.5 log2(length). */
    private static void assertEven(double... weights) {
        int[] nodes = nodes(weights.length);
        int[] cycle = WeightedSchedule.of(nodes, weights);
        double sum = Arrays.stream(weights).sum();
        int[] counts = new int[nodes.length];
        for (int node : cycle) {
            counts[node]++;
        }
        for (int node = 0; node < nodes.length; node++) {
            double share = weights[node] / sum;
            assertThat((double) counts[node]).isEqualTo(share * cycle.length, within(1e-6));
            double low = 0;
            double high = 0;
            double error = 0;
            for (int at = 0; at < cycle.length; at++) {
                error += (cycle[at] == node ? 1 : 0) - share;
                low = Math.min(low, error);
                high = Math.max(high, error);
                int got = 0;
                for (int length = 1; length <= 3; length++) {
                    got += cycle[(at + length - 1) % cycle.length] == node ? 1 : 0;
                    if (Math.abs(got - length * share) > 1 + 0.5 * Math.log(length) / Math.log(2) + 1e-9) {
                        throw new AssertionError("node " + node + " has " + got + " of " + length + " slots from " + at
                                + ", weights " + Arrays.toString(weights));
                    }
                }
            }
            // A stretch is the difference of two prefixes; from length 4 on the bound is 2 or more.
            if (high - low > 2 + 1e-6) {
                throw new AssertionError(
                        "node " + node + " strays by " + (high - low) + ", weights " + Arrays.toString(weights));
            }
        }
    }

    private static int[] nodes(int count) {
        int[] nodes = new int[count];
        Arrays.setAll(nodes, i -> i);
        return nodes;
    }
}
