package dev.zerohop.sim;

/** What happens at an instant. One object stands in the queue at most once: to schedule it anew takes back what was scheduled before. */
abstract class Event {
    static final long UNSCHEDULED = -1;

    /** The number of its valid entry in the queue; entries with another number are stale. Written by {@link Events} only. */
    long entry = UNSCHEDULED;

    abstract void fire();

    final boolean scheduled() {
        return entry != UNSCHEDULED;
    }
}
