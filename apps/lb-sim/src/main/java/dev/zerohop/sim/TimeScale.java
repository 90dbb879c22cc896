package dev.zerohop.sim;

import dev.zerohop.Options;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes the course of a scenario shorter: for how long calls arrive and count, the phases of arrivals, and when something is the matter with a server. What belongs to a call stays: its work, its deadline, what
 * a fault does to it, the network, and rates.
 */
final class TimeScale {
    /** Decimals of a millisecond. */
    private static final int NANOS_OF_MILLIS = 6;

    private final BigDecimal factor;

    private TimeScale(double factor) {
        this.factor = BigDecimal.valueOf(factor);
    }

    /**
     * The scenario with that course.
     *
     * @param tree one that is valid
     * @throws IllegalArgumentException if the factor is not above 0 and at most 1, or the scenario has events, whose steps do not only set the course
     */
    static Map<?, ?> of(Map<?, ?> tree, double factor) {
        if (!(factor > 0 && factor <= 1)) {
            throw Options.rejected("scale", factor, "a number above 0, at most 1");
        }
        if (tree.containsKey("events")) {
            throw Options.rejected("events", tree.get("events"), "none with a time scale");
        }
        TimeScale scale = new TimeScale(factor);
        UnaryOperator<@Nullable Object> fault = object(Map.of("from", scale::time, "to", scale::time));
        UnaryOperator<@Nullable Object> server = object(Map.of(
                "faults",
                each(fault),
                "antagonist",
                withDefaults(
                        Map.of("on", ServerSpec.Antagonist.ON_NANOS, "off", ServerSpec.Antagonist.OFF_NANOS),
                        object(Map.of("on", scale::time, "off", scale::time))),
                "warmUp",
                withDefaults(Map.of("time", ServerSpec.Capacity.WARM_UP_NANOS), object(Map.of("time", scale::time)))));
        UnaryOperator<@Nullable Object> arrivals = object(Map.of("phases", each(object(Map.of("at", scale::time)))));
        UnaryOperator<@Nullable Object> scenario = object(Map.of(
                "duration", scale::time, "measureFrom", scale::time, "servers", each(server), "arrivals", arrivals));
        return scenario.apply(tree) instanceof Map<?, ?> scaled ? scaled : tree;
    }

    private @Nullable Object time(@Nullable Object value) {
        if (!(value instanceof String text)) {
            return value;
        }
        return BigDecimal.valueOf(Times.parse(text), NANOS_OF_MILLIS)
                        .multiply(factor)
                        .setScale(NANOS_OF_MILLIS, RoundingMode.HALF_UP)
                        .toPlainString()
                + "ms";
    }

    /** What an object does not state is scaled as well. */
    private static UnaryOperator<@Nullable Object> withDefaults(
            Map<String, Long> defaults, UnaryOperator<@Nullable Object> scaling) {
        return value -> {
            if (!(value instanceof Map<?, ?> map)) {
                return value;
            }
            Map<String, @Nullable Object> whole = new LinkedHashMap<>();
            defaults.forEach((name, nanos) -> whole.put(name, Times.text(nanos)));
            map.forEach((name, field) -> whole.put(String.valueOf(name), field));
            return scaling.apply(whole);
        };
    }

    private static UnaryOperator<@Nullable Object> object(Map<String, UnaryOperator<@Nullable Object>> fields) {
        return value -> {
            if (!(value instanceof Map<?, ?> map)) {
                return value;
            }
            Map<String, @Nullable Object> scaled = new LinkedHashMap<>();
            map.forEach((name, field) -> {
                UnaryOperator<@Nullable Object> scaling = fields.get(String.valueOf(name));
                scaled.put(String.valueOf(name), scaling == null ? field : scaling.apply(field));
            });
            return scaled;
        };
    }

    private static UnaryOperator<@Nullable Object> each(UnaryOperator<@Nullable Object> scaling) {
        return value -> {
            if (!(value instanceof List<?> list)) {
                return value;
            }
            List<@Nullable Object> scaled = new ArrayList<>();
            list.forEach(element -> scaled.add(scaling.apply(element)));
            return scaled;
        };
    }
}
