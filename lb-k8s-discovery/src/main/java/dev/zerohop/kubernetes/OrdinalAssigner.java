package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Adds to the endpoints of one service what its slices do not say: who is which shard, and how many are desired. Owned by one resolver. */
interface OrdinalAssigner {

    /** Nobody has an ordinal. */
    OrdinalAssigner NONE = new OrdinalAssigner() {
        @Override
        public Cancellable follow(Runnable changed) {
            return () -> {};
        }

        @Override
        public Assignment assign(List<Endpoint> endpoints) {
            return new Assignment(endpoints, null, lost -> false, null, null);
        }
    };

    /**
     * Begins to follow what the numbers depend on, once, when the resolver starts. Returns at once. {@code changed} is run, on any thread, whenever
     * {@link #assign} might answer otherwise than before; the resolver then asks again.
     */
    Cancellable follow(Runnable changed);

    /**
     * Numbers the endpoints, all that the slices name, sorted by id; the pod's name is in the attribute {@link SliceView#POD}. Called by one thread at a
     * time, between {@link #follow} and its cancellation, at every change of either. Must not block.
     *
     * @return null while too little is known: the resolver then tells nobody anything new
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
     * @param expected whether somebody meant a ready endpoint to go that is missing now although it was never seen leaving, for example since the
     *     desired number of replicas is lower; such a loss is obeyed at once
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
