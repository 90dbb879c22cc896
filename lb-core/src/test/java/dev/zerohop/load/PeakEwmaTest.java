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
        now += 10 * S - 10 * MS;
        call(10 * MS, Outcome.SUCCESS);
        assertThat(load.value(now, 0)).isCloseTo(100 * MS / Math.E + 10 * MS * (1 - 1 / Math.E), within(0.1 * MS));
    }

    @Test
    void aFastErrorMakesItWorseNeverBetter() {
        call(10 * MS, Outcome.SUCCESS);
        double before = load.value(now, 0);
        call(10_000, Outcome.ERROR_RESPONSE);
        assertThat(load.value(now, 0)).isGreaterThanOrEqualTo(9.9 * before);
        // Also after the cost has faded away.
        long later = now + 600 * S;
        load.started(later);
        load.ended(later + 10_000, 10_000, Outcome.CONNECT_FAILURE, false);
        assertThat(load.value(later + 10_000, 0)).isGreaterThan(5.0 * 10 * MS);
    }

    @Test
    void failingAtTheFirstCallIsNotAttractive() {
        call(10_000, Outcome.ERROR_RESPONSE);
        assertThat(load.value(now, 0)).isGreaterThan(S);
    }

    @Test
    void failuresInARowDoNotGoBeyondRecovery() {
        for (int i = 0; i < 1_000; i++) {
            call(MS, Outcome.TIMEOUT);
        }
        assertThat(load.value(now, 0)).isLessThanOrEqualTo(1.001 * PeakEwmaState.MAX_COST_NANOS);
    }

    @Test
    void aCancelledCallSaysNothing() {
        call(10 * MS, Outcome.SUCCESS);
        double before = load.value(now, 0);
        long at = now;
        load.started(at);
        load.ended(at + S, S, Outcome.CANCELLED, false);
        assertThat(load.value(at, 0)).isEqualTo(before);
        load.started(at + 2 * S);
        assertThat(load.value(at + 2 * S, 1)).as("nobody waits any more").isLessThan(2 * before);
    }

    @Test
    void aStallShowsWhileItLasts() {
        call(10 * MS, Outcome.SUCCESS);
        load.started(now);
        load.started(now + MS);
        assertThat(load.value(now + 30 * S, 2)).isCloseTo(90.0 * S, within((double) MS));
        load.ended(now + 30 * S, 30 * S, Outcome.CANCELLED, false);
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
