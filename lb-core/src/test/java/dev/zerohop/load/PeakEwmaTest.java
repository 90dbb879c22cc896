package dev.zerohop.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.LoadMetric;
import dev.zerohop.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PeakEwmaTest {
    private static final long MS = 1_000_000;
    private static final long S = 1_000_000_000;

    private final LoadMetric.Load load = LoadMetrics.peakEwma().newLoad();
    private long now = 5 * S;

    private void call(long latency, Outcome outcome) {
        load.started(now);
        now += latency;
        load.ended(now, latency, outcome, false);
    }

    @Test
    void anUnknownEndpointIsTriedWithOneCallNotWithABurst() {
        assertThat(load.value(now, 0)).isZero();
        load.started(now);
        assertThat(load.value(now, 1)).isGreaterThan(PeakEwmaState.MAX_COST_NANOS * 1_000);
    }

    @Test
    void aPeakCountsAtOnceAndFadesWithTheDecay() {
        call(10 * MS, Outcome.SUCCESS);
        call(100 * MS, Outcome.SUCCESS);
        assertThat(load.value(now, 0)).isCloseTo(100.0 * MS, within(0.01 * MS));
        assertThat(load.value(now, 3)).isCloseTo(400.0 * MS, within(0.04 * MS));
        assertThat(load.value(now + 10 * S, 0)).isCloseTo(100 * MS / Math.E, within(0.1 * MS));
        now += 9 * S - 10 * MS;
        call(10 * MS, Outcome.SUCCESS);
        double kept = Math.exp(-0.9);
        assertThat(load.value(now, 0)).isCloseTo(100 * MS * kept + 10 * MS * (1 - kept), within(0.1 * MS));
    }

    @Test
    void whatIsOneDecayOldIsForgottenWithTheNextAnswer() {
        call(1_000 * MS, Outcome.SUCCESS);
        now += 10 * S;
        call(10 * MS, Outcome.SUCCESS);
        assertThat(load.value(now, 0)).isCloseTo(10.0 * MS, within(0.01 * MS));
    }

    @Test
    void aFastErrorMakesItWorseNeverBetterAndIsForgottenInSeconds() {
        call(10 * MS, Outcome.SUCCESS);
        double before = load.value(now, 0);
        call(10_000, Outcome.ERROR_RESPONSE);
        assertThat(load.value(now, 0)).isGreaterThanOrEqualTo(9.9 * before);
        assertThat(load.value(now + S, 0)).isBetween(3.1 * before, 3.2 * before);
        assertThat(load.value(now + 2 * S, 0)).isLessThan(before);
        // Also after the cost has faded away.
        long later = now + 600 * S;
        load.started(later);
        load.ended(later + 10_000, 10_000, Outcome.CONNECT_FAILURE, false);
        assertThat(load.value(later + 10_000, 0)).isGreaterThanOrEqualTo(9.9 * before);
    }

    @Test
    void anAnswerEndsThePenaltyAndOwesNothingToIt() {
        call(10 * MS, Outcome.SUCCESS);
        for (int i = 0; i < 3; i++) {
            now += 10 * MS;
            call(10 * MS, Outcome.TIMEOUT);
        }
        assertThat(load.value(now, 0)).isGreaterThan(9 * S);
        call(10 * MS, Outcome.SUCCESS);
        assertThat(load.value(now, 0)).isCloseTo(10.0 * MS, within(0.1 * MS));
        call(MS, Outcome.ERROR_RESPONSE);
        assertThat(load.value(now, 0)).as("the first of a new row").isCloseTo(100.0 * MS, within(MS * 1.0));
    }

    @Test
    void failuresInARowAreHeldLonger() {
        long[] holds = {2 * S, 8 * S, 32 * S, 32 * S};
        call(10 * MS, Outcome.SUCCESS);
        for (int row = 0; row < holds.length; row++) {
            now += 10 * MS;
            call(10 * MS, Outcome.ERROR_RESPONSE);
            assertThat(load.value(now + 9 * holds[row] / 10, 0))
                    .as("row %d", row + 1)
                    .isGreaterThan(12.0 * MS);
            assertThat(load.value(now + holds[row] + 10 * MS, 0)).isLessThan(10.0 * MS);
        }
    }

    @Test
    void attemptsThatWereUnderWayTogetherFailAsOne() {
        call(10 * MS, Outcome.SUCCESS);
        for (int i = 0; i < 8; i++) {
            load.started(now);
        }
        for (int i = 1; i <= 8; i++) {
            load.ended(now + (30 + 3 * i) * MS, (30 + 3 * i) * MS, Outcome.CONNECTION_LOST, false);
        }
        now += 54 * MS;
        assertThat(load.value(now, 0)).isCloseTo(100.0 * MS, within(10.0 * MS));
        assertThat(load.value(now + 2 * S, 0)).isLessThan(10.0 * MS);
    }

    @Test
    void theAttemptThatFindsOutIsNotFollowedByABurst() {
        call(10 * MS, Outcome.SUCCESS);
        call(MS, Outcome.ERROR_RESPONSE);
        now += 2 * S;
        double idle = load.value(now, 0);
        assertThat(idle).isLessThan(10.0 * MS);
        load.started(now);
        assertThat(load.value(now, 1)).isCloseTo(2 * 10 * 10.0 * MS, within(0.1 * MS));
        load.answered(now + MS, MS);
        assertThat(load.value(now + MS, 0)).isBetween(idle / 2, 10.0 * MS);
    }

    @Test
    void failingAtTheFirstCallIsNotAttractiveAndForgottenAsSoon() {
        call(10_000, Outcome.ERROR_RESPONSE);
        assertThat(load.value(now, 0)).isGreaterThan(S);
        assertThat(load.value(now + 2 * S, 0)).as("as unknown as before").isZero();
        load.started(now + 2 * S);
        assertThat(load.value(now + 2 * S, 1)).isGreaterThan(PeakEwmaState.MAX_COST_NANOS * 1_000);
    }

    @Test
    void failuresInARowDoNotGoBeyondRecovery() {
        for (int i = 0; i < 1_000; i++) {
            call(10 * MS, Outcome.TIMEOUT);
        }
        assertThat(load.value(now, 0)).isLessThanOrEqualTo(1.001 * PeakEwmaState.MAX_COST_NANOS);
        assertThat(load.value(now + 32 * S, 0)).isZero();
    }

    @Test
    void aStreamThatBreaksAfterItsAnswerIsAFailureAndItsLengthNoLatency() {
        load.started(now);
        load.answered(now + 10 * MS, 10 * MS);
        now += 60 * S;
        load.ended(now, 60 * S, Outcome.TRANSPORT_FAILURE, true);
        load.answered(now + 1, 10 * MS);
        assertThat(load.value(now + 1, 0)).isCloseTo(10.0 * MS, within(0.1 * MS));
        load.ended(now + 2, 60 * S, Outcome.TRANSPORT_FAILURE, true);
        assertThat(load.value(now + 2, 0)).isCloseTo(100.0 * MS, within((double) MS));
        load.ended(now + 3, 60 * S, Outcome.SUCCESS, true);
        load.ended(now + 3, 60 * S, Outcome.CANCELLED, true);
        assertThat(load.value(now + 3, 0)).isCloseTo(100.0 * MS, within((double) MS));
    }

    @Test
    void aCancelledCallTookAtLeastAsLongAsItDid() {
        call(10 * MS, Outcome.SUCCESS);
        double before = load.value(now, 0);
        load.started(now);
        load.ended(now, 9 * MS, Outcome.CANCELLED, false);
        assertThat(load.value(now, 0)).as("less than is known").isEqualTo(before);
        load.ended(now, S, Outcome.LEAKED, false);
        assertThat(load.value(now, 0)).as("nothing is known of it").isEqualTo(before);
        call(S, Outcome.CANCELLED);
        assertThat(load.value(now, 0)).isCloseTo(1.0 * S, within(100.0));
        now += 30 * S;
        call(100 * MS, Outcome.CANCELLED);
        assertThat(load.value(now, 0)).as("more than is left of the peak").isCloseTo(100.0 * MS, within(100.0));
    }

    @Test
    void aCancelledCallDoesNotMakeAnUnknownEndpointKnown() {
        call(50 * MS, Outcome.CANCELLED);
        assertThat(load.value(now, 0)).isCloseTo(50.0 * MS, within(100.0));
        load.started(now);
        assertThat(load.value(now, 1)).isGreaterThan(PeakEwmaState.MAX_COST_NANOS * 1_000);
        load.answered(now + 10 * MS, 10 * MS);
        assertThat(load.value(now + 10 * MS, 0)).isCloseTo(10.0 * MS, within(100.0));
    }

    @Test
    void aStallShowsWhileItLasts() {
        call(10 * MS, Outcome.SUCCESS);
        load.started(now);
        load.started(now + MS);
        assertThat(load.value(now + 30 * S, 2)).isCloseTo(90.0 * S, within((double) MS));
        load.ended(now + 30 * S, 30 * S, Outcome.LEAKED, false);
        assertThat(load.value(now + 30 * S, 0)).isLessThan(10.0 * MS);
    }

    @Test
    void aLongStreamBesideAnsweredCallsIsNoStall() {
        load.started(now);
        for (int i = 0; i < 100; i++) {
            now += S;
            call(10 * MS, Outcome.SUCCESS);
        }
        load.started(now);
        assertThat(load.value(now + MS, 2)).isLessThan(3.1 * 10 * MS);
    }

    @Test
    void aClockThatIsBehindOnAnotherCoreDoesNoHarm() {
        call(10 * MS, Outcome.SUCCESS);
        assertThat(load.value(now - 50 * MS, 0)).isCloseTo(10.0 * MS, within(0.01 * MS));
    }

    @Test
    void theFastPowerIsCloseAndMonotonic() {
        double before = 1;
        for (double x = 0; x < 60; x += 0.001) {
            double power = PeakEwmaState.twoToMinus(x);
            assertThat(power).isCloseTo(Math.pow(2, -x), within(0.001 * Math.pow(2, -x)));
            assertThat(power).isLessThanOrEqualTo(before);
            before = power;
        }
        assertThat(PeakEwmaState.twoToMinus(1e9)).isZero();
    }

    @Test
    void aPeakIsNotLostToConcurrentUpdates() throws Exception {
        for (int round = 0; round < 200; round++) {
            LoadMetric.Load shared = LoadMetrics.peakEwma().newLoad();
            CountDownLatch go = new CountDownLatch(1);
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                long latency = i == 0 ? S : MS;
                threads[i] = new Thread(() -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    for (int k = 0; k < 50; k++) {
                        shared.ended(5 * S, latency, Outcome.SUCCESS, false);
                    }
                });
                threads[i].start();
            }
            go.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(shared.value(5 * S, 0)).isCloseTo(S, within(100.0));
        }
    }

    @Test
    void metricsAreValuesAndRefuseNonsense() {
        assertThat(LoadMetrics.peakEwma()).isEqualTo(LoadMetrics.peakEwma(Duration.ofSeconds(10), 10));
        assertThatThrownBy(() -> LoadMetrics.peakEwma(Duration.ZERO, 10))
                .hasMessage("decay was PT0S, expected 1 ms to 1 h");
        assertThatThrownBy(() -> LoadMetrics.peakEwma(Duration.ofSeconds(1), Double.NaN))
                .hasMessage("error penalty was NaN, expected 1 to 1000");
    }
}
