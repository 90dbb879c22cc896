package dev.zerohop;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Settles the health of the members of which something was reported, and of no others. For tasks of the control path. */
final class MemberHealth {
    private static final Log LOG = Log.of(Membership.class);

    private final String name;
    private final BalancerListener listener;
    private final ForeignFaults faults;

    /** Those whose health is to be settled anew. */
    private final List<LiveNode> news = new ArrayList<>();

    /** Those with a verdict that ends by itself. */
    private final Set<LiveNode> expiring = new LinkedHashSet<>();

    /** See {@link Snapshot#impaired}. */
    private final SortedSet<LiveNode> impaired;

    MemberHealth(String name, BalancerListener listener, ForeignFaults faults, Comparator<LiveNode> byId) {
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
     * @param members all of them, by id
     * @return nanoseconds until a verdict ends; {@link Long#MAX_VALUE} if none does
     */
    long review(Map<String, LiveNode> members, long now) {
        for (LiveNode node : expiring) {
            if (node.verdictEndsNanos - now <= 0) {
                changed(node);
            }
        }
        List<LiveNode> reviewed = List.copyOf(news);
        news.clear();
        for (LiveNode node : reviewed) {
            node.hasNews = false;
            // Not one that has left since.
            if (members.get(node.endpoint().id()) == node) {
                settle(node, now);
            }
        }
        long next = Long.MAX_VALUE;
        for (LiveNode node : expiring) {
            next = Math.min(next, node.verdictEndsNanos - now);
        }
        return next;
    }

    private void settle(LiveNode node, long now) {
        Health before = node.health();
        try {
            node.verdictEndsNanos = node.refreshHealth(now);
        } catch (Throwable thrown) {
            faults.report("the ejection's track record", "what was believed of the endpoint stays", thrown);
            // It is asked again.
            changed(node);
            return;
        }
        if (node.verdictEndsNanos == Long.MAX_VALUE) {
            expiring.remove(node);
        } else {
            expiring.add(node);
        }
        Health after = node.health();
        if (Snapshot.Members.isImpaired(after)) {
            impaired.add(node);
        } else {
            impaired.remove(node);
        }
        if (before.status() != after.status()) {
            report(node.endpoint(), before, after);
        }
    }

    private void report(Endpoint endpoint, Health before, Health after) {
        if (after.status().liftedByPanic() || after.status() == Health.Status.UNREACHABLE) {
            LOG.warn(
                    "{}: {} is {} since now: {} (was {})",
                    name,
                    endpoint,
                    after.status(),
                    after.reason(),
                    before.status());
        } else {
            LOG.debug("{}: {} is {}: {} (was {})", name, endpoint, after.status(), after.reason(), before.status());
        }
        listener.onHealth(name, endpoint, before, after);
    }

    void clear() {
        news.clear();
        expiring.clear();
        impaired.clear();
    }
}
