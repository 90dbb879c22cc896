package dev.zerohop.internal;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Integers and durations as JSON has them: 3.0 is 3, and durations are {@code 500ms}, {@code 10s}, {@code 2m}, {@code 1h}. */
public final class Scalars {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

    /** Above it a double is not every integer. */
    private static final double EXACT = 1L << 53;

    private Scalars() {}

    /** Whether an integer is meant, because callers whose numbers are all doubles (gRPC) write 3 as 3.0. */
    public static boolean isInteger(double number) {
        return number == Math.rint(number) && Math.abs(number) <= EXACT;
    }

    /** The duration, or null if the text is none or one that is not within these. */
    public static @Nullable Duration duration(String text, Duration min, Duration max) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        long count = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
        return duration.compareTo(min) < 0 || duration.compareTo(max) > 0 ? null : duration;
    }

    /** What a text should have been that is none. */
    public static String expectedDuration(Duration min, Duration max) {
        return "a duration from " + text(min) + " to " + text(max) + ", such as \"10s\", \"500ms\" or \"2m\"";
    }

    /** A duration as {@link #duration} reads it, in whole hours, seconds or milliseconds. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        return seconds > 0 && seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds + "s";
    }
}
