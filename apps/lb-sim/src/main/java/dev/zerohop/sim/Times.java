package dev.zerohop.sim;

import dev.zerohop.Options;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lengths of time as a scenario states them: {@code 500us}, {@code 0.5ms}, {@code 10s}, {@code 2m}, {@code 1h}; in nanoseconds. */
final class Times {
    static final long MILLISECOND = 1_000_000;
    static final long SECOND = 1_000 * MILLISECOND;
    static final long HOUR = 3_600 * SECOND;

    private static final Pattern TIME = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,6})?)(us|ms|s|m|h)");

    private Times() {}

    /** One that must be there, from {@code min} to {@code max}. */
    static long read(Options options, String field, long min, long max) {
        long nanos = options.value(field) instanceof String text ? parse(text) : -1;
        if (nanos < min || nanos > max) {
            throw options.rejected(
                    field,
                    "a time from " + text(min) + " to " + text(max) + ", such as \"10s\", \"1.5ms\" or \"500us\"");
        }
        return nanos;
    }

    /** The same, or {@code otherwise} if the field is not there. */
    static long read(Options options, String field, long otherwise, long min, long max) {
        return options.has(field) ? read(options, field, min, max) : otherwise;
    }

    /** -1 for what is no such text. */
    static long parse(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            return -1;
        }
        long unit = switch (matcher.group(2)) {
            case "us" -> 1_000;
            case "ms" -> MILLISECOND;
            case "s" -> SECOND;
            case "m" -> 60 * SECOND;
            default -> HOUR;
        };
        BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
        return nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0 ? -1 : nanos.longValue();
    }

    static String text(long nanos) {
        if (nanos % HOUR == 0 && nanos > 0) {
            return nanos / HOUR + "h";
        }
        if (nanos % SECOND == 0) {
            return nanos / SECOND + "s";
        }
        return nanos % MILLISECOND == 0 ? nanos / MILLISECOND + "ms" : nanos / 1_000 + "us";
    }
}
