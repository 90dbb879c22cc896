package dev.zerohop.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.LoadMetric;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportedLoadMetricsTest {
    private static final long SECOND = 1_000_000_000;
    private static final Duration BLACKOUT = Duration.ofSeconds(10);
    private static final Duration EXPIRATION = Duration.ofMinutes(3);

    private static LoadReport report(double application, double cpu, double qps, double eps) {
        return LoadReport.builder()
                .applicationUtilization(application)
                .cpuUtilization(cpu)
                .requestsPerSecond(qps)
                .errorsPerSecond(eps)
                .build();
    }

    private static LoadMetric cost(Duration blackout, double penalty, String... names) {
        return LoadMetrics.reportedCost(blackout, EXPIRATION, penalty, List.of(names));
    }

    private static double weight(LoadMetric.Load load, long now) {
        double value = load.value(now, 0);
        return value == 0 ? 0 : 1 / value;
    }

    /** weight = qps / (utilization + eps / qps * penalty), by hand; 0 where A58 leaves the weight before in force. */
    @ParameterizedTest
    @CsvSource({
        "0,   0.1, 1,   0,   1, 10",
        "0,   0.2, 1,   0,   1, 5",
        "0.4, 0.9, 100, 0,   1, 250",
        "0,   0.5, 100, 50,  1, 100",
        "0,   0.5, 100, 50,  2, 66.6666667",
        "0,   0.5, 100, 50,  0, 200",
        "1.5, 0.5, 300, 0,   1, 200",
        "0,   0,   100, 0,   1, 0",
        "0,   0.5, 0,   0,   1, 0",
        "0,   0,   0,   5,   1, 0"
    })
    void aWeightIsThatOfA58(double application, double cpu, double qps, double eps, double penalty, double weight) {
        LoadMetric.Load load = cost(Duration.ZERO, penalty).newLoad();
        load.reported(SECOND, 1, report(application, cpu, qps, eps));
        assertThat(weight(load, SECOND)).isCloseTo(weight, within(1e-6));
        assertThat(load.stale(SECOND, 0)).isEqualTo(weight == 0);
    }

    @Test
    void aReportWithoutLoadLeavesTheOneBeforeInForce() {
        LoadMetric.Load load = cost(Duration.ZERO, 1).newLoad();
        load.reported(SECOND, 1, report(0, 0.1, 1, 0));
        load.reported(2 * SECOND, 1, report(0, 0, 0, 0));
        assertThat(weight(load, 2 * SECOND)).isEqualTo(10);
        assertThat(weight(load, SECOND + EXPIRATION.toNanos() - 1)).isEqualTo(10);
        assertThat(weight(load, SECOND + EXPIRATION.toNanos()))
                .as("it did not keep the other alive")
                .isZero();
    }

    @Test
    void theGreatestOfTheNamedMetricsStandsBetweenTheApplicationsAndTheCpus() {
        LoadMetric.Load load = cost(Duration.ZERO, 1, "named_metrics.queue", "utilization.disk")
                .newLoad();
        LoadReport.Builder report = LoadReport.builder().cpuUtilization(0.1).requestsPerSecond(1);
        load.reported(0, 1, report.build());
        assertThat(weight(load, 0)).isEqualTo(10);
        load.reported(
                0, 1, report.namedMetric("queue", 0.25).utilization("disk", 0.5).build());
        assertThat(weight(load, 0)).isEqualTo(2);
        load.reported(0, 1, report.applicationUtilization(1).build());
        assertThat(weight(load, 0)).isEqualTo(1);
    }

    @Test
    void anEndpointCountsAfterTheBlackoutAndNotAfterItsReportsHaveExpired() {
        LoadMetric.Load load = cost(BLACKOUT, 1).newLoad();
        long start = 5 * SECOND;
        load.reported(start, 1, report(0, 0.1, 1, 0));
        assertThat(weight(load, start + 10 * SECOND - 1)).isZero();
        load.reported(start + 9 * SECOND, 1, report(0, 0.2, 1, 0));
        assertThat(weight(load, start + 10 * SECOND)).isEqualTo(5);
        long last = start + 9 * SECOND;
        assertThat(weight(load, last + 180 * SECOND - 1)).isEqualTo(5);
        assertThat(weight(load, last + 180 * SECOND)).isZero();
        long again = last + 200 * SECOND;
        load.reported(again, 1, report(0, 0.1, 1, 0));
        assertThat(weight(load, again + 10 * SECOND - 1)).as("a new blackout").isZero();
        assertThat(weight(load, again + 10 * SECOND)).isEqualTo(10);
    }

    @Test
    void anEndpointThatIsUsableAgainBeginsANewBlackoutWithItsFirstReport() {
        LoadMetric.Load load = cost(BLACKOUT, 1).newLoad();
        load.reported(0, 1, report(0, 0.1, 1, 0));
        assertThat(weight(load, 20 * SECOND)).isEqualTo(10);
        load.readmitted(20 * SECOND);
        assertThat(weight(load, 60 * SECOND)).isZero();
        load.reported(60 * SECOND, 1, report(0, 0.1, 1, 0));
        assertThat(weight(load, 70 * SECOND - 1)).isZero();
        assertThat(weight(load, 70 * SECOND)).isEqualTo(10);
    }

    @Test
    void noWeightIsInfinite() {
        LoadMetric.Load load = cost(Duration.ZERO, 1).newLoad();
        load.reported(0, 1, report(0, Double.MIN_VALUE, 1e300, 0));
        assertThat(load.value(0, 0)).isZero();
        load.reported(0, 1, report(0, 1e300, Double.MIN_VALUE, 0));
        assertThat(load.value(0, 0)).isZero();
    }

    // ---- calls ----

    private static LoadReport calls(double count) {
        return LoadReport.builder().namedMetric("rif", count).build();
    }

    @Test
    void theCallsOfOthersAreAddedToItsOwnWhileTheReportIsFresh() {
        LoadMetric.Load load = LoadMetrics.reportedCalls("named_metrics.rif", 1, Duration.ofSeconds(1))
                .newLoad();
        assertThat(load.stale(SECOND, 0)).isTrue();
        assertThat(load.value(SECOND, 3)).isEqualTo(3);
        // 7 under way there beside the one that ends, of which 2 are this client's.
        load.reported(SECOND, 3, calls(7));
        assertThat(load.stale(SECOND, 2)).isFalse();
        assertThat(load.value(SECOND, 2)).isEqualTo(7);
        assertThat(load.value(SECOND, 0)).isEqualTo(5);
        load.reported(SECOND, 1, calls(0));
        assertThat(load.stale(SECOND, 0)).as("none is a number").isFalse();
        assertThat(load.value(SECOND, 1)).isEqualTo(1);
        load.reported(SECOND, 1, calls(4));
        assertThat(load.value(SECOND + 990_000_000, 0)).isEqualTo(4);
        assertThat(load.stale(SECOND + 1_010_000_000, 0)).isTrue();
        assertThat(load.value(SECOND + 1_010_000_000, 1)).isEqualTo(1);
    }

    @Test
    void aReportWithoutTheMetricIsNoneAndAUtilizationCountsAsCalls() {
        LoadMetric.Load load = LoadMetrics.reportedCalls("cpu_utilization", 40, Duration.ofSeconds(1))
                .newLoad();
        load.reported(SECOND, 1, calls(7));
        assertThat(load.stale(SECOND, 0)).isTrue();
        load.reported(SECOND, 1, report(0, 0.5, 0, 0));
        assertThat(load.value(SECOND, 0)).isEqualTo(20);
        load.readmitted(SECOND);
        assertThat(load.stale(SECOND, 0)).isTrue();
    }

    @Test
    void wrongValuesAreRejected() {
        assertThatThrownBy(() -> LoadMetrics.reportedCalls("rif", 1, BLACKOUT))
                .hasMessageStartingWith("metric was 'rif', expected");
        assertThatThrownBy(() -> LoadMetrics.reportedCalls("named_metrics.rif", 0, BLACKOUT))
                .hasMessage("calls per unit was 0.0, expected more than 0");
        assertThatThrownBy(() -> LoadMetrics.reportedCost(BLACKOUT, Duration.ZERO, 1, List.of()))
                .hasMessage("expiration period was PT0S, expected more than 0");
        assertThatThrownBy(() -> cost(BLACKOUT, -1)).hasMessage("error penalty was -1.0, expected 0 or more");
        assertThat(cost(BLACKOUT, 1)).isEqualTo(cost(BLACKOUT, 1)).isNotEqualTo(cost(BLACKOUT, 2));
    }

    // ---- Peak-EWMA: when a look is due ----

    @Test
    void peakEwmaIsStaleAfterOneDecayWithoutACallAndWithNothingHeldAgainstIt() {
        LoadMetric.Load load = LoadMetrics.peakEwma().newLoad();
        assertThat(load.stale(SECOND, 0))
                .as("never tried: it is the first choice as it is")
                .isFalse();
        load.started(SECOND);
        load.answered(2 * SECOND, SECOND);
        load.ended(2 * SECOND, SECOND, Outcome.SUCCESS, true);
        assertThat(load.stale(11 * SECOND, 0)).isFalse();
        assertThat(load.stale(13 * SECOND, 0)).isTrue();
        assertThat(load.stale(13 * SECOND, 1)).as("it is being tried").isFalse();
        // A look that the caller gives up on counts as one.
        load.started(13 * SECOND);
        double before = load.value(14 * SECOND, 0);
        load.ended(14 * SECOND, SECOND / 1000, Outcome.CANCELLED, false);
        assertThat(load.stale(14 * SECOND, 0)).isFalse();
        assertThat(load.value(14 * SECOND, 0)).isCloseTo(before, within(before * 1e-3));
        // Failures in a row are held for 2, 8 and 32 s.
        for (int i = 0; i < 3; i++) {
            load.started(20 * SECOND + i);
            load.ended(20 * SECOND + SECOND * i, 0, Outcome.ERROR_RESPONSE, false);
        }
        assertThat(load.stale(40 * SECOND, 0)).isFalse();
        assertThat(load.stale(56 * SECOND, 0)).isTrue();
    }
}
