package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupAliasTableTest {
    private static final int DRAWS = 60_000;

    /** Of this weight and group each, by index. */
    private static List<Candidate> candidates(double[] weights, int... groups) {
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < groups.length; i++) {
            candidates.add(new Candidate(FakeNode.named("n-" + i), weights[i], 1, groups[i]));
        }
        return candidates;
    }

    /** How often each index is drawn beside this one, over numbers that are spread evenly. */
    private static double[] beside(GroupAliasTable lots, int index, int count) {
        double[] shares = new double[count];
        for (long i = 0; i < DRAWS; i++) {
            shares[lots.drawBeside(index, (i << 32) / DRAWS)] += 1.0 / DRAWS;
        }
        return shares;
    }

    @Test
    void oneGroupNeedsNone() {
        double[] weights = {1, 2, 3};
        assertThat(GroupAliasTable.of(candidates(weights, 4, 4, 4))).isNull();
        assertThat(GroupAliasTable.of(List.of())).isNull();
    }

    @Test
    void ofEqualWeightsAnotherOneOfTheGroupIsDrawnEachAsLikely() {
        double[] weights = {1, 2, 1, 2, 1, 7};
        GroupAliasTable lots = GroupAliasTable.of(candidates(weights, 0, 3, 0, 3, 0, 5));
        assertThat(beside(lots, 0, 6)).containsExactly(new double[] {0, 0, 0.5, 0, 0.5, 0}, within(0.001));
        assertThat(beside(lots, 2, 6)).containsExactly(new double[] {0.5, 0, 0, 0, 0.5, 0}, within(0.001));
        assertThat(beside(lots, 4, 6)).containsExactly(new double[] {0.5, 0, 0.5, 0, 0, 0}, within(0.001));
        assertThat(beside(lots, 1, 6)).containsExactly(new double[] {0, 0, 0, 1, 0, 0}, within(0.001));
        assertThat(beside(lots, 5, 6)).as("alone").containsExactly(new double[] {0, 0, 0, 0, 0, 1}, within(0.001));
    }

    @Test
    void ofDifferentWeightsEachIsDrawnByItsWeightInTheGroup() {
        double[] weights = {1, 5, 3, 5};
        GroupAliasTable lots = GroupAliasTable.of(candidates(weights, 0, 1, 0, 1));
        assertThat(beside(lots, 0, 4)).containsExactly(new double[] {0.25, 0, 0.75, 0}, within(0.001));
        assertThat(beside(lots, 2, 4)).containsExactly(new double[] {0.25, 0, 0.75, 0}, within(0.001));
    }
}
