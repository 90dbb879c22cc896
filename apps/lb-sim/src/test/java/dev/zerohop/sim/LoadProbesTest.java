package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What probing gives many small clients, and what it costs. */
class LoadProbesTest {

    /** As the scenarios {@code clients-100} and {@code clients-1000}, shorter. */
    private static Scenario clients(int count, boolean reports) {
        return Sims.scenario("""
            {"duration": "8s", "measureFrom": "3s", "timeout": "5s",
             "servers": [{"id": "s", "count": 100, "concurrency": 2, "antagonist": {"speed": 0.5, "on": "5s", "off": "20s"}}],
             "clients": {"count": %d}, "arrivals": {"rate": 8136},
             "demand": {"mean": "16ms", "distribution": "normal", "spread": "16ms"}, "network": {"latency": "250us"},
             "reports": %s, "configuration": {"health": {"ejection": {"timeouts": false}}}}""".formatted(count, reports));
    }

    private static double p99(PolicyResult result) {
        return result.latencyMillis(0.99).value();
    }

    @Test
    void aThousandSmallClientsSeeNearlyWhatAHundredSee() throws InterruptedException {
        PolicyResult few = Sims.run(clients(100, true), "prequal", 1);
        PolicyResult many = Sims.run(clients(1_000, true), "prequal", 1);
        PolicyResult blind = Sims.run(clients(1_000, true), "least_request", 1);
        assertThat(p99(many)).isLessThan(2 * p99(few));
        assertThat(p99(blind)).isGreaterThan(2 * p99(many));
        assertThat(many.probes().value() / many.calls()).isBetween(2.95, 3.05);
        assertThat(blind.probes().value()).isZero();
    }

    @Test
    void whereServersReportNothingThereAreNoProbes() throws InterruptedException {
        assertThat(Sims.run(clients(100, false), "prequal", 1).probes().value()).isZero();
    }

    @Test
    void aServerThatAnswersNothingGetsNoCallByItsLastReport() throws InterruptedException {
        PolicyResult result = Sims.run(Sims.scenario("""
            {"duration": "10s", "measureFrom": "6s", "timeout": "1s",
             "servers": [{"id": "s", "count": 19, "concurrency": 4}, {"id": "hung", "concurrency": 4, "faults": [{"kind": "hang", "from": "4s"}]}],
             "clients": {"count": 20}, "arrivals": {"rate": 2000}, "network": {"latency": "250us"}, "reports": true,
             "configuration": {"health": {"ejection": {"consecutiveFailures": 0, "timeouts": false}}}}"""), "prequal", 1);
        assertThat(result.share().get("hung")).isLessThan(0.002);
    }
}
