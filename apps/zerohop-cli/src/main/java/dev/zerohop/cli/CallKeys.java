package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeyText;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a run, from {@code --key}, {@code --id} or {@code --ids}.
 *
 * @param keys the key of each call
 * @param count how many different keys there are; 0 for calls without a key
 */
record CallKeys(LoadPlan.Keys keys, long count) {
    private static final Pattern RANGE = Pattern.compile("(-?\\d{1,18})-(-?\\d{1,18})");

    static CallKeys of(@Nullable String text, @Nullable String id, @Nullable String ids) {
        int given = (text == null ? 0 : 1) + (id == null ? 0 : 1) + (ids == null ? 0 : 1);
        if (given > 1) {
            throw new BadInput("more than one of --key, --id and --ids was given, expected one at the most");
        }
        if (ids != null) {
            return range(ids);
        }
        if (given == 0) {
            return new CallKeys(index -> null, 0);
        }
        EndpointSelector key = selector(text, id);
        return new CallKeys(index -> key, 1);
    }

    /** The one key of {@code --key} or {@code --id}. */
    static EndpointSelector selector(@Nullable String text, @Nullable String id) {
        oneOf(text, id);
        return text != null ? key("--key", text, false) : key("--id", String.valueOf(id), true);
    }

    /** Rejects both and neither. */
    static void oneOf(@Nullable String text, @Nullable String id) {
        if ((text == null) == (id == null)) {
            throw new BadInput((text == null ? "neither --key nor --id was" : "--key and --id were both")
                    + " given, expected one of them");
        }
    }

    private static EndpointSelector key(String option, String text, boolean integer) {
        EndpointSelector key;
        try {
            key = KeyText.read(text, integer);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(option + " " + rejected.getMessage());
        }
        if (key == null) {
            throw empty(option, text);
        }
        return key;
    }

    static BadInput empty(String option, String text) {
        return new BadInput(option + " was '" + text + "', expected a key that is not empty");
    }

    private static CallKeys range(String ids) {
        Matcher range = RANGE.matcher(ids);
        Checks.that(range.matches(), "--ids", ids, "FROM-TO, such as 0-99");
        long from = Long.parseLong(range.group(1));
        long to = Long.parseLong(range.group(2));
        Checks.that(from <= to, "--ids", ids, "FROM not above TO");
        long count = to - from + 1;
        return new CallKeys(index -> EndpointSelector.of(from + index % count), count);
    }
}
