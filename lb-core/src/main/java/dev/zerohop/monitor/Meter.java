package dev.zerohop.monitor;

import java.util.List;

/**
 * What one meter is called and means; {@link Meters} has all of them. Beside its own tags each has the tag {@value #SERVICE}, the balancer's name. An immutable value.
 *
 * @param name in lower case, with dots; libraries write it in their own way
 * @param type what kind of number it is
 * @param unit in UCUM: {@code s} for seconds, {@code 1} for ratios, a noun in braces for counts, empty for none
 * @param tags its tags, always all of them
 * @param description what it says, in a sentence
 */
public record Meter(String name, Type type, String unit, List<Tag> tags, String description) {

    /** The tag of all meters. */
    public static final String SERVICE = "service";

    /** Kinds of numbers. */
    public enum Type {
        /** Durations, with their distribution over buckets. */
        HISTOGRAM,
        /** Durations: how many, and their sum. */
        TIMER,
        /** A count that only grows. */
        COUNTER,
        /** A number at this instant; NaN while there is none. */
        GAUGE
    }

    /**
     * A tag.
     *
     * @param key its key
     * @param values all values that it takes; empty if they are not known beforehand
     */
    public record Tag(String key, List<String> values) {

        /** Copies the list. */
        public Tag {
            values = List.copyOf(values);
        }
    }

    /** Copies the list. */
    public Meter {
        tags = List.copyOf(tags);
    }
}
