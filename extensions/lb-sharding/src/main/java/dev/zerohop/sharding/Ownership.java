package dev.zerohop.sharding;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import org.jspecify.annotations.Nullable;

/** What a guard needs of a member. Thread-safe; nothing blocks. */
interface Ownership {

    /** The id of the endpoint that this member is. */
    String id();

    /** The newest assignment that is known here; null while there is none. */
    @Nullable
    SliceMap assignment();

    /** Counts a call as load of 1. */
    void record(EndpointSelector key);

    /** Runs {@code task} after each change of the {@link #assignment}. It must be quick. */
    void onAssignment(Runnable task);
}
