package dev.zerohop.sim;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleConsumer;

/** How fast a server works: the product of what several things leave of it. */
final class Speed {
    /** The things that a speed depends on. */
    enum Part {
        OWN,
        WARM_UP,
        ANTAGONIST,
        FAULT
    }

    private final Map<Part, Double> parts = new EnumMap<>(Part.class);
    private final DoubleConsumer changed;

    Speed(DoubleConsumer changed) {
        for (Part part : Part.values()) {
            parts.put(part, 1.0);
        }
        this.changed = changed;
    }

    double value() {
        double value = 1;
        for (double part : parts.values()) {
            value *= part;
        }
        return value;
    }

    void set(Part part, double value) {
        Double before = parts.put(part, value);
        if (before == null || before != value) {
            changed.accept(value());
        }
    }
}
