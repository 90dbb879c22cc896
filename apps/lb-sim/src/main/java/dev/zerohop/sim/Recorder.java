package dev.zerohop.sim;

import dev.zerohop.Outcome;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts what happens to the calls of one run that begin from {@code measureFrom} on. */
final class Recorder {
    private static final String REFUSED = "REFUSED";

    private final Events events;
    private final long fromNanos;
    private final long timeoutNanos;
    private final @Nullable EventLog log;
    private final Timeline timeline;
    private final PhaseCounts phases;
    private final FairShares fairShares;
    private final Histogram latency = Histogram.fine();
    private final Histogram inFlight = Histogram.fine();

    private final Map<Outcome, Long> failures = new EnumMap<>(Outcome.class);

    /** The id of the server to which the last call of each key went. */
    private final @Nullable String[] owners;

    private final BitSet moved = new BitSet();
    private long[] picks = new long[16];
    private long calls;
    private long ok;
    private long refused;
    private long retries;
    private long connections;

    Recorder(Scenario scenario, Events events, @Nullable EventLog log) {
        this.events = events;
        Scenario.Span span = scenario.span();
        this.fromNanos = VirtualTime.START_NANOS + span.measureFromNanos();
        this.timeoutNanos = span.timeoutNanos();
        this.log = log;
        this.timeline = new Timeline(span.durationNanos());
        this.phases = new PhaseCounts(scenario.load().phases());
        this.fairShares = new FairShares(events, VirtualTime.START_NANOS + span.durationNanos());
        this.owners = new String[scenario.load().keys().count()];
    }

    private boolean counts(Call call) {
        return call.startNanos >= fromNanos;
    }

    void picked(Call call, Server server) {
        if (server.index >= picks.length) {
            picks = Arrays.copyOf(picks, Math.max(server.index + 1, picks.length * 2));
        }
        if (counts(call)) {
            picks[server.index]++;
        }
        fairShares.picked(server);
        if (call.key >= 0 && call.attempts == 1) {
            String before = owners[call.key];
            owners[call.key] = server.id;
            if (before != null && !before.equals(server.id) && counts(call)) {
                moved.set(call.key);
            }
        }
        if (log != null) {
            log.picked(events.nowNanos(), call, server);
        }
    }

    /** How long newcomers take to their share. */
    FairShares fairShares() {
        return fairShares;
    }

    /** A client calls a server for the first time. */
    void connected() {
        connections++;
    }

    void repeated(Call call) {
        if (counts(call)) {
            retries++;
        }
    }

    /** {@code outcome} is null for a call that found no endpoint. */
    void ended(Call call, @Nullable Outcome outcome) {
        long now = events.nowNanos();
        // A call that waits in a queue beyond its deadline has waited that long, and no longer.
        long nanos = outcome == Outcome.TIMEOUT ? timeoutNanos : now - call.startNanos;
        boolean answered = outcome == Outcome.SUCCESS || outcome == Outcome.TIMEOUT;
        long waited = answered ? nanos : Timeline.NO_LATENCY;
        if (counts(call)) {
            calls++;
            if (outcome == null) {
                refused++;
            } else if (outcome == Outcome.SUCCESS) {
                ok++;
            } else {
                failures.merge(outcome, 1L, Long::sum);
            }
            if (answered) {
                latency.record(nanos);
            }
            phases.ended(call.startNanos, waited, outcome == Outcome.SUCCESS);
        }
        timeline.ended(call.startNanos, waited, outcome == Outcome.SUCCESS);
        if (log != null) {
            log.ended(now, call, outcome);
        }
    }

    void sampleInFlight(Server server) {
        inFlight.record(server.inFlight());
    }

    RunResult result(World world) {
        Map<String, Long> byName = new TreeMap<>();
        failures.forEach((outcome, count) -> byName.put(outcome.name(), count));
        if (refused > 0) {
            byName.put(REFUSED, refused);
        }
        RunResult.Ends counted = new RunResult.Ends(calls, ok, byName);
        RunResult.Costs costs = new RunResult.Costs(retries, connections, moved.cardinality());
        RunResult.Shares shares = RunResult.Shares.of(
                world.servers(), Arrays.copyOf(picks, world.servers().size()));
        RunResult.Course course = new RunResult.Course(timeline, phases.result(), fairShares.result());
        return new RunResult(counted, latency, inFlight, shares, costs, course);
    }
}
