package dev.zerohop.sim;

import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import dev.zerohop.Time;
import dev.zerohop.server.LoadReporter;
import org.jspecify.annotations.Nullable;

/**
 * What one server measures of its load and reports: lb-server's own reporter, by the clock of the run. Its CPUs are the server's places, of which it is asked which share was busy since the last time. A call
 * counts from its arrival, whether it waits or is worked on. For one thread.
 */
final class ServerLoad {
    private final Time time;
    private final int places;
    private final LoadReporter reporter;
    private int busy;
    private double busyNanos;
    private long countedNanos;
    private long askedNanos;

    ServerLoad(Time time, int places) {
        this.time = time;
        this.places = places;
        this.countedNanos = time.nanoTime();
        this.askedNanos = countedNanos;
        this.reporter = LoadReporter.builder()
                .time(time)
                .cpuUtilization(this::utilization)
                .build();
    }

    /** So many places are busy from now on. */
    void busy(int count) {
        long now = time.nanoTime();
        busyNanos += (double) busy * (now - countedNanos);
        countedNanos = now;
        busy = count;
    }

    private double utilization() {
        busy(busy);
        double elapsed = (double) countedNanos - askedNanos;
        double share = elapsed == 0 ? (double) busy / places : busyNanos / elapsed / places;
        busyNanos = 0;
        askedNanos = countedNanos;
        return share;
    }

    LoadReport report() {
        return reporter.report();
    }

    void begin(Attempt attempt) {
        attempt.request = reporter.begin();
    }

    /** Ends what has begun, and puts the report into the answer, if there is one and its client looks for it. */
    void end(Attempt attempt, Outcome outcome) {
        LoadReporter.@Nullable Request request = attempt.request;
        if (request == null) {
            return;
        }
        if (outcome.isAnswer() && attempt.pick != null && attempt.pick.wantsReport()) {
            attempt.report = request.report();
        }
        request.end(outcome.isFailure());
    }
}
