package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.PickPolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What many clients of few calls each do together, in virtual time. The figures stand in docs/load-reports.md and docs/policies.md. */
class ManyClientsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration UNTIL_SETTLED = Duration.ofSeconds(40);

    /**
     * The 99th percentile in ms at 1,000 calls a second of all clients together: ten servers of four workers and 30 ms, 80 % busy, of which the first is twice as slow, so that a tenth of the traffic
     * is more than it can do.
     */
    private static double p99(PickPolicy policy, int clients, Duration before) {
        try (VirtualFleet fleet = new VirtualFleet(policy, clients, 10, 4, Duration.ofMillis(30))) {
            fleet.change(0, Duration.ofMillis(60));
            fleet.run(1_000, before);
            fleet.run(1_000, MINUTE);
            return fleet.millis(0.99);
        }
    }

    /** Measured 719 and 239 ms. */
    @Test
    void reportsBringSmallClientsWhatTheirOwnCallsDoNot() {
        double blind = p99(Pickers.leastRequest(), 100, UNTIL_SETTLED);
        assertThat(p99(Pickers.leastRequestByReports(), 100, UNTIL_SETTLED)).isLessThan(blind / 2);
    }

    /** A call a second each: the last report of an endpoint is ten seconds old when the client picks that again. Measured 5,003 and 450 ms. */
    @Test
    void reportsOfTenSecondsAgoHelpAsWell() {
        double blind = p99(Pickers.leastRequest(), 1_000, UNTIL_SETTLED);
        assertThat(p99(Pickers.leastRequestByReports(), 1_000, UNTIL_SETTLED)).isLessThan(blind / 4);
    }

    /** One client measures all that there is by itself. Measured 159 and 162 ms. */
    @Test
    void reportsDoOneClientNoHarm() {
        double one = p99(Pickers.leastRequest(), 1, UNTIL_SETTLED);
        assertThat(p99(Pickers.leastRequestByReports(), 1, UNTIL_SETTLED)).isBetween(one * 0.8, one * 1.2);
    }

    /** Measured 29,947 ms without reports, where the queue of the slow server grows until the end, and 237 ms. */
    @Test
    void weightsByReportsGiveASlowServerWhatItCanDo() {
        Duration before = Duration.ofMinutes(3);
        assertThat(p99(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS), 1_000, before))
                .isLessThan(500);
        assertThat(p99(Pickers.weightedRoundRobin(), 1_000, UNTIL_SETTLED)).isGreaterThan(5_000);
    }

    /** Ten clients of 100 calls a second each, ten servers. Measured: 56 calls of 60,000, and shares of 2.8, 5.6, 8.1 and 9.7 % in the four times 5 s after it is well again. */
    @Test
    void underPeakEwmaASlowEndpointIsTriedSeldomAndTakenBackSoon() {
        try (VirtualFleet fleet = new VirtualFleet(Pickers.peakEwma(), 10, 10, 100, Duration.ofMillis(10))) {
            fleet.run(1_000, Duration.ofSeconds(30));
            assertThat(fleet.share(0)).isBetween(0.07, 0.13);
            fleet.change(0, Duration.ofSeconds(2));
            fleet.run(1_000, Duration.ofSeconds(30));
            fleet.run(1_000, MINUTE);
            // About one try of each client in a decay of 10 s.
            assertThat(fleet.calls(0)).isBetween(20, 90);
            fleet.change(0, Duration.ofMillis(10));
            fleet.run(1_000, Duration.ofSeconds(15));
            fleet.run(1_000, Duration.ofSeconds(5));
            assertThat(fleet.share(0)).isGreaterThan(0.07);
        }
    }
}
