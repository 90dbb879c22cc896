package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LvsTest {

    private static List<FakeNode> members(int... weights) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            nodes.add(FakeNode.named(String.valueOf((char) ('a' + i)), weights[i]));
        }
        return nodes;
    }

    private static Picker picker(Snapshot snapshot) {
        return Pickers.lvs().newPicker(snapshot, new FakeTime().env());
    }

    private static String next(Picker picker, int picks) {
        return IntStream.range(0, picks)
                .mapToObj(i -> id(picker.pick(PickContext.NONE)))
                .collect(Collectors.joining(" "));
    }

    private static String id(@Nullable Node node) {
        return node == null ? "-" : node.endpoint().id();
    }

    @ParameterizedTest
    @CsvSource({
        "3 1 2, a a c a b c a a c a b c",
        "2 4, b a b b a b",
        "3 0 1, a a a c a a a c",
        "0 0 0, a b c a b c",
        "1 1 1, a b c a b c",
        "7, a a a",
        "0, a a",
        "1000000 1, a a a a"
    })
    void theOrderIsTheClassicOne(String weights, String expected) {
        int[] numbers =
                Arrays.stream(weights.split(" ")).mapToInt(Integer::parseInt).toArray();
        assertThat(next(picker(Snapshot.of(members(numbers))), expected.split(" ").length))
                .isEqualTo(expected);
    }

    /** The algorithm as it is published, a state machine. */
    private static int[] published(long[] weights, int picks) {
        long divisor = Arrays.stream(weights).reduce(0, LvsTest::gcd);
        long greatest = Arrays.stream(weights).max().orElseThrow();
        int[] order = new int[picks];
        int last = -1;
        long level = 0;
        for (int made = 0; made < picks; ) {
            last = (last + 1) % weights.length;
            if (last == 0) {
                level -= divisor;
                if (level <= 0) {
                    level = greatest;
                }
            }
            if (weights[last] >= level) {
                order[made++] = last;
            }
        }
        return order;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    @Test
    void anyWeightsGiveTheOrderOfTheAlgorithm() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            int greatest = 1 + random.nextInt(40);
            long[] weights = random.ints(1 + random.nextInt(40), 1, greatest + 1)
                    .mapToLong(i -> i)
                    .toArray();
            LvsCycle cycle = new LvsCycle(weights);
            int[] expected = published(weights, (int) Math.min(3_000, 2 * cycle.length()));
            int[] actual = IntStream.range(0, expected.length)
                    .map(i -> cycle.at(i % cycle.length()))
                    .toArray();
            assertThat(actual).as(Arrays.toString(weights)).isEqualTo(expected);
        }
    }

    @Test
    void weightsOfAMillionTakeNoMoreRoomThanSmallOnes() {
        long[] weights = new Random(3).longs(10_000, 1, Endpoint.MAX_WEIGHT + 1).toArray();
        LvsCycle cycle = new LvsCycle(weights);
        assertThat(cycle.length()).isEqualTo(Arrays.stream(weights).sum());
        long[] got = new long[weights.length];
        // All of the last stretch's last rounds: by then everybody takes part.
        for (long at = cycle.length() - weights.length; at < cycle.length(); at++) {
            got[cycle.at(at)]++;
        }
        assertThat(got).containsOnly(1);
        long[] two = {Endpoint.MAX_WEIGHT, Endpoint.MAX_WEIGHT - 1};
        LvsCycle pair = new LvsCycle(two);
        assertThat(pair.length()).isEqualTo(1_999_999);
        assertThat(IntStream.range(0, 1_000).map(pair::at).toArray()).isEqualTo(published(two, 1_000));
    }

    @Test
    void threadsShareOneExactSequence() throws Exception {
        Picker picker = picker(Snapshot.of(members(3, 1, 2)));
        int threads = 8;
        int each = 60_000;
        AtomicLongArray got = new AtomicLongArray(3);
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(() -> {
                try {
                    start.await();
                } catch (Exception broken) {
                    throw new IllegalStateException(broken);
                }
                for (int i = 0; i < each; i++) {
                    got.incrementAndGet(id(picker.pick(PickContext.NONE)).charAt(0) - 'a');
                }
            });
            thread.start();
            running.add(thread);
        }
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(new long[] {got.get(0), got.get(1), got.get(2)}).containsExactly(240_000, 80_000, 160_000);
        assertThat(next(picker, 6)).as("and stands where that many picks lead").isEqualTo("a a c a b c");
    }

    @Test
    void aNewVersionOfTheSameEndpointsGoesOnAndBothShareThePosition() {
        Snapshot snapshot = Snapshot.of(members(3, 1, 2));
        Picker old = picker(snapshot);
        assertThat(next(old, 2)).isEqualTo("a a");
        Picker next = old.rebuild(snapshot);
        assertThat(next(next, 1)).isEqualTo("c");
        assertThat(next(old, 1))
                .as("a pick on the version before is not made again")
                .isEqualTo("a");
        assertThat(next(next, 2)).isEqualTo("b c");
    }

    @Test
    void anotherCycleGoesOnAtTheSameShare() {
        List<FakeNode> members = members(1, 1, 1, 1);
        Picker picker = picker(Snapshot.of(members));
        assertThat(next(picker, 2)).isEqualTo("a b");
        Picker fewer = picker.rebuild(Snapshot.of(members.subList(0, 2)));
        assertThat(next(fewer, 2)).isEqualTo("b a");
    }

    @Test
    void theSourcesOrderCountsBeforeTheIds() {
        List<FakeNode> members = new ArrayList<>();
        int place = 3;
        for (String id : List.of("a", "b", "c")) {
            members.add(new FakeNode(Endpoint.builder("10.0.0.1", 80)
                    .id(id)
                    .attributes(Map.of(Endpoint.ORDER, Integer.toString(place--)))
                    .build()));
        }
        members.add(FakeNode.named("d"));
        assertThat(next(picker(Snapshot.of(members)), 4)).isEqualTo("c b a d");
    }

    @Test
    void whenAllWeightsAreZeroHealthStillCounts() {
        List<FakeNode> members = members(0, 0, 0, 0, 0);
        members.get(1).health(Health.Status.EJECTED);
        members.get(3).health(Health.Status.DRAINING);
        assertThat(next(picker(Snapshot.of(members)), 4)).isEqualTo("a c e a");
        members.forEach(member -> member.health(Health.Status.EJECTED));
        assertThat(next(picker(Snapshot.of(members)), 1)).isEqualTo("-");
    }

    @Test
    void weightZeroTakesNothingWhileOneHasMoreEvenIfThatOneIsDown() {
        List<FakeNode> members = members(1, 0);
        Snapshot down = Snapshot.of(members).with(List.of(), Long.MAX_VALUE, "test: a is down");
        assertThat(next(picker(down), 1)).isEqualTo("-");
    }

    @Test
    void fractionsCountInThousandths() {
        List<FakeNode> members = members(1, 1);
        Snapshot starting = Snapshot.of(members)
                .with(
                        List.of(new Candidate(members.get(0), 1), new Candidate(members.get(1), 0.1)),
                        Long.MAX_VALUE,
                        "test: b starts slowly");
        Picker picker = picker(starting);
        Map<String, Integer> got = new HashMap<>();
        for (int i = 0; i < 1_100; i++) {
            got.merge(id(picker.pick(PickContext.NONE)), 1, Integer::sum);
        }
        assertThat(got).isEqualTo(Map.of("a", 1_000, "b", 100));
    }
}
