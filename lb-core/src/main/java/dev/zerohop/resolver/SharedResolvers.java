package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.watch.SharedPool;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One watch per target, however many channels and clients of a process use it.
 *
 * <p>A resolver from here is used like any other: started once, closed once. The first one to start begins the watch, later ones get the last set
 * at once, with the present error if the source cannot be read. When the last one has closed, the watch goes on for {@link #LINGER}, so that a
 * channel that idles and wakes while its source is down still has its endpoints.
 *
 * <p>Two targets are the same if their texts are, and only within the same {@link Env}. Thread-safe.
 */
public final class SharedResolvers {

    /** How long a watch outlives its last user. */
    public static final Duration LINGER = Duration.ofMinutes(5);

    private static final SharedResolvers OF_THE_PROCESS = new SharedResolvers(LINGER);

    private final SharedPool<Key, SharedWatch> watches;

    /** Compared by hand: what a record brings for that is linked at its first use, while a client starts. */
    private record Key(String target, Env env) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that && target.equals(that.target) && (env == that.env || env.equals(that.env));
        }

        @Override
        public int hashCode() {
            return target.hashCode();
        }
    }

    /**
     * A scope of its own, for tests and for programs that share less than a process.
     *
     * @throws IllegalArgumentException if {@code linger} is negative
     */
    public SharedResolvers(Duration linger) {
        if (linger.isNegative()) {
            throw new IllegalArgumentException("linger was " + linger + ", expected 0 or more");
        }
        this.watches = new SharedPool<>(
                SharedWatch::close, (key, end) -> key.env().time().schedule(linger.toNanos(), end));
    }

    /**
     * A resolver that shares this target's watch with the whole process.
     *
     * @throws IllegalArgumentException if the target is rejected
     */
    public static Resolver of(Target target, Env env) {
        return OF_THE_PROCESS.resolver(target, env);
    }

    /**
     * A resolver that shares this target's watch with the others from here.
     *
     * @throws IllegalArgumentException if the target is rejected
     */
    public Resolver resolver(Target target, Env env) {
        requireNonNull(target, "target");
        // Made even if there is a watch already: a target is rejected when it is given, not when it is used.
        return new Shared(new Key(target.text(), requireNonNull(env, "env")), target.newResolver(env));
    }

    /** How many watches run or linger. */
    int watches() {
        return watches.size();
    }

    /** One user's end of a watch. */
    private final class Shared implements Resolver {
        private final Key key;
        private final AtomicBoolean started = new AtomicBoolean();
        private final AtomicBoolean closed = new AtomicBoolean();
        private @Nullable Resolver candidate;
        private SharedPool.@Nullable Use<SharedWatch> use;
        private SharedWatch.@Nullable User user;

        Shared(Key key, Resolver candidate) {
            this.key = key;
            this.candidate = candidate;
        }

        @Override
        public void start(Listener listener) {
            requireNonNull(listener, "listener");
            SharedWatch joined;
            SharedWatch.User me;
            synchronized (this) {
                Resolver mine = candidate;
                if (closed.get() || mine == null || !started.compareAndSet(false, true)) {
                    throw new IllegalStateException(key.target() + ": start() was called "
                            + (closed.get() ? "after close()" : "twice") + ", expected once");
                }
                use = watches.use(key, k -> new SharedWatch(mine, k.env()));
                joined = use.get();
                me = new SharedWatch.User(listener);
                user = me;
                candidate = null;
                if (!joined.uses(mine)) {
                    mine.close();
                }
            }
            joined.attach(me);
        }

        @Override
        public void refresh() {
            SharedPool.Use<SharedWatch> joined;
            synchronized (this) {
                joined = use;
            }
            if (joined != null && !closed.get()) {
                joined.get().refresh();
            }
        }

        @Override
        public void close() {
            if (!closed.compareAndSet(false, true)) {
                return;
            }
            SharedPool.Use<SharedWatch> joined;
            SharedWatch.User me;
            Resolver unused;
            synchronized (this) {
                joined = use;
                me = user;
                unused = candidate;
                candidate = null;
            }
            if (unused != null) {
                unused.close();
            }
            if (joined != null && me != null) {
                joined.get().detach(me);
                joined.close();
            }
        }

        @Override
        public String toString() {
            return key.target();
        }
    }
}
