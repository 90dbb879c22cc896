package dev.zerohop.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.sharding.store.LoadReport.KeyLoad;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sketch of the hottest keys against exact counts. Each call that is added stands for {@link SpaceSaving#ONE_IN}. */
@Timeout(300)
class SpaceSavingTest {
    private static final double HALF_LIFE = 10;

    private final SpaceSaving top = new SpaceSaving();
    private final SplittableRandom random = new SplittableRandom(7);

    private static double unit(double load) {
        return load / SpaceSaving.ONE_IN;
    }

    @Test
    void fewKeysAreCountedExactlyAndComeHottestFirst() {
        for (int key = 1; key <= SpaceSaving.COUNTERS; key++) {
            top.add(-key, unit(key));
        }
        top.pass(1, HALF_LIFE);
        List<KeyLoad> all = top.hottest(Integer.MAX_VALUE, 0);
        assertThat(all).hasSize(SpaceSaving.COUNTERS);
        for (int i = 0; i < all.size(); i++) {
            int key = SpaceSaving.COUNTERS - i;
            assertThat(all.get(i).hash()).isEqualTo(-key);
            assertThat(all.get(i).load()).isCloseTo(key, within(1e-6));
        }
        assertThat(top.hottest(3, 0)).extracting(KeyLoad::hash).containsExactly(-512L, -511L, -510L);
        assertThat(top.hottest(100, 510.5)).extracting(KeyLoad::hash).containsExactly(-512L, -511L);
    }

    @Test
    void manyKeysNeverGetMoreThanTheirsAndMissAtMostTheErrorOfTheSketch() {
        Map<Long, Double> exact = new HashMap<>();
        double all = 0;
        for (int i = 0; i < 200_000; i++) {
            // One call in ten is the first key's, one in twenty the second's, and the rest is spread over many.
            int draw = random.nextInt(20);
            long hash = draw < 2 ? 1 : draw < 3 ? 2 : random.nextLong(1_000_000) + 3;
            double load = 1 + random.nextInt(3);
            exact.merge(hash, load, Double::sum);
            all += load;
            top.add(hash, unit(load));
        }
        top.pass(1, HALF_LIFE);
        List<KeyLoad> found = top.hottest(Integer.MAX_VALUE, 0);
        for (KeyLoad key : found) {
            assertThat(key.load()).isLessThanOrEqualTo(exact.get(key.hash()) * (1 + 1e-9));
        }
        assertThat(found).extracting(KeyLoad::hash).startsWith(1L, 2L);
        assertThat(found.get(0).load()).isGreaterThanOrEqualTo(exact.get(1L) - all / SpaceSaving.COUNTERS - 1e-6);
        assertThat(found.get(1).load()).isGreaterThanOrEqualTo(exact.get(2L) - all / SpaceSaving.COUNTERS - 1e-6);
    }

    /** Keys with the same home in the table and counters that are taken over all the time: a lost entry would count one key twice. */
    @Test
    void aCounterThatIsTakenOverLeavesNoTraceAndHidesNoOther() {
        Naive naive = new Naive();
        for (int i = 0; i < 30_000; i++) {
            long hash = random.nextLong(900);
            double load = random.nextInt(1_000_000) + random.nextDouble();
            top.add(hash, unit(load));
            naive.add(hash, load);
        }
        top.pass(1, HALF_LIFE);
        List<KeyLoad> found = top.hottest(Integer.MAX_VALUE, 0);
        Map<Long, Double> byHash = new HashMap<>();
        found.forEach(key -> assertThat(byHash.put(key.hash(), key.load())).isNull());
        assertThat(byHash).hasSameSizeAs(naive.counts);
        byHash.forEach((hash, load) -> assertThat(load).isCloseTo(naive.guaranteed(hash), within(1e-3)));
    }

    /** The same rule with a map and a scan. */
    private static final class Naive {
        final Map<Long, double[]> counts = new HashMap<>();

        void add(long hash, double load) {
            double[] counter = counts.get(hash);
            if (counter != null) {
                counter[0] += load;
            } else if (counts.size() < SpaceSaving.COUNTERS) {
                counts.put(hash, new double[] {load, 0});
            } else {
                long least = counts.entrySet().stream()
                        .min((one, other) -> Double.compare(one.getValue()[0], other.getValue()[0]))
                        .orElseThrow()
                        .getKey();
                double error = counts.remove(least)[0];
                counts.put(hash, new double[] {error + load, error});
            }
        }

        double guaranteed(long hash) {
            return counts.get(hash)[0] - counts.get(hash)[1];
        }
    }

    @Test
    void aSteadyRateIsReportedAsItIsFromTheFirstSecondOnAndAKeyThatIsCalledNoMoreFades() {
        for (int second = 1; second <= 60; second++) {
            top.add(42, unit(30));
            top.pass(1, HALF_LIFE);
            assertThat(top.hottest(1, 0).get(0).load()).isCloseTo(30, within(1e-6));
        }
        double before = top.hottest(1, 0).get(0).load();
        for (int second = 0; second < 10; second++) {
            top.add(43, unit(1));
            top.pass(1, HALF_LIFE);
        }
        KeyLoad faded = top.hottest(1, 0).get(0);
        assertThat(faded.hash()).isEqualTo(42);
        assertThat(faded.load()).isBetween(0.45 * before, 0.55 * before);
        for (int second = 0; second < 100; second++) {
            top.add(43, unit(1));
            top.pass(1, HALF_LIFE);
        }
        assertThat(top.hottest(1, 0)).extracting(KeyLoad::hash).containsExactly(43L);
    }

    @Test
    void nothingWasMeasuredBeforeTimePassed() {
        top.add(1, 1);
        assertThat(top.hottest(10, 0)).isEmpty();
        top.pass(0.5, HALF_LIFE);
        assertThat(top.hottest(10, 0)).hasSize(1);
        top.add(2, 0);
        assertThat(top.hottest(10, 0)).hasSize(1);
    }

    @Test
    void aboutOneCallInSixteenIsChosen() {
        int chosen = 0;
        for (int i = 0; i < 160_000; i++) {
            chosen += SpaceSaving.chosen() ? 1 : 0;
        }
        // Ten standard deviations.
        assertThat(chosen).isBetween(9_000, 11_000);
    }

    @Test
    void threadsThatComeAtOnceLoseCallsAndNothingElse() throws Exception {
        int calls = 100_000;
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int from = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < calls; i++) {
                    top.add((from + i) % 2_000, unit(1));
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                top.hottest(10, 0);
                thread.join(1);
            }
        }
        top.pass(1, HALF_LIFE);
        List<KeyLoad> all = top.hottest(Integer.MAX_VALUE, 0);
        assertThat(all).extracting(KeyLoad::hash).doesNotHaveDuplicates().allMatch(hash -> hash >= 0 && hash < 2_000);
        assertThat(all.stream().mapToDouble(KeyLoad::load).sum()).isLessThanOrEqualTo(4.0 * calls);
    }
}
