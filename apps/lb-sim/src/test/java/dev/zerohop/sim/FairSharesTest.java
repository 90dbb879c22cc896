package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How long servers that come, or come back, take to their share of the calls. */
class FairSharesTest {
    private static List<FairShare> run(String servers, String more) throws InterruptedException {
        return run("round_robin", servers, more);
    }

    private static List<FairShare> run(String policy, String servers, String more) throws InterruptedException {
        return Sims.run(Sims.scenario("""
                {"duration": "20s", "timeout": "1s", "arrivals": {"rate": 600, "process": "even"}, "clients": {"count": 1},
                 "demand": {"mean": "1ms", "distribution": "constant"}, "servers": [%s]%s}""".formatted(servers, more)), policy, 1, 2)
                .fairShares();
    }

    /** Clients learn of it 1.5 s after it is announced: the first whole second with its whole share is the third. */
    @Test
    void aServerThatIsAddedHasItWhenClientsHaveLearntOfIt() throws Exception {
        assertThat(
                        run(
                                "{\"id\": \"a\"}, {\"id\": \"b\"}",
                                ", \"control\": {\"delay\": \"1500ms\"}, \"events\": [{\"at\": \"4s\", \"add\": {\"id\": \"late\"}, \"startsFor\": \"2s\"}]"))
                .containsExactly(new FairShare("late", 6, 3, 0));
        assertThat(run(
                        "{\"id\": \"a\"}, {\"id\": \"b\"}",
                        ", \"events\": [{\"at\": \"4s\", \"add\": {\"id\": \"late\"}}]"))
                .containsExactly(new FairShare("late", 4, 1, 0));
    }

    @Test
    void oneOfWhichNobodyLearnsNeverHasIt() throws Exception {
        assertThat(
                        run(
                                "{\"id\": \"a\"}",
                                ", \"control\": {\"delay\": \"1h\"}, \"events\": [{\"at\": \"4s\", \"add\": {\"id\": \"late\"}}, {\"at\": \"6s\", \"replace\": [\"a\"], \"worksFor\": \"1s\"}]"))
                .containsExactly(new FairShare("late", 4, Double.NaN, 2), new FairShare("a", 7, Double.NaN, 2));
    }

    /** It is out for a while longer than its fault lasts. */
    @Test
    void aServerWhoseFaultEndsHasItWhenItIsTakenBack() throws Exception {
        List<FairShare> back = run(
                "{\"id\": \"a\", \"faults\": [{\"kind\": \"fail\", \"outcome\": \"TRANSPORT_FAILURE\", \"from\": \"3s\", \"to\": \"5s\"}]}, {\"id\": \"b\"}",
                ", \"configuration\": {\"health\": {\"ejection\": {\"baseTime\": \"6s\"}}}");
        assertThat(back).hasSize(1);
        assertThat(back.get(0).server()).isEqualTo("a");
        assertThat(back.get(0).sinceSeconds()).isEqualTo(5);
        assertThat(back.get(0).seconds()).isBetween(4.0, 9.0);
        assertThat(back.get(0).never()).isZero();
    }

    /** Two faults that overlap end with the second. */
    @Test
    void aServerIsWellWhenItsLastFaultEnds() throws Exception {
        assertThat(run(
                        "{\"id\": \"a\", \"faults\": [{\"kind\": \"fail\", \"from\": \"3s\", \"to\": \"5s\"}, {\"kind\": \"slow\", \"from\": \"4s\", \"to\": \"7s\"}]}, {\"id\": \"b\"}",
                        ", " + Sims.BARE))
                .containsExactly(new FairShare("a", 7, 1, 0));
    }

    /** The run goes on until its last call has ended, which depends on seed and policy. */
    @Test
    void whatComesWithinTheLastSecondOrLaterIsNoNewcomer() throws Exception {
        String faulty =
                "{\"id\": \"a\"}, {\"id\": \"b\", \"faults\": [{\"kind\": \"%s\", \"from\": \"18s\", \"to\": \"%s\"}]}";
        for (String to : List.of("19001ms", "20s", "20002ms", "20500ms")) {
            assertThat(run(faulty.formatted("pause", to), "")).as(to).isEmpty();
        }
        assertThat(run(
                        "{\"id\": \"a\"}",
                        ", \"events\": [{\"at\": \"19s\", \"add\": {\"id\": \"late\"}, \"startsFor\": \"1s\"}]"))
                .isEmpty();
        assertThat(run(faulty.formatted("slow", "19s"), ", " + Sims.BARE))
                .containsExactly(new FairShare("b", 19, 1, 0));
    }

    /** Its part is a fifth: of the calls of two servers that is not enough, though more than two run. */
    @Test
    void theShareIsThatOfServersThatAreAnnouncedToStay() throws Exception {
        String late = "{\"at\": \"4s\", \"add\": {\"id\": \"late\"}}], " + Sims.BARE;
        assertThat(run(
                        "weighted_round_robin",
                        "{\"id\": \"a\", \"weight\": 4}",
                        ", \"events\": [{\"at\": \"3s\", \"add\": {\"id\": \"x\", \"count\": 4}, \"startsFor\": \"1h\"}, "
                                + late))
                .containsExactly(new FairShare("late", 4, Double.NaN, 2));
        assertThat(run(
                        "weighted_round_robin",
                        "{\"id\": \"a\", \"weight\": 4}, {\"id\": \"b\", \"count\": 3}",
                        ", \"events\": [{\"at\": \"3s\", \"remove\": [\"b-0\", \"b-1\", \"b-2\"], \"worksFor\": \"1h\"}, "
                                + late))
                .containsExactly(new FairShare("late", 4, Double.NaN, 2));
    }

    @Test
    void aServerThatStartsAfterItsFaultIsANewcomerOnce() throws Exception {
        assertThat(run(
                        "{\"id\": \"a\"}, {\"id\": \"b\", \"faults\": [{\"kind\": \"slow\", \"from\": \"2s\", \"to\": \"3s\"}]}",
                        ", \"events\": [{\"at\": \"8s\", \"replace\": [\"b\"], \"worksFor\": \"1s\"}], " + Sims.BARE))
                .extracting(FairShare::sinceSeconds)
                .containsExactly(3.0, 9.0);
    }

    @Test
    void itStandsInTheAnswer() throws Exception {
        Scenario scenario = Sims.scenario("""
                {"duration": "9s", "arrivals": {"rate": 100}, "servers": [{"id": "a"}], "control": {"delay": "1h"},
                 "events": [{"at": "4s", "add": {"id": "late"}}]}""");
        assertThat(Answers.json(scenario, List.of(1L), List.of(Sims.run(scenario, "random", 1))))
                .contains("\"fairShare\":[{\"server\":\"late\",\"since\":4,\"seconds\":null,\"never\":1}]");
    }
}
