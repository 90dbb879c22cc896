package dev.zerohop.probe;

import java.time.Instant;

/** What the probes of one endpoint have come to. Used by one thread at a time. */
public final class ProbeRecord {

    /** What is known. */
    public enum State {
        /** Not enough probes yet. */
        PENDING,
        /** The last long enough run of probes succeeded. */
        UP,
        /** The last long enough run of probes failed. */
        DOWN
    }

    private final int healthyThreshold;
    private final int unhealthyThreshold;
    private State state = State.PENDING;
    private int streak;
    private boolean streakOk;
    private Instant streakSince = Instant.EPOCH;
    private Instant since = Instant.EPOCH;
    private String reason = "";
    private String lastFailure = "";

    /** The thresholds are numbers of probes in a row. */
    public ProbeRecord(int healthyThreshold, int unhealthyThreshold) {
        this.healthyThreshold = healthyThreshold;
        this.unhealthyThreshold = unhealthyThreshold;
    }

    /** Records one probe; returns whether the state has changed. */
    public boolean record(boolean ok, String why, Instant now) {
        if (streak == 0 || ok != streakOk) {
            streak = 0;
            streakOk = ok;
            streakSince = now;
        }
        streak = Math.min(streak, Integer.MAX_VALUE - 1) + 1;
        if (!ok) {
            lastFailure = why;
        }
        State next = ok ? State.UP : State.DOWN;
        if (state == next || streak < (ok ? healthyThreshold : unhealthyThreshold)) {
            return false;
        }
        state = next;
        since = streakSince;
        reason = why;
        return true;
    }

    /**
     * A probe could not be made: what comes after it is a new run, for the endpoint may have been restarted meanwhile. One that is {@link State#DOWN} and goes on failing is in the same
     * run still.
     */
    void skip() {
        if (state != State.DOWN || streakOk) {
            streak = 0;
        }
    }

    /** What is known. */
    public State state() {
        return state;
    }

    /** The instant of the first of the probes that led to the state. */
    public Instant since() {
        return since;
    }

    /** The failure of the probe that led to the state; empty for a success. */
    public String reason() {
        return reason;
    }

    /** The latest failure; empty if there was none. */
    public String lastFailure() {
        return lastFailure;
    }

    /** The first of them; of no meaning if there are none. */
    public Instant failingSince() {
        return streakSince;
    }

    /** How many probes in a row have failed up to now. */
    public int failuresInARow() {
        return streakOk ? 0 : streak;
    }
}
