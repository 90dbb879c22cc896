package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlowStartTest {
    private static final long SECOND = 1_000_000_000L;

    /** Late enough for any window. */
    private static final long NOW = 10_000 * SECOND;

    private final List<FakeNode> nodes = new ArrayList<>();

    /** One that is usable for so many seconds; the first is of the first set. */
    private FakeNode weighted(double ageSeconds, int weight) {
        String id = String.format("pod-%03d", nodes.size());
        FakeNode node = new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                        .id(id)
                        .weight(weight)
                        .build())
                .healthySince(NOW - (long) (ageSeconds * SECOND));
        nodes.add(node);
        return node;
    }

    private void add(double... agesSeconds) {
        for (double age : agesSeconds) {
            weighted(age, 1);
        }
    }

    /** Without a bound on what the others bear. */
    private static SlowStart free(int windowSeconds, double aggression, int minPercent) {
        return new SlowStart(Duration.ofSeconds(windowSeconds), aggression, minPercent, 1000);
    }

    private Snapshot apply(SlowStart stage) {
        return stage.apply(Snapshot.of(nodes), NOW);
    }

    private static double[] weights(Snapshot snapshot) {
        return snapshot.candidates().stream().mapToDouble(Candidate::weight).toArray();
    }

    private static String note(Snapshot snapshot) {
        return snapshot.trail().get(snapshot.trail().size() - 1);
    }

    /** Envoy's formula, w * max(min, (max(t, 1) / window)^(1 / aggression)), at instants at which it gives a multiple of 5 % above the least part. */
    @ParameterizedTest
    @CsvSource({
        "0,    30,  1,   10, 0.10",
        "0,    5,   1,   10, 0.20",
        "0.9,  4,   1,   10, 0.25",
        "3,    30,  1,   10, 0.10",
        "4.5,  30,  1,   10, 0.15",
        "10.5, 30,  1,   10, 0.35",
        "15,   30,  1,   10, 0.50",
        "28.5, 30,  1,   10, 0.95",
        "30,   30,  1,   10, 1.00",
        "36,   100, 2,   10, 0.60",
        "25,   100, 2,   10, 0.50",
        "50,   100, 0.5, 25, 0.25",
        "60,   100, 0.5, 36, 0.36",
        "16,   100, 2,   40, 0.40",
        "50,   100, 1,   100, 1.00"
    })
    void theWeightFollowsTheFormula(double age, int window, double aggression, int minPercent, double expected) {
        add(5_000);
        weighted(age, 4);
        double[] weights = weights(apply(free(window, aggression, minPercent)));
        assertThat(weights[0]).isEqualTo(1);
        assertThat(weights[1]).isCloseTo(4 * expected, within(1e-9));
    }

    @Test
    void betweenTheStepsItIsLessThanFivePercentBelowTheFormula() {
        Random random = new Random(3);
        for (int round = 0; round < 5_000; round++) {
            nodes.clear();
            int window = 2 + random.nextInt(600);
            double age = random.nextDouble() * window * 1.1;
            double aggression = 0.25 + random.nextDouble() * 4;
            add(5_000, age);
            Snapshot after = apply(free(window, aggression, 10));
            double exact = Math.min(1, Math.max(0.1, Math.pow(Math.max(age, 1) / window, 1 / aggression)));
            assertThat(weights(after)[1]).isBetween(exact - 0.05 - 1e-6, exact + 1e-6);
            if (weights(after)[1] < 1) {
                // The next review is when the next step is due, and not before a second has passed.
                double then = age + after.reviewInNanos() / (double) SECOND;
                double next = Math.min(1, Math.pow(Math.max(then, 1) / window, 1 / aggression));
                assertThat(then - age).isGreaterThanOrEqualTo(1 - 1e-9);
                assertThat(next).isGreaterThanOrEqualTo(Math.min(1, weights(after)[1] + 0.05) - 1e-6);
                assertThat(then).isLessThanOrEqualTo(Math.max(window + 1e-6, age + 1));
            }
        }
    }

    @Test
    void whileNoneStartsTheSnapshotIsTheSame() {
        add(5_000, 5_000, 31);
        Snapshot before = Snapshot.of(nodes);
        assertThat(free(30, 1, 10).apply(before, NOW)).isSameAs(before);
    }

    @Test
    void whatTheClientBeganWithIsNotNew() {
        add(2, 2, 2);
        Snapshot before = Snapshot.of(nodes);
        assertThat(free(30, 1, 10).apply(before, NOW)).isSameAs(before);
    }

    @Test
    void oneThatIsAloneTakesEverything() {
        add(5_000, 1);
        nodes.get(0).health(Status.NOT_READY);
        Snapshot after =
                new SlowStart(Duration.ofSeconds(30)).apply(new HealthFilter().apply(Snapshot.of(nodes), 0), NOW);
        assertThat(weights(after)).containsExactly(1);
        assertThat(note(after)).isEqualTo("slow_start: all 1 have started at about the same time");
        assertThat(after.reviewInNanos()).isEqualTo(3_500_000_000L);
    }

    @Test
    void whereAllAreEquallyNewTheCandidatesStayAsTheyAre() {
        add(5_000);
        nodes.get(0).health(Status.NOT_READY);
        add(4, 4.2, 4.4);
        Snapshot healthy = new HealthFilter().apply(Snapshot.of(nodes), 0);
        Snapshot after = new SlowStart(Duration.ofSeconds(30)).apply(healthy, NOW);
        assertThat(after.candidates()).isSameAs(healthy.candidates());
    }

    @Test
    void theOthersBearTwiceTheirEvenShareAtMost() {
        add(5_000);
        for (int i = 0; i < 9; i++) {
            add(0);
        }
        Snapshot after = apply(new SlowStart(Duration.ofSeconds(30)));
        double[] weights = weights(after);
        double sum = weights[0] + 9 * weights[1];
        assertThat(weights[0] / sum).isCloseTo(2.0 / 10, within(1e-9));
        assertThat(note(after))
                .isEqualTo("slow_start: 9 of 10 are starting: pod-001 at 44 %, pod-002 at 44 %, pod-003 at 44 % and 6"
                        + " more, raised so that no other takes more than 200 % of its even share");
    }

    @Test
    void whateverTheAgesNoneBearsMoreThanTheBoundAndNoneStarves() {
        Random random = new Random(11);
        for (int round = 0; round < 2_000; round++) {
            nodes.clear();
            weighted(5_000, 1 + random.nextInt(5));
            int count = random.nextInt(30);
            for (int i = 0; i < count; i++) {
                weighted(random.nextInt(60), 1 + random.nextInt(5));
            }
            int bound = 100 + random.nextInt(200);
            SlowStart stage = new SlowStart(Duration.ofSeconds(40), 1, 10, bound);
            Snapshot before = Snapshot.of(nodes);
            Snapshot after = stage.apply(before, NOW);
            double[] weights = weights(after);
            double all =
                    before.candidates().stream().mapToDouble(Candidate::weight).sum();
            double left = java.util.Arrays.stream(weights).sum();
            for (int i = 0; i < weights.length; i++) {
                Candidate was = before.candidates().get(i);
                Candidate is = after.candidates().get(i);
                assertThat(is.node()).isSameAs(was.node());
                assertThat(is.keyWeight()).isEqualTo(was.weight());
                assertThat(weights[i] / left).isLessThanOrEqualTo(bound / 100.0 * was.weight() / all + 1e-9);
                assertThat(weights[i]).isGreaterThanOrEqualTo(0.1 * was.weight() - 1e-9);
                assertThat(is.scale()).isCloseTo(weights[i] / was.weight(), within(1e-12));
            }
        }
    }

    @Test
    void inPanicNoneIsSpared() {
        add(5_000, 5_000, 1);
        nodes.get(0).health(Status.EJECTED);
        nodes.get(1).health(Status.EJECTED);
        Snapshot panic = new HealthFilter().apply(Snapshot.of(nodes), 0);
        Snapshot after = new SlowStart(Duration.ofSeconds(30)).apply(panic, NOW);
        assertThat(after.candidates()).isSameAs(panic.candidates()).hasSize(3);
        assertThat(note(after)).contains("1 of 3 are starting and take their whole part");
    }

    @Test
    void theProbeCallOfAHalfOpenEndpointIsNotPutOff() {
        add(5_000, 5_000, 1);
        nodes.get(2).health(Status.HALF_OPEN);
        Snapshot before = Snapshot.of(nodes);
        assertThat(free(30, 1, 10).apply(before, NOW)).isSameAs(before);
    }

    /** Two groups of 3 : 1, whichever are new in them. */
    @Test
    void whatAnEarlierStageHasDividedStaysDivided() {
        add(5_000, 5_000, 1, 1);
        List<Candidate> divided = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            divided.add(new Candidate(nodes.get(i), i % 2 == 0 ? 3 : 1, i % 2 == 0 ? 6 : 2, i % 2));
        }
        Snapshot after = applied(divided);
        Map<Integer, Double> byWeight = new HashMap<>();
        Map<Integer, Double> byScale = new HashMap<>();
        for (Candidate candidate : after.candidates()) {
            byWeight.merge(candidate.group(), candidate.weight(), Double::sum);
            byScale.merge(candidate.group(), candidate.scale(), Double::sum);
        }
        assertThat(byWeight.get(0)).isCloseTo(6, within(1e-9));
        assertThat(byWeight.get(1)).isCloseTo(2, within(1e-9));
        assertThat(byScale.get(0)).isCloseTo(12, within(1e-9));
        assertThat(byScale.get(1)).isCloseTo(4, within(1e-9));
        assertThat(weights(after)[2] / weights(after)[0]).isCloseTo(0.1, within(1e-9));
    }

    private Snapshot applied(List<Candidate> candidates) {
        return free(30, 1, 10).apply(Snapshot.of(nodes, candidates), NOW);
    }

    @Test
    void valuesOutOfRangeAreRejected() {
        assertThatThrownBy(() -> new SlowStart(Duration.ofSeconds(1)))
                .hasMessage("window was PT1S, expected PT2S to PT1H");
        assertThatThrownBy(() -> new SlowStart(Duration.ofSeconds(7), Double.NaN, 10, 200))
                .hasMessage("aggression was NaN, expected 0.1 to 10");
        assertThatThrownBy(() -> new SlowStart(Duration.ofSeconds(7), 1, 0, 200))
                .hasMessage("minPercent was 0 %, expected 1 to 100");
        assertThatThrownBy(() -> new SlowStart(Duration.ofSeconds(7), 1, 10, 99))
                .hasMessage("over-provisioning was 99 %, expected 100 to 1000");
    }

    @Test
    void theBoundHoldsWithinEachGroup() {
        add(5_000);
        for (int i = 0; i < 9; i++) {
            add(1);
        }
        for (int i = 0; i < 90; i++) {
            add(5_000);
        }
        List<Candidate> grouped = new ArrayList<>();
        for (Candidate candidate : Snapshot.of(nodes).candidates()) {
            grouped.add(new Candidate(candidate.node(), 1, 1, grouped.size() < 10 ? 0 : 1));
        }
        Snapshot after = new SlowStart(Duration.ofSeconds(30)).apply(Snapshot.of(nodes, grouped), NOW);
        double[] weights = weights(after);
        double first = java.util.Arrays.stream(weights, 0, 10).sum();
        assertThat(first).isCloseTo(10, within(1e-9));
        assertThat(weights[0] / first).isCloseTo(0.2, within(1e-9));
        for (int i = 10; i < 100; i++) {
            assertThat(weights[i]).isCloseTo(1, within(1e-9));
        }
    }
}
