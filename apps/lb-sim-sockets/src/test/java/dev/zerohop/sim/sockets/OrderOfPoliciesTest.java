package dev.zerohop.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.sim.Comparison;
import dev.zerohop.sim.PolicyResult;
import dev.zerohop.sim.Replay;
import dev.zerohop.sim.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Policies stand in the order that was simulated, by what the server that has a fault gets and what it costs. Of latencies nothing is asserted, and of failures only those at this server: others are the machine's.
 */
@Tag("long")
class OrderOfPoliciesTest {
    private static final long SEED = 1;

    /** Policies that a simulation puts this far apart ... */
    private static final double APART = 1.5;

    /** ... are at least this far apart over sockets. */
    private static final double STILL_APART = 1.2;

    /** Counts of calls this small may as well be 0. */
    private static final double FEW = 3;

    @ParameterizedTest
    @CsvSource({
        "slow-server, slow, 0.25, GRPC",
        "slow-server, slow, 0.25, HTTP",
        "black-hole, faulty, 0.1, GRPC",
        "black-hole, faulty, 0.1, HTTP"
    })
    void theOrderIsThatOfTheSimulation(String name, String server, double scale, Transport transport) throws Exception {
        Scenario scenario =
                Scenario.read(name, Files.readString(Path.of("..", "lb-sim", "scenarios", name + ".json")), scale);
        List<PolicyResult> simulated =
                Comparison.run(scenario, scenario.policies(), List.of(SEED), 1, (runs, of) -> {});
        SocketComparison.Results measured = SocketComparison.run(
                Replay.of(scenario), scenario.policies(), List.of(SEED), transport, (runs, of) -> {});
        List<String> pairs = new ArrayList<>();
        for (int a = 0; a < simulated.size(); a++) {
            for (int b = 0; b < simulated.size(); b++) {
                String pair =
                        simulated.get(a).policy() + " and " + simulated.get(b).policy();
                PolicyResult one = measured.policies().get(a);
                PolicyResult other = measured.policies().get(b);
                if (picks(simulated.get(a), server) > APART * picks(simulated.get(b), server)) {
                    pairs.add("share: " + pair);
                    assertThat(picks(one, server))
                            .as("attempts at %s: %s on %s", server, pair, measured.machine())
                            .isGreaterThan(STILL_APART * picks(other, server) - FEW);
                }
                if (simulated.get(a).errors() > APART * simulated.get(b).errors()) {
                    pairs.add("failures: " + pair);
                    assertThat((double) measured.failuresByServer().get(a).get(server))
                            .as("failures at %s: %s on %s", server, pair, measured.machine())
                            .isGreaterThan(STILL_APART
                                            * measured.failuresByServer().get(b).get(server)
                                    - FEW);
                }
            }
        }
        assertThat(pairs)
                .contains(
                        "share: round_robin and peak_ewma",
                        "share: round_robin and least_request",
                        "failures: round_robin and least_request",
                        "failures: least_request and peak_ewma");
    }

    private static double picks(PolicyResult result, String server) {
        return result.calls() * result.share().getOrDefault(server, 0.0);
    }
}
