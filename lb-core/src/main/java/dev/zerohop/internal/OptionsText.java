package dev.zerohop.internal;

import java.time.Duration;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Settings in the words of the configuration format, as {@code explain} shows them: {@code shard (strategy jump, ownerDown FAIL_FAST)}. */
public final class OptionsText {
    private final String name;
    private final StringJoiner options = new StringJoiner(", ");

    /** {@code name} stands before the options; an empty one leaves the options alone. */
    public OptionsText(String name) {
        this.name = name;
    }

    /** An option with its value; one that is null or an empty {@code Optional} is left out. */
    public OptionsText with(String option, @Nullable Object value) {
        Object given = value instanceof Optional<?> optional ? optional.orElse(null) : value;
        if (given instanceof Duration duration) {
            return withNanos(option, duration.toNanos());
        }
        if (given instanceof Double number && number == Math.rint(number)) {
            given = number.longValue();
        }
        if (given != null) {
            options.add(option + " " + given);
        }
        return this;
    }

    /** A time as configurations state it. */
    public OptionsText withNanos(String option, long nanos) {
        return with(option, duration(nanos));
    }

    private static String duration(long nanos) {
        long millis = nanos / 1_000_000;
        return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
    }

    @Override
    public String toString() {
        if (name.isEmpty()) {
            return options.toString();
        }
        return options.length() == 0 ? name : name + " (" + options + ")";
    }
}
