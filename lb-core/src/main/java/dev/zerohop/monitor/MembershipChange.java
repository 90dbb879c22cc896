package dev.zerohop.monitor;

/** The values of the tag of {@link Meters#MEMBERSHIP}. */
enum MembershipChange {
    ADDED,
    REMOVED,
    HELD
}
