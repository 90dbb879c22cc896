package dev.zerohop.sim;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs a scenario under each of some policies with each of some seeds. The runs of one seed meet the same calls, work and antagonists under every policy. Stateless and thread-safe. */
public final class Comparison {
    private Comparison() {}

    /** Is told, by one thread after the other, how many of the runs are over. */
    @FunctionalInterface
    public interface Progress {
        void done(int runs, int of);
    }

    /**
     * Runs all of them, some at a time.
     *
     * @param threads how many at a time
     * @throws InterruptedException if the caller is interrupted; no run goes on then
     */
    public static List<PolicyResult> run(
            Scenario scenario, List<Policy> policies, List<Long> seeds, int threads, Progress progress)
            throws InterruptedException {
        ExecutorService workers = Executors.newFixedThreadPool(threads, OneThread::new);
        try {
            // By place: a policy may be named twice.
            List<List<Future<RunResult>>> running = new ArrayList<>();
            policies.forEach(policy -> running.add(new ArrayList<>()));
            // All policies of a seed before the next one: a run that is stopped early could still be compared.
            for (long seed : seeds) {
                for (int i = 0; i < policies.size(); i++) {
                    Policy policy = policies.get(i);
                    running.get(i).add(workers.submit(() -> new Simulation(scenario, policy, seed, null).run()));
                }
            }
            int done = 0;
            for (int i = 0; i < seeds.size(); i++) {
                for (List<Future<RunResult>> runs : running) {
                    await(runs.get(i));
                    progress.done(++done, seeds.size() * policies.size());
                }
            }
            List<PolicyResult> results = new ArrayList<>();
            for (int i = 0; i < policies.size(); i++) {
                List<RunResult> runs = new ArrayList<>();
                for (Future<RunResult> run : running.get(i)) {
                    runs.add(await(run));
                }
                results.add(new PolicyResult(scenario, policies.get(i).name(), seeds, runs));
            }
            return results;
        } finally {
            workers.shutdownNow();
        }
    }

    /** Writes what happens in one run, line by line: {@code TIME pick CALL CLIENT SERVER} and {@code TIME end CALL OUTCOME}, with times in nanoseconds. The same bytes on every machine and JDK. */
    public static void log(Scenario scenario, Policy policy, long seed, OutputStream to) throws InterruptedException {
        EventLog log = new EventLog(to);
        log.title(scenario.name() + " " + policy.name() + " " + seed);
        await(OneThread.start(() -> new Simulation(scenario, policy, seed, log).run()));
        log.flush();
    }

    private static <T> T await(Future<T> run) throws InterruptedException {
        try {
            return run.get();
        } catch (ExecutionException failed) {
            throw new IllegalStateException("a run failed: " + failed.getCause(), failed.getCause());
        }
    }
}
