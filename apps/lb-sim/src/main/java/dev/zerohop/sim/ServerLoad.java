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
    private final BusyShare busy;
    private final LoadReporter reporter;

    ServerLoad(Time time, int places) {
        this.busy = new BusyShare(time, places);
        this.reporter = LoadReporter.builder()
                .time(time)
                .cpuUtilization(busy::sinceLastTime)
                .build();
    }

    /** So many places are busy from now on. */
    void busy(int count) {
        busy.set(count);
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
