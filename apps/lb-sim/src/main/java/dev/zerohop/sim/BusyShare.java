package dev.zerohop.sim;

import dev.zerohop.Time;

/** Which share of a server's places is busy, as a server reports its CPUs: simulated ones and those in processes alike. For one thread at a time. */
public final class BusyShare {
    private final Time time;
    private final int places;
    private int busy;
    private double busyNanos;
    private long countedNanos;
    private long askedNanos;

    /** None of so many places is busy. */
    public BusyShare(Time time, int places) {
        this.time = time;
        this.places = places;
        this.countedNanos = time.nanoTime();
        this.askedNanos = countedNanos;
    }

    /** So many places are busy from now on. */
    public void set(int count) {
        long now = time.nanoTime();
        busyNanos += (double) busy * (now - countedNanos);
        countedNanos = now;
        busy = count;
    }

    /** The share of the places that was busy since the last call of this method, from 0 to 1; if that was just now, the share that is. */
    public double sinceLastTime() {
        set(busy);
        double elapsed = (double) countedNanos - askedNanos;
        double share = elapsed == 0 ? (double) busy / places : busyNanos / elapsed / places;
        busyNanos = 0;
        askedNanos = countedNanos;
        return share;
    }
}
