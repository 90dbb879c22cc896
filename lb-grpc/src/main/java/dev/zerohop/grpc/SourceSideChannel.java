package dev.zerohop.grpc;

import dev.zerohop.Resolution;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a channel's resolver reports to the channel's policy what is no news of addresses: that the last set still holds, what the source rejects, how it judges
 * endpoints. A resolution result could say so too, but makes every address anew. In the synchronization context only.
 */
final class SourceSideChannel {
    private Resolution last = Resolution.NONE;
    private @Nullable Consumer<Resolution> follower;

    /** All that the source said last. */
    Resolution last() {
        return last;
    }

    /** The policy that is in force follows from now on; it replaces the one before. */
    void follow(Consumer<Resolution> next) {
        follower = next;
    }

    /** Keeps it for the policy, which takes it with the addresses that are about to be delivered. */
    void keep(Resolution now) {
        last = now;
    }

    /** Reports it to the policy. */
    void publish(Resolution now) {
        last = now;
        if (follower != null) {
            follower.accept(now);
        }
    }
}
