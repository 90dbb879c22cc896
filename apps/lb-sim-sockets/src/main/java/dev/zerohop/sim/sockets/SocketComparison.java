package dev.zerohop.sim.sockets;

import dev.zerohop.sim.Comparison;
import dev.zerohop.sim.Policy;
import dev.zerohop.sim.PolicyResult;
import dev.zerohop.sim.Recording;
import dev.zerohop.sim.Replay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Plays scenarios over real sockets under each of some policies with each of some seeds, one run after the other: their servers are processes on 127.0.0.1, their clients channels or HTTP clients of this process.
 * The calls of a seed are those of a simulation with it. Stateless and thread-safe; the processes end with the comparison, and with this process however that ends.
 */
public final class SocketComparison {
    /** Before the first run, of which nothing counts: compilers are at work then, and calls begin late. */
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int MOST_WARM_UPS = 5;

    private SocketComparison() {}

    /**
     * What was measured.
     *
     * @param policies as a simulation's
     * @param failuresByServer for each policy, how many calls failed by the id of the server of their last attempt
     * @param machine how busy the machine was
     */
    public record Results(List<PolicyResult> policies, List<Map<String, Long>> failuresByServer, Machine machine) {}

    /**
     * How far the machine itself may have had a part in the figures.
     *
     * @param processors how many it has
     * @param busy the share of them that servers and clients took during the runs
     * @param latestMillis by how much the call that began latest was late
     */
    public record Machine(int processors, double busy, double latestMillis) {}

    /**
     * Plays them all.
     *
     * @throws IOException if a server process does not start, or ends by itself
     * @throws InterruptedException if the caller is interrupted; no process is left then
     */
    public static Results run(
            Replay replay, List<Policy> policies, List<Long> seeds, Transport transport, Comparison.Progress progress)
            throws IOException, InterruptedException {
        return run(replay, policies, seeds, transport, progress, MOST_WARM_UPS);
    }

    static Results run(
            Replay replay,
            List<Policy> policies,
            List<Long> seeds,
            Transport transport,
            Comparison.Progress progress,
            int mostWarmUps)
            throws IOException, InterruptedException {
        policies.forEach(Replay::check);
        try (ServerProcesses servers = new ServerProcesses(replay)) {
            Stage stage = new Stage(replay, servers, transport);
            stage.warmUp(policies.get(0), seeds.get(0), mostWarmUps);
            List<List<Recording>> recordings = new ArrayList<>();
            policies.forEach(policy -> recordings.add(new ArrayList<>()));
            int done = 0;
            for (long seed : seeds) {
                for (int i = 0; i < policies.size(); i++) {
                    recordings.get(i).add(stage.play(policies.get(i), seed));
                    progress.done(++done, seeds.size() * policies.size());
                }
            }
            List<PolicyResult> results = new ArrayList<>();
            List<Map<String, Long>> failures = new ArrayList<>();
            for (int i = 0; i < policies.size(); i++) {
                results.add(replay.result(policies.get(i), seeds, recordings.get(i)));
                Map<String, Long> byServer = new LinkedHashMap<>();
                recordings
                        .get(i)
                        .forEach(run ->
                                run.failuresByServer().forEach((id, count) -> byServer.merge(id, count, Long::sum)));
                failures.add(byServer);
            }
            return new Results(results, failures, stage.machine());
        }
    }

    /** The servers, and what was seen of the machine. */
    private static final class Stage {
        private final Replay replay;
        private final ServerProcesses servers;
        private final Transport transport;
        private long wallNanos;
        private Duration cpuTime = Duration.ZERO;
        private long latestNanos;

        Stage(Replay replay, ServerProcesses servers, Transport transport) {
            this.replay = replay;
            this.servers = servers;
            this.transport = transport;
        }

        /** Again and again until calls begin on time, or the machine is taken to be as busy as that. */
        void warmUp(Policy policy, long seed, int most) throws IOException, InterruptedException {
            try (Clients clients = clients(policy)) {
                boolean late = true;
                for (int i = 0; i < most && late; i++) {
                    OpenLoop loop = new OpenLoop(replay, clients);
                    loop.run(replay.calls(seed), WARM_UP_NANOS, replay.newRecording());
                    late = loop.latestNanos() > LATE_NANOS;
                }
            }
            servers.command(ServerMain.END);
        }

        Recording play(Policy policy, long seed) throws IOException, InterruptedException {
            Recording recording = replay.newRecording();
            try (Clients clients = clients(policy)) {
                OpenLoop loop = new OpenLoop(replay, clients);
                servers.command(ServerMain.BEGIN + replay.measureFromNanos());
                Duration cpuBefore = cpuTimeNow();
                long begun = System.nanoTime();
                loop.run(replay.calls(seed), Long.MAX_VALUE, recording);
                wallNanos += System.nanoTime() - begun;
                cpuTime = cpuTime.plus(cpuTimeNow().minus(cpuBefore));
                latestNanos = Math.max(latestNanos, loop.latestNanos());
            }
            recording.probed(servers.command(ServerMain.END));
            return recording;
        }

        private Clients clients(Policy policy) throws IOException, InterruptedException {
            return switch (transport) {
                case GRPC -> GrpcClients.of(servers, client -> replay.configuration(policy, client), replay.clients());
                case HTTP -> HttpClients.of(servers, client -> Replay.settings(policy, client), replay.clients());
            };
        }

        private Duration cpuTimeNow() {
            Duration own = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
            return own.plus(servers.cpuTime());
        }

        Machine machine() {
            int processors = Runtime.getRuntime().availableProcessors();
            double busy = cpuTime.toNanos() / (double) Math.max(1, wallNanos) / processors;
            return new Machine(processors, busy, latestNanos / 1e6);
        }
    }
}
