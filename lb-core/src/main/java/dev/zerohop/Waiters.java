package dev.zerohop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Those that wait for the next version. One writer; any thread may wait. */
final class Waiters {
    private volatile CompletableFuture<Void> next = new CompletableFuture<>();

    CompletionStage<Void> next() {
        return next.minimalCompletionStage();
    }

    /** Lets those that wait look again. */
    void wake() {
        CompletableFuture<Void> waiting = next;
        next = new CompletableFuture<>();
        waiting.complete(null);
    }
}
