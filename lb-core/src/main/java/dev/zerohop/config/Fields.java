package dev.zerohop.config;

import dev.zerohop.Printable;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The fields of one object of a configuration and the path to it. Every refusal names the path, what was found, and what was expected. */
final class Fields {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final double EXACT = 1L << 53;
    private static final int SHOWN = 80;

    private final String path;
    private final Map<?, ?> values;

    private Fields(String path, Map<?, ?> values) {
        this.path = path;
        this.values = values;
    }

    /**
     * Reads an object that has these fields and no others.
     *
     * @param path where it stands; empty for the whole configuration
     * @throws IllegalArgumentException if it is not an object, has another field, or a field is null
     */
    static Fields of(String path, @Nullable Object value, String... known) {
        Fields fields = anyOf(path, value);
        List<String> expected = List.of(known);
        for (Map.Entry<?, ?> entry : fields.values.entrySet()) {
            String name = (String) entry.getKey();
            if (!expected.contains(name)) {
                throw refusal(fields.path(name), entry.getValue(), unknown(name, expected));
            }
        }
        return fields;
    }

    /** Reads an object whose names are up to the user. */
    static Fields anyOf(String path, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw refusal(path, value, "an object");
        }
        Fields fields = new Fields(path, map);
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String name)) {
                throw refusal(path, entry.getKey(), "names that are texts");
            }
            if (entry.getValue() == null) {
                throw refusal(fields.path(name), null, "a value (leave the field out for its default)");
            }
        }
        return fields;
    }

    private static String unknown(String name, List<String> known) {
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
    String path(String name) {
        if (name.length() > SHOWN || !name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            return path + "[" + show(name) + "]";
        }
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The path of the object. */
    String path() {
        return path;
    }

    /** The names of the fields that are there, in the order in which they stand. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (Object name : values.keySet()) {
            names.add((String) name);
        }
        return names;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** The value as it stands, or null if the field is not there. */
    @Nullable
    Object raw(String name) {
        return values.get(name);
    }

    /** A refusal of the field's value. */
    IllegalArgumentException refuse(String name, String expected) {
        return refusal(path(name), raw(name), expected);
    }

    /** An object with these fields; an empty one if the field is not there. */
    Fields object(String name, String... known) {
        return has(name) ? of(path(name), raw(name), known) : new Fields(path(name), Map.of());
    }

    /** An object whose names are up to the user. */
    Fields anyObject(String name) {
        return anyOf(path(name), raw(name));
    }

    List<?> list(String name, String expected) {
        if (!(raw(name) instanceof List<?> list)) {
            throw refuse(name, expected);
        }
        return list;
    }

    /** A whole number; 3.0 is one, because callers whose numbers are all doubles (gRPC) write 3 so. */
    int integer(String name, int otherwise, int min, int max) {
        return has(name) ? integer(path(name), raw(name), min, max) : otherwise;
    }

    static int integer(String path, @Nullable Object value, int min, int max) {
        if (value instanceof Number number) {
            double exact = number.doubleValue();
            if (exact == Math.rint(exact) && Math.abs(exact) <= EXACT && exact >= min && exact <= max) {
                return (int) exact;
            }
        }
        throw refusal(path, value, "an integer from " + min + " to " + max);
    }

    double number(String name, double otherwise, double min, double max) {
        if (!has(name)) {
            return otherwise;
        }
        if (raw(name) instanceof Number number && number.doubleValue() >= min && number.doubleValue() <= max) {
            return number.doubleValue();
        }
        throw refuse(name, "a number from " + show(min) + " to " + show(max));
    }

    boolean flag(String name, boolean otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        if (raw(name) instanceof Boolean flag) {
            return flag;
        }
        throw refuse(name, "true or false");
    }

    /** A text that is not empty. */
    String text(String name, String expected) {
        if (raw(name) instanceof String text && !text.isEmpty()) {
            return text;
        }
        throw refuse(name, expected);
    }

    /** One of these words; the default if the field is not there. */
    String word(String name, String otherwise, List<String> words) {
        if (!has(name)) {
            return otherwise;
        }
        if (raw(name) instanceof String text && words.contains(text)) {
            return text;
        }
        throw refuse(name, oneOf(words));
    }

    static String oneOf(List<String> words) {
        return words.size() == 1 ? show(words.get(0)) : "one of " + String.join(", ", new TreeSet<>(words));
    }

    /** A duration such as {@code 10s}. */
    Duration duration(String name, Duration otherwise, Duration min, Duration max) {
        if (!has(name)) {
            return otherwise;
        }
        if (raw(name) instanceof String text) {
            Matcher matcher = DURATION.matcher(text);
            if (matcher.matches()) {
                long count = Long.parseLong(matcher.group(1));
                Duration duration = switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(count);
                    case "s" -> Duration.ofSeconds(count);
                    case "m" -> Duration.ofMinutes(count);
                    default -> Duration.ofHours(count);
                };
                if (duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
                    return duration;
                }
            }
        }
        throw refuse(
                name, "a duration from " + words(min) + " to " + words(max) + ", such as \"10s\", \"500ms\" or \"2m\"");
    }

    static String words(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        return seconds > 0 && seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds + "s";
    }

    static IllegalArgumentException refusal(String path, @Nullable Object value, String expected) {
        return new IllegalArgumentException(
                (path.isEmpty() ? "configuration" : path) + ": was " + show(value) + ", expected " + expected);
    }

    /** A value as a person would write it, cut where it gets long. */
    static String show(@Nullable Object value) {
        if (value instanceof String text) {
            return '"' + Printable.text(text, SHOWN) + '"';
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
