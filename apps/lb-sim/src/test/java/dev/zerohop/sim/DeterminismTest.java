package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same scenario, policy and seed give the same bytes: in every run, on every thread, and, by the hashes below, on every JDK. */
class DeterminismTest {
    private static final String EVENTFUL = """
            {"duration": "8s", "measureFrom": "1s", "timeout": "400ms", "idempotent": true,
             "arrivals": {"rate": 500, "phases": [{"at": "3s", "rate": 800}]},
             "demand": {"mean": "20ms", "distribution": "pareto"}, "clients": {"count": 7, "zones": ["a", "b"], "startWithin": "500ms"},
             "keys": {"count": 50, "zipf": 1},
             "network": {"latency": "500us", "jitter": "300us", "betweenZones": "1ms", "connect": "2ms"},
             "control": {"delay": "300ms", "jitter": "200ms"},
             "servers": [{"id": "web", "count": 6, "concurrency": 4, "queue": 20, "zones": ["a", "b"],
                          "antagonist": {"speed": 0.4, "on": "1s", "off": "2s"}},
                         {"id": "odd", "concurrency": 4, "faults": [{"kind": "fail", "from": "2s", "to": "4s", "share": 0.5,
                          "outcome": "TRANSPORT_FAILURE"}, {"kind": "pause", "from": "5s", "to": "6s"}]}],
             "events": [{"at": "3s", "kill": ["web-1"], "noticedAfter": "1s"},
                        {"at": "4s", "add": {"id": "late", "count": 2, "warmUp": {"time": "2s"}}},
                        {"at": "6s", "empty": true, "lasts": "500ms"}]}""";

    private static String hash(String policy, long seed) throws Exception {
        return hash(Sims.scenario(EVENTFUL), policy, seed);
    }

    private static String hash(Scenario scenario, String policy, long seed) throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        Comparison.log(
                scenario, scenario.policy(policy), seed, new DigestOutputStream(OutputStream.nullOutputStream(), sha));
        return HexFormat.of().formatHex(sha.digest()).substring(0, 16);
    }

    @ParameterizedTest
    @CsvSource({
        "round_robin, 66af00cf94d066d7",
        "weighted_round_robin, b3d6e9872e4cdc4d",
        "random, 1dc1cfefd14f4171",
        "least_request, 6fef1b3151a47858",
        "peak_ewma, 3b6202b74bf9b5fd",
        "rendezvous, de3e4d44f1705831",
        "grpc:round_robin, 9e218a8aac694295",
        "grpc:least_request, d5f56890ee434421",
        "grpc:ring_hash, d16de4d4e13b5cba"
    })
    void theLogIsTheSameOnEveryJdk(String policy, String expected) throws Exception {
        assertThat(hash(policy, 1))
                .as("on purpose only when the library decides otherwise than before; never from one JDK to another")
                .isEqualTo(expected);
    }

    /** With what the servers measure and report besides. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "least_request | 6fef1b3151a47858",
                "{'least_request':{'reportedLoad':{}}} | b5fa7c6dd30a721b",
                "{'weighted_round_robin':{'reportedLoad':{'blackoutPeriod':'1s'}}} | fbe0e65f16f12e43",
                "{'grpc:weighted_round_robin':{'blackoutPeriod':'1s'}} | f85470ccba764ced",
                "ideal_shortest_queue | 9737032c40cda4ee"
            })
    void soIsThatOfServersThatReport(String policy, String expected) throws Exception {
        Scenario reporting = Sims.scenario(EVENTFUL.replaceFirst("\\{", "{\"reports\": true, "));
        assertThat(hash(reporting, policy.replace('\'', '"'), 1)).isEqualTo(expected);
    }

    @Test
    void anotherSeedIsAnotherRun() throws Exception {
        assertThat(hash("least_request", 2)).isEqualTo(hash("least_request", 2)).isNotEqualTo(hash("least_request", 1));
    }

    @Test
    void whatRunsBesideChangesNothing() throws Exception {
        Scenario scenario = Sims.scenario(EVENTFUL);
        List<Policy> policies = List.of(scenario.policy("round_robin"), scenario.policy("peak_ewma"));
        List<Long> seeds = List.of(1L, 2L, 3L);
        String one = Answers.json(scenario, seeds, Comparison.run(scenario, policies, seeds, 1, (runs, of) -> {}));
        String many = Answers.json(scenario, seeds, Comparison.run(scenario, policies, seeds, 4, (runs, of) -> {}));
        assertThat(many).isEqualTo(one);
    }

    /** Common random numbers: what policies are compared on is the same, however they draw. */
    @Test
    void everyPolicyMeetsTheSameCalls() throws Exception {
        Scenario scenario = Sims.scenario(EVENTFUL);
        long calls = Sims.run(scenario, "random", 5).calls();
        assertThat(calls).isPositive();
        assertThat(Sims.run(scenario, "peak_ewma", 5).calls()).isEqualTo(calls);
        assertThat(Sims.run(scenario, "rendezvous", 5).calls()).isEqualTo(calls);
    }
}
