package dev.zerohop.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaveRuleTest {
    private static final long SECOND = 1_000_000_000;

    private final LeaveRule rule = new LeaveRule(0);
    private long now;

    /** Answers of a server of its own: each one is fresh. */
    private Set<String> answered(String... content) {
        now += 5 * SECOND;
        return rule.answered(List.of(content), 5, now);
    }

    @Test
    void aRecordLeavesAfterThreeAnswersWithoutIt() {
        answered("a", "b", "c");
        assertThat(answered("a", "b")).contains("c");
        assertThat(answered("a", "b")).contains("c");
        assertThat(answered("a", "b")).containsExactly("a", "b");
        assertThat(rule.partial()).isFalse();
        assertThat(rule.inWords("an address")).isEqualTo("an address leaves after 3 answers without it");
    }

    @Test
    void aRecordThatComesBackStartsAnew() {
        answered("a", "b", "c");
        answered("a", "b");
        answered("a", "b");
        answered("a", "b", "c");
        answered("a", "b");
        assertThat(answered("a", "b")).containsExactly("a", "b", "c");
    }

    @Test
    void aNewRecordIsThereAtOnce() {
        answered("a");
        assertThat(answered("a", "b")).containsExactly("a", "b");
    }

    @Test
    void oneOfASizeThatIsReplacedByAnotherLeavesAfterFifteenAnswers() {
        answered("a", "b");
        for (int i = 1; i < LeaveRule.PARTIAL_LEAVES_AFTER; i++) {
            assertThat(answered("a", "c")).containsExactly("a", "b", "c");
            assertThat(rule.partial()).isTrue();
        }
        assertThat(rule.inWords("an address"))
                .isEqualTo("answers of one size differ, so each carries a part: an address leaves after 15 answers"
                        + " without it");
        assertThat(answered("a", "c")).containsExactly("a", "c");
        // Fifteen answers that agree: a removal takes three again.
        assertThat(rule.partial()).isFalse();
        answered("a");
        answered("a");
        assertThat(answered("a")).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void tenThousandAnswersOfSixOfTenLoseNoRecord(long seed) {
        Random chance = new Random(seed);
        List<String> all = new ArrayList<>(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
        Set<String> everSeen = new TreeSet<>();
        for (int i = 0; i < 10_000; i++) {
            Collections.shuffle(all, chance);
            List<String> six = all.subList(0, 6);
            everSeen.addAll(six);
            assertThat(answered(six.toArray(String[]::new))).isEqualTo(everSeen);
        }
        assertThat(everSeen).hasSize(10);
    }

    @Test
    void aCopyFromACacheCountsOnce() {
        rule.answered(List.of("a", "b"), 30, 0);
        // Asked once a second on a hint: the cache's times to live go down, rounded.
        for (int i = 1; i < 30; i++) {
            assertThat(rule.answered(List.of("a"), 30 - i + i % 2, i * SECOND)).containsExactly("a", "b");
        }
        rule.answered(List.of("a"), 30, 31 * SECOND);
        rule.answered(List.of("a"), 30, 62 * SECOND);
        assertThat(rule.answered(List.of("a"), 30, 93 * SECOND)).containsExactly("a");
    }

    @Test
    void twoCachesBehindOneAddressCountNoCopyTwice() {
        rule.answered(List.of("a", "b"), 30, 0);
        for (int i = 1; i < 15; i++) {
            // Copies that expire at 30 s and at 40 s.
            rule.answered(List.of("a"), 30 - i, i * SECOND);
            rule.answered(List.of("a"), 40 - i, i * SECOND);
        }
        assertThat(rule.answered(List.of("a", "b"), 15, 15 * SECOND)).containsExactly("a", "b");
    }

    @Test
    void aTimeToLiveOfDaysKeepsNoRecordForDays() {
        long day = 86_400;
        rule.answered(List.of("a", "b"), day, 0);
        for (int i = 1; i <= 3; i++) {
            rule.answered(List.of("a"), day - 300L * i, 300L * i * SECOND);
        }
        assertThat(rule.answered(List.of("a"), day - 930, 930 * SECOND)).containsExactly("a");
    }

    @Test
    void noTimeToLiveMeansThatEveryAnswerCounts() {
        rule.answered(List.of("a", "b"), 0, 0);
        rule.answered(List.of("a"), 0, SECOND);
        rule.answered(List.of("a"), 0, 2 * SECOND);
        assertThat(rule.answered(List.of("a"), 0, 3 * SECOND)).containsExactly("a");
    }

    @Test
    void theTargetMayStateTheNumber() {
        LeaveRule at = new LeaveRule(1);
        at.answered(List.of("a"), 5, 0);
        assertThat(at.answered(List.of("b"), 5, 6 * SECOND)).containsExactly("b");
        assertThat(at.inWords("an address"))
                .isEqualTo("an address leaves after 1 answer without it, as the target configures");
    }
}
