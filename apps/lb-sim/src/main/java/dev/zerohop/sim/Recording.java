package dev.zerohop.sim;

import dev.zerohop.Outcome;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts what happens to the calls of one {@link Replay}, by the rules of a simulation. What a server has in its queue is seen by no client: there is no figure for it. Thread-safe. */
public final class Recording {
    private final Scenario.Span span;
    private final List<String> servers;
    private final int clients;
    private final Histogram latency = Histogram.fine();
    private final Timeline timeline;
    private final PhaseCounts phases;
    private final Map<String, Long> failures = new TreeMap<>();
    private final long[] picks;
    private final long[] failed;
    private final BitSet met = new BitSet();
    private long calls;
    private long ok;
    private long retries;
    private long probes;

    Recording(Scenario scenario, List<String> servers) {
        this.span = scenario.span();
        this.servers = servers;
        this.clients = scenario.load().clients().count();
        this.timeline = new Timeline(span.durationNanos());
        this.phases = new PhaseCounts(scenario.load().phases());
        this.picks = new long[servers.size()];
        this.failed = new long[servers.size()];
    }

    /**
     * An attempt of a call begins.
     *
     * @param server its place in {@link Replay#backends}
     * @param repeated whether it is not the first of its call
     */
    public synchronized void attempted(Replay.PlannedCall call, int server, boolean repeated) {
        met.set(server * clients + call.client());
        if (call.atNanos() >= span.measureFromNanos()) {
            picks[server]++;
            retries += repeated ? 1 : 0;
        }
    }

    /**
     * A call has ended.
     *
     * @param outcome how; null if no endpoint was found for it
     * @param nanos how long after its intended start; one that ended by its deadline counts with the whole of it
     * @param server of its last attempt; below 0 for none
     */
    public synchronized void ended(Replay.PlannedCall call, @Nullable Outcome outcome, long nanos, int server) {
        boolean answered = outcome == Outcome.SUCCESS || outcome == Outcome.TIMEOUT;
        long taken = outcome == Outcome.TIMEOUT ? span.timeoutNanos() : nanos;
        boolean well = outcome == Outcome.SUCCESS;
        long startNanos = VirtualTime.START_NANOS + call.atNanos();
        long latencyNanos = answered ? taken : Timeline.NO_LATENCY;
        timeline.ended(startNanos, latencyNanos, well);
        if (call.atNanos() < span.measureFromNanos()) {
            return;
        }
        phases.ended(startNanos, latencyNanos, well);
        calls++;
        if (answered) {
            latency.record(taken);
        }
        if (well) {
            ok++;
        } else {
            failures.merge(outcome == null ? Recorder.REFUSED : outcome.name(), 1L, Long::sum);
            if (server >= 0) {
                failed[server]++;
            }
        }
    }

    /** So many probes of the load of servers were counted, in the time that is measured. */
    public synchronized void probed(long count) {
        probes += count;
    }

    /** Calls that failed, by the id of the server of their last attempt. */
    public synchronized Map<String, Long> failuresByServer() {
        return byId(failed);
    }

    private Map<String, Long> byId(long[] counts) {
        Map<String, Long> byId = new LinkedHashMap<>();
        for (int i = 0; i < counts.length; i++) {
            byId.put(servers.get(i), counts[i]);
        }
        return byId;
    }

    synchronized RunResult result() {
        return new RunResult(
                new RunResult.Ends(calls, ok, new TreeMap<>(failures)),
                latency,
                Histogram.fine(),
                new RunResult.Shares(byId(picks)),
                new RunResult.Costs(retries, met.cardinality(), 0, probes),
                new RunResult.Blocks(0, 0),
                new RunResult.Course(timeline, phases.result(), List.of()));
    }
}
