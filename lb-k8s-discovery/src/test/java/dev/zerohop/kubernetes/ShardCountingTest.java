package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.ShardCount;
import dev.zerohop.kubernetes.ShardCounting.Mode;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardCountingTest {
    private static OrdinalRange range(int start, int count) {
        return new OrdinalRange(start, start + count);
    }

    private static OrdinalRange range(String text) {
        int plus = text.indexOf('+');
        int start = plus < 0 ? 0 : Integer.parseInt(text.substring(0, plus));
        return range(start, Integer.parseInt(text.substring(plus + 1)));
    }

    private static Set<Integer> ordinals(String list) {
        Set<Integer> ordinals = new TreeSet<>();
        for (String each : list.split("\\.")) {
            if (!each.isBlank() && !each.equals("-")) {
                ordinals.add(Integer.parseInt(each));
            }
        }
        return ordinals;
    }

    /** Steps are {@code wanted/ready}; {@code 5+3} is three from ordinal 5 on. The expected counts stand in the same order. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    SETTLED | 3/-                                  | 3               | a fresh client takes what is wanted, ready or not
                    SETTLED | 3/0.1.2 3/0.2 3/- 3/0.1.2            | 3 3 3 3         | who is ready does not matter
                    SETTLED | 3/0.1.2 5/0.1.2 5/0.1.2.3 5/0.1.2.3.4 | 3 3 3 5        | growth waits for all
                    SETTLED | 3/0.1.2 5/3 5/4                      | 3 3 5           | once is enough, not at the same time
                    SETTLED | 3/0.1.2 5/3.4                        | 3 5             | in one step
                    SETTLED | 5/- 3/0.1.2.3.4                      | 5 3             | shrinking counts at once
                    SETTLED | 3/0.1.2 5/0.1.2.3.4 3/0.1.2.3.4 5/0.1.2 5/3 5/4 | 3 5 3 3 3 5 | growing again waits again
                    SETTLED | 3/0.1.2 5/3 4/- 5/4                  | 3 3 4 5         | less growth, of which all have been ready
                    SETTLED | 3/0.1.2 5/4 4/- 5/3                  | 3 3 3 3         | who is no longer wanted is forgotten
                    SETTLED | 3/0.1.2 5/3 3/- 5/4 5/3              | 3 3 3 3 5       | growth taken back is forgotten
                    SETTLED | 3/0.1.2 5/3 7/4.5 7/6                | 3 3 3 7         | growth that grows
                    SETTLED | 5+3/5.6.7 5+5/5.6.7.8 5+5/9          | 5+3 5+3 5+5     | from another first ordinal
                    SETTLED | 3/0.1.2 0+0/- 4/-                    | 3 none 4        | back from nothing there is nothing to move
                    SETTLED | 2+3/2.3.4 0+5/0 0+5/1                | 2+3 2+3 5       | growth in front
                    SETTLED | 0+5/- 2+3/-                          | 5 2+3           | shrinking in front
                    SETTLED | 0+5/- 1+5/0.1.2.3.4 1+5/5            | 5 5 1+5         | moved
                    DESIRED | 3/- 5/- 4/- 0+0/- 2/-                | 3 5 4 none 2    | always what is wanted
                    """)
    void theCountFollowsWhatIsWanted(Mode mode, String steps, String expected, String what) {
        ShardCounting counting = ShardCounting.of(mode);
        StringBuilder counts = new StringBuilder();
        for (String step : steps.split(" ")) {
            counting = counting.next(
                    range(step.substring(0, step.indexOf('/'))), ordinals(step.substring(step.indexOf('/') + 1)));
            ShardCount count = counting.count();
            counts.append(counts.isEmpty() ? "" : " ")
                    .append(
                            count == null
                                    ? "none"
                                    : (count.firstOrdinal() == 0 ? "" : count.firstOrdinal() + "+") + count.count());
        }
        assertThat(counts.toString()).as(what).isEqualTo(expected);
    }

    /** Every history of three changes with every set of ready ordinals, against the rule in words. */
    @Test
    void everyShortHistoryFollowsTheRule() {
        int histories = 0;
        for (int first = 1; first <= 4; first++) {
            ShardCounting fresh = ShardCounting.of(Mode.SETTLED).next(range(0, first), Set.of());
            for (int wanted = 0; wanted <= 4; wanted++) {
                for (int ready = 0; ready < 16; ready++) {
                    ShardCounting then = fresh.next(range(0, wanted), bits(ready));
                    check(fresh, wanted, bits(ready), then);
                    for (int next = 0; next <= 4; next++) {
                        for (int readyThen = 0; readyThen < 16; readyThen++) {
                            check(then, next, bits(readyThen), then.next(range(0, next), bits(readyThen)));
                            histories++;
                        }
                    }
                }
            }
        }
        assertThat(histories).isEqualTo(4 * 5 * 16 * 5 * 16);
    }

    private static void check(ShardCounting before, int wanted, Set<Integer> ready, ShardCounting after) {
        int counted = before.counted().end();
        Set<Integer> known = new HashSet<>(before.seen());
        known.addAll(ready);
        boolean complete = true;
        for (int ordinal = counted; ordinal < wanted; ordinal++) {
            complete &= known.contains(ordinal);
        }
        int expected = counted == 0 || wanted <= counted || complete ? wanted : counted;
        assertThat(after.counted().end())
                .as("%s, wanted %s, ready %s", before, wanted, ready)
                .isEqualTo(expected);
    }

    private static Set<Integer> bits(int mask) {
        Set<Integer> ordinals = new TreeSet<>();
        for (int i = 0; i < 4; i++) {
            if ((mask & 1 << i) != 0) {
                ordinals.add(i);
            }
        }
        return ordinals;
    }

    @Test
    void readinessNeverChangesTheCountWhileTheDesiredNumberStays() {
        Random random = new Random(3);
        ShardCounting counting = ShardCounting.of(Mode.SETTLED).next(range(0, 6), Set.of());
        for (int i = 0; i < 1_000; i++) {
            counting = counting.next(range(0, 6), bits(random.nextInt(16)));
            assertThat(counting.count()).isEqualTo(new ShardCount(6, 0));
        }
    }

    @Test
    void saysWhatGrowthWaitsFor() {
        ShardCounting counting = ShardCounting.of(Mode.SETTLED).next(range(0, 3), Set.of());
        assertThat(counting.waitsFor(range(0, 3))).isNull();
        assertThat(counting.next(range(0, 5), Set.of(3)).waitsFor(range(0, 5)))
                .isEqualTo("ordinals 0 to 4 are desired; ordinals 0 to 2 count until [4] have been ready");
    }
}
