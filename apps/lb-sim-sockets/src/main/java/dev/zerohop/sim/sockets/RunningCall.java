package dev.zerohop.sim.sockets;

import dev.zerohop.Outcome;
import dev.zerohop.sim.Recording;
import dev.zerohop.sim.Replay;
import org.jspecify.annotations.Nullable;

/** A call under way: what is to be known of it goes into the recording. Its attempts follow each other, on any threads. */
final class RunningCall {
    private static final int NONE = -1;

    private final Replay.PlannedCall planned;
    private final Recording recording;
    private final Runnable over;
    private final long intendedNanos;
    private final long deadlineNanos;
    private volatile int server = NONE;

    /**
     * A call that is about to begin.
     *
     * @param startNanos when its run began
     * @param over to run when the call has ended
     */
    RunningCall(Replay.PlannedCall planned, Recording recording, long startNanos, long timeoutNanos, Runnable over) {
        this.planned = planned;
        this.recording = recording;
        this.over = over;
        this.intendedNanos = startNanos + planned.atNanos();
        this.deadlineNanos = intendedNanos + timeoutNanos;
    }

    Replay.PlannedCall planned() {
        return planned;
    }

    /** The time until its deadline, which counts from its intended start. */
    long leftNanos() {
        return deadlineNanos - System.nanoTime();
    }

    /** An attempt went to the server at this place. */
    void attempted(int place) {
        recording.attempted(planned, place, server != NONE);
        server = place;
    }

    boolean attempted() {
        return server != NONE;
    }

    /**
     * To be called once. What ends at its deadline or later has run out of time, however late the machine was to say so.
     *
     * @param outcome null if no endpoint was found
     */
    void ended(@Nullable Outcome outcome) {
        long now = System.nanoTime();
        recording.ended(planned, now - deadlineNanos >= 0 ? Outcome.TIMEOUT : outcome, now - intendedNanos, server);
        over.run();
    }
}
