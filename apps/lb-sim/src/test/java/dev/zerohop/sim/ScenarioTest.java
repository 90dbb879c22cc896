package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Locality;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.Slice;
import dev.zerohop.stage.Subset;
import dev.zerohop.stage.ZonePreference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScenarioTest {
    private static final String GOOD =
            "'duration': '10s', 'arrivals': {'rate': 100}, 'servers': [{'id': 'a'}, {'id': 'b', 'count': 2}]";

    private static String json(String members) {
        return "{" + members.replace('\'', '"') + "}";
    }

    static Stream<String> shipped() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("scenarios"))) {
            return files.map(file -> file.getFileName().toString().replace(".json", "")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void whatShipsCanBeReadAndSaysWhatItIsAbout(String name) {
        Scenario scenario = Sims.shipped(name);
        assertThat(scenario.description()).isNotEmpty();
        assertThat(scenario.policies()).isNotEmpty();
    }

    @Test
    void theDefaultsAreUsual() {
        Scenario scenario = Scenario.read("x", json(GOOD));
        assertThat(scenario.policies())
                .extracting(Policy::name)
                .containsExactly("round_robin", "least_request", "peak_ewma");
        assertThat(scenario.span().timeoutNanos()).isEqualTo(5 * Times.SECOND);
        assertThat(scenario.control().servers().get(1).ids()).containsExactly("b-0", "b-1");
        assertThat(scenario.control().servers().get(0).capacity().places().concurrency())
                .isEqualTo(1);
    }

    @Test
    void aPolicyIsNamedAsInAConfiguration() {
        Scenario scenario = Scenario.read(
                "x",
                json(
                        GOOD
                                + ", 'policies': ['random', {'peak_ewma': {'decay': '5s'}}], 'configuration': {'retry': {'maxAttempts': 2}}"));
        assertThat(scenario.policies())
                .extracting(Policy::name)
                .containsExactly("random", "{\"peak_ewma\":{\"decay\":\"5s\"}}");
        assertThat(scenario.policy("least_request").settings().retry().maxAttempts())
                .isEqualTo(2);
        assertThat(scenario.policy("{\"peak_ewma\": {\"errorPenalty\": 20}}").name())
                .isEqualTo("{\"peak_ewma\":{\"errorPenalty\":20}}");
    }

    /** Where the simulator runs, as its environment says it, is not where its clients do. */
    @Test
    void theEnvironmentOfTheProcessSaysNothingOfClients() {
        BalancerSettings read = BalancerSettings.builder(Pickers.random())
                .stages(List.of(ZonePreference.builder()
                        .client(new Locality("of-the-process", "node-7"))
                        .build()))
                .build();
        assertThat(place(read, Map.of())).isEqualTo(new Locality(null, null));
        assertThat(place(read, Map.of("stages", Map.of("zone", Map.of("zone", "eu-1")))))
                .isEqualTo(new Locality("eu-1", null));
    }

    @Test
    void eachClientHasTheSliceOfItsOwnNumber() {
        BalancerSettings settings = Scenario.read(
                        "x", json(GOOD + ", 'configuration': {'stages': {'subset': {'size': 2, 'clients': 9}}}"))
                .policies()
                .get(0)
                .settings();
        for (int client : List.of(0, 3, 8)) {
            assertThat(Policies.ofClient(settings, client).stages())
                    .contains(new Subset(2, Subset.DEFAULT_MIN_USABLE_PERCENT, new Slice(client, 9)));
        }
        BalancerSettings random =
                settings.toBuilder().stages(List.of(new Subset(2))).build();
        assertThat(Policies.ofClient(random, 3)).isEqualTo(random);
    }

    private static Locality place(BalancerSettings settings, Map<?, ?> configuration) {
        return ((ZonePreference)
                        Policies.nowhere(settings, configuration).stages().get(0))
                .client();
    }

    @Test
    void timesHaveUnits() {
        Scenario scenario = Scenario.read(
                "x", json(GOOD + ", 'network': {'latency': '250us', 'jitter': '1.5ms'}, 'timeout': '2m'"));
        assertThat(scenario.network().latencyNanos()).isEqualTo(250_000);
        assertThat(scenario.network().jitterNanos()).isEqualTo(1_500_000);
        assertThat(scenario.span().timeoutNanos()).isEqualTo(120 * Times.SECOND);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'durration': '1s' | durration: was \"1s\", expected the field duration: known are",
                "'timeout': 5 | timeout: was 5, expected a time from 1ms to 1h",
                "'measureFrom': '10s' | measureFrom: was \"10s\", expected a time from 0s to 9999",
                "'timeout': '5 s' | timeout: was \"5 s\", expected a time",
                "'clients': {'count': 0} | clients.count: was 0, expected an integer from 1 to 100000",
                "'clients': {'zones': ['a', 1]} | clients.zones[1]: was 1, expected the name of a zone",
                "'demand': {'distribution': 'gamma'} | demand.distribution: was \"gamma\", expected one of bimodal",
                "'keys': {'zipf': 1} | keys.count: was null, expected an integer from 1 to 1000000",
                "'network': {'latency': '-1ms'} | network.latency: was \"-1ms\", expected a time",
                "'policies': ['round_robin', 'best'] | policies[1]: was \"best\", expected one of",
                "'policies': [{'peak_ewma': {'decay': 1}}] | policies[0].peak_ewma.decay: was 1, expected a duration",
                "'policies': ['random'], 'configuration': {'policy': 'random'} | configuration.policy: was \"random\", expected none beside policies",
                "'policies': [] | policies: was an empty list, expected at least one policy",
                "'configuration': {'health': {'checks': {'tcp': {}}}} | configuration.health.checks: was given, expected none",
                "'configuration': {'stages': {'subset': {'size': 2, 'clients': 0}}} | configuration.stages.subset.clients: was 0, expected an integer from 1 to 1000000",
                "'configuration': {'stages': {'subset': {'size': 2, 'clients': 9, 'client': 3}}} | configuration.stages.subset.client: was 3, expected no such field: each client of a simulation",
                "'configuration': {'retry': {'maxAttempts': 99}} | configuration.retry.maxAttempts: was 99, expected an integer",
                "'events': [{'at': '1s'}] | events[0]: was 0 events, expected exactly one of add, remove, kill",
                "'events': [{'at': '1s', 'kill': ['c']}] | events[0].kill[0]: was \"c\", expected the id of one of the servers",
                "'events': [{'at': '1s', 'kill': ['a'], 'every': '1s'}] | events[0].every: was \"1s\", expected of the times only noticedAfter with kill",
                "'events': [{'at': 'soon', 'empty': true}] | events[0].at: was \"soon\", expected a time",
                "'events': [{'at': '1s', 'add': {}}] | events[0].add.id: was null, expected the id of the server",
                "'policies': ['random', 'least_request', 'random'] | policies[2]: was \"random\", expected another policy than those before it",
                "'events': [{'at': '1s', 'killZone': 'z'}] | events[0].killZone: was \"z\", expected the zone of one of the servers",
                "'events': [{'at': '1s', 'add': {'id': 'b', 'count': 3}}] | events[0].add.id: was \"b-0\", expected another id than that of servers[1].id",
                "'events': [{'at': '1s', 'add': {'id': 'c', 'count': 59998}}] | servers: were 60001 with those that events start, expected 1 to 60000",
                "'events': [{'at': '1s', 'replace': ['a', 'c']}] | events[0].replace[1]: was \"c\", expected the id",
                "'events': [{'at': '10s', 'empty': true}] | events[0].at: was \"10s\", expected a time before 10s",
                "'clients': {'count': 100000}, 'events': [{'at': '1s', 'add': {'id': 'c', 'count': 98}}] | clients: were 10100000 pairs of client and server, expected at most 10000000",
                "'demand': {'spread': '1ms'} | demand.spread: was \"1ms\", expected no such field with exponential",
                "'demand': {'distribution': 'pareto', 'factor': 2} | demand.factor: was 2, expected no such field with pareto",
                "'control': {'orchestrator': {}}, 'policies': ['grpc:round_robin', 'grpc:least_request'] | control.orchestrator: was given, expected none where all policies are grpc-java's",
                "'keys': {'count': 125001, 'as': 'prefix'} | keys: was 4000032 blocks in the last turns of all conversations, expected at most 4000000",
                "'events': [{'at': '1s', 'add': {'id': 'c', 'faults': [{'kind': 'fail', 'from': '11s'}]}}] | events[0].add.faults[0].from: was \"11s\", expected a time before 10s",
                "'description': 7 | description: was 7, expected a text"
            })
    void aBadValueIsNamedWithItsPathWhatItWasAndWhatWasExpected(String member, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Scenario.read("x", json(GOOD + ", " + member)))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'id': 'a', 'concurrency': 0 | servers[0].concurrency: was 0, expected an integer from 1 to 1000000",
                "'id': 7 | servers[0].id: was 7, expected the id of the server",
                "'count': 2 | servers[0].id: was null, expected the id of the server",
                "'id': 'a', 'speed': -1 | servers[0].speed: was -1, expected a number from",
                "'id': 'a', 'whenFull': 'cry' | servers[0].whenFull: was \"cry\", expected one of overloaded, refuse",
                "'id': 'a', 'sharing': 'fair' | servers[0].sharing: was \"fair\", expected one of none, processor",
                "'id': 'a', 'faults': [{'kind': 'sad'}] | servers[0].faults[0].kind: was \"sad\", expected one of break, fail, hang",
                "'id': 'a', 'faults': [{'from': '1s'}] | servers[0].faults[0].kind: was null, expected one of break, fail, hang",
                "'id': 'a', 'faults': [{'kind': 'fail', 'outcome': 'SUCCESS'}] | servers[0].faults[0].outcome: was \"SUCCESS\", expected one of",
                "'id': 'a', 'faults': [{'kind': 'takes'}] | servers[0].faults[0].time: was null, expected a time",
                "'id': 'a', 'faults': [{'kind': 'slow', 'speed': 2}] | servers[0].faults[0].speed: was 2, expected a number from 0.0001 to 1",
                "'id': 'a', 'faults': [{'kind': 'slow', 'share': 0.5}] | servers[0].faults[0].share: was 0.5, expected no such field with slow: it is for break, fail, hang, takes",
                "'id': 'a', 'faults': [{'kind': 'pause', 'share': 0.5}] | servers[0].faults[0].share: was 0.5, expected no such field with pause",
                "'id': 'a', 'faults': [{'kind': 'fail', 'time': '1s'}] | servers[0].faults[0].time: was \"1s\", expected no such field with fail: it is for takes",
                "'id': 'a', 'faults': [{'kind': 'break', 'outcome': 'OVERLOADED'}] | servers[0].faults[0].outcome: was \"OVERLOADED\", expected no such field with break: it is for fail",
                "'id': 'a', 'faults': [{'kind': 'hang', 'after': '1s'}] | servers[0].faults[0].after: was \"1s\", expected no such field with hang",
                "'id': 'a', 'faults': [{'kind': 'hang', 'from': '10s'}] | servers[0].faults[0].from: was \"10s\", expected a time before 10s, the end of the run",
                "'id': 'a', 'zone': 'x', 'zones': ['y'] | servers[0].zones: was a list, expected no zones beside zone",
                "'id': 'a', 'warmUp': {'speed': 2} | servers[0].warmUp.speed: was 2, expected a number from 0.0001 to 1",
                "'id': 'a', 'antagonist': {'on': 1} | servers[0].antagonist.on: was 1, expected a time"
            })
    void soIsOneOfAServer(String server, String message) {
        String members = "'duration': '10s', 'arrivals': {'rate': 100}, 'servers': [{" + server + "}]";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Scenario.read("x", json(members)))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'arrivals': {'rate': 1}, 'servers': [{'id': 'a'}] | duration: was null, expected how long calls arrive",
                "'duration': '1s', 'servers': [{'id': 'a'}] | arrivals.rate: was null, expected calls per second",
                "'duration': '1s', 'arrivals': {'rate': 1} | servers: was null, expected a list of servers",
                "'duration': '1s', 'arrivals': {'rate': 1}, 'servers': [] | servers: were 0 servers, expected 1 to",
                "'duration': '1s', 'arrivals': {'rate': 1}, 'servers': [{'id': 'a'}, {'id': 'a'}] | servers[1].id: was \"a\", expected another id than that of servers[0].id"
            })
    void whatMustBeThereIsMissed(String members, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Scenario.read("x", json(members)))
                .withMessageContaining(message);
    }

    @Test
    void whatIsNoObjectIsRejected() {
        for (String text : List.of("", "[]", "{", "7", "{} {}")) {
            assertThatIllegalArgumentException().isThrownBy(() -> Scenario.read("x", text));
        }
    }
}
