package dev.zerohop.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EjectionPolicy;
import dev.zerohop.EjectionPolicy.EndpointStats;
import dev.zerohop.EjectionPolicy.State;
import dev.zerohop.Endpoint;
import dev.zerohop.Options;
import dev.zerohop.Outcome;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rule by which mean latencies are compared, on what records are given. */
class LatencyEjectionTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final FakeTime time = new FakeTime();
    private final List<EndpointStats> records = new ArrayList<>();
    private EjectionPolicy.Detector detector;

    private static OutlierEjection.Builder builder(LatencyEjection latency) {
        return OutlierEjection.builder()
                .jitter(Duration.ZERO)
                .consecutiveFailures(0)
                .maxPercent(100)
                .latency(latency);
    }

    private void detect(OutlierEjection.Builder builder) {
        records.clear();
        detector = builder.build().newDetector(time.env());
    }

    /** Adds endpoints of a zone with these attributes, and lets 5 s pass, so that calls to them can have taken as long. */
    private void add(int endpoints, @Nullable String zone, Map<String, String> attributes) {
        for (int i = 0; i < endpoints; i++) {
            Endpoint endpoint = Endpoint.builder("127.0.0.1", records.size() + 1)
                    .zone(zone)
                    .attributes(attributes)
                    .build();
            records.add(detector.add(endpoint, null, () -> {}));
        }
        time.advance(Duration.ofSeconds(5));
    }

    /** Begins with equal endpoints, which have taken 10 ms in an interval before. */
    private void detect(LatencyEjection latency, int endpoints) {
        detect(builder(latency));
        add(endpoints, null, Map.of());
        usually(10);
    }

    /** Passes an interval in which each endpoint takes as long as given; the last number is for all that follow. */
    private void usually(double... millis) {
        for (int i = 0; i < records.size(); i++) {
            answers(i, 100, millis[Math.min(i, millis.length - 1)]);
        }
        endInterval();
        time.advance(Duration.ofSeconds(5));
    }

    private void answers(int index, int calls, double millis) {
        long nanos = Math.round(millis * 1e6);
        IntStream.range(0, calls).forEach(i -> records.get(index).onLatency(time.nanoTime(), nanos));
    }

    /** Each endpoint answers a hundred calls, in the given milliseconds each. */
    private void take(double... millis) {
        for (int i = 0; i < millis.length; i++) {
            answers(i, 100, millis[i]);
        }
    }

    /** Reviews at the end of the longest interval that chance may make. */
    private void endInterval() {
        time.advance(INTERVAL.plus(INTERVAL.dividedBy(5)));
        detector.review(time.nanoTime());
    }

    private List<Integer> ejected() {
        return IntStream.range(0, records.size())
                .filter(i -> records.get(i).state() == State.EJECTED)
                .boxed()
                .toList();
    }

    @Test
    void oneThatAnswersFarMoreSlowlyThanTheMedianIsEjectedAndTheReasonHasBothNumbers() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(9, null, Map.of());
        usually(14);
        for (int i = 0; i < 9; i++) {
            answers(i, 340, i == 3 ? 212 : 10 + i);
        }
        endInterval();
        assertThat(ejected()).containsExactly(3);
        assertThat(records.get(3).reason())
                .isEqualTo(
                        "mean latency 212.0 ms of 340 calls, more than 3.0 times the median of 15.0 ms (9 endpoints), each call counted as 294.0 ms at most; out for 30 s");
    }

    @Test
    void oneCallOfHalfAMinuteIsOneSlowCallAndATenthOfThemIsASlowEndpoint() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(5, null, Map.of());
        usually(14);
        for (int i = 0; i < 5; i++) {
            answers(i, i == 0 ? 99 : 100, 14);
        }
        answers(0, 1, 5_000);
        endInterval();
        assertThat(ejected()).isEmpty();
        for (int i = 0; i < 5; i++) {
            answers(i, i == 0 ? 91 : 100, 14);
        }
        answers(0, 9, 5_000);
        endInterval();
        assertThat(ejected()).isEmpty();
        for (int i = 0; i < 5; i++) {
            answers(i, i == 0 ? 89 : 100, 14);
        }
        answers(0, 11, 5_000);
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void withoutAnIntervalBeforeNobodyIsJudged() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(5, null, Map.of());
        take(5_000, 10, 10, 10, 10);
        endInterval();
        assertThat(ejected()).isEmpty();
        take(5_000, 10, 10, 10, 10);
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void whatCallsTookBeforeAQuietIntervalSaysNothing() {
        detect(LatencyEjection.DEFAULTS, 5);
        usually(100);
        endInterval();
        take(1, 1, 1, 1);
        answers(4, 99, 1);
        answers(4, 1, 2_100);
        endInterval();
        assertThat(ejected()).as("one call").isEmpty();
    }

    /** The others are compared meanwhile. */
    @Test
    void norWhatTheyTookBeforeItsPlaceWasQuiet() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(5, "far", Map.of());
        add(5, "near", Map.of());
        usually(100);
        IntStream.range(5, 10).forEach(i -> answers(i, 100, 1));
        endInterval();
        take(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        answers(4, 1, 2_100);
        endInterval();
        assertThat(ejected()).as("one call").isEmpty();
    }

    @Test
    void oneThatComesLaterIsJudgedByWhatItsPlaceUsuallyTakes() {
        detect(LatencyEjection.DEFAULTS, 5);
        add(1, null, Map.of());
        take(10, 10, 10, 10, 10, 2_000);
        endInterval();
        assertThat(ejected()).containsExactly(5);
        assertThat(records.get(5).reason()).startsWith("mean latency 210.0 ms of 100 calls");
    }

    @Test
    void aDeadlineShorterThanAnAnswerMakesNobodyFast() {
        detect(LatencyEjection.DEFAULTS, 5);
        take(60, 10, 10, 10, 10);
        IntStream.range(0, 900).forEach(i -> records.get(0).onTimeout(time.nanoTime(), 9_000_000));
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void whatRanOutOfTimeLaterThanAnAnswerComesCounts() {
        detect(LatencyEjection.DEFAULTS, 5);
        take(10, 10, 10, 10);
        IntStream.range(0, 100).forEach(i -> records.get(4).onTimeout(time.nanoTime(), 100_000_000));
        endInterval();
        assertThat(ejected()).containsExactly(4);
    }

    @Test
    void exactlySoManyTimesTheMedianIsNotMore() {
        detect(LatencyEjection.DEFAULTS, 6);
        take(20, 20, 20, 20, 60, 60.1);
        endInterval();
        assertThat(ejected()).containsExactly(5);
    }

    @Test
    void lessThanTheMinimumDifferenceEjectsNobodyHoweverManyTimesItIs() {
        detect(LatencyEjection.DEFAULTS, 6);
        take(0.1, 0.1, 0.1, 0.1, 10, 10.1);
        endInterval();
        assertThat(ejected()).containsExactly(5);
    }

    @Test
    void aServiceThatSlowsDownTogetherLosesNobody() {
        detect(LatencyEjection.DEFAULTS, 6);
        take(10, 11, 12, 13, 14, 15);
        endInterval();
        take(1_000, 1_100, 1_200, 1_300, 1_400, 1_500);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void whenHalfAreSlowNobodyIsEjectedAndOfLessThanHalfAllAre() {
        detect(LatencyEjection.DEFAULTS, 6);
        take(10, 10, 10, 4_000, 4_000, 4_000);
        endInterval();
        assertThat(ejected()).isEmpty();
        take(10, 10, 10, 10, 4_000, 4_000);
        endInterval();
        assertThat(ejected()).containsExactly(4, 5);
    }

    @Test
    void fewerEndpointsThanStatedWithEnoughCallsAreNotCompared() {
        detect(LatencyEjection.DEFAULTS, 5);
        take(10, 10, 10, 1_000);
        answers(4, 99, 10);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void anEndpointOfFewCallsNeitherCountsNorIsEjected() {
        detect(LatencyEjection.DEFAULTS, 9);
        // The four with 99 calls would move the median to 500.
        take(10, 10, 10, 10, 1_000);
        for (int i = 5; i < 9; i++) {
            answers(i, 99, 500);
        }
        endInterval();
        assertThat(ejected()).containsExactly(4);
    }

    @Test
    void ofMoreThanMayBeEjectedTheSlowestAre() {
        detect(builder(LatencyEjection.DEFAULTS).maxPercent(30));
        add(7, null, Map.of());
        usually(20);
        take(10, 400, 10, 410, 10, 300, 10);
        endInterval();
        assertThat(ejected()).containsExactly(1, 3);
    }

    @Test
    void everyIntervalCountsItsOwnCalls() {
        detect(LatencyEjection.DEFAULTS, 5);
        for (int i = 0; i < 2; i++) {
            for (int k = 0; k < 5; k++) {
                answers(k, 50, k == 0 ? 1_000 : 10);
            }
            endInterval();
        }
        assertThat(ejected()).isEmpty();
    }

    // ---- zones and priorities ----

    @Test
    void aZoneThatIsFarAwayIsComparedWithItself() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(8, "near", Map.of());
        add(5, "far", Map.of());
        usually(2, 2, 2, 2, 2, 2, 2, 2, 80);
        take(2, 2, 2, 2, 2, 2, 2, 2, 80, 80, 80, 80, 300);
        endInterval();
        assertThat(ejected()).containsExactly(12);
        assertThat(records.get(12).reason())
                .contains("more than 3.0 times the median of 80.0 ms (5 endpoints in zone far)");
    }

    @Test
    void soIsAPriority() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(8, null, Map.of());
        add(5, null, Map.of(Endpoint.PRIORITY, "1"));
        usually(2, 2, 2, 2, 2, 2, 2, 2, 80);
        take(2, 2, 2, 2, 2, 2, 2, 2, 80, 80, 80, 80, 300);
        endInterval();
        assertThat(ejected()).containsExactly(12);
        assertThat(records.get(12).reason()).contains("(5 endpoints of priority 1)");
    }

    @Test
    void oneOfASmallZoneIsComparedWithAllAndWithTheFastestOfItsZone() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(2, "a", Map.of());
        add(2, "b", Map.of());
        add(2, "c", Map.of());
        usually(10);
        take(10, 10, 11, 200, 12, 12);
        endInterval();
        assertThat(ejected()).containsExactly(3);
        assertThat(records.get(3).reason()).contains("the median of 11.5 ms (6 endpoints)");
    }

    @Test
    void aSmallZoneThatIsFarAwayIsNotSlow() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(8, "near", Map.of());
        add(2, "far", Map.of());
        usually(2, 2, 2, 2, 2, 2, 2, 2, 80);
        take(2, 2, 2, 2, 2, 2, 2, 2, 80, 90);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void oneThatIsAloneInItsZoneIsComparedWithAll() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(8, "near", Map.of());
        add(1, "alone", Map.of());
        usually(2);
        take(2, 2, 2, 2, 2, 2, 2, 2, 80);
        endInterval();
        assertThat(ejected()).containsExactly(8);
    }

    @Test
    void oneOfAFarZoneIsNotAloneBecauseTheOtherHasTooFewCallsOrIsOut() {
        detect(builder(LatencyEjection.DEFAULTS).connectFailures(1));
        add(18, "near", Map.of());
        add(2, "far", Map.of());
        double[] millis = new double[19];
        Arrays.fill(millis, 2);
        millis[18] = 80;
        usually(millis);
        take(millis);
        answers(19, 99, 80);
        endInterval();
        assertThat(ejected()).as("too few calls").isEmpty();
        take(millis);
        records.get(19).onOutcome(Outcome.CONNECT_FAILURE);
        detector.review(time.nanoTime());
        assertThat(records.get(19).state()).isEqualTo(State.EJECTED);
        endInterval();
        assertThat(records.get(18).state()).isEqualTo(State.ACTIVE);
        detector.remove(records.get(19));
        take(millis);
        endInterval();
        assertThat(records.get(18).state()).as("now it is alone").isEqualTo(State.EJECTED);
    }

    @Test
    void noPriorityIsTheFirst() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(4, null, Map.of());
        add(4, null, Map.of(Endpoint.PRIORITY, "0"));
        add(9, null, Map.of(Endpoint.PRIORITY, "1"));
        double[] millis = {2, 2, 2, 2, 2, 2, 2, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40};
        usually(2, 2, 2, 2, 2, 2, 2, 2, 40);
        take(millis);
        endInterval();
        assertThat(ejected()).containsExactly(7);
        assertThat(records.get(7).reason()).contains("median of 2.0 ms (8 endpoints)");
    }

    @Test
    void oneThatFailsEveryCallTakesTheOnlyPlaceBeforeASlowOne() {
        detect(builder(LatencyEjection.DEFAULTS).maxPercent(10).consecutiveFailures(5));
        add(10, null, Map.of());
        usually(10);
        take(10, 10, 10, 10, 10, 10, 10, 10, 10, 200);
        IntStream.range(0, 5).forEach(i -> records.get(0).onOutcome(Outcome.TRANSPORT_FAILURE));
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    // ---- what counts when ----

    /** If the ejected one counted, the median would be the mean of 10 and 210 (as which 500 counts), and 210 would be less than 3 times that. */
    @Test
    void oneThatIsOutIsNoMeasureForTheOthers() {
        detect(builder(LatencyEjection.DEFAULTS).consecutiveFailures(5));
        add(6, null, Map.of());
        usually(10);
        take(10, 10, 10, 500, 500, 500);
        IntStream.range(0, 5).forEach(i -> records.get(5).onOutcome(Outcome.TRANSPORT_FAILURE));
        detector.review(time.nanoTime());
        assertThat(ejected()).containsExactly(5);
        endInterval();
        assertThat(ejected()).containsExactly(3, 4, 5);
    }

    @Test
    void oneThatReturnsByItsProbeHasNoLatencyAndGoesForLongerIfItIsStillSlow() {
        detect(LatencyEjection.DEFAULTS, 5);
        EndpointStats out = records.get(0);
        take(1_000, 10, 10, 10, 10);
        endInterval();
        assertThat(out.reason()).endsWith("out for 30 s");
        // Calls that began before its ejection are answered during it.
        answers(0, 200, 1_000);
        returnByAProbe(out);
        // And others after its return.
        long since = time.nanoTime();
        time.advance(Duration.ofMillis(500));
        IntStream.range(0, 200).forEach(i -> out.onLatency(time.nanoTime(), time.nanoTime() - since + 1));
        for (int i = 0; i < 5; i++) {
            answers(i, 100, 10);
        }
        endInterval();
        assertThat(ejected()).isEmpty();
        IntStream.range(0, 100).forEach(i -> out.onLatency(time.nanoTime(), time.nanoTime() - since));
        for (int i = 1; i < 5; i++) {
            answers(i, 100, 10);
        }
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    private void returnByAProbe(EndpointStats out) {
        while (out.state() == State.EJECTED) {
            time.advance(Duration.ofSeconds(1));
            detector.review(time.nanoTime());
        }
        assertThat(out.tryProbe()).isTrue();
        out.onProbeOutcome(Outcome.SUCCESS, out.phase());
        detector.review(time.nanoTime());
        assertThat(out.state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void theComparisonsStandBesideEachOther() {
        detect(builder(LatencyEjection.DEFAULTS).failurePercentage(FailurePercentageEjection.DEFAULTS));
        add(6, null, Map.of());
        usually(10);
        take(10, 10, 10, 10, 10, 500);
        records.forEach(record -> IntStream.range(0, 50)
                .forEach(
                        i -> record.onOutcome(record == records.get(0) ? Outcome.TRANSPORT_FAILURE : Outcome.SUCCESS)));
        endInterval();
        assertThat(ejected()).containsExactly(0, 5);
    }

    @Test
    void oneThatLeftIsNotEjected() {
        detect(LatencyEjection.DEFAULTS, 6);
        take(10, 10, 10, 10, 10, 500);
        detector.remove(records.get(5));
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void anotherPolicyBeginsToMeasureAnew() {
        detect(LatencyEjection.DEFAULTS, 5);
        long before = time.nanoTime();
        take(1_000, 10, 10, 10, 10);
        EjectionPolicy.Detector next = builder(LatencyEjection.DEFAULTS).build().newDetector(time.env());
        records.replaceAll(record -> {
            EndpointStats after = next.add(Endpoint.of("127.0.0.1", 1), record, () -> {});
            detector.remove(record);
            return after;
        });
        detector = next;
        usually(10);
        // They began under the policy before.
        IntStream.range(0, 200).forEach(i -> records.get(0).onLatency(time.nanoTime(), time.nanoTime() - before + 1));
        take(10, 10, 10, 10, 10);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void withoutTheOptionNothingIsMeasured() {
        detect(OutlierEjection.builder().successRate(SuccessRateEjection.DEFAULTS));
        add(1, null, Map.of());
        assertThat(records.get(0).timed()).isFalse();
        answers(0, 100, 10);
        assertThat(((OutlierStats) records.get(0)).takeLatencies()).isZero();
        detect(LatencyEjection.DEFAULTS, 1);
        assertThat(records.get(0).timed()).isTrue();
    }

    // ---- extremes ----

    @Test
    void oneCallWeighsTenMinutesAtMostAndTheSumDoesNotOverflow() {
        detect(builder(LatencyEjection.DEFAULTS));
        add(1, null, Map.of());
        time.advance(Duration.ofDays(2));
        answers(0, 5_000, Duration.ofDays(1).toMillis());
        long latencies = ((OutlierStats) records.get(0)).takeLatencies();
        // The first 2^39 microseconds.
        assertThat(OutlierStats.timedCalls(latencies)).isEqualTo(917);
        assertThat(OutlierStats.latencyNanos(latencies))
                .isEqualTo(917.0 * Duration.ofMinutes(10).toNanos());
    }

    @Test
    void theCountDoesNotOverflow() {
        detect(new LatencyEjection(3, Duration.ofMillis(10), 1, 1), 3);
        answers(0, 9_000_000, 50);
        answers(1, 1, 10);
        answers(2, 1, 10);
        endInterval();
        assertThat(records.get(0).reason()).startsWith("mean latency 50.0 ms of 8,388,608 calls");
    }

    // ---- configuration ----

    @Test
    void configurationsStateItAndRejectWhatIsOutOfRange() {
        OutlierEjection read = read(Map.of("factor", 2.5, "minimumDifference", "50ms", "requestVolume", 10));
        assertThat(read)
                .isEqualTo(OutlierEjection.builder()
                        .latency(new LatencyEjection(2.5, Duration.ofMillis(50), 5, 10))
                        .build())
                .isNotEqualTo(OutlierEjection.builder()
                        .latency(LatencyEjection.DEFAULTS)
                        .build())
                .isNotEqualTo(OutlierEjection.builder().build());
        assertThat(read.toBuilder().build()).isEqualTo(read);
        assertThat(read)
                .asString()
                .endsWith("latency (factor 2.5, minimumDifference 50ms, minimumHosts 5, requestVolume 10)");
        assertThat(read(Map.of()))
                .isEqualTo(OutlierEjection.builder()
                        .latency(LatencyEjection.DEFAULTS)
                        .build());
        assertThat(OutlierEjection.builder().build()).asString().doesNotContain("latency");
    }

    @Test
    void whatIsOutOfRangeIsRejected() {
        assertThatThrownBy(() -> read(Map.of("factor", 1)))
                .hasMessage("health.ejection.latency.factor: was 1, expected a number from 1.1 to 1000");
        assertThatThrownBy(() -> read(Map.of("factor", "3")))
                .hasMessage("health.ejection.latency.factor: was \"3\", expected a number from 1.1 to 1000");
        assertThatThrownBy(() -> read(Map.of("minimumDifference", "0s")))
                .hasMessage(
                        "health.ejection.latency.minimumDifference: was \"0s\", expected a duration from 1ms to 1h, such as \"10s\", \"500ms\" or \"2m\"");
        assertThatThrownBy(() -> read(Map.of("minimumHosts", 0)))
                .hasMessage("health.ejection.latency.minimumHosts: was 0, expected an integer from 1 to 1000000");
        assertThatThrownBy(() -> read(Map.of("requestVolume", 0)))
                .hasMessage("health.ejection.latency.requestVolume: was 0, expected an integer from 1 to 1000000");
        assertThatThrownBy(() -> read(Map.of("floor", "10ms")))
                .hasMessageContaining("health.ejection.latency.floor: was \"10ms\"");
        for (double factor : new double[] {Double.NaN, 1, 1_001}) {
            assertThatThrownBy(() -> new LatencyEjection(factor, Duration.ofMillis(10), 5, 100))
                    .hasMessage("latency factor was " + factor + ", expected 1.1 to 1000");
        }
        for (Duration difference :
                List.of(Duration.ofNanos(999_999), Duration.ofHours(1).plusNanos(1))) {
            assertThatThrownBy(() -> new LatencyEjection(3, difference, 5, 100))
                    .hasMessage("latency minimum difference was " + difference + ", expected PT0.001S to PT1H");
        }
        assertThatThrownBy(() -> new LatencyEjection(3, Duration.ofMillis(10), 0, 100))
                .hasMessage("latency minimum hosts was 0, expected 1 to 1000000");
        assertThatThrownBy(() -> new LatencyEjection(3, Duration.ofMillis(10), 5, 0))
                .hasMessage("latency request volume was 0, expected 1 to 1000000");
    }

    private static OutlierEjection read(Map<String, ?> latency) {
        return OutlierEjection.read(
                Options.of("health", Map.of("ejection", Map.of("latency", latency)), "ejection"), "ejection");
    }
}
