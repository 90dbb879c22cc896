package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TimeScaleTest {
    private static final String SCENARIO = """
            {"duration": "20s", "measureFrom": "4s", "timeout": "1s", "arrivals": {"rate": 100, "phases": [{"at": "10s", "rate": 50}]},
             "demand": {"mean": "20ms"}, "network": {"latency": "1ms"},
             "servers": [{"id": "a", "antagonist": {"on": "2s", "off": "8s"}, "warmUp": {"time": "6s"},
                          "faults": [{"kind": "takes", "time": "2s", "from": "3s", "to": "12s"},
                                     {"kind": "fail", "after": "7ms"}]}]}""";

    @Test
    void theCourseIsShorterAndWhatCallsTakeIsNot() {
        Scenario scenario = Scenario.read("x", SCENARIO, 0.1);
        assertThat(scenario.span()).isEqualTo(new Scenario.Span(2 * Times.SECOND, 400_000_000, Times.SECOND));
        assertThat(scenario.load().phases()).containsExactly(new Load.Phase(0, 100), new Load.Phase(Times.SECOND, 50));
        assertThat(scenario.load().demand().meanNanos()).isEqualTo(20_000_000);
        assertThat(scenario.network().latencyNanos()).isEqualTo(1_000_000);
        ServerSpec server = scenario.control().servers().get(0);
        assertThat(server.antagonist()).isEqualTo(new ServerSpec.Antagonist(0.5, 200_000_000, 800_000_000));
        assertThat(server.capacity().warmUpNanos()).isEqualTo(600_000_000);
        assertThat(server.faults().get(0).window()).isEqualTo(new Fault.Window(300_000_000, 1_200_000_000));
        assertThat(server.faults().get(0).amount()).isEqualTo(2e9);
        assertThat(server.faults().get(1).window()).isEqualTo(new Fault.Window(0, Long.MAX_VALUE));
        assertThat(server.faults().get(1).afterNanos()).isEqualTo(7_000_000);
    }

    @Test
    void defaultsAreTimesOfTheCourseToo() {
        String terse = SCENARIO.replace("{\"on\": \"2s\", \"off\": \"8s\"}", "{\"on\": \"2s\"}")
                .replace("\"warmUp\": {\"time\": \"6s\"}", "\"warmUp\": {}");
        ServerSpec server = Scenario.read("x", terse, 0.1).control().servers().get(0);
        assertThat(server.antagonist()).isEqualTo(new ServerSpec.Antagonist(0.5, 200_000_000, 2 * Times.SECOND));
        assertThat(server.capacity().warmUpNanos()).isEqualTo(3 * Times.SECOND);
        ServerSpec whole = Scenario.read("x", terse, 1).control().servers().get(0);
        assertThat(whole.antagonist()).isEqualTo(new ServerSpec.Antagonist(0.5, 2 * Times.SECOND, 20 * Times.SECOND));
        assertThat(whole.capacity().warmUpNanos()).isEqualTo(30 * Times.SECOND);
    }

    @Test
    void timesAreScaledToTheNanosecond() {
        assertThat(Scenario.read("x", SCENARIO.replace("\"3s\"", "\"1us\""), 0.125)
                        .control()
                        .servers()
                        .get(0)
                        .faults()
                        .get(0)
                        .window()
                        .fromNanos())
                .isEqualTo(125);
    }

    @Test
    void eventsHaveACourseOfTheirOwn() {
        String eventful =
                SCENARIO.replace("\"duration\"", "\"events\": [{\"at\": \"1s\", \"kill\": [\"a\"]}], \"duration\"");
        assertThat(Scenario.read("x", eventful, 1).control().events()).hasSize(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Scenario.read("x", eventful, 0.5))
                .withMessage("events: was a list, expected none with a time scale");
    }

    @Test
    void aScaleIsAboveZeroAndAtMostOne() {
        for (double scale : new double[] {0, -1, 1.5, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Scenario.read("x", SCENARIO, scale))
                    .withMessageContaining("scale: was ")
                    .withMessageContaining("expected a number above 0, at most 1");
        }
    }

    @Test
    void whatIsWrongIsToldAsItStands() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Scenario.read("x", SCENARIO.replace("\"4s\"", "\"40s\""), 0.5))
                .withMessageContaining("measureFrom: was \"40s\", expected a time from 0s to 19999999");
    }
}
