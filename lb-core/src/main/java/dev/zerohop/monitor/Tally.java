package dev.zerohop.monitor;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** One count for each constant of an enumeration. */
final class Tally<E extends Enum<E>> {
    private final Map<E, LongAdder> counts;

    Tally(Class<E> type) {
        counts = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            counts.put(constant, new LongAdder());
        }
    }

    void add(E constant) {
        of(constant).increment();
    }

    LongAdder of(E constant) {
        return requireNonNull(counts.get(constant));
    }

    Map<E, LongAdder> counts() {
        return counts;
    }
}
