package dev.zerohop;

import org.jspecify.annotations.Nullable;

/** Judge and record in one that never eject. */
enum NoEjection implements EjectionPolicy.Judge, EjectionPolicy.TrackRecord {
    INSTANCE;

    @Override
    public EjectionPolicy.TrackRecord add(Endpoint endpoint, EjectionPolicy.@Nullable TrackRecord previous) {
        return this;
    }

    @Override
    public void remove(EjectionPolicy.TrackRecord record) {}

    @Override
    public long review(long nowNanos) {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean onOutcome(Outcome outcome) {
        return false;
    }

    @Override
    public int consecutiveFailures() {
        return 0;
    }

    @Override
    public EjectionPolicy.State state() {
        return EjectionPolicy.State.ACTIVE;
    }

    @Override
    public String reason() {
        return "";
    }

    @Override
    public boolean tryProbe() {
        return true;
    }
}
