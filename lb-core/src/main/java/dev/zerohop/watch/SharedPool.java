package dev.zerohop.watch;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One thing per key for all that use it: made for the first user, ended with the last. Thread-safe.
 *
 * @param <K> what makes two users share
 * @param <T> what they share
 */
public final class SharedPool<K, T> {
    private final Function<K, T> make;
    private final Consumer<T> end;

    // Guarded by itself.
    private final Map<K, Shared<T>> things = new HashMap<>();
    private boolean closed;

    /** One user's hold on a thing. Closing it is idempotent. */
    public interface Use<T> extends AutoCloseable {
        /** The thing, which may be used until this is closed. */
        T get();

        @Override
        void close();
    }

    private static final class Shared<T> {
        private final T thing;
        private int users;

        Shared(T thing) {
            this.thing = thing;
        }
    }

    /** {@code make} is called under a lock and must not block; {@code end} is called outside it, once for each thing. */
    public SharedPool(Function<K, T> make, Consumer<T> end) {
        this.make = make;
        this.end = end;
    }

    /**
     * The thing of a key until the use is closed.
     *
     * @throws IllegalStateException if the pool is closed
     */
    public Use<T> use(K key) {
        Shared<T> shared;
        synchronized (things) {
            if (closed) {
                throw new IllegalStateException("the owner of " + key + " is closed, expected an open one");
            }
            shared = things.computeIfAbsent(key, k -> new Shared<>(make.apply(k)));
            shared.users++;
        }
        AtomicBoolean over = new AtomicBoolean();
        return new Use<>() {
            @Override
            public T get() {
                return shared.thing;
            }

            @Override
            public void close() {
                if (over.compareAndSet(false, true)) {
                    leave(key, shared);
                }
            }
        };
    }

    private void leave(K key, Shared<T> shared) {
        synchronized (things) {
            shared.users--;
            if (shared.users > 0 || !things.remove(key, shared)) {
                return;
            }
        }
        end.accept(shared.thing);
    }

    /** How many things are in use. */
    public int size() {
        synchronized (things) {
            return things.size();
        }
    }

    /** Gives up all things, for the caller to end, and makes no more. */
    public List<T> drain() {
        synchronized (things) {
            closed = true;
            List<T> all = things.values().stream().map(shared -> shared.thing).toList();
            things.clear();
            return all;
        }
    }
}
