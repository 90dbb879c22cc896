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
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Comparison of endpoints: the algorithms of gRFC A50 and their published defaults. */
class OutlierSweepTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final FakeTime time = new FakeTime();
    private final List<EndpointStats> records = new ArrayList<>();
    private int changes;
    private EjectionPolicy.Detector detector;

    private static OutlierEjection.Builder builder() {
        // Not by failures in a row, unless a test is about those.
        return OutlierEjection.builder()
                .jitter(Duration.ZERO)
                .consecutiveFailures(0)
                .maxPercent(100);
    }

    private void detect(OutlierEjection.Builder builder, int endpoints) {
        detector = builder.build().newDetector(time.env());
        for (int i = 0; i < endpoints; i++) {
            records.add(detector.add(Endpoint.of("127.0.0.1", i + 1), null, () -> changes++));
        }
    }

    private static void calls(EndpointStats record, int succeed, int fail) {
        IntStream.range(0, succeed).forEach(i -> record.onOutcome(Outcome.SUCCESS));
        IntStream.range(0, fail).forEach(i -> record.onOutcome(Outcome.TRANSPORT_FAILURE));
    }

    /** So many of 100 calls to each endpoint succeed. */
    private void succeed(int... ofHundred) {
        for (int i = 0; i < ofHundred.length; i++) {
            calls(records.get(i), ofHundred[i], 100 - ofHundred[i]);
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
    void oneOfFiveThatFailsEverythingIsEjected() {
        detect(builder().successRate(SuccessRateEjection.DEFAULTS), 5);
        succeed(100, 100, 0, 100, 100);
        endInterval();
        assertThat(ejected()).containsExactly(2);
        assertThat(changes).isEqualTo(1);
        assertThat(records.get(2).reason())
                .isEqualTo(
                        "0.0 % of 100 calls succeeded, less than 4.0 % (mean 80.0, standard deviation 40.0 of 5 endpoints); out for 30 s");
    }

    /** The published blind spot of the algorithm: mean 0.6, deviation 0.49, so that the limit is below 0. */
    @Test
    void twoOfFiveThatFailEverythingAreNotFoundByTheirSuccessRateButByTheirShareOfFailures() {
        detect(builder().successRate(SuccessRateEjection.DEFAULTS), 5);
        succeed(100, 100, 0, 0, 100);
        endInterval();
        assertThat(ejected()).isEmpty();

        records.clear();
        detect(builder().failurePercentage(FailurePercentageEjection.DEFAULTS), 5);
        succeed(100, 100, 0, 0, 100);
        endInterval();
        assertThat(ejected()).containsExactly(2, 3);
        assertThat(records.get(2).reason()).isEqualTo("100.0 % of 100 calls failed, more than 85 %; out for 30 s");
    }

    /** Mean 0.9, population deviation 0.1: the limit is 0.9 - 0.1 times the factor. */
    @Test
    void theFactorIsInThousandthsOfADeviationOfThePopulation() {
        detect(builder().successRate(new SuccessRateEjection(1_990, 5, 100)), 5);
        succeed(95, 95, 95, 95, 70);
        endInterval();
        assertThat(ejected()).containsExactly(4);

        records.clear();
        detect(builder().successRate(new SuccessRateEjection(2_010, 5, 100)), 5);
        succeed(95, 95, 95, 95, 70);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void equalRatesEjectNobodyWhateverTheirMeanIsRoundedTo() {
        detect(builder().successRate(new SuccessRateEjection(0, 1, 1)), 7);
        succeed(90, 90, 90, 90, 90, 90, 90);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void fewerEndpointsThanStatedWithEnoughCallsAreNotCompared() {
        detect(
                builder()
                        .successRate(SuccessRateEjection.DEFAULTS)
                        .failurePercentage(FailurePercentageEjection.DEFAULTS),
                5);
        for (EndpointStats record : records.subList(0, 4)) {
            calls(record, 0, 200);
        }
        calls(records.get(4), 49, 0);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    @Test
    void anEndpointOfFewCallsNeitherCountsNorIsEjected() {
        detect(builder().successRate(SuccessRateEjection.DEFAULTS), 6);
        succeed(100, 100, 100, 100, 0);
        calls(records.get(5), 0, 99);
        endInterval();
        assertThat(ejected()).containsExactly(4);
    }

    /** A50's algorithm says more than the threshold, its comment at least: the algorithm counts. */
    @Test
    void exactlyTheThresholdIsNotMore() {
        detect(builder().failurePercentage(FailurePercentageEjection.DEFAULTS), 5);
        succeed(15, 14, 100, 100, 100);
        endInterval();
        assertThat(ejected()).containsExactly(1);
    }

    @Test
    void ofMoreThanMayBeEjectedTheWorstAre() {
        detect(builder().maxPercent(40).failurePercentage(new FailurePercentageEjection(50, 5, 50)), 5);
        succeed(30, 20, 40, 10, 100);
        endInterval();
        assertThat(ejected()).containsExactly(1, 3);
    }

    @Test
    void thoseThatAreOutCountAgainstTheShare() {
        detect(
                builder().consecutiveFailures(5).maxPercent(20).failurePercentage(FailurePercentageEjection.DEFAULTS),
                5);
        calls(records.get(0), 0, 5);
        detector.review(time.nanoTime());
        assertThat(ejected()).containsExactly(0);
        succeed(100, 0, 100, 100, 100);
        time.advance(INTERVAL.plus(INTERVAL.dividedBy(5)));
        detector.review(time.nanoTime());
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void everyIntervalCountsItsOwnCalls() {
        detect(builder().failurePercentage(FailurePercentageEjection.DEFAULTS), 5);
        for (int i = 0; i < 2; i++) {
            for (EndpointStats record : records) {
                calls(record, 0, 49);
            }
            endInterval();
        }
        assertThat(ejected()).isEmpty();
    }

    @Test
    void anIntervalThatIsNotOverDecidesNothing() {
        detect(builder().failurePercentage(FailurePercentageEjection.DEFAULTS), 5);
        succeed(0, 100, 100, 100, 100);
        long left = detector.review(time.nanoTime());
        assertThat(left).isBetween(INTERVAL.toNanos(), INTERVAL.toNanos() * 12 / 10);
        time.advance(Duration.ofNanos(left - 1));
        assertThat(detector.review(time.nanoTime())).isEqualTo(1);
        assertThat(ejected()).isEmpty();
        time.advance(Duration.ofNanos(1));
        assertThat(detector.review(time.nanoTime())).isBetween(INTERVAL.toNanos(), INTERVAL.toNanos() * 12 / 10);
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void itReturnsByAProbeAndGoesForLongerAsAfterFailuresInARow() {
        detect(builder().failurePercentage(FailurePercentageEjection.DEFAULTS), 5);
        succeed(0, 100, 100, 100, 100);
        endInterval();
        EndpointStats out = records.get(0);
        assertThat(out.reason()).endsWith("out for 30 s");
        // At once in the next interval: that is the one which is judged, and no healthy one.
        for (String longer : List.of("60 s", "90 s")) {
            returnByAProbe(out);
            succeed(0, 100, 100, 100, 100);
            endInterval();
            assertThat(out.reason()).endsWith("out for " + longer);
        }
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

    /** A pod restarts: hundreds of calls fail with the one that ejects it, and it is well afterwards. */
    @Test
    void whatCameWithAnEjectionIsNotHeldAgainstItAfterItsReturn() {
        detect(builder().successRate(SuccessRateEjection.DEFAULTS), 5);
        EndpointStats restarted = records.get(4);
        IntStream.range(0, 300).forEach(i -> restarted.onOutcome(Outcome.CONNECT_FAILURE));
        detector.review(time.nanoTime());
        assertThat(restarted.state()).isEqualTo(State.EJECTED);
        IntStream.range(0, 300).forEach(i -> restarted.onOutcome(Outcome.CONNECT_FAILURE));
        returnByAProbe(restarted);
        succeed(100, 100, 100, 100, 100);
        endInterval();
        assertThat(ejected()).isEmpty();
    }

    /** With the one that is out, the mean would be 0.79 and the deviation 0.36: 0.5 would be within the limit. */
    @Test
    void oneThatIsOutIsNoMeasureForTheOthers() {
        detect(builder().consecutiveFailures(200).successRate(SuccessRateEjection.DEFAULTS), 7);
        succeed(100, 100, 100, 100, 100, 50);
        calls(records.get(6), 0, 200);
        detector.review(time.nanoTime());
        assertThat(ejected()).containsExactly(6);
        endInterval();
        assertThat(ejected()).containsExactly(5, 6);
    }

    @Test
    void outcomesThatSayNothingOfTheEndpointAreNoCalls() {
        detect(builder().failurePercentage(new FailurePercentageEjection(50, 1, 1)), 1);
        for (Outcome outcome : List.of(
                Outcome.CANCELLED,
                Outcome.LEAKED,
                Outcome.NOT_DISPATCHED,
                Outcome.CONNECTION_LOST,
                Outcome.OVERLOADED)) {
            IntStream.range(0, 100).forEach(i -> records.get(0).onOutcome(outcome));
        }
        calls(records.get(0), 0, 1);
        endInterval();
        assertThat(records.get(0).reason()).startsWith("100.0 % of 1 calls failed");
    }

    @Test
    void errorAnswersCountAsSuccessesUnlessConfigured() {
        detect(builder().failurePercentage(new FailurePercentageEjection(50, 1, 1)), 1);
        IntStream.range(0, 100).forEach(i -> records.get(0).onOutcome(Outcome.ERROR_RESPONSE));
        endInterval();
        assertThat(ejected()).isEmpty();

        records.clear();
        detect(builder().errorResponses(true).failurePercentage(new FailurePercentageEjection(50, 1, 1)), 1);
        IntStream.range(0, 100).forEach(i -> records.get(0).onOutcome(Outcome.ERROR_RESPONSE));
        endInterval();
        assertThat(ejected()).containsExactly(0);
    }

    @Test
    void oneThatHasLeftIsNotEjected() {
        detect(builder().failurePercentage(new FailurePercentageEjection(50, 1, 1)), 2);
        succeed(0, 100);
        detector.remove(records.get(0));
        endInterval();
        assertThat(ejected()).isEmpty();
        assertThat(changes).isZero();
    }

    @Test
    void withoutComparisonNoIntervalWakesAnyone() {
        detect(builder(), 1);
        assertThat(detector.review(time.nanoTime())).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void configurationsStateBothAndRejectWhatIsOutOfRange() {
        OutlierEjection read = read(Map.of(
                "successRate", Map.of("stdevFactor", 2_000, "requestVolume", 10),
                "failurePercentage", Map.of()));
        assertThat(read)
                .isEqualTo(OutlierEjection.builder()
                        .successRate(new SuccessRateEjection(2_000, 5, 10))
                        .failurePercentage(FailurePercentageEjection.DEFAULTS)
                        .build())
                .isNotEqualTo(OutlierEjection.builder().build());
        assertThat(read.toBuilder().build()).isEqualTo(read);
        assertThat(read)
                .asString()
                .contains(
                        "successRate (stdevFactor 2000, minimumHosts 5, requestVolume 10)",
                        "failurePercentage (threshold 85, minimumHosts 5, requestVolume 50)");
        assertThatThrownBy(() -> read(Map.of("failurePercentage", Map.of("threshold", 100))))
                .hasMessage("health.ejection.failurePercentage.threshold: was 100, expected an integer from 0 to 99");
        assertThatThrownBy(() -> read(Map.of("successRate", Map.of("minimumHosts", 0))))
                .hasMessageContaining("health.ejection.successRate.minimumHosts: was 0");
        assertThatThrownBy(() -> new SuccessRateEjection(1_900, 5, 0))
                .hasMessage("success rate request volume was 0, expected 1 to 1000000");
        assertThatThrownBy(() -> new FailurePercentageEjection(-1, 5, 1))
                .hasMessage("failure percentage threshold was -1, expected 0 to 99");
    }

    private static OutlierEjection read(Map<String, ?> ejection) {
        return OutlierEjection.read(Options.of("health", Map.of("ejection", ejection), "ejection"), "ejection");
    }
}
