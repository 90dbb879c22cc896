package dev.zerohop.cli;

import static java.util.Objects.requireNonNull;

import dev.zerohop.sim.Answers;
import dev.zerohop.sim.Comparison;
import dev.zerohop.sim.Policy;
import dev.zerohop.sim.PolicyResult;
import dev.zerohop.sim.Replay;
import dev.zerohop.sim.Scenario;
import dev.zerohop.sim.sockets.SocketComparison;
import dev.zerohop.sim.sockets.Transport;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop sim}. */
@Command(
        name = "sim",
        description =
                "Compares policies in a simulated world, in virtual time: what they do to latency, errors and spread.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class SimCommand implements Callable<Integer> {
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Map<String, Transport> TRANSPORTS = Map.of("grpc", Transport.GRPC, "http", Transport.HTTP);

    private final Console console;

    @Parameters(paramLabel = "SCENARIO", description = "a file with a scenario, JSON: docs/simulations.md")
    private String scenario = "";

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            completionCandidates = Settings.Policies.class,
            description =
                    "a policy by its name, or as an object such as {\"peak_ewma\": {\"decay\": \"5s\"}}; may be given again (default: those of the scenario)")
    private List<String> policies = new ArrayList<>();

    @Option(
            names = "--seeds",
            paramLabel = "FROM-TO",
            defaultValue = "1",
            description =
                    "one seed, or several: each is another draw of all chance, the same for all policies (default: ${DEFAULT-VALUE})")
    private String seeds = "";

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "json",
            description = "json, or csv with a line for each policy and seed (default: ${DEFAULT-VALUE})")
    private String output = "";

    @Option(names = "--report", paramLabel = "FILE", description = "writes an HTML page with tables and plots")
    private @Nullable String report;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "writes every attempt and every call's end of the first policy and seed, a line each")
    private @Nullable String log;

    @Option(
            names = "--sockets",
            description = "plays it over real sockets: each server a process on this machine, real clients in this one")
    private boolean sockets;

    @Option(names = "--transport", paramLabel = "NAME", description = "with --sockets: grpc or http (default: grpc)")
    private @Nullable String transport;

    @Option(
            names = "--scale",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description =
                    "makes the run shorter, above 0 to 1: its duration, phases, and when faults come and go; not what calls take (default: ${DEFAULT-VALUE})")
    private double scale;

    SimCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        boolean csv = output.equals("csv");
        Checks.that(csv || output.equals("json"), "--output", output, "json or csv");
        Checks.that(scale > 0 && scale <= 1, "--scale", Double.toString(scale), "a number above 0, at most 1");
        Checks.that(
                transport == null || (sockets && TRANSPORTS.containsKey(transport)),
                "--transport",
                String.valueOf(transport),
                "grpc or http, with --sockets");
        Checks.that(log == null || !sockets, "--log", String.valueOf(log), "no log with --sockets");
        List<Long> seedList = Seeds.parse(seeds);
        Scenario read = read();
        List<Policy> compared = new ArrayList<>();
        for (String policy : policies) {
            Policy next;
            try {
                next = read.policy(policy);
            } catch (IllegalArgumentException rejected) {
                throw new BadInput("--policy " + policy + ": " + rejected.getMessage());
            }
            Checks.that(
                    compared.stream().noneMatch(before -> before.name().equals(next.name())),
                    "--policy",
                    policy,
                    "another policy than those before it");
            compared.add(next);
        }
        if (compared.isEmpty()) {
            compared.addAll(read.policies());
        }
        if (log != null) {
            writeLog(log, read, compared.get(0), seedList.get(0));
        }
        List<PolicyResult> results = sockets ? runOverSockets(read, compared, seedList) : run(read, compared, seedList);
        // First what has taken the time: a report that cannot be written loses no result.
        console.line(csv ? Answers.csv(results) : Answers.json(read, seedList, results));
        if (report != null) {
            write(report, SimReport.html(read, results));
        }
        return Main.OK;
    }

    private List<PolicyResult> run(Scenario read, List<Policy> compared, List<Long> seedList)
            throws InterruptedException {
        List<PolicyResult> results =
                Comparison.run(read, compared, seedList, Runtime.getRuntime().availableProcessors(), progress());
        console.progress("");
        return results;
    }

    private List<PolicyResult> runOverSockets(Scenario read, List<Policy> compared, List<Long> seedList)
            throws InterruptedException {
        Replay replay;
        try {
            replay = Replay.of(read);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(scenario + ": " + rejected.getMessage());
        }
        Transport through = transport == null ? Transport.GRPC : requireNonNull(TRANSPORTS.get(transport));
        SocketComparison.Results results;
        try {
            results = SocketComparison.run(replay, compared, seedList, through, progress());
        } catch (IOException failed) {
            throw new Failure(scenario + ": " + failed.getMessage());
        }
        console.progress("");
        SocketComparison.Machine machine = results.machine();
        console.note(String.format(
                Locale.ROOT,
                "servers and clients took %.0f %% of %d processors; no call began more than %.1f ms late",
                100 * machine.busy(),
                machine.processors(),
                machine.latestMillis()));
        return results.policies();
    }

    private Comparison.Progress progress() {
        long start = System.nanoTime();
        return (runs, of) -> {
            if (System.nanoTime() - start > QUIET_NANOS) {
                console.progress(runs + " of " + of + " runs");
            }
        };
    }

    private Scenario read() {
        String text;
        Path file;
        try {
            file = Path.of(scenario);
            text = Files.readString(file);
        } catch (NoSuchFileException missing) {
            throw new BadInput(scenario + ": no such file, expected a scenario");
        } catch (CharacterCodingException binary) {
            throw new BadInput(scenario + ": not text in UTF-8, expected a scenario in JSON");
        } catch (IOException | InvalidPathException unreadable) {
            throw new BadInput(scenario + ": cannot be read: " + unreadable.getMessage());
        }
        try {
            return Scenario.read(String.valueOf(file.getFileName()).replaceFirst("\\.json$", ""), text, scale);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(scenario + ": " + rejected.getMessage());
        }
    }

    private static void write(String to, String text) {
        try {
            Files.writeString(Path.of(to), text);
        } catch (IOException | InvalidPathException failed) {
            throw new Failure("--report " + to + ": cannot be written: " + failed.getMessage());
        }
    }

    private static void writeLog(String to, Scenario read, Policy policy, long seed) throws InterruptedException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(to)))) {
            Comparison.log(read, policy, seed, out);
        } catch (IOException | InvalidPathException failed) {
            throw new Failure("--log " + to + ": cannot be written: " + failed.getMessage());
        }
    }
}
