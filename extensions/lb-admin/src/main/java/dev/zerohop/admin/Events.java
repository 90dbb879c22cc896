package dev.zerohop.admin;

import dev.zerohop.Printable;
import dev.zerohop.Time;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The last things that happened to a balancer. Written by its control path, a few times a minute; thread-safe. */
final class Events {
    /** So many are kept. */
    static final int KEPT = 50;

    private final Time time;
    private final Deque<Event> last = new ArrayDeque<>(KEPT);

    /**
     * Something that happened.
     *
     * @param at when, the last time
     * @param text what
     * @param times how often in a row
     */
    record Event(Instant at, String text, int times) {}

    Events(Time time) {
        this.time = time;
    }

    void add(String happened) {
        Event event = new Event(time.now(), Printable.text(happened), 1);
        synchronized (last) {
            Event before = last.peekFirst();
            if (before != null && before.text().equals(event.text())) {
                last.removeFirst();
                event = new Event(event.at(), event.text(), before.times() + 1);
            } else if (last.size() == KEPT) {
                last.removeLast();
            }
            last.addFirst(event);
        }
    }

    /** The newest first. */
    List<Event> read() {
        synchronized (last) {
            return new ArrayList<>(last);
        }
    }
}
