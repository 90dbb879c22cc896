package dev.zerohop.sim;

import dev.zerohop.PickContext;
import org.jspecify.annotations.Nullable;

/** One call of a client, from its intended start to its end, over all its attempts. Used again after its end. */
final class Call {
    /** For {@link #key} of calls without one. */
    static final int NO_KEY = -1;

    final CallList list;
    long number;
    long startNanos;
    long demandNanos;

    /** 64 bits that decide on all that happens to the call by chance: the same under every policy. */
    long luck;

    int key = NO_KEY;
    int attempts;
    PickContext context = PickContext.NONE;

    /** Null while it has none under way: it waits for an endpoint. */
    @Nullable
    Attempt attempt;

    @Nullable
    Client client;

    // Its neighbours in the list of calls under way.
    @Nullable
    Call before;

    @Nullable
    Call after;

    Call(CallList list) {
        this.list = list;
    }
}
