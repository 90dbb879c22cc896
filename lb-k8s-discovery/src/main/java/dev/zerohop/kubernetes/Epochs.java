package dev.zerohop.kubernetes;

import dev.zerohop.ShardCount;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The number of shards as the annotation {@value NumberedSet#SHARDS} of a StatefulSet states it. Each step is a pure function; an immutable value.
 *
 * @param epoch the epoch in force; negative if no annotation was ever usable
 * @param count the number of shards in force, or null if none is known
 * @param problem why the latest annotation is not in force, or null
 */
record Epochs(long epoch, @Nullable ShardCount count, @Nullable String problem) {
    private static final Pattern FIELD = Pattern.compile("\"(epoch|count|firstOrdinal)\"\\s*:\\s*([0-9]{1,16})");
    private static final Pattern FORM =
            Pattern.compile("\\s*\\{\\s*" + FIELD + "(\\s*,\\s*" + FIELD + "){1,2}\\s*}\\s*");
}
