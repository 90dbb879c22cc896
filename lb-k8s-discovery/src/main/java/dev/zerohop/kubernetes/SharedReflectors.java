package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** One copy per selection, for as long as it is followed. Thread-safe. */
final class SharedReflectors {
    private final ApiServer server;
    private final Env env;
    private final SharedPool<Selection<?>, Reflector<?, String>> reflectors = new SharedPool<>(Reflector::close);

    SharedReflectors(ApiServer server, Env env) {
        this.server = server;
        this.env = env;
    }

    /**
     * Follows a selection until cancelled. Returns at once; what there is comes to the subscriber, on another thread.
     *
     * @throws IllegalStateException if this is closed
     */
    <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber) {
        SharedPool.Use<Reflector<?, String>> use = reflectors.use(
                what,
                selection -> new Reflector<>(new SelectionWatch<>(server, selection), SelectionWatch.POLICY, env));
        // Equal selections have the same type of objects.
        @SuppressWarnings("unchecked")
        Reflector<T, String> reflector = (Reflector<T, String>) use.get();
        reflector.subscribe(subscriber);
        return () -> {
            reflector.unsubscribe(subscriber);
            use.close();
        };
    }

    /** How many copies are kept. */
    int size() {
        return reflectors.size();
    }

    /** Ends every watch, then runs {@code last}; subscribers keep what they learned last. */
    void close(Runnable last) {
        List<Reflector<?, String>> open = reflectors.drain();
        AtomicInteger left = new AtomicInteger(open.size() + 1);
        Runnable ended = () -> {
            if (left.decrementAndGet() == 0) {
                last.run();
            }
        };
        open.forEach(reflector -> reflector.close(ended));
        ended.run();
    }
}
