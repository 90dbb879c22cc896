package dev.zerohop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Settles the health of the members of which something was reported, and of no others. For tasks of the control path. */
final class MemberHealth {
    /** When a record that threw is asked again. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final String name;
    private final BalancerListener listener;
    private final ForeignFaults faults;

    /** Those whose health is to be settled anew. */
    private final List<LiveNode> news = new ArrayList<>();

    /** Those with a verdict that ends by itself. */
    private final Set<LiveNode> expiring = new LinkedHashSet<>();

    /** No verdict ends before. */
    private long firstEndNanos = Long.MAX_VALUE;

    /** See {@link Snapshot#impaired}. */
    private final SortedSet<LiveNode> impaired;

    private final Beginnings beginnings;

    MemberHealth(
            String name,
            BalancerListener listener,
            ForeignFaults faults,
            Comparator<LiveNode> byId,
            Beginnings beginnings) {
        this.beginnings = beginnings;
        this.name = name;
        this.listener = listener;
        this.faults = faults;
        this.impaired = new TreeSet<>(byId);
    }

    /** Something was reported of the member, or of what its health depends on. */
    void changed(LiveNode node) {
        if (!node.hasNews) {
            node.hasNews = true;
            news.add(node);
        }
    }

    /** The member has left. If it has news, the next review drops them. */
    void forget(LiveNode node) {
        expiring.remove(node);
        impaired.remove(node);
    }

    List<Node> impaired() {
        return List.copyOf(impaired);
    }

    /**
     * Settles the health of those of which something was reported, or of which a verdict has ended.
     *
     * @return nanoseconds until a verdict ends; {@link Long#MAX_VALUE} if none does
     */
    long review(long now) {
        boolean ended = firstEndNanos != Long.MAX_VALUE && firstEndNanos - now <= 0;
        if (ended) {
            for (LiveNode node : expiring) {
                if (node.verdictEndsNanos - now <= 0) {
                    changed(node);
                }
            }
        }
        // Those that are reported meanwhile stand behind.
        int count = news.size();
        int done = 0;
        try {
            while (done < count) {
                LiveNode node = news.get(done++);
                node.hasNews = false;
                // Not one that has left since.
                if (!node.left) {
                    settle(node, now);
                }
            }
        } finally {
            news.subList(0, done).clear();
        }
        if (ended) {
            firstEndNanos = Long.MAX_VALUE;
            for (LiveNode node : expiring) {
                firstEndNanos = Math.min(firstEndNanos, node.verdictEndsNanos);
            }
        }
        return firstEndNanos == Long.MAX_VALUE ? Long.MAX_VALUE : firstEndNanos - now;
    }

    private void settle(LiveNode node, long now) {
        Health before = node.health();
        try {
            expire(node, node.refreshHealth(now));
        } catch (Throwable thrown) {
            // It is asked again.
            changed(node);
            expire(node, now + RETRY_NANOS);
            faults.report("the ejection's track record", "what was believed of the endpoint stays", thrown);
            return;
        }
        Health after = node.health();
        if (after.impaired()) {
            impaired.add(node);
        } else {
            impaired.remove(node);
            beginnings.usableSince(node.healthySinceNanos());
        }
        if (before.status() != after.status()) {
            listener.onHealth(name, node.endpoint(), before, after);
        }
    }

    private void expire(LiveNode node, long nanos) {
        node.verdictEndsNanos = nanos;
        if (nanos == Long.MAX_VALUE) {
            expiring.remove(node);
        } else {
            expiring.add(node);
            firstEndNanos = Math.min(firstEndNanos, nanos);
        }
    }

    void clear() {
        news.clear();
        firstEndNanos = Long.MAX_VALUE;
        expiring.clear();
        impaired.clear();
    }
}
