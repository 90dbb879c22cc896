package dev.zerohop.sim;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * All calls share the speed of the places equally, none faster than one place: processor sharing, as of threads on the cores of a machine. What each call has been given since the last idle moment is the same
 * for all and is kept once: a call is done when that reaches what stood there at its beginning and its work. So an arrival or an end costs the logarithm of the calls under way, not all of them.
 */
final class SharedWork implements Work {
    private final Events events;
    private final int places;
    private final PriorityQueue<Attempt> calls =
            new PriorityQueue<>(Comparator.comparingDouble((Attempt attempt) -> attempt.doneAt));
    private double speed;
    private double given;
    private long asOfNanos;

    /** The first to be done, the only one that is scheduled. */
    private @Nullable Attempt next;

    SharedWork(Events events, int places) {
        this.events = events;
        this.places = places;
    }

    @Override
    public int size() {
        return calls.size();
    }

    @Override
    public int busy() {
        return Math.min(calls.size(), places);
    }

    @Override
    public void begin(Attempt attempt) {
        catchUp();
        attempt.doneAt = given + attempt.leftNanos;
        calls.add(attempt);
        schedule();
    }

    @Override
    public void end(Attempt attempt) {
        catchUp();
        calls.remove(attempt);
        schedule();
    }

    @Override
    public void speed(double value) {
        catchUp();
        speed = value;
        schedule();
    }

    @Override
    public void stop(List<Attempt> to) {
        to.addAll(calls);
        calls.clear();
        next = null;
    }

    private double rate() {
        return speed * Math.min(1, (double) places / Math.max(1, calls.size()));
    }

    private void catchUp() {
        long now = events.nowNanos();
        given = calls.isEmpty() ? 0 : given + (now - asOfNanos) * rate();
        asOfNanos = now;
    }

    private void schedule() {
        Attempt first = calls.peek();
        if (next != null && next != first) {
            events.cancel(next);
        }
        next = first;
        if (first == null) {
            return;
        }
        double rate = rate();
        if (rate > 0) {
            double left = Math.max(0, first.doneAt - given);
            events.at(asOfNanos + (long) StrictMath.ceil(left / rate), first);
        } else {
            events.cancel(first);
        }
    }
}
