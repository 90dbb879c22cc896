package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** One {@link Reflector} per selection, for as long as anybody follows it. Thread-safe. */
final class SharedCopies {
    private final ApiServer server;
    private final Env env;

    // Guarded by itself.
    private final Map<Selection<?>, Shared<?>> copies = new HashMap<>();
    private boolean closed;

    private static final class Shared<T extends HasMetadata> {
        private final Reflector<T> reflector;
        private int users;

        Shared(Reflector<T> reflector) {
            this.reflector = reflector;
        }
    }

    SharedCopies(ApiServer server, Env env) {
        this.server = server;
        this.env = env;
    }

    /**
     * Follows a selection until cancelled. Returns at once; what there is comes to the subscriber, on another thread.
     *
     * @throws IllegalStateException if this is closed
     */
    <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T> subscriber) {
        Shared<T> shared;
        synchronized (copies) {
            if (closed) {
                throw new IllegalStateException("the client of " + server + " is closed, expected an open one");
            }
            // Equal selections have the same type of objects.
            @SuppressWarnings("unchecked")
            Shared<T> known = (Shared<T>)
                    copies.computeIfAbsent(what, selection -> new Shared<>(new Reflector<>(server, selection, env)));
            shared = known;
            shared.users++;
        }
        shared.reflector.subscribe(subscriber);
        AtomicBoolean cancelled = new AtomicBoolean();
        return () -> {
            if (cancelled.compareAndSet(false, true)) {
                shared.reflector.unsubscribe(subscriber);
                leave(what, shared);
            }
        };
    }

    private void leave(Selection<?> what, Shared<?> shared) {
        synchronized (copies) {
            shared.users--;
            if (shared.users > 0) {
                return;
            }
            copies.remove(what, shared);
        }
        shared.reflector.close();
    }

    /** How many copies are kept. */
    int size() {
        synchronized (copies) {
            return copies.size();
        }
    }

    /** Ends every watch; subscribers keep what they were told last. */
    void close() {
        List<Shared<?>> open;
        synchronized (copies) {
            closed = true;
            open = List.copyOf(copies.values());
            copies.clear();
        }
        open.forEach(shared -> shared.reflector.close());
    }
}
