package dev.zerohop.etcd.orchestrator;

import java.time.Instant;

/** The result of one worker's probes of one endpoint. Used by one thread at a time. */
final class ProbeRecord {

    enum State {
        /** Not enough probes yet. */
        PENDING,
        UP,
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

    /** The thresholds are numbers of probes in a row. */
    ProbeRecord(int healthyThreshold, int unhealthyThreshold) {
        this.healthyThreshold = healthyThreshold;
        this.unhealthyThreshold = unhealthyThreshold;
    }

    /** Records one probe; returns whether the state has changed. */
    boolean record(boolean ok, String why, Instant now) {
        if (streak == 0 || ok != streakOk) {
            streak = 0;
            streakOk = ok;
            streakSince = now;
        }
        streak = Math.min(streak + 1, Math.max(healthyThreshold, unhealthyThreshold));
        State next = ok ? State.UP : State.DOWN;
        if (state == next || streak < (ok ? healthyThreshold : unhealthyThreshold)) {
            return false;
        }
        state = next;
        since = streakSince;
        reason = why;
        return true;
    }

    State state() {
        return state;
    }

    /** The instant of the first of the probes that led to the state. */
    Instant since() {
        return since;
    }

    /** The failure of the probe that led to the state; empty for a success. */
    String reason() {
        return reason;
    }
}
