package dev.zerohop;

/** Something scheduled that can be called off. Thread-safe and idempotent; a task that already runs is not interrupted. */
@FunctionalInterface
public interface Cancellable {
    /** Calls it off. */
    void cancel();
}
