package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Adds to the endpoints of one service what its slices do not hold: which shard each is, and how many are desired. For tasks of its resolver. */
interface OrdinalAssigner {

    /** Called once, when the resolver starts. {@code owner} has to update whenever {@link #assign} might answer otherwise than before. */
    default void start(WatchingResolver owner) {}

    /**
     * Numbers the endpoints: all that the slices name, sorted by id, with the pod's name as the attribute {@link SliceView#POD}. Must not block.
     *
     * @return null while too little is known: nothing new is published then
     */
    @Nullable
    Assignment assign(List<Endpoint> endpoints);

    /** What keeps {@link #assign} from answering, for a person; null if nothing is known to. */
    default @Nullable Exception blockedBy() {
        return null;
    }

    /**
     * The endpoints with their numbers.
     *
     * @param endpoints the same endpoints, with the ordinals that they have
     * @param shards what is known of the shards, if anything
     * @param expected whether a ready endpoint that is missing was meant to go although it was never seen draining, for example since the desired number
     *     of replicas is lower; such a loss counts at once
     * @param problem what keeps the numbers from being known or from being true, for a person; null if nothing does
     * @param unnumbered why no endpoint has a number, for a person who wants one; null if some have, or if there are no endpoints
     */
    record Assignment(
            List<Endpoint> endpoints,
            @Nullable ShardMap shards,
            Predicate<Endpoint> expected,
            @Nullable Exception problem,
            @Nullable String unnumbered) {}
}
