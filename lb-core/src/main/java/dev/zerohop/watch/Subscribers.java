package dev.zerohop.watch;

import dev.zerohop.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The subscribers of one copy; one that throws keeps no other from learning. For one thread at a time. */
final class Subscribers<V, R> {
    private static final Log LOG = Log.of(Reflector.class);

    private final Object owner;
    private final List<Reflector.Subscriber<V, R>> all = new ArrayList<>();

    /** {@code owner} is asked for its text in messages only. */
    Subscribers(Object owner) {
        this.owner = owner;
    }

    void add(Reflector.Subscriber<V, R> subscriber) {
        all.add(subscriber);
    }

    void remove(Reflector.Subscriber<V, R> subscriber) {
        all.remove(subscriber);
    }

    void clear() {
        all.clear();
    }

    void each(Consumer<Reflector.Subscriber<V, R>> call) {
        for (Reflector.Subscriber<V, R> subscriber : List.copyOf(all)) {
            one(subscriber, call);
        }
    }

    void one(Reflector.Subscriber<V, R> subscriber, Consumer<Reflector.Subscriber<V, R>> call) {
        try {
            call.accept(subscriber);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: a subscriber threw; the others are still notified", owner, thrown);
        }
    }
}
