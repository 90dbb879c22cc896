package dev.zerohop.grpc;

import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a channel's resolver tells the channel's policy what is no news of addresses: that the last set still holds, what the source refuses, how it judges
 * endpoints. A resolution result could say so too, but makes every address anew. In the synchronization context only.
 */
final class SourceNews {
    /** Bad values that were there before anybody listened; more than these tell nobody anything. */
    private static final int MOST_UNHEARD = 100;

    private final List<String> unheard = new ArrayList<>();
    private Resolver.@Nullable Listener follower;
    private Map<String, HealthSource.Verdict> verdicts = Map.of();
    private long verdictsNanos;

    /** The policy that is in force hears of it from now on; it replaces the one before. */
    void follow(Resolver.Listener next, long nowNanos) {
        if (follower == next) {
            return;
        }
        follower = next;
        unheard.forEach(next::onRefused);
        unheard.clear();
        Map<String, HealthSource.Verdict> left = HealthSource.Verdict.after(verdicts, nowNanos - verdictsNanos);
        if (!left.isEmpty()) {
            next.onVerdicts(left);
        }
    }

    void confirmed(Instant asOf) {
        Resolver.Listener to = follower;
        if (to != null) {
            to.onConfirmed(asOf);
        }
    }

    void refused(String reason) {
        Resolver.Listener to = follower;
        if (to != null) {
            to.onRefused(reason);
        } else if (unheard.size() < MOST_UNHEARD) {
            unheard.add(reason);
        }
    }

    void judged(Map<String, HealthSource.Verdict> given, long nowNanos) {
        verdicts = Map.copyOf(given);
        verdictsNanos = nowNanos;
        Resolver.Listener to = follower;
        if (to != null) {
            to.onVerdicts(verdicts);
        }
    }
}
