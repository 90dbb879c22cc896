package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Candidate;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few of many are found down and well again: the tables that were made for all are kept, and the picks are as if they were made anew. */
class PartOutTest {
    private static final int NODES = 200;

    private final FakeTime time = new FakeTime();

    private static Snapshot without(Snapshot all, Set<Candidate> out) {
        List<Candidate> left = new ArrayList<>(all.candidates());
        left.removeAll(out);
        return all.with(left, Long.MAX_VALUE, "some are out");
    }

    private static Snapshot nodes(boolean weighted) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(FakeNode.named("n-" + i, weighted ? 1 + i % 4 : 1));
        }
        return Snapshot.of(nodes);
    }

    private Picker picker(String policy, Snapshot all) {
        return Pickers.byName(policy).newPicker(all, time.env(ScriptedDice.seeded(5)));
    }

    private static Map<Node, Integer> picks(Picker picker, int count) {
        Map<Node, Integer> picks = new HashMap<>();
        for (int i = 0; i < count; i++) {
            picks.merge(requireNonNull(picker.pick(PickContext.NONE)), 1, Integer::sum);
        }
        return picks;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "round_robin",
                "random",
                "least_request",
                "peak_ewma",
                "prequal",
                "weighted_round_robin",
                "weighted_random"
            })
    void onlyThoseThatAreLeftArePickedWhateverComesAndGoes(String policy) {
        Random random = new Random(7);
        Snapshot all = nodes(true);
        Picker picker = picker(policy, all);
        Set<Candidate> out = new HashSet<>();
        for (int step = 0; step < 300; step++) {
            int flips = random.nextInt(20) == 0 ? NODES / 2 : 1 + random.nextInt(3);
            for (int i = 0; i < flips; i++) {
                Candidate candidate = all.candidates().get(random.nextInt(NODES));
                if (!out.add(candidate)) {
                    out.remove(candidate);
                }
            }
            if (out.size() == NODES || random.nextInt(20) == 0) {
                out.clear();
            }
            Snapshot now = without(all, out);
            picker = picker.rebuild(now);
            Set<Node> picked = picks(picker, 40).keySet();
            assertThat(now.candidates()).extracting(Candidate::node).containsAll(picked);
            assertThat(picker.explain(PickContext.NONE).get(0))
                    .contains(" " + now.candidates().size() + " candidates");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"random", "least_request", "weighted_random", "weighted_round_robin"})
    void theSharesOfTheOthersAreAsIfTablesWereMadeAnew(String policy) {
        boolean weighted = !policy.equals("random");
        Snapshot all = nodes(weighted);
        Set<Candidate> out = Set.copyOf(all.candidates().subList(40, 46));
        Snapshot left = without(all, out);
        Picker picker = picker(policy, all).rebuild(left);
        int each = 2_000;
        Map<Node, Integer> picks = picks(picker, each * left.candidates().size());
        double sum = left.candidates().stream()
                .mapToDouble(candidate -> weighted ? candidate.weight() : 1)
                .sum();
        for (Candidate candidate : left.candidates()) {
            double expected = each * left.candidates().size() * (weighted ? candidate.weight() : 1) / sum;
            assertThat((double) picks.get(candidate.node())).isCloseTo(expected, Percentage.withPercentage(15));
        }
    }

    @Test
    void takingTurnsEachOfTheOthersHasOneInACycle() {
        Snapshot all = nodes(false);
        Picker picker = picker("round_robin", all);
        picks(picker, 33);
        Snapshot left =
                without(all, Set.of(all.candidates().get(3), all.candidates().get(100)));
        Picker next = picker.rebuild(left);
        Map<Node, Integer> picks = picks(next, 3 * (NODES - 2));
        assertThat(picks).hasSize(NODES - 2);
        assertThat(picks.values()).containsOnly(3);
        assertThat(picks(next.rebuild(all), NODES).values()).hasSize(NODES).containsOnly(1);
    }

    @Test
    void aHeavyOneThatIsOutLeavesNoEmptyTurns() {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            nodes.add(FakeNode.named("n-" + i, i == 0 ? 1_000 : 1));
        }
        Snapshot all = Snapshot.of(nodes);
        Picker next = picker("weighted_round_robin", all)
                .rebuild(without(all, Set.of(all.candidates().get(0))));
        assertThat(next.explain(PickContext.NONE).get(0)).contains("a cycle of " + (NODES - 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"round_robin", "random", "least_request", "weighted_round_robin"})
    void whenACallAvoidsWhatItIsGivenItGetsAnother(String policy) {
        Snapshot all = nodes(true);
        Set<Candidate> out = Set.of(all.candidates().get(7));
        Picker picker = picker(policy, all).rebuild(without(all, out));
        PickContext context = PickContext.NONE;
        Set<Node> picked = new HashSet<>();
        for (int i = 0; i < NODES - 1; i++) {
            Node node = requireNonNull(picker.pick(context));
            assertThat(picked.add(node)).isTrue();
            context = context.avoiding(node.endpoint());
        }
        assertThat(picked).doesNotContain(all.candidates().get(7).node());
    }

    private static Snapshot groups(int ofTheFirst, int ofTheSecond) {
        List<FakeNode> nodes = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < ofTheFirst + ofTheSecond; i++) {
            FakeNode node = FakeNode.named("n-" + i, 1);
            nodes.add(node);
            candidates.add(new Candidate(node, 1, 1, i < ofTheFirst ? 0 : 1));
        }
        return Snapshot.of(nodes, candidates);
    }

    /** Two are drawn of one group: the last of a group must not be left out because all the others of it are. */
    @ParameterizedTest
    @ValueSource(strings = {"least_request", "peak_ewma", "prequal"})
    void aGroupKeepsTheShareOfWhatIsLeftOfIt(String policy) {
        Snapshot all = groups(30, 2);
        Candidate out = all.candidates().get(31);
        Picker picker = picker(policy, all).rebuild(without(all, Set.of(out)));
        int each = 2_000;
        Map<Node, Integer> picks = picks(picker, each * 31);
        assertThat((double) picks.get(all.candidates().get(30).node())).isCloseTo(each, Percentage.withPercentage(15));
    }

    @ParameterizedTest
    @ValueSource(strings = {"random", "least_request", "weighted_random", "weighted_round_robin"})
    void diceThatRepeatThemselvesEndAPickAllTheSame(String policy) {
        Snapshot all = nodes(true);
        for (int draw = 0; draw < 32; draw++) {
            Picker picker = Pickers.byName(policy)
                    .newPicker(all, time.env(ScriptedDice.of(((long) draw << 59) | ((long) draw << 27))));
            picker = picker.rebuild(without(all, Set.copyOf(all.candidates().subList(draw * 6, draw * 6 + 6))));
            for (int i = 0; i < 100; i++) {
                assertThat(picker.pick(PickContext.NONE)).isNotNull();
            }
        }
    }

    /** How evenly up to 100 of different weights take turns is promised for those that are left. */
    @Test
    void aHundredThatAreLeftHaveACycleOfTheirOwn() {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < 106; i++) {
            nodes.add(FakeNode.named("n-" + i, i == 0 ? 100 : 1));
        }
        Snapshot all = Snapshot.of(nodes);
        Snapshot left = without(all, Set.copyOf(all.candidates().subList(40, 46)));
        assertThat(picker("weighted_round_robin", all).rebuild(left).explain(PickContext.NONE))
                .isEqualTo(picker("weighted_round_robin", left).explain(PickContext.NONE));
    }
}
