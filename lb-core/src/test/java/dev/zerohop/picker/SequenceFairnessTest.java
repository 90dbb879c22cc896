package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.StripedCursor;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

class SequenceFairnessTest {
    private final FakeTime time = new FakeTime();

    private static List<FakeNode> weighted(int... weights) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            nodes.add(FakeNode.named("n-" + i, weights[i]));
        }
        return nodes;
    }

    private static Node pick(Picker picker) {
        Node node = picker.pick(PickContext.NONE);
        assertThat(node).isNotNull();
        return node;
    }

    @Test
    void everyPrefixOfOneThreadIsFairFromAnyStart() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 200; round++) {
            int[] weights = switch (round % 4) {
                case 0 -> new int[] {3, 1, 1};
                case 1 -> new int[] {5, 1, 1};
                case 2 -> random.ints(100, 1, 101).toArray();
                default -> random.ints(2 + random.nextInt(20), 1, 101).toArray();
            };
            List<FakeNode> nodes = weighted(weights);
            Picker picker = Pickers.weightedRoundRobin()
                    .newPicker(Snapshot.of(nodes), time.env(ScriptedDice.seeded(random.nextLong())));
            double sum = 0;
            for (int weight : weights) {
                sum += weight;
            }
            Map<Node, Integer> got = new HashMap<>();
            for (int k = 1; k <= 3_000; k++) {
                Node picked = pick(picker);
                got.merge(picked, 1, Integer::sum);
                // The one just picked is the only one above its share more than before; all others are checked now and
                // then.
                double bound = 1 + 0.5 * Math.log(k) / Math.log(2) + 1e-9;
                if (k < 20 || k % 97 == 0) {
                    for (int i = 0; i < weights.length; i++) {
                        double error = got.getOrDefault(nodes.get(i), 0) - k * weights[i] / sum;
                        assertThat(Math.abs(error)).isLessThanOrEqualTo(bound);
                    }
                } else {
                    double share = picked.endpoint().weight() / sum;
                    assertThat(Math.abs(got.get(picked) - k * share)).isLessThanOrEqualTo(bound);
                }
            }
        }
    }

    @Test
    void rebuildsOnTheWayChangeNothingForTheSameMembers() {
        List<FakeNode> nodes = weighted(3, 1, 1, 7);
        Snapshot snapshot = Snapshot.of(nodes);
        for (PickPolicy policy : List.of(Pickers.roundRobin(), Pickers.weightedRoundRobin())) {
            Picker still = policy.newPicker(snapshot, time.env());
            Picker churned = policy.newPicker(snapshot, time.env());
            for (int i = 0; i < 500; i++) {
                assertThat(pick(churned)).isSameAs(pick(still));
                churned = churned.rebuild(snapshot);
            }
        }
    }

    @Test
    void churnKeepsSharesNearTheWeights() {
        List<FakeNode> nodes = weighted(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        Snapshot all = Snapshot.of(nodes);
        Snapshot fewer = Snapshot.of(nodes.subList(0, 9));
        Picker picker = Pickers.roundRobin().newPicker(all, time.env());
        Map<Node, Integer> got = new HashMap<>();
        for (int i = 0; i < 9_000; i++) {
            picker = picker.rebuild(i % 2 == 0 ? fewer : all);
            got.merge(pick(picker), 1, Integer::sum);
        }
        for (FakeNode node : nodes.subList(0, 9)) {
            assertThat(got.getOrDefault(node, 0)).as(node.toString()).isBetween(500, 1_500);
        }
    }

    @Test
    void aRetryFallsOnAllOthersAndNotOnTheNeighbour() {
        List<FakeNode> nodes = weighted(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        FakeNode broken = nodes.get(4);
        Picker picker = Pickers.roundRobin().newPicker(Snapshot.of(nodes), time.env());
        PickContext retry = PickContext.NONE.retryAfter(broken.endpoint());
        Map<Node, Integer> got = new HashMap<>();
        for (int i = 0; i < 9_000; i++) {
            got.merge(picker.pick(retry), 1, Integer::sum);
        }
        assertThat(got).doesNotContainKey(broken);
        assertThat(got.values()).allSatisfy(count -> assertThat(count).isBetween(900, 1_150));
    }

    @Test
    void aRetryKeepsTheWeightsOfTheOthers() {
        List<FakeNode> nodes = weighted(4, 1, 1, 6);
        PickContext retry = PickContext.NONE.retryAfter(nodes.get(0).endpoint());
        for (String name :
                List.of("weighted_round_robin", "weighted_random", "least_request", "peak_ewma", "prequal")) {
            Picker picker = Pickers.byName(name).newPicker(Snapshot.of(nodes), time.env());
            Map<Node, Integer> got = new HashMap<>();
            for (int i = 0; i < 16_000; i++) {
                got.merge(picker.pick(retry), 1, Integer::sum);
            }
            assertThat(got.get(nodes.get(3))).as(name).isBetween(11_600, 12_400);
            assertThat(got.get(nodes.get(1))).as(name).isBetween(1_700, 2_300);
        }
    }

    @Test
    void theFirstPicksOfManyClientsSpread() {
        List<FakeNode> nodes = weighted(100, 101, 100);
        for (String name : List.of(
                "round_robin",
                "weighted_round_robin",
                "random",
                "weighted_random",
                "least_request",
                "peak_ewma",
                "prequal")) {
            Map<Node, Integer> first = new HashMap<>();
            for (int client = 0; client < 1_000; client++) {
                Picker picker =
                        Pickers.byName(name).newPicker(Snapshot.of(nodes), time.env(ScriptedDice.seeded(client)));
                first.merge(pick(picker), 1, Integer::sum);
            }
            assertThat(first).as(name).hasSize(3);
            assertThat(first.values())
                    .as(name)
                    .allSatisfy(count -> assertThat(count).isBetween(258, 408));
        }
    }

    @Test
    void oneShotThreadsContinueEachOthersWalk() throws Exception {
        List<FakeNode> nodes = weighted(3, 1, 1);
        Picker picker = Pickers.weightedRoundRobin().newPicker(Snapshot.of(nodes), time.env());
        Map<Node, Integer> got = new HashMap<>();
        int calls = 5_000;
        for (int i = 0; i < calls; i++) {
            Thread thread = new Thread(() -> got.merge(pick(picker), 1, Integer::sum));
            thread.start();
            thread.join();
        }
        // The worst case is 64 stripes times 2; chance alone would stray by 35 at one standard deviation.
        assertThat(got.get(nodes.get(0))).isBetween(calls * 3 / 5 - 64, calls * 3 / 5 + 64);
        assertThat(got.get(nodes.get(1))).isBetween(calls / 5 - 64, calls / 5 + 64);
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void oneShotVirtualThreadsContinueEachOthersWalk() throws Exception {
        Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        List<FakeNode> nodes = weighted(3, 1, 1);
        Picker picker = Pickers.weightedRoundRobin().newPicker(Snapshot.of(nodes), time.env());
        Map<Node, Integer> got = new HashMap<>();
        int calls = 50_000;
        for (int i = 0; i < calls; i++) {
            Runnable call = () -> got.merge(pick(picker), 1, Integer::sum);
            ((Thread) start.invoke(null, call)).join();
        }
        // The worst case is 64 stripes times 2; chance alone would stray by 110 at one standard deviation.
        assertThat(got.get(nodes.get(0))).isBetween(calls * 3 / 5 - 128, calls * 3 / 5 + 128);
        assertThat(got.get(nodes.get(1))).isBetween(calls / 5 - 128, calls / 5 + 128);
    }

    @Test
    void manyThreadsTogetherStayWithinTheBoundOfTheirStripes() throws Exception {
        List<FakeNode> nodes = weighted(5, 1, 1);
        Picker picker = Pickers.weightedRoundRobin().newPicker(Snapshot.of(nodes), time.env());
        int perThread = 7_003;
        List<Map<Node, Integer>> counts = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            Map<Node, Integer> mine = new HashMap<>();
            counts.add(mine);
            Thread thread = new Thread(() -> {
                for (int k = 0; k < perThread; k++) {
                    mine.merge(pick(picker), 1, Integer::sum);
                }
            });
            thread.start();
            thread.join();
        }
        for (FakeNode node : nodes) {
            int sum = counts.stream().mapToInt(map -> map.get(node)).sum();
            double exact = 32.0 * perThread * node.endpoint().weight() / 7;
            assertThat(Math.abs(sum - exact)).isLessThanOrEqualTo(2.0 * StripedCursor.STRIPES);
        }
    }

    @Test
    void threadsThatRaceStayCloseToTheShares() throws Exception {
        List<FakeNode> nodes = weighted(3, 1, 1);
        Picker picker = Pickers.weightedRoundRobin().newPicker(Snapshot.of(nodes), time.env());
        int perThread = 200_000;
        int[][] got = new int[8][3];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < got.length; i++) {
            int[] mine = got[i];
            Thread thread = new Thread(() -> {
                for (int k = 0; k < perThread; k++) {
                    mine[pick(picker).endpoint().ordinal()]++;
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        int heavy = 0;
        for (int[] mine : got) {
            heavy += mine[0];
        }
        double calls = (double) got.length * perThread;
        assertThat(heavy / calls).isBetween(0.597, 0.603);
    }
}
