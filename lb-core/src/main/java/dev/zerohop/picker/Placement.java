package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who owns a key, and why.
 *
 * @param ordinal the owner's ordinal, or {@link Endpoint#NO_ORDINAL} if the key cannot be placed
 * @param endpoint the endpoint of that ordinal, whatever its health; null if there is none
 * @param strategy the strategy's name
 * @param shards the number of shards that was used; 0 if it is unknown
 * @param why the steps that lead there, for people
 */
public record Placement(int ordinal, @Nullable Endpoint endpoint, String strategy, int shards, List<String> why) {

    /** Copies the list. */
    public Placement {
        why = List.copyOf(why);
    }
}
