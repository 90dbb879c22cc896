package dev.zerohop;

/** A scheduled task or a running watch that can be cancelled. Thread-safe and idempotent; a task that already runs is not interrupted. */
@FunctionalInterface
public interface Cancellable {
    /** Calls it off. */
    void cancel();
}
