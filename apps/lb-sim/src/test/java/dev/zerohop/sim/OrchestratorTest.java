package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** An orchestrator with an interval of 1 s and verdicts that hold for 10 s, seen by a client that judges nothing by itself. One of ten servers is out from the start. */
class OrchestratorTest {
    private static final String LOST = "{\"at\": \"5s\", \"orchestratorLoss\": true, \"lasts\": \"15s\"}";

    private static PolicyResult between(int fromSeconds, int toSeconds, String fault, String orchestrator, String event)
            throws InterruptedException {
        return Sims.run(
                Sims.scenario("{\"duration\": \"" + toSeconds + "s\", \"measureFrom\": \"" + fromSeconds + "s\", "
                        + "\"timeout\": \"100ms\", \"arrivals\": {\"rate\": 100, \"process\": \"even\"}, "
                        + "\"demand\": {\"mean\": \"5ms\", \"distribution\": \"constant\"}, "
                        + "\"servers\": [{\"id\": \"s\", \"count\": 9}, {\"id\": \"sick\", \"faults\": [" + fault
                        + "]}], " + "\"control\": {\"orchestrator\": {\"interval\": \"1s\", \"ttl\": \"10s\""
                        + orchestrator + "}}, \"events\": [" + event + "], " + Sims.BARE + "}"),
                "round_robin",
                1);
    }

    private static double share(PolicyResult result) {
        return result.share().getOrDefault("sick", 0.0);
    }

    @Test
    void aServerThatHangsIsMarkedAfterThreeProbes() throws InterruptedException {
        assertThat(share(between(0, 3, "{\"kind\": \"hang\"}", "", ""))).isCloseTo(0.1, within(0.01));
        assertThat(share(between(4, 10, "{\"kind\": \"hang\"}", "", ""))).isZero();
        assertThat(share(between(40, 50, "{\"kind\": \"hang\"}", "", "")))
                .as("verdicts are renewed")
                .isZero();
    }

    @Test
    void aProbeMeetsFaultsAsCallsDo() throws InterruptedException {
        assertThat(share(between(4, 10, "{\"kind\": \"fail\"}", "", ""))).isZero();
        assertThat(share(between(4, 10, "{\"kind\": \"pause\"}", "", ""))).isZero();
        assertThat(share(between(4, 10, "{\"kind\": \"slow\", \"speed\": 0.5}", "", "")))
                .isCloseTo(0.1, within(0.01));
    }

    @Test
    void aServerThatIsWellAgainIsTakenBackAfterTwoProbes() throws InterruptedException {
        PolicyResult after = between(9, 20, "{\"kind\": \"hang\", \"to\": \"5.5s\"}", "", "");
        assertThat(share(after)).isCloseTo(0.1, within(0.01));
        assertThat(after.errors()).isZero();
        assertThat(share(between(4, 7, "{\"kind\": \"hang\", \"to\": \"5.5s\"}", "", "")))
                .isZero();
    }

    @Test
    void verdictsRunOutWhileTheOrchestratorIsLost() throws InterruptedException {
        assertThat(share(between(6, 12, "{\"kind\": \"hang\"}", "", LOST))).isZero();
        assertThat(share(between(14, 20, "{\"kind\": \"hang\"}", "", LOST))).isCloseTo(0.1, within(0.01));
    }

    @Test
    void itTakesUpTheMarksOfTheOneBefore() throws InterruptedException {
        assertThat(share(between(22, 30, "{\"kind\": \"hang\"}", "", LOST))).isZero();
        PolicyResult well = between(24, 30, "{\"kind\": \"hang\", \"to\": \"10s\"}", "", LOST);
        assertThat(share(well)).isCloseTo(0.1, within(0.01));
    }

    @Test
    void noMoreThanAShareIsMarked() throws InterruptedException {
        assertThat(share(between(4, 10, "{\"kind\": \"hang\"}", ", \"maxDownPercent\": 9", "")))
                .isCloseTo(0.1, within(0.01));
    }

    @Test
    void aLossWithoutAnOrchestratorIsRejected() {
        assertThatThrownBy(() -> Sims.scenario(
                        "{\"duration\": \"10s\", \"arrivals\": {\"rate\": 1}, \"servers\": [{\"id\": \"a\"}], "
                                + "\"events\": [" + LOST + "]}"))
                .hasMessage(
                        "events[0].orchestratorLoss: was true, expected no such event without control.orchestrator");
    }
}
