package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.List;

/** Each call has a place of its own, and the whole speed of it. */
final class PlacedWork implements Work {
    private final Events events;
    private final List<Attempt> working = new ArrayList<>();
    private double current;

    PlacedWork(Events events) {
        this.events = events;
    }

    @Override
    public int size() {
        return working.size();
    }

    @Override
    public int busy() {
        return working.size();
    }

    @Override
    public void begin(Attempt attempt) {
        attempt.asOfNanos = events.nowNanos();
        attempt.place = working.size();
        working.add(attempt);
        schedule(attempt);
    }

    private void schedule(Attempt attempt) {
        if (current > 0) {
            events.at(events.nowNanos() + (long) StrictMath.ceil(attempt.leftNanos / current), attempt);
        } else {
            events.cancel(attempt);
        }
    }

    @Override
    public void end(Attempt attempt) {
        int last = working.size() - 1;
        Attempt moved = working.remove(last);
        if (moved != attempt) {
            working.set(attempt.place, moved);
            moved.place = attempt.place;
        }
    }

    @Override
    public void speed(double value) {
        double before = current;
        current = value;
        long now = events.nowNanos();
        for (Attempt attempt : working) {
            attempt.leftNanos = Math.max(0, attempt.leftNanos - (now - attempt.asOfNanos) * before);
            attempt.asOfNanos = now;
            schedule(attempt);
        }
    }

    @Override
    public void stop(List<Attempt> to) {
        to.addAll(working);
        working.clear();
    }
}
