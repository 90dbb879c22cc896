package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of two endpoints, which one is taken by what they report, and when the worse one is looked at. */
class ReportedCallsTest {
    private static final int PICKS = 16_000;

    private final FakeTime time = new FakeTime();

    /** Loads of two nodes that report them. */
    private static List<FakeNode> nodes(double first, double second) {
        List<FakeNode> nodes = FakeNode.numbered("n", 2);
        nodes.get(0).load(first);
        nodes.get(1).load(second);
        return nodes;
    }

    private int picksOfTheFirst(PickPolicy policy, List<FakeNode> nodes) {
        Picker picker = policy.newPicker(Snapshot.of(nodes), time.env());
        picker.refresh(time.nanoTime());
        int first = 0;
        for (int i = 0; i < PICKS; i++) {
            first += picker.pick(PickContext.NONE) == nodes.get(0) ? 1 : 0;
        }
        return first;
    }

    private int byReports(List<FakeNode> nodes) {
        return picksOfTheFirst(Pickers.leastRequestByReports(), nodes);
    }

    @Test
    void theOneWithFewerCallsUnderWayIsTakenThoseOfOthersIncluded() {
        assertThat(byReports(nodes(5, 3))).isZero();
        assertThat(byReports(nodes(3, 5))).isEqualTo(PICKS);
        assertThat(byReports(nodes(4, 4))).isBetween(PICKS / 2 - 400, PICKS / 2 + 400);
    }

    @Test
    void oneWithoutALiveReportCountsAsTheAverage() {
        List<FakeNode> nodes = nodes(4, 0.0);
        nodes.get(1).stale(true);
        assertThat(byReports(nodes)).as("4 to 4").isBetween(PICKS / 2 - 400, PICKS / 2 + 400);
        nodes.get(1).inFlight(1).load(1.0);
        assertThat(byReports(nodes)).as("4 to 4 and one of its own").isEqualTo(PICKS);
        nodes.get(0).inFlight(3);
        assertThat(byReports(nodes))
                .as("its own calls are no average: 4 to 1 + 1")
                .isZero();
    }

    /** Or a canary without a report would have as many calls as a great one has, and never get one that brings a report. */
    @Test
    void oneWithoutALiveReportCountsForItsWeight() {
        List<FakeNode> nodes = List.of(FakeNode.named("canary", 5), FakeNode.named("a", 100), FakeNode.named("b", 100));
        nodes.get(0).stale(true);
        nodes.get(0).load(0.0);
        nodes.get(1).load(100.0);
        nodes.get(2).load(100.0);
        // Alike for their weights: the first drawn wins, and one of 41 is the canary.
        assertThat(byReports(nodes)).isBetween(PICKS / 41 * 7 / 10, PICKS / 41 * 13 / 10);
    }

    @Test
    void oneAbsurdReportMakesNoAverage() {
        List<FakeNode> nodes = FakeNode.numbered("n", 4);
        nodes.get(0).stale(true);
        nodes.get(0).load(0.0);
        nodes.get(1).load(1e6);
        nodes.get(2).load(3.0);
        nodes.get(3).load(3.0);
        // It wins against the absurd one, and when it is drawn first against the others.
        assertThat(byReports(nodes)).isBetween(PICKS / 4, PICKS / 2);
    }

    @Test
    void failuresCountAsWorkAndOneComparisonInSixteenForgivesThem() {
        List<FakeNode> nodes = nodes(0.0, 3);
        nodes.get(0).penalty(63);
        assertThat(byReports(nodes)).isBetween(850, 1_150);
    }

    @Test
    void weightsCount() {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 3), FakeNode.named("b", 1));
        nodes.get(0).load(6.0);
        nodes.get(1).load(3.0);
        // Drawn in proportion to the weights, and of a and b 6/3 is fewer than 3/1.
        assertThat(byReports(nodes)).isGreaterThan(PICKS * 9 / 10);
    }

    @Test
    void underPeakEwmaTheWorseOneIsTakenInOneComparisonOfSixteenWhileWhatIsKnownOfItIsOld() {
        List<FakeNode> nodes = nodes(100, 1);
        assertThat(picksOfTheFirst(Pickers.peakEwma(), nodes)).isZero();
        nodes.get(0).stale(true);
        assertThat(picksOfTheFirst(Pickers.peakEwma(), nodes)).isBetween(850, 1_150);
        nodes.get(0).stale(false);
        nodes.get(1).stale(true);
        assertThat(picksOfTheFirst(Pickers.peakEwma(), nodes))
                .as("the better one is")
                .isZero();
    }
}
