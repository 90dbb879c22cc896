package dev.zerohop.watch;

import dev.zerohop.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The subscribers of one copy; one that throws keeps no other from learning. For one thread at a time. */
final class Subscribers<V, R> {
    private static final Log LOG = Log.of(Reflector.class);

    private final Object owner;
    private final List<Reflector.Subscriber<V, R>> all = new ArrayList<>();

    /** {@code owner} is asked for its text in messages only. */
    Subscribers(Object owner) {
        this.owner = owner;
    }

    /** Adds one, which learns of the present state and failure as far as there are any. */
    void add(
            Reflector.Subscriber<V, R> subscriber,
            Reflector.@Nullable State<V, R> now,
            @Nullable SourceFailure failure) {
        all.add(subscriber);
        if (now != null) {
            one(subscriber, s -> s.onState(now, failure != null));
        }
        if (failure != null) {
            one(subscriber, s -> s.onFailure(failure));
        }
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

    private void one(Reflector.Subscriber<V, R> subscriber, Consumer<Reflector.Subscriber<V, R>> call) {
        try {
            call.accept(subscriber);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: a subscriber threw; the others are still notified", owner, thrown);
        }
    }
}
