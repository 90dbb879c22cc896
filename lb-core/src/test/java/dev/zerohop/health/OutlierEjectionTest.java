package dev.zerohop.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EjectionPolicy;
import dev.zerohop.EjectionPolicy.State;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutlierEjectionTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final FakeTime time = new FakeTime();
    private EjectionPolicy.Detector detector = detector(builder());
    private final EjectionPolicy.EndpointStats record = add();

    private static OutlierEjection.Builder builder() {
        return OutlierEjection.builder().jitter(Duration.ZERO);
    }

    private EjectionPolicy.Detector detector(OutlierEjection.Builder builder) {
        return builder.build().newDetector(time.env());
    }

    private EjectionPolicy.EndpointStats add() {
        return detector.add(Endpoint.of("127.0.0.1", 1), null, () -> {});
    }

    private void fail(EjectionPolicy.EndpointStats record, int times) {
        for (int i = 0; i < times; i++) {
            record.onOutcome(Outcome.TRANSPORT_FAILURE);
        }
    }

    private State after(Duration step) {
        time.advance(step);
        detector.review(time.nanoTime());
        return record.state();
    }

    private State reviewed() {
        return after(Duration.ZERO);
    }

    /** Sends the probe and reports its outcome. */
    private State probed(Outcome outcome) {
        assertThat(record.tryProbe()).isTrue();
        record.onProbeOutcome(outcome, record.phase());
        return reviewed();
    }

    @Test
    void theFifthFailureInARowEjects() {
        fail(record, 4);
        assertThat(reviewed()).isEqualTo(State.ACTIVE);
        assertThat(record.onOutcome(Outcome.TIMEOUT)).as("asks for a review").isTrue();
        assertThat(record.state()).as("moves only in a review").isEqualTo(State.ACTIVE);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        assertThat(record.reason()).isEqualTo("5 consecutive failures, the last TIMEOUT; out for 30 s");
    }

    @Test
    void aSuccessBetweenStartsTheCountAgain() {
        fail(record, 4);
        record.onOutcome(Outcome.SUCCESS);
        fail(record, 4);
        assertThat(reviewed()).isEqualTo(State.ACTIVE);
        assertThat(record.consecutiveFailures()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"CANCELLED", "LEAKED"})
    void whoGivesUpSaysNothing(Outcome outcome) {
        fail(record, 4);
        record.onOutcome(outcome);
        fail(record, 1);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
    }

    @Test
    void errorResponsesEjectOnlyIfConfigured() {
        for (int i = 0; i < 20; i++) {
            record.onOutcome(Outcome.ERROR_RESPONSE);
        }
        assertThat(reviewed()).isEqualTo(State.ACTIVE);

        detector = detector(builder().errorResponses(true));
        EjectionPolicy.EndpointStats strict = add();
        for (int i = 0; i < 5; i++) {
            strict.onOutcome(Outcome.ERROR_RESPONSE);
        }
        reviewed();
        assertThat(strict.state()).isEqualTo(State.EJECTED);
    }

    @Test
    void timeoutsEjectUnlessTheyAreLeftOut() {
        for (int i = 0; i < 5; i++) {
            record.onOutcome(Outcome.TIMEOUT);
        }
        assertThat(reviewed()).isEqualTo(State.EJECTED);

        detector = detector(builder().timeouts(false));
        EjectionPolicy.EndpointStats patient = add();
        for (int i = 0; i < 20; i++) {
            patient.onOutcome(Outcome.TIMEOUT);
        }
        reviewed();
        assertThat(patient.state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void anErrorResponseIsAnAnswerAndStartsTheCountAgain() {
        fail(record, 4);
        record.onOutcome(Outcome.ERROR_RESPONSE);
        fail(record, 4);
        assertThat(reviewed()).isEqualTo(State.ACTIVE);
    }

    @Test
    void aFailedConnectionEjectsAtOnceAndBacksOffByDoubling() {
        record.onOutcome(Outcome.CONNECT_FAILURE);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 32, 32}) {
            assertThat(after(Duration.ofSeconds(seconds).minusNanos(1))).isEqualTo(State.EJECTED);
            assertThat(after(Duration.ofNanos(1))).isEqualTo(State.HALF_OPEN);
            assertThat(probed(Outcome.CONNECT_FAILURE)).isEqualTo(State.EJECTED);
        }
    }

    @Test
    void ejectionsForFailuresGrowByTheBaseUpToTheLargest() {
        fail(record, 5);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        for (int times = 1; times <= 12; times++) {
            Duration expected = Duration.ofSeconds(Math.min(300, 30L * times));
            assertThat(after(expected.minusNanos(1))).isEqualTo(State.EJECTED);
            assertThat(after(Duration.ofNanos(1))).isEqualTo(State.HALF_OPEN);
            assertThat(probed(Outcome.TIMEOUT)).isEqualTo(State.EJECTED);
        }
    }

    @Test
    void eachHealthyIntervalTakesOneStepBack() {
        fail(record, 5);
        reviewed();
        after(Duration.ofSeconds(30));
        probed(Outcome.TIMEOUT);
        after(Duration.ofSeconds(60));
        assertThat(probed(Outcome.SUCCESS)).isEqualTo(State.ACTIVE);

        after(Duration.ofSeconds(10));
        fail(record, 5);
        reviewed();
        assertThat(record.reason()).as("two times before, one forgotten").endsWith("out for 60 s");
        after(Duration.ofSeconds(60));
        probed(Outcome.SUCCESS);

        after(Duration.ofSeconds(100));
        fail(record, 5);
        reviewed();
        assertThat(record.reason()).as("all forgotten").endsWith("out for 30 s");
    }

    @Test
    void oneCallProbesAndItsAnswerReadmits() {
        fail(record, 5);
        reviewed();
        assertThat(after(Duration.ofSeconds(30))).isEqualTo(State.HALF_OPEN);
        assertThat(record.tryProbe()).isTrue();
        assertThat(record.tryProbe()).isFalse();
        assertThat(record.onProbeOutcome(Outcome.ERROR_RESPONSE, record.phase()))
                .isTrue();
        assertThat(reviewed()).isEqualTo(State.ACTIVE);
        assertThat(record.consecutiveFailures()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"CANCELLED", "LEAKED"})
    void aProbeThatWasGivenUpIsPassedOn(Outcome outcome) {
        fail(record, 5);
        reviewed();
        after(Duration.ofSeconds(30));
        record.tryProbe();
        record.onProbeOutcome(outcome, record.phase());
        assertThat(reviewed()).isEqualTo(State.HALF_OPEN);
        assertThat(record.tryProbe()).isTrue();
    }

    @Test
    void aProbeThatSaysNothingIsPassedOnAfterItsPatience() {
        fail(record, 5);
        reviewed();
        after(Duration.ofSeconds(30));
        assertThat(record.tryProbe()).isTrue();
        after(OutlierEjection.PROBE_PATIENCE.minusNanos(1));
        assertThat(record.tryProbe()).isFalse();
        after(Duration.ofSeconds(1));
        assertThat(record.awaitsProbe()).isTrue();
        assertThat(record.tryProbe()).isTrue();
        assertThat(record.awaitsProbe()).isFalse();
        assertThat(record.tryProbe()).isFalse();
    }

    @Test
    void manyProbesThatHangAreReviewedTogether() {
        fail(record, 5);
        reviewed();
        time.advance(Duration.ofSeconds(30));
        assertThat(detector.review(time.nanoTime())).isEqualTo(OutlierEjection.PROBE_PATIENCE.toNanos());
        time.advance(Duration.ofMillis(500));
        record.tryProbe();
        time.advance(Duration.ofMillis(9_900));
        assertThat(detector.review(time.nanoTime())).isEqualTo(SECOND);
        time.advance(Duration.ofSeconds(1));
        detector.review(time.nanoTime());
        assertThat(record.awaitsProbe()).isTrue();
    }

    @Test
    void callsThatBeganBeforeTheEjectionDecideNothing() {
        fail(record, 5);
        reviewed();
        record.onOutcome(Outcome.SUCCESS);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        after(Duration.ofSeconds(30));
        record.onOutcome(Outcome.SUCCESS);
        record.onOutcome(Outcome.CONNECT_FAILURE);
        assertThat(reviewed()).isEqualTo(State.HALF_OPEN);
        assertThat(record.tryProbe()).as("the probe is still to be had").isTrue();
    }

    @Test
    void judgementsLeaveMostEndpointsInButFactsDoNot() {
        List<EjectionPolicy.EndpointStats> records = new ArrayList<>(List.of(record));
        for (int i = 1; i < 25; i++) {
            records.add(add());
        }
        records.forEach(each -> fail(each, 5));
        assertThat(detector.review(time.nanoTime()))
                .as("looks again at those it could not take")
                .isLessThanOrEqualTo(10 * SECOND);
        assertThat(records).filteredOn(each -> each.state() == State.EJECTED).hasSize(2);

        records.forEach(each -> each.onOutcome(Outcome.CONNECT_FAILURE));
        detector.review(time.nanoTime());
        assertThat(records).allMatch(each -> each.state() == State.EJECTED);
    }

    @Test
    void halfOpenEndpointsKeepTheirPlaceUnderTheCap() {
        EjectionPolicy.EndpointStats other = add();
        fail(record, 5);
        reviewed();
        assertThat(after(Duration.ofSeconds(30))).isEqualTo(State.HALF_OPEN);
        fail(other, 5);
        reviewed();
        assertThat(other.state()).isEqualTo(State.ACTIVE);
        probed(Outcome.SUCCESS);
        reviewed();
        assertThat(other.state()).as("the place is free again").isEqualTo(State.EJECTED);
    }

    @Test
    void anEjectedEndpointThatLeavesGivesItsPlaceUnderTheCapBack() {
        EjectionPolicy.EndpointStats other = add();
        fail(record, 5);
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        fail(other, 5);
        reviewed();
        assertThat(other.state()).as("one of two is the most").isEqualTo(State.ACTIVE);
        detector.remove(record);
        detector.remove(record);
        reviewed();
        assertThat(other.state()).isEqualTo(State.EJECTED);
        EjectionPolicy.EndpointStats third = add();
        fail(third, 5);
        reviewed();
        assertThat(third.state()).as("one place was given back, not two").isEqualTo(State.ACTIVE);
    }

    @Test
    void theShareIsRoundedDownButNeverBelowOne() {
        assertThat(OutlierDetector.allowedEjections(1, 10)).isEqualTo(1);
        assertThat(OutlierDetector.allowedEjections(9, 10)).isEqualTo(1);
        assertThat(OutlierDetector.allowedEjections(20, 10)).isEqualTo(2);
        assertThat(OutlierDetector.allowedEjections(29, 10)).isEqualTo(2);
        assertThat(OutlierDetector.allowedEjections(100, 0)).isZero();
        assertThat(OutlierDetector.allowedEjections(Integer.MAX_VALUE, 100)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void ejectionTimesNeverOverflow() {
        assertThat(OutlierDetector.growingNanos(30, 300, 0)).isEqualTo(30);
        assertThat(OutlierDetector.growingNanos(30, 300, 9)).isEqualTo(300);
        assertThat(OutlierDetector.growingNanos(30, 310, 9)).isEqualTo(300);
        assertThat(OutlierDetector.growingNanos(30, 300, Integer.MAX_VALUE)).isEqualTo(300);
        assertThat(OutlierDetector.doublingNanos(1, 32, 4)).isEqualTo(16);
        assertThat(OutlierDetector.doublingNanos(1, 32, 5)).isEqualTo(32);
        assertThat(OutlierDetector.doublingNanos(1, 40, 6)).isEqualTo(40);
        for (int times = 0; times < 200; times++) {
            assertThat(OutlierDetector.doublingNanos(SECOND, 32 * SECOND, times))
                    .isBetween(SECOND, 32 * SECOND);
        }
    }

    @Test
    void jitterLengthensAnEjectionByItsShareOnly() {
        OutlierEjection policy = OutlierEjection.builder().build();
        long almostOne = -1L;
        EjectionPolicy.Detector jittered = policy.newDetector(time.env(ScriptedDice.of(almostOne)));
        EjectionPolicy.EndpointStats slow = jittered.add(Endpoint.of("127.0.0.1", 1), null, () -> {});
        EjectionPolicy.EndpointStats dead = jittered.add(Endpoint.of("127.0.0.1", 2), null, () -> {});
        fail(slow, 5);
        dead.onOutcome(Outcome.CONNECT_FAILURE);
        jittered.review(time.nanoTime());
        assertThat(slow.reason()).endsWith("out for 33 s");
        assertThat(dead.reason()).endsWith("out for 1.2 s");
    }

    @Test
    void aReviewSaysWhenTheNextOneIsDue() {
        assertThat(detector.review(time.nanoTime())).isEqualTo(Long.MAX_VALUE);
        fail(record, 5);
        assertThat(detector.review(time.nanoTime())).isEqualTo(30 * SECOND);
        time.advance(Duration.ofSeconds(12));
        assertThat(detector.review(time.nanoTime())).isEqualTo(18 * SECOND);
        time.advance(Duration.ofSeconds(18));
        assertThat(detector.review(time.nanoTime()))
                .as("whether the probe call has been taken and hangs")
                .isEqualTo(OutlierEjection.PROBE_PATIENCE.toNanos());
    }

    @Test
    void anotherPolicyGoesOnWithTheRecord() {
        fail(record, 5);
        reviewed();
        EjectionPolicy.Detector next = detector(builder().consecutiveFailures(7));
        EjectionPolicy.EndpointStats carried = next.add(Endpoint.of("127.0.0.1", 1), record, () -> {});
        assertThat(carried.state()).isEqualTo(State.EJECTED);
        time.advance(Duration.ofSeconds(30));
        next.review(time.nanoTime());
        assertThat(carried.state()).isEqualTo(State.HALF_OPEN);

        EjectionPolicy.Detector third = detector(builder());
        EjectionPolicy.EndpointStats again = third.add(Endpoint.of("127.0.0.1", 1), carried, () -> {});
        again.tryProbe();
        again.onProbeOutcome(Outcome.TIMEOUT, again.phase());
        third.review(time.nanoTime());
        assertThat(again.reason()).as("the times before are remembered").endsWith("out for 60 s");
    }

    @Test
    void anotherPolicyGoesOnCounting() {
        fail(record, 4);
        EjectionPolicy.Detector next = detector(builder().connectFailures(3));
        EjectionPolicy.EndpointStats carried = next.add(Endpoint.of("127.0.0.1", 1), record, () -> {});
        assertThat(carried.consecutiveFailures()).isEqualTo(4);
        assertThat(carried.onOutcome(Outcome.TIMEOUT)).as("the fifth").isTrue();
        next.review(time.nanoTime());
        assertThat(carried.state()).isEqualTo(State.EJECTED);
        assertThat(carried.reason()).startsWith("5 consecutive failures, the last TIMEOUT");

        EjectionPolicy.EndpointStats other = next.add(Endpoint.of("127.0.0.1", 2), null, () -> {});
        other.onOutcome(Outcome.CONNECT_FAILURE);
        other.onOutcome(Outcome.CONNECT_FAILURE);
        EjectionPolicy.Detector third = detector(builder().connectFailures(3));
        EjectionPolicy.EndpointStats again = third.add(Endpoint.of("127.0.0.1", 2), other, () -> {});
        assertThat(again.onOutcome(Outcome.CONNECT_FAILURE)).isTrue();
        third.review(time.nanoTime());
        assertThat(again.reason()).startsWith("no connection could be made (3 in a row)");
    }

    @Test
    void onlyFailedConnectionsInARowAreNoConnection() {
        detector = detector(builder().connectFailures(2).consecutiveFailures(100));
        for (Outcome between : new Outcome[] {Outcome.SUCCESS, Outcome.TRANSPORT_FAILURE, Outcome.TIMEOUT}) {
            EjectionPolicy.EndpointStats each = add();
            each.onOutcome(Outcome.CONNECT_FAILURE);
            each.onOutcome(between);
            each.onOutcome(Outcome.CONNECT_FAILURE);
            reviewed();
            assertThat(each.state()).as("after %s", between).isEqualTo(State.ACTIVE);
            each.onOutcome(Outcome.CONNECT_FAILURE);
            reviewed();
            assertThat(each.state()).isEqualTo(State.EJECTED);
            assertThat(each.reason()).startsWith("no connection could be made (2 in a row)");
        }
    }

    @Test
    void whatFailedBeforeAnEjectionIsForgottenWithItsEnd() {
        detector = detector(builder().connectFailures(2));
        EjectionPolicy.EndpointStats back = add();
        back.onOutcome(Outcome.CONNECT_FAILURE);
        back.onOutcome(Outcome.CONNECT_FAILURE);
        reviewed();
        assertThat(back.unreachable()).isTrue();
        after(Duration.ofSeconds(1));
        assertThat(back.tryProbe()).isTrue();
        back.onProbeOutcome(Outcome.SUCCESS, back.phase());
        reviewed();
        assertThat(back.state()).isEqualTo(State.ACTIVE);
        assertThat(back.consecutiveFailures()).isZero();
        assertThat(back.onOutcome(Outcome.CONNECT_FAILURE))
                .as("the first of a new row")
                .isFalse();
        reviewed();
        assertThat(back.state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void onlyWhatMayMoveTheEndpointAsksForAReview() {
        assertThat(record.tryProbe()).as("whoever is in needs no probe").isTrue();
        assertThat(record.onOutcome(Outcome.SUCCESS)).isFalse();
        fail(record, 3);
        assertThat(record.onOutcome(Outcome.SUCCESS)).isFalse();
        fail(record, 4);
        assertThat(record.onProbeOutcome(Outcome.TIMEOUT, record.phase()))
                .as("a call that began half open and ends after its endpoint is in counts like any other")
                .isTrue();
        assertThat(reviewed()).isEqualTo(State.EJECTED);
        assertThat(record.onOutcome(Outcome.SUCCESS)).isFalse();
        assertThat(record.onOutcome(Outcome.TIMEOUT)).isFalse();
        after(Duration.ofSeconds(30));
        record.tryProbe();
        assertThat(record.onProbeOutcome(Outcome.CANCELLED, record.phase())).isFalse();
    }

    @Test
    void aProbeThatFindsNoConnectionMakesTheEndpointUnreachableAndFreesItsPlaceUnderTheCap() {
        EjectionPolicy.EndpointStats other = add();
        fail(record, 5);
        reviewed();
        after(Duration.ofSeconds(30));
        record.tryProbe();
        record.onProbeOutcome(Outcome.CONNECT_FAILURE, record.phase());
        assertThat(detector.review(time.nanoTime()))
                .as("looks again when its time is over")
                .isEqualTo(SECOND);
        assertThat(record.unreachable()).isTrue();
        fail(other, 5);
        reviewed();
        assertThat(other.state()).isEqualTo(State.EJECTED);
    }

    @Test
    void whereNoConnectionIsNoFindingAProbeThatFindsNoneLeavesTheCause() {
        detector = detector(builder().connectFailures(0));
        EjectionPolicy.EndpointStats out = add();
        fail(out, 5);
        reviewed();
        after(Duration.ofSeconds(30));
        out.tryProbe();
        out.onProbeOutcome(Outcome.CONNECT_FAILURE, out.phase());
        assertThat(detector.review(time.nanoTime())).isEqualTo(60 * SECOND);
        assertThat(out.unreachable()).isFalse();
        time.advance(Duration.ofSeconds(60));
        detector.review(time.nanoTime());
        out.tryProbe();
        out.onProbeOutcome(Outcome.SUCCESS, out.phase());
        assertThat(detector.review(time.nanoTime())).as("nothing is due").isEqualTo(Long.MAX_VALUE);
        assertThat(out.state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void theLimitsOfTheSettingsAreAmongThem() {
        assertThat(builder()
                        .maxPercent(0)
                        .maxPercent(100)
                        .consecutiveFailures(1_000_000)
                        .build())
                .isNotEqualTo(builder().build())
                .asString()
                .contains("100");
        assertThat(builder()
                        .interval(Duration.ofNanos(1))
                        .jitter(Duration.ofHours(24))
                        .build())
                .isNotNull();
        assertThat(builder().baseTime(Duration.ofSeconds(300)).build()).isNotNull();
        assertThat(builder().connectFailures(2).build().hashCode())
                .isNotEqualTo(builder().connectFailures(3).build().hashCode());
    }

    @Test
    void aShorterLargestTimeShortensAnEjectionThatRuns() {
        fail(record, 5);
        reviewed();
        EjectionPolicy.Detector next =
                detector(builder().baseTime(Duration.ofSeconds(2)).maxTime(Duration.ofSeconds(4)));
        EjectionPolicy.EndpointStats carried = next.add(Endpoint.of("127.0.0.1", 1), record, () -> {});
        assertThat(next.review(time.nanoTime())).isEqualTo(4 * SECOND);
        assertThat(carried.state()).isEqualTo(State.EJECTED);
    }

    @Test
    void zeroTurnsAFindingOff() {
        detector = detector(builder().consecutiveFailures(0).connectFailures(0));
        EjectionPolicy.EndpointStats lenient = add();
        for (int i = 0; i < 100; i++) {
            lenient.onOutcome(Outcome.CONNECT_FAILURE);
        }
        detector.review(time.nanoTime());
        assertThat(lenient.state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void equalSettingsAreEqualPolicies() {
        assertThat(OutlierEjection.builder().build())
                .isEqualTo(OutlierEjection.builder().build())
                .hasSameHashCodeAs(OutlierEjection.builder().build())
                .isNotEqualTo(OutlierEjection.builder().maxPercent(11).build());
    }

    @Test
    void aBuilderStartsFromAnotherPolicy() {
        OutlierEjection all = OutlierEjection.builder()
                .consecutiveFailures(1)
                .connectFailures(2)
                .errorResponses(true)
                .timeouts(false)
                .interval(Duration.ofSeconds(3))
                .baseTime(Duration.ofSeconds(4))
                .maxTime(Duration.ofSeconds(5))
                .connectBaseTime(Duration.ofSeconds(6))
                .connectMaxTime(Duration.ofSeconds(7))
                .maxPercent(8)
                .jitter(Duration.ofSeconds(9))
                .build();
        assertThat(all.toBuilder().build()).isEqualTo(all);
    }

    @Test
    void badValuesAreRejectedWithTheirRange() {
        OutlierEjection.Builder builder = OutlierEjection.builder();
        assertThatThrownBy(() -> builder.maxPercent(101))
                .hasMessage("largest ejected share in percent was 101, expected 0 to 100");
        assertThatThrownBy(() -> builder.consecutiveFailures(-1))
                .hasMessage("consecutive failures was -1, expected 0 to 1000000");
        assertThatThrownBy(() -> builder.interval(Duration.ZERO))
                .hasMessage("ejection interval was PT0S, expected more than 0 and at most PT24H");
        assertThatThrownBy(() -> builder.jitter(Duration.ofSeconds(-1)))
                .hasMessage("ejection jitter was PT-1S, expected PT0S to PT24H");
        assertThatThrownBy(() -> builder.baseTime(Duration.ofSeconds(301)).build())
                .hasMessage("base ejection time was PT5M1S, expected at most the largest time of PT5M");
    }

    /** Requests report while the detector reviews: whoever crosses the limit is out after the next review. */
    @Test
    void noReportOfARequestIsLost() throws Exception {
        EjectionPolicy.Detector busy =
                OutlierEjection.builder().maxPercent(100).build().newDetector(time.env());
        List<EjectionPolicy.EndpointStats> all = new ArrayList<>();
        AtomicInteger changes = new AtomicInteger();
        for (int i = 0; i < 2_000; i++) {
            all.add(busy.add(Endpoint.of("127.0.0.1", 1 + i), null, changes::incrementAndGet));
        }
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread caller = new Thread(() -> all.forEach(each -> fail(each, 5)));
            callers.add(caller);
            caller.start();
        }
        while (callers.stream().anyMatch(Thread::isAlive)) {
            busy.review(time.nanoTime());
        }
        busy.review(time.nanoTime());
        assertThat(all).allMatch(each -> each.state() == State.EJECTED);
        assertThat(changes).hasValue(all.size());
    }

    @Test
    void anEndpointThatLeftIsNotReviewed() {
        AtomicInteger changes = new AtomicInteger();
        EjectionPolicy.EndpointStats left = detector.add(Endpoint.of("127.0.0.1", 9), null, changes::incrementAndGet);
        fail(left, 5);
        detector.remove(left);
        detector.remove(left);
        detector.review(time.nanoTime());
        assertThat(left.state()).isEqualTo(State.ACTIVE);
        assertThat(changes).hasValue(0);
    }
}
