package dev.zerohop;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * What a source has said since it was last listened to. Of sets that followed each other meanwhile only the last is taken, so that a source which changes faster than
 * pickers are made is never far behind. Thread-safe; one thread takes.
 */
final class PendingResolutions {
    private final Queue<Resolution> said = new ConcurrentLinkedQueue<>();

    void add(Resolution now) {
        said.add(now);
    }

    void takeBy(Consumer<Resolution> taker) {
        for (Resolution now = said.poll(); now != null; now = said.poll()) {
            Resolution next = said.peek();
            if (next == null || !next.replaces(now)) {
                taker.accept(now);
            }
        }
    }
}
