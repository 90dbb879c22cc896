package dev.zerohop.watch;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The request and the watch of one attempt. For one thread at a time. */
final class Underway {
    private final Time time;
    private @Nullable CompletableFuture<?> request;
    private @Nullable Cancellable watch;
    private boolean open;
    private long openedNanos;

    Underway(Time time) {
        this.time = time;
    }

    void asked(CompletableFuture<?> answer) {
        request = answer;
    }

    void answered() {
        request = null;
    }

    void watching(Cancellable begun) {
        watch = begun;
    }

    void opened() {
        open = true;
        openedNanos = time.nanoTime();
    }

    boolean open() {
        return open;
    }

    /** Whether the watch has been open for so long. */
    boolean openFor(Duration atLeast) {
        return open && time.nanoTime() - openedNanos >= atLeast.toNanos();
    }

    void cancel() {
        open = false;
        if (request != null) {
            request.cancel(true);
            request = null;
        }
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }
}
