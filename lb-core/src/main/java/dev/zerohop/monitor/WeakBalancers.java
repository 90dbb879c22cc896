package dev.zerohop.monitor;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The observed balancers of one service. It keeps none of them: one that was forgotten without being closed is there no more once it is collected. Thread-safe. */
final class WeakBalancers implements Iterable<ObservedBalancer> {
    private final List<WeakReference<ObservedBalancer>> references = new CopyOnWriteArrayList<>();

    void add(WeakReference<ObservedBalancer> reference) {
        references.add(reference);
    }

    /** Whether it was there. */
    boolean remove(WeakReference<ObservedBalancer> reference) {
        return references.remove(reference);
    }

    /** Whether all were removed; those that were only collected count still. */
    boolean isEmpty() {
        return references.isEmpty();
    }

    /** Those that live, of which none is collected meanwhile. */
    List<ObservedBalancer> living() {
        List<ObservedBalancer> living = new ArrayList<>(references.size());
        for (WeakReference<ObservedBalancer> reference : references) {
            ObservedBalancer observed = reference.get();
            if (observed != null) {
                living.add(observed);
            }
        }
        return living;
    }

    @Override
    public Iterator<ObservedBalancer> iterator() {
        return living().iterator();
    }
}
