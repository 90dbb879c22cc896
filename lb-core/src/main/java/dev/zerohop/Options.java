package dev.zerohop;

import dev.zerohop.internal.Scalars;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The options of one policy, stage or source in a configuration, and their path, as its provider reads them. What is missing, of the wrong type or out
 * of range is rejected with an {@link IllegalArgumentException} that names the path, what was found and what was expected, such as {@code
 * policy.peak_ewma.errorPenalty: was 0.5, expected a number from 1 to 1000}; the whole configuration is then rejected, and the last good one stays.
 *
 * <p>Immutable and thread-safe, as long as what it was made of is not changed.
 */
public final class Options {
    private static final int SHOWN = 80;

    private final String path;
    private final Map<?, ?> values;

    private Options(String path, Map<?, ?> values) {
        this.path = path;
        this.values = values;
    }

    /**
     * Reads an object that has these fields and no others.
     *
     * @param path where it stands; empty for the whole configuration
     * @throws IllegalArgumentException if it is not an object, has another field, or a field is null
     */
    public static Options of(String path, @Nullable Object value, String... known) {
        Options options = anyOf(path, value);
        List<String> expected = List.of(known);
        for (Map.Entry<?, ?> entry : options.values.entrySet()) {
            String name = (String) entry.getKey();
            if (!expected.contains(name)) {
                throw rejected(options.path(name), entry.getValue(), fieldOf(expected, name));
            }
        }
        return options;
    }

    /**
     * Reads an object whose names are up to the user.
     *
     * @throws IllegalArgumentException if it is not an object, or a field is null
     */
    public static Options anyOf(String path, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw rejected(path, value, "an object");
        }
        Options options = new Options(path, map);
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String name)) {
                throw rejected(path, entry.getKey(), "names that are texts");
            }
            if (entry.getValue() == null) {
                throw rejected(options.path(name), null, "a value (leave the field out for its default)");
            }
        }
        return options;
    }

    /** These fields as a message lists them, the one first that a name looks like. */
    public static String fieldOf(List<String> known, String name) {
        if (known.isEmpty()) {
            return "no field here";
        }
        String nearest = null;
        int best = Math.max(1, name.length() / 3) + 1;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < best) {
                best = distance;
                nearest = candidate;
            }
        }
        return (nearest == null ? "a known field: " : "the field " + nearest + ": known are ")
                + String.join(", ", known);
    }

    /** Levenshtein's distance, without regard to case. */
    private static int distance(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                boolean same = Character.toLowerCase(left.charAt(i - 1)) == Character.toLowerCase(right.charAt(j - 1));
                row[j] = Math.min(Math.min(above, row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = above;
            }
        }
        return row[right.length()];
    }

    /** The path of a field; a name that is not a plain word of reasonable length is quoted. */
    public String path(String name) {
        if (name.length() > SHOWN || !name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            return path + "[" + show(name) + "]";
        }
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The path of the object. */
    public String path() {
        return path;
    }

    /** The names of the fields that are there, in the order in which they stand. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (Object name : values.keySet()) {
            names.add((String) name);
        }
        return names;
    }

    /** Whether the field is there. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** The value as it stands, or null if the field is not there. */
    public @Nullable Object value(String name) {
        return values.get(name);
    }

    /** What to throw when the value of this field is not what was expected. */
    public IllegalArgumentException rejected(String name, String expected) {
        return rejected(path(name), value(name), expected);
    }

    /**
     * An object with these fields and no others; an empty one if the field is not there.
     *
     * @throws IllegalArgumentException if it is not an object, has another field, or a field is null
     */
    public Options object(String name, String... known) {
        return has(name) ? of(path(name), value(name), known) : new Options(path(name), Map.of());
    }

    /**
     * An object whose names are up to the user.
     *
     * @throws IllegalArgumentException if it is not there or not an object, or a field is null
     */
    public Options anyObject(String name) {
        return anyOf(path(name), value(name));
    }

    /**
     * A list; its elements are as they stand.
     *
     * @throws IllegalArgumentException if it is not there or not a list
     */
    public List<?> list(String name, String expected) {
        if (!(value(name) instanceof List<?> list)) {
            throw rejected(name, expected);
        }
        return list;
    }

    /**
     * A list of objects with these fields and no others.
     *
     * @throws IllegalArgumentException if it is not there or not such a list
     */
    public List<Options> objects(String name, String expected, String... known) {
        List<?> list = list(name, expected);
        List<Options> objects = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            objects.add(of(path(name) + "[" + i + "]", list.get(i), known));
        }
        return objects;
    }

    /**
     * An integer; 3.0 is one, because callers whose numbers are all doubles (gRPC) write 3 so.
     *
     * @throws IllegalArgumentException if it is not there, no integer, or not from {@code min} to {@code max}
     */
    public int integer(String name, int min, int max) {
        if (value(name) instanceof Number number) {
            double exact = number.doubleValue();
            if (Scalars.isInteger(exact) && exact >= min && exact <= max) {
                return (int) exact;
            }
        }
        throw rejected(name, "an integer from " + min + " to " + max);
    }

    /** {@link #integer(String, int, int)}, or {@code otherwise} if the field is not there. */
    public int integer(String name, int otherwise, int min, int max) {
        return has(name) ? integer(name, min, max) : otherwise;
    }

    /**
     * A number, or {@code otherwise} if the field is not there.
     *
     * @throws IllegalArgumentException if it is no number, or not from {@code min} to {@code max}
     */
    public double number(String name, double otherwise, double min, double max) {
        if (!has(name)) {
            return otherwise;
        }
        if (value(name) instanceof Number number && number.doubleValue() >= min && number.doubleValue() <= max) {
            return number.doubleValue();
        }
        throw rejected(name, "a number from " + show(min) + " to " + show(max));
    }

    /**
     * True or false, or {@code otherwise} if the field is not there.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public boolean flag(String name, boolean otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        if (value(name) instanceof Boolean flag) {
            return flag;
        }
        throw rejected(name, "true or false");
    }

    /**
     * A string that is not empty.
     *
     * @param expected what it is, for the message
     * @throws IllegalArgumentException if it is not there, no string, or empty
     */
    public String string(String name, String expected) {
        if (value(name) instanceof String string && !string.isEmpty()) {
            return string;
        }
        throw rejected(name, expected);
    }

    /**
     * One of these strings, or {@code otherwise} if the field is not there.
     *
     * @throws IllegalArgumentException if it is another
     */
    public String choice(String name, String otherwise, List<String> allowed) {
        if (!has(name)) {
            return otherwise;
        }
        if (value(name) instanceof String string && allowed.contains(string)) {
            return string;
        }
        throw rejected(name, oneOf(allowed));
    }

    /**
     * A constant of an enum by its name, or {@code otherwise} if the field is not there.
     *
     * @throws IllegalArgumentException if it is none
     */
    public <E extends Enum<E>> E enumValue(String name, E otherwise) {
        Class<E> type = otherwise.getDeclaringClass();
        List<String> names = Stream.of(type.getEnumConstants()).map(Enum::name).toList();
        return Enum.valueOf(type, choice(name, otherwise.name(), names));
    }

    /** These strings as a message lists them. */
    public static String oneOf(List<String> allowed) {
        return allowed.size() == 1 ? show(allowed.get(0)) : "one of " + String.join(", ", new TreeSet<>(allowed));
    }

    /**
     * A duration such as {@code "10s"}, {@code "500ms"}, {@code "2m"} or {@code "1h"}, or {@code otherwise} if the field is not there.
     *
     * @throws IllegalArgumentException if it is none, or not from {@code min} to {@code max}
     */
    public Duration duration(String name, Duration otherwise, Duration min, Duration max) {
        if (!has(name)) {
            return otherwise;
        }
        Duration duration = value(name) instanceof String string ? Scalars.duration(string, min, max) : null;
        if (duration == null) {
            throw rejected(name, Scalars.expectedDuration(min, max));
        }
        return duration;
    }

    /** A duration as a configuration states it. */
    public static String text(Duration duration) {
        return Scalars.text(duration);
    }

    /** What to throw when the value at a path is not what was expected. */
    public static IllegalArgumentException rejected(String path, @Nullable Object value, String expected) {
        return new IllegalArgumentException(
                (path.isEmpty() ? "configuration" : path) + ": was " + show(value) + ", expected " + expected);
    }

    /** A value as a person would write it, cut where it gets long. */
    static String show(@Nullable Object value) {
        if (value instanceof String string) {
            return '"' + Printable.text(string, SHOWN) + '"';
        }
        if (value instanceof Map<?, ?> map) {
            return map.isEmpty() ? "an empty object" : "an object";
        }
        if (value instanceof List<?> list) {
            return list.isEmpty() ? "an empty list" : "a list";
        }
        if (value instanceof Double number && Double.isFinite(number)) {
            return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
        }
        return String.valueOf(value);
    }
}
