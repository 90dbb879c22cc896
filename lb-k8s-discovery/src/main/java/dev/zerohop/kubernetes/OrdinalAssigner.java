package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Adds to the endpoints of one service what its slices do not contain: the ordinal of each endpoint and the desired number of shards. For tasks of its
 * resolver.
 */
interface OrdinalAssigner {

    /** Called once, when the resolver starts. {@code owner} must be updated whenever the result of {@link #assign} may have changed. */
    default void start(WatchingResolver owner) {}

    /**
     * Assigns ordinals to the endpoints: all that the slices list, sorted by id, with the pod's name as the attribute {@link SliceView#POD}. Must not block.
     *
     * @return null while too little is known; then nothing new is published
     */
    @Nullable
    Assignment assign(List<Endpoint> endpoints);

    /** Why {@link #assign} returns null, for display; null if there is no known reason. */
    default @Nullable Exception blockedBy() {
        return null;
    }

    /**
     * The endpoints with their ordinals.
     *
     * @param endpoints the same endpoints, with the ordinals that they have
     * @param shards what is known of the shards, if anything
     * @param expected whether a missing ready endpoint was removed on purpose although it was never seen draining, for example because the desired number of
     * replicas is lower; such a removal takes effect at once
     * @param problem why the ordinals are unknown or may be wrong, for display; null if they are correct
     * @param unnumbered why no endpoint has an ordinal, for display; null if some have, or if there are no endpoints
     */
    record Assignment(
            List<Endpoint> endpoints,
            @Nullable ShardMap shards,
            Predicate<Endpoint> expected,
            @Nullable Exception problem,
            @Nullable String unnumbered) {}
}
