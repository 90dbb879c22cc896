package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** One of three zones is slower than its clients need: the zone stage by itself, and by what servers report. */
class ZoneLoadTest {
    private static double failed(PolicyResult result) {
        return (double) result.errors() / result.calls();
    }

    private static double share(PolicyResult result, String zone) {
        return result.share().entrySet().stream()
                .filter(server -> server.getKey().startsWith(zone))
                .mapToDouble(server -> server.getValue())
                .sum();
    }

    @Test
    void aPartOfTheTrafficLeavesTheZoneThatIsTooSlowForItAndCallsStopFailing() throws InterruptedException {
        PolicyResult plain = Sims.run(Sims.shipped("zone-slow"), "least_request", 1);
        PolicyResult byLoad = Sims.run(Sims.shipped("zone-slow-by-load"), "least_request", 1);
        assertThat(share(plain, "a")).isBetween(0.32, 0.35);
        assertThat(share(byLoad, "a")).isBetween(0.20, 0.31);
        assertThat(failed(byLoad)).isLessThan(failed(plain) / 3);
    }

    @Test
    void aStageByReportsNeedsServersThatReport() {
        String scenario = "{\"duration\": \"1s\", \"arrivals\": {\"rate\": 1}, \"servers\": [{\"id\": \"s\"}],"
                + " \"configuration\": {\"stages\": {\"zone\": {\"reportedLoad\": {}}}}%s}";
        assertThat(Sims.scenario(scenario.formatted(", \"reports\": true")).policies())
                .isNotEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sims.scenario(scenario.formatted("")))
                .withMessageStartingWith("configuration.stages: was ")
                .withMessageEndingWith("expected \"reports\": true beside it, for it goes by what servers report");
    }
}
