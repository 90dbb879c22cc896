package dev.zerohop;

/** The worst of several beliefs; of two that are equally bad the first. */
final class WorstBelief {
    Health.Status status = Health.Status.UNKNOWN;
    String source = "none";
    String reason = "no verdict yet";
    long untilNanos = Health.OPEN_END;

    void take(Health.Status next, String by, String why, long until) {
        boolean vouched = next == Health.Status.HEALTHY && status == Health.Status.UNKNOWN;
        if (vouched || (next != Health.Status.UNKNOWN && next.compareTo(status) > 0)) {
            status = next;
            source = by;
            reason = why;
            untilNanos = vouched ? Health.OPEN_END : until;
        }
    }
}
