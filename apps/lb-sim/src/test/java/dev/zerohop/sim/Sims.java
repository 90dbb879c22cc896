package dev.zerohop.sim;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;

/** Runs scenarios for tests. */
final class Sims {
    /** A balancer that only picks: what queueing theory speaks of. */
    static final String BARE = """
            "configuration": {"stages": {"panic": {"thresholdPercent": 0}},
              "health": {"ejection": {"consecutiveFailures": 0, "connectFailures": 0}}, "retry": {"maxAttempts": 1}}""";

    private Sims() {}

    static Scenario scenario(String json) {
        return Scenario.read("test", json);
    }

    /** One that ships. */
    static Scenario shipped(String name) {
        try {
            return Scenario.read(name, Files.readString(Path.of("scenarios", name + ".json")));
        } catch (java.io.IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }

    static PolicyResult run(Scenario scenario, String policy, long... seeds) throws InterruptedException {
        List<Long> all = LongStream.of(seeds).boxed().toList();
        return Comparison.run(scenario, List.of(scenario.policy(policy)), all, 2, (runs, of) -> {})
                .get(0);
    }
}
