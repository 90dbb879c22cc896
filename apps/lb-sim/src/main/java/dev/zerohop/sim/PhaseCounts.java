package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Counts the calls of one run by the phase of the arrivals in which they begin; nothing where there is one phase only. */
final class PhaseCounts {
    private final long[] fromNanos;
    private final long[] calls;
    private final long[] ok;
    private final Histogram[] latency;

    /**
     * What one run gave in one phase.
     *
     * @param number which phase, from 0
     * @param millis all figures of the latency
     */
    record Counted(int number, long calls, long ok, Map<LatencyFigure, Double> millis) {}

    PhaseCounts(List<Load.Phase> phases) {
        int count = phases.size() < 2 ? 0 : phases.size();
        this.fromNanos = new long[count];
        this.calls = new long[count];
        this.ok = new long[count];
        this.latency = new Histogram[count];
        for (int i = 0; i < count; i++) {
            fromNanos[i] = VirtualTime.START_NANOS + phases.get(i).atNanos();
            latency[i] = Histogram.fine();
        }
    }

    void ended(long startNanos, long latencyNanos, boolean well) {
        if (fromNanos.length == 0) {
            return;
        }
        int found = Arrays.binarySearch(fromNanos, startNanos);
        int phase = found < 0 ? -found - 2 : found;
        calls[phase]++;
        if (well) {
            ok[phase]++;
        }
        if (latencyNanos != Timeline.NO_LATENCY) {
            latency[phase].record(latencyNanos);
        }
    }

    List<Counted> result() {
        List<Counted> all = new ArrayList<>();
        for (int i = 0; i < calls.length; i++) {
            all.add(new Counted(i, calls[i], ok[i], Latencies.figures(latency[i])));
        }
        return all;
    }
}
