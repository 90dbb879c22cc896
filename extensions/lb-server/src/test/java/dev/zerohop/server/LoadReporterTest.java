package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.LoadReport;
import dev.zerohop.report.LoadReports;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoadReporterTest {
    private final FakeTime time = new FakeTime();

    private void requests(LoadReporter reporter, int count, int failures) {
        for (int i = 0; i < count; i++) {
            reporter.begin().end(i < failures);
        }
    }

    @Test
    void ratesAreAveragesOverAboutFiveSecondsAndTheFirstCountsWhole() {
        LoadReporter reporter =
                LoadReporter.builder().time(time).cpuUtilization(() -> 0.5).build();
        requests(reporter, 100, 0);
        assertThat(reporter.report().requestsPerSecond())
                .as("in the first second")
                .isZero();
        time.advance(Duration.ofSeconds(2));
        assertThat(reporter.report().requestsPerSecond()).isEqualTo(50);
        assertThat(reporter.report().cpuUtilization()).isEqualTo(0.5);
        requests(reporter, 300, 30);
        time.advance(Duration.ofSeconds(1));
        double kept = Math.exp(-0.2);
        LoadReport report = reporter.report();
        assertThat(report.requestsPerSecond()).isCloseTo(50 * kept + 300 * (1 - kept), within(1e-9));
        assertThat(report.errorsPerSecond()).isCloseTo(30 * (1 - kept), within(1e-9));
        time.advance(Duration.ofMinutes(1));
        assertThat(reporter.report().requestsPerSecond()).isLessThan(0.01);
    }

    @Test
    void numbersAreTakenOnceASecondAndRequestsUnderWayAsTheyAre() {
        AtomicInteger asked = new AtomicInteger();
        LoadReporter reporter = LoadReporter.builder()
                .time(time)
                .cpuUtilization(() -> asked.incrementAndGet() / 10.0)
                .build();
        for (int i = 0; i < 30; i++) {
            reporter.report();
            time.advance(Duration.ofMillis(100));
        }
        assertThat(asked).hasValue(2);
        LoadReporter.Request one = reporter.begin();
        LoadReporter.Request other = reporter.begin();
        assertThat(inFlight(reporter.report())).isEqualTo(2);
        assertThat(inFlight(one.report()))
                .as("the one that brings it is not counted")
                .isEqualTo(1);
        one.end(false);
        one.end(true);
        assertThat(inFlight(one.report())).isEqualTo(1);
        assertThat(inFlight(other.report())).isZero();
        other.end(false);
        time.advance(Duration.ofSeconds(1));
        assertThat(reporter.report().errorsPerSecond())
                .as("the first end counts")
                .isZero();
    }

    /** An average with 0 would fall step by step, and the server would look emptier and emptier. */
    @Test
    void aCpuThatCannotBeMeasuredIsNotStatedAndBeginsAnew() {
        double[] cpu = {0.8};
        LoadReporter reporter =
                LoadReporter.builder().time(time).cpuUtilization(() -> cpu[0]).build();
        double[] reported = new double[4];
        double[] measured = {0.8, Double.NaN, -1, 0.2};
        for (int i = 0; i < measured.length; i++) {
            cpu[0] = measured[i];
            time.advance(Duration.ofSeconds(1));
            reported[i] = reporter.report().cpuUtilization();
        }
        assertThat(reported).containsExactly(0.8, 0, 0, 0.2);
    }

    @Test
    void aRequestThatItsCallerAbandonsIsNeitherAnsweredNorFailed() {
        LoadReporter reporter =
                LoadReporter.builder().time(time).cpuUtilization(() -> 0.5).build();
        LoadReporter.Request request = reporter.begin();
        request.abandon();
        request.end(true);
        time.advance(Duration.ofSeconds(1));
        assertThat(inFlight(reporter.report())).isZero();
        assertThat(reporter.requestsPerSecond()).isZero();
        assertThat(reporter.report().errorsPerSecond()).isZero();
    }

    private static double inFlight(LoadReport report) {
        return report.metric("named_metrics." + LoadReporter.REQUESTS_IN_FLIGHT, -1);
    }

    @Test
    void whatTheApplicationSaysIsReportedAndNonsenseIsNot() {
        LoadReporter reporter = LoadReporter.builder()
                .time(time)
                .applicationUtilization(() -> 0.25)
                .namedMetric("queue", () -> 7)
                .namedMetric("broken", () -> {
                    throw new IllegalStateException("no queue");
                })
                .namedMetric("negative", () -> -1)
                .cpuUtilization(() -> Double.NaN)
                .build();
        time.advance(Duration.ofSeconds(1));
        LoadReport report = LoadReports.ofHeader(reporter.begin().header());
        assertThat(report.applicationUtilization()).isEqualTo(0.25);
        assertThat(report.namedMetrics()).containsEntry("queue", 7.0).containsEntry("broken", 0.0);
        assertThat(report.namedMetrics()).containsEntry("negative", 0.0);
        assertThat(report.cpuUtilization()).isZero();
        assertThatThrownBy(() -> LoadReporter.builder().namedMetric("requests_in_flight", () -> 1))
                .hasMessage("metric was 'requests_in_flight', expected a name other than requests_in_flight and"
                        + " latency_ms");
        assertThatThrownBy(() -> LoadReporter.builder().namedMetric("latency_ms", () -> 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private double latency(LoadReport report) {
        return report.metric("named_metrics." + LoadReporter.LATENCY, -1);
    }

    private LoadReporter.Request after(Duration elapsed, LoadReporter.Request request) {
        time.advance(elapsed);
        return request;
    }

    @Test
    void theLatencyIsForProbesAndOfRequestsThatWereAnswered() {
        LoadReporter reporter =
                LoadReporter.builder().time(time).cpuUtilization(() -> 0.5).build();
        assertThat(latency(reporter.report())).as("nothing is known").isEqualTo(-1);
        after(Duration.ofMillis(1), reporter.begin()).end(true);
        after(Duration.ofMillis(1), reporter.begin()).abandon();
        after(Duration.ofMillis(1), reporter.beginStream()).end(false);
        assertThat(latency(reporter.report()))
                .as("failures and streams say nothing")
                .isEqualTo(-1);
        LoadReporter.Request request = after(Duration.ofNanos(20_500_000), reporter.begin());
        request.end(false);
        assertThat(latency(reporter.report())).isEqualTo(20.5);
        assertThat(latency(LoadReports.ofHeader(reporter.header()))).isEqualTo(20.5);
        assertThat(latency(request.report())).as("with an answer").isEqualTo(-1);
        after(Duration.ofMillis(1), reporter.begin()).end(true);
        after(Duration.ofMillis(2), reporter.begin()).abandon();
        assertThat(latency(reporter.report())).as("fast failures").isEqualTo(20.5);
        after(Duration.ofMillis(30), reporter.begin()).end(true);
        after(Duration.ofMillis(40), reporter.begin()).abandon();
        assertThat(latency(reporter.report())).as("slow failures").isEqualTo(30);
        time.advance(Duration.ofSeconds(6));
        assertThat(latency(reporter.report())).as("that was long ago").isEqualTo(-1);
    }

    @Test
    void theCpusOfThisMachineAreAShare() {
        assertThat(CpuUtilization.INSTANCE.getAsDouble()).isBetween(0.0, 1.0);
    }
}
