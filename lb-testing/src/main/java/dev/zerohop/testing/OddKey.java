package dev.zerohop.testing;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.ShardPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key as callers get it wrong, and what must become of it. An immutable value.
 *
 * @param source where it stands, and whether it is an integer
 * @param carried what the request has there, as the caller writes it: the values of a header, the {@code Cookie} headers, or the one query, path or body
 * @param key the key that it means; null if it means none or is refused
 * @param problem a part of the sentence that refuses it; null if it is not refused
 */
public record OddKey(
        KeySource source,
        List<String> carried,
        @Nullable EndpointSelector key,
        @Nullable String problem) {

    /** What the refusal of a call without a key says. */
    private static final String NO_KEY = "needs a key and the call brought none";

    /** Checks for null and copies the list. */
    public OddKey {
        requireNonNull(source, "source");
        carried = List.copyOf(carried);
    }

    /** The ordinal that owns the key among this many shards by {@code zerohop-shard/v1}; -1 if the call is to be refused. */
    public int owner(int shards) {
        return key == null
                ? -1
                : ShardPolicy.builder()
                        .shards(shards)
                        .build()
                        .place(key, Snapshot.of(List.of()))
                        .ordinal();
    }

    /** What the error of a call that is to be refused says, behind the name of the service; empty if it is not. */
    public String refusal() {
        if (key != null) {
            return "";
        }
        return problem == null ? NO_KEY : "the key (" + source + ") " + problem;
    }

    /** For the names of tests: no control characters, no other scripts, not longer than a line. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(source.integer() ? "integer" : "text");
        for (String each : carried) {
            out.append(" [");
            each.chars()
                    .limit(80)
                    .forEach(c ->
                            out.append(c < ' ' || c > '~' ? String.format("\\u%04x", c) : String.valueOf((char) c)));
            out.append(']');
        }
        return out.toString();
    }
}
