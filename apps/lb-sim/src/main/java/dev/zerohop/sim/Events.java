package dev.zerohop.sim;

import java.util.Arrays;

/**
 * The queue of what will happen, in the order of its instants and, within one, in the order in which it was scheduled. A heap of four children in parallel arrays:
 * nothing is allocated for an event. For one thread.
 */
final class Events {
    private static final int CHILDREN_SHIFT = 2;
    private static final int CHILDREN = 1 << CHILDREN_SHIFT;

    private long[] times = new long[1 << 10];
    private long[] entries = new long[times.length];
    private Event[] events = new Event[times.length];
    private int size;
    private long nextEntry;
    private long nowNanos;

    Events(long startNanos) {
        this.nowNanos = startNanos;
    }

    long nowNanos() {
        return nowNanos;
    }

    /** Lets it happen at this instant, or now if that is past, and not when it was scheduled before. */
    void at(long timeNanos, Event event) {
        if (size == times.length) {
            grow();
        }
        long entry = nextEntry++;
        event.entry = entry;
        up(size++, Math.max(timeNanos, nowNanos), entry, event);
    }

    /** Lets it not happen. */
    void cancel(Event event) {
        event.entry = Event.UNSCHEDULED;
    }

    /** Lets the next event happen if it is due by {@code endNanos}; false, at that instant, if there is none. */
    boolean step(long endNanos) {
        while (size > 0 && times[0] <= endNanos) {
            long time = times[0];
            long entry = entries[0];
            Event event = events[0];
            removeFirst();
            if (event.entry == entry) {
                nowNanos = time;
                event.entry = Event.UNSCHEDULED;
                event.fire();
                return true;
            }
        }
        nowNanos = Math.max(nowNanos, endNanos);
        return false;
    }

    private void removeFirst() {
        int last = --size;
        long time = times[last];
        long entry = entries[last];
        Event event = events[last];
        if (last > 0) {
            down(time, entry, event);
        }
    }

    private void up(int from, long time, long entry, Event event) {
        int at = from;
        while (at > 0) {
            int parent = (at - 1) >> CHILDREN_SHIFT;
            if (!before(time, entry, parent)) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, time, entry, event);
    }

    private void down(long time, long entry, Event event) {
        int at = 0;
        while (true) {
            int child = (at << CHILDREN_SHIFT) + 1;
            if (child >= size) {
                break;
            }
            int end = Math.min(child + CHILDREN, size);
            int first = child;
            for (int other = child + 1; other < end; other++) {
                if (before(times[other], entries[other], first)) {
                    first = other;
                }
            }
            if (before(time, entry, first)) {
                break;
            }
            move(first, at);
            at = first;
        }
        put(at, time, entry, event);
    }

    private boolean before(long time, long entry, int other) {
        return time < times[other] || (time == times[other] && entry < entries[other]);
    }

    private void move(int from, int to) {
        times[to] = times[from];
        entries[to] = entries[from];
        events[to] = events[from];
    }

    private void put(int at, long time, long entry, Event event) {
        times[at] = time;
        entries[at] = entry;
        events[at] = event;
    }

    private void grow() {
        times = Arrays.copyOf(times, size * 2);
        entries = Arrays.copyOf(entries, size * 2);
        events = Arrays.copyOf(events, size * 2);
    }
}
