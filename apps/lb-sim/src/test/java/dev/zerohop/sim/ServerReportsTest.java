package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers report their load with their answers. */
class ServerReportsTest {
    private static final String BY_REPORTS = "{\"least_request\":{\"reportedLoad\":{}}}";
    private static final String WEIGHTED = "{\"weighted_round_robin\":{\"reportedLoad\":{}}}";

    private final Events events = new Events(VirtualTime.START_NANOS);
    private final CallList calls = new CallList(events, Times.SECOND);
    private final ServerLoad load = new ServerLoad(new VirtualTime(events), 4);

    private void advance(long nanos) {
        assertThat(events.step(events.nowNanos() + nanos)).isFalse();
    }

    private Attempt begun(boolean wanted) {
        Attempt attempt = calls.newAttempt();
        attempt.pick = new Looking(wanted);
        load.begin(attempt);
        return attempt;
    }

    @Test
    void utilizationIsTheShareOfThePlacesThatWereBusy() {
        load.busy(2);
        advance(Times.SECOND / 2);
        load.busy(4);
        advance(Times.SECOND / 2);
        assertThat(load.report().cpuUtilization()).isEqualTo(0.75);
        load.busy(1);
        advance(Times.SECOND);
        // The reporter's own average over five seconds.
        double kept = Math.exp(-0.2);
        assertThat(load.report().cpuUtilization()).isCloseTo(0.75 * kept + 0.25 * (1 - kept), within(1e-9));
    }

    @Test
    void anAnswerBringsTheCallsUnderWayBesideIt() {
        Attempt one = begun(true);
        begun(true);
        begun(true);
        load.end(one, Outcome.SUCCESS);
        LoadReport report = one.report;
        assertThat(report).isNotNull();
        assertThat(report.metric("named_metrics.requests_in_flight", -1)).isEqualTo(2);
        Attempt error = begun(true);
        load.end(error, Outcome.OVERLOADED);
        assertThat(error.report).isNotNull();
        advance(Times.SECOND);
        assertThat(load.report().requestsPerSecond()).isEqualTo(2);
        assertThat(load.report().errorsPerSecond()).isEqualTo(1);
    }

    @Test
    void whatIsNoAnswerOrHasNoReaderBringsNone() {
        Attempt broken = begun(true);
        load.end(broken, Outcome.TRANSPORT_FAILURE);
        assertThat(broken.report).isNull();
        Attempt unread = begun(false);
        load.end(unread, Outcome.SUCCESS);
        assertThat(unread.report).isNull();
        Attempt givenUp = begun(true);
        givenUp.pick = null;
        load.end(givenUp, Outcome.SUCCESS);
        assertThat(givenUp.report).isNull();
        assertThat(load.report().metric("named_metrics.requests_in_flight", -1)).isZero();
    }

    private static Scenario oneOfTenIsSlow(String more) {
        return Sims.scenario("""
                {"duration": "90s", "measureFrom": "30s", "timeout": "5s", "arrivals": {"rate": 900}, "clients": {"count": 100},
                 "demand": {"mean": "30ms", "distribution": "constant"}, "network": {"latency": "250us"},
                 "servers": [{"id": "slow", "concurrency": 4, "speed": 0.5}, {"id": "s", "count": 9, "concurrency": 4}]%s}""".formatted(more));
    }

    @Test
    void manySmallClientsSeeByReportsWhatNoneSeesAlone() throws Exception {
        Scenario scenario = oneOfTenIsSlow(", \"reports\": true");
        double blind =
                Sims.run(scenario, "least_request", 1).latencyMillis(0.99).value();
        double seeing = Sims.run(scenario, BY_REPORTS, 1).latencyMillis(0.99).value();
        assertThat(seeing).isLessThan(blind / 2);
    }

    @Test
    void aServerOfHalfTheSpeedWeighsHalf() throws Exception {
        Scenario scenario = oneOfTenIsSlow(", \"reports\": true");
        assertThat(Sims.run(scenario, WEIGHTED, 1).share().get("slow")).isCloseTo(0.5 / 9.5, within(0.005));
    }

    @Test
    void reportsThatNobodyReadsChangeNothing() throws Exception {
        String plain = Answers.json(
                oneOfTenIsSlow(""), List.of(1L), List.of(Sims.run(oneOfTenIsSlow(""), "least_request", 1)));
        Scenario reporting = oneOfTenIsSlow(", \"reports\": true");
        assertThat(Answers.json(reporting, List.of(1L), List.of(Sims.run(reporting, "least_request", 1))))
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "prequal",
                "{\"prequal\":{\"poolSize\":8}}",
                "{\"rendezvous\":{\"withoutKey\":\"prequal\"}}",
                "grpc:weighted_round_robin",
                "{\"grpc:weighted_round_robin\":{}}"
            })
    void soDoesOneThatProbesAndOneOfAnotherLibrary(String policy) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> oneOfTenIsSlow("").policy(policy))
                .withMessage("policy: was \"" + policy
                        + "\", expected \"reports\": true beside it, for it goes by what servers report");
        assertThat(oneOfTenIsSlow(", \"reports\": true").policy(policy).name()).isEqualTo(policy);
    }

    @Test
    void aPolicyThatGoesByReportsNeedsThem() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> oneOfTenIsSlow("").policy(BY_REPORTS))
                .withMessageContaining(
                        "policy: was \"{\"least_request\":{\"reportedLoad\":{}}}\", expected \"reports\": true beside it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> oneOfTenIsSlow(", \"policies\": [\"random\", " + WEIGHTED + "]"))
                .withMessageContaining("policies[1]: was");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> oneOfTenIsSlow(", \"reports\": \"yes\""))
                .withMessageContaining("reports: was \"yes\", expected");
    }

    /** A pick of a client that looks for reports, or does not. */
    private record Looking(boolean wantsReport) implements Pick {
        @Override
        public int server() {
            return 1;
        }

        @Override
        public void ended(Outcome outcome, @Nullable LoadReport report) {}

        @Override
        public boolean repeats(Call call, Outcome outcome) {
            return false;
        }
    }
}
