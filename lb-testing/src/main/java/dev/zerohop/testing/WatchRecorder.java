package dev.zerohop.testing;

import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Keeps what a {@link Reflector} said, in order. For one thread at a time. */
public class WatchRecorder<V, R> implements Reflector.Subscriber<V, R> {
    /** Every state. */
    public final List<Reflector.State<V, R>> states = new ArrayList<>();

    /** Every confirmation. */
    public final List<Instant> confirmed = new ArrayList<>();

    /** Every failure. */
    public final List<SourceFailure> failures = new ArrayList<>();

    /** Whether the last state was stale. */
    public boolean stale;

    /** Begins with nothing. */
    public WatchRecorder() {}

    /** The last part of every key of the last state: what follows its last slash. */
    public Set<String> keys() {
        Set<String> keys = new TreeSet<>();
        if (!states.isEmpty()) {
            states.get(states.size() - 1)
                    .values()
                    .keySet()
                    .forEach(key -> keys.add(key.substring(key.lastIndexOf('/') + 1)));
        }
        return keys;
    }

    /** How often it was called. */
    public int calls() {
        return states.size() + confirmed.size() + failures.size();
    }

    @Override
    public void onState(Reflector.State<V, R> state, boolean isStale) {
        states.add(state);
        stale = isStale;
    }

    @Override
    public void onConfirmed(Instant asOf) {
        confirmed.add(asOf);
    }

    @Override
    public void onFailure(SourceFailure cause) {
        failures.add(cause);
    }
}
