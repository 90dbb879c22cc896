package dev.zerohop.watch;

import dev.zerohop.Cancellable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Shares one object per key: made for its first user, closed after the last. Thread-safe.
 *
 * @param <K> what makes two users share
 * @param <T> what they share
 */
public final class SharedPool<K, T> {
    private final Consumer<T> end;
    private final @Nullable BiFunction<K, Runnable, Cancellable> linger;

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
        private @Nullable Cancellable lingering;

        Shared(T thing) {
            this.thing = thing;
        }
    }

    /** Things are ended by {@code end}, which is called once for each, outside the pool's lock. */
    public SharedPool(Consumer<T> end) {
        this(end, null);
    }

    /** The same, with things that outlive their last user until the task given to {@code linger} is run; a user that comes before cancels it. */
    public SharedPool(Consumer<T> end, @Nullable BiFunction<K, Runnable, Cancellable> linger) {
        this.end = end;
        this.linger = linger;
    }

    /**
     * The thing of a key until the use is closed; {@code make} makes it if there is none. It is called under the pool's lock and must not block.
     *
     * @throws IllegalStateException if the pool is closed
     */
    public Use<T> use(K key, Function<K, T> make) {
        Shared<T> shared;
        synchronized (things) {
            if (closed) {
                throw new IllegalStateException("the owner of " + key + " is closed, expected an open one");
            }
            shared = things.computeIfAbsent(key, k -> new Shared<>(make.apply(k)));
            shared.users++;
            if (shared.lingering != null) {
                shared.lingering.cancel();
                shared.lingering = null;
            }
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
            if (shared.users > 0 || things.get(key) != shared) {
                return;
            }
            if (linger != null) {
                shared.lingering = linger.apply(key, () -> end(key, shared));
                return;
            }
        }
        end(key, shared);
    }

    private void end(K key, Shared<T> shared) {
        synchronized (things) {
            if (shared.users > 0 || !things.remove(key, shared)) {
                return;
            }
        }
        end.accept(shared.thing);
    }

    /** How many things are in use or linger. */
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
