package dev.zerohop.watch;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** What a store is known to hold, and what of it was published. For one thread at a time. */
final class LocalCopy<V, R> {
    private final ListWatch<V, R> source;
    private final long maxSize;
    private Map<String, V> values = new HashMap<>();
    private long size;
    private @Nullable R listed;
    private @Nullable R version;
    private long history;
    private Reflector.@Nullable State<V, R> published;

    LocalCopy(ListWatch<V, R> source, long maxSize) {
        this.source = source;
        this.maxSize = maxSize;
    }

    /** What came of changes. */
    enum Applied {
        /** The copy is as it was. */
        SAME,
        /** It is another one. */
        CHANGED,
        /** It would be too large. */
        TOO_MUCH
    }

    /** The state that was published last. */
    Reflector.@Nullable State<V, R> published() {
        return published;
    }

    /** The version that the copy is at. */
    @Nullable
    R version() {
        return version;
    }

    /** How a list shows that the store was put back; null if it does not. */
    @Nullable
    String rollback(ListWatch.Page<V, R> list) {
        return listed == null || version == null ? null : source.rollback(list, values, listed, version);
    }

    /** Takes a whole list. {@code rolledBack} says that its version belongs to another history. Says whether it differs from what was published. */
    boolean replace(ListWatch.Page<V, R> list, boolean rolledBack) {
        if (rolledBack) {
            history++;
        }
        takeUnvouched(list);
        listed = list.version();
        Reflector.State<V, R> before = published;
        return before == null || rolledBack || !before.values().equals(values);
    }

    /** Takes a list that need not be the latest. */
    void takeUnvouched(ListWatch.Page<V, R> list) {
        values = new HashMap<>(list.values());
        size = sizeOf(values);
        version = list.version();
    }

    Applied apply(@Nullable R upTo, List<ListWatch.Change<V, R>> changes) {
        boolean taken = changes.isEmpty();
        boolean changed = false;
        for (ListWatch.Change<V, R> change : changes) {
            V known = values.get(change.key());
            if (listed != null && source.isOutdated(change, known, listed)) {
                continue;
            }
            taken = true;
            V value = change.deleted() ? null : change.value();
            size += sizeOf(change.key(), value) - sizeOf(change.key(), known);
            if (value == null) {
                changed |= values.remove(change.key()) != null;
            } else {
                // A new watch may begin with everything that there is.
                changed |= !value.equals(values.put(change.key(), value));
            }
        }
        if (size > maxSize) {
            // Only here: changes that arrive together were often made together, and what is between them never was.
            return Applied.TOO_MUCH;
        }
        if (taken && upTo != null) {
            version = upTo;
        }
        return changed ? Applied.CHANGED : Applied.SAME;
    }

    /** The store is at this version and the copy with it. */
    void reached(R upTo) {
        version = upTo;
    }

    /** Whether a test of the store's finds the copy to be what it holds. */
    boolean passes(BiPredicate<R, Map<String, V>> test) {
        return version != null && test.test(version, values);
    }

    /** The copy as a state to publish; null before there is one. */
    Reflector.@Nullable State<V, R> publish(Instant asOf) {
        if (version != null) {
            published = new Reflector.State<>(version, Map.copyOf(values), asOf, history);
        }
        return published;
    }

    /** What was published holds at this instant too. Says whether anything was. */
    boolean confirm(Instant asOf) {
        if (published == null || version == null) {
            return false;
        }
        published = new Reflector.State<>(version, published.values(), asOf, history);
        return true;
    }

    /** Whether pages that hold so much are too large together. */
    boolean isTooMuch(long pages) {
        return pages > maxSize;
    }

    long sizeOf(Map<String, V> all) {
        long sum = 0;
        for (Map.Entry<String, V> each : all.entrySet()) {
            sum += source.sizeOf(each.getKey(), each.getValue());
        }
        return sum;
    }

    private long sizeOf(String key, @Nullable V value) {
        return value == null ? 0 : source.sizeOf(key, value);
    }
}
