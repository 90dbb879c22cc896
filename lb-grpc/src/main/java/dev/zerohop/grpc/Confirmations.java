package dev.zerohop.grpc;

import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a channel's resolver tells the channel's policy that the last set still holds, which keeps its age true. A resolution result would say so
 * too, but makes every address anew. In the synchronization context only.
 */
final class Confirmations {
    private @Nullable Consumer<Instant> follower;

    /** The policy that is in force hears of it from now on; it replaces the one before. */
    void follow(Consumer<Instant> next) {
        follower = next;
    }

    void tell(Instant asOf) {
        Consumer<Instant> to = follower;
        if (to != null) {
            to.accept(asOf);
        }
    }
}
