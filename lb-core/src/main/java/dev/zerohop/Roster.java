package dev.zerohop;

import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The members of a balancer by id, and a candidate for each of a weight above 0, in the same order. Immutable; the next one is this one with other members in the
 * place that has changed.
 */
final class Roster {
    static final Roster EMPTY = new Roster(List.of(), new Frozen<>(new LiveNode[0]), new Frozen<>(new Candidate[0]), 0);

    /** The endpoints of the members, in their order; null if some are members although the source no longer names them. */
    private final @Nullable List<Endpoint> named;

    private final Frozen<LiveNode> members;
    private final Frozen<Candidate> weighted;

    /** How many have attributes. */
    private final int attributed;

    private Roster(
            @Nullable List<Endpoint> named, Frozen<LiveNode> members, Frozen<Candidate> weighted, int attributed) {
        this.named = named;
        this.members = members;
        this.weighted = weighted;
        this.attributed = attributed;
    }

    /** Of members that are not only those which the source names. */
    static Roster of(List<LiveNode> members) {
        LiveNode[] all = members.toArray(new LiveNode[0]);
        List<Endpoint> endpoints = members.stream().map(LiveNode::endpoint).toList();
        return new Roster(null, new Frozen<>(all), new Frozen<>(candidates(all, endpoints)), attributed(endpoints));
    }

    Frozen<LiveNode> members() {
        return members;
    }

    Frozen<Candidate> weighted() {
        return weighted;
    }

    /** The member of this id; null if there is none. */
    @Nullable
    LiveNode find(String id) {
        int from = 0;
        int to = members.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            LiveNode node = members.get(middle);
            int order = node.endpoint().id().compareTo(id);
            if (order == 0) {
                return node;
            }
            if (order < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return null;
    }

    boolean hasAttributes() {
        return attributed > 0;
    }

    /** The members as a guard is asked about them. */
    List<MembershipGuard.Member> forGuard() {
        List<Endpoint> endpoints = named;
        if (endpoints == null) {
            return members.stream()
                    .map(node -> new MembershipGuard.Member(node.endpoint(), node.heldSince()))
                    .toList();
        }
        // Made when they are looked at: of a removal that was meant none is.
        return new AbstractList<>() {
            @Override
            public MembershipGuard.Member get(int index) {
                return new MembershipGuard.Member(endpoints.get(index), MembershipGuard.Member.NOT_HELD);
            }

            @Override
            public int size() {
                return endpoints.size();
            }
        };
    }

    /** Where the members are others than these endpoints say. */
    Change changeTo(List<Endpoint> endpoints) {
        return named == null ? Change.of(members, endpoints) : Change.between(named, endpoints);
    }

    /** The members of these endpoints: those of this roster, and {@code others} in the place that has changed. */
    Roster with(Change change, LiveNode[] others, List<Endpoint> endpoints) {
        List<Endpoint> next = endpoints.subList(change.from(), change.after());
        Frozen<Candidate> candidates =
                weighted.with(weightedUpTo(change.from()), weightedUpTo(change.before()), candidates(others, next));
        int kept = named == null ? 0 : attributed - attributed(named.subList(change.from(), change.before()));
        return new Roster(
                endpoints, members.with(change.from(), change.before(), others), candidates, kept + attributed(next));
    }

    /** How many of the first members are candidates. */
    private int weightedUpTo(int end) {
        if (named == null || weighted.size() == members.size()) {
            return end == 0 ? 0 : end == members.size() ? weighted.size() : end;
        }
        int count = 0;
        for (int i = 0; i < end; i++) {
            count += named.get(i).weight() > 0 ? 1 : 0;
        }
        return count;
    }

    private static Candidate[] candidates(LiveNode[] nodes, List<Endpoint> endpoints) {
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            count += endpoint.weight() > 0 ? 1 : 0;
        }
        Candidate[] candidates = new Candidate[count];
        int at = 0;
        for (int i = 0; i < nodes.length; i++) {
            Endpoint endpoint = endpoints.get(i);
            if (endpoint.weight() > 0) {
                candidates[at++] = nodes[i].candidate(endpoint);
            }
        }
        return candidates;
    }

    private static int attributed(List<Endpoint> endpoints) {
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            count += endpoint.attributes().isEmpty() ? 0 : 1;
        }
        return count;
    }

    /**
     * The nodes of these endpoints, null for one that is new; the nodes that have no endpoint among them are put into {@code gone}. Both lists are sorted by id.
     */
    static @Nullable LiveNode[] match(List<LiveNode> nodes, List<Endpoint> endpoints, Map<String, LiveNode> gone) {
        @Nullable LiveNode[] known = new LiveNode[endpoints.size()];
        int at = 0;
        for (LiveNode node : nodes) {
            Endpoint had = node.endpoint();
            boolean named = false;
            while (!named && at < known.length) {
                Endpoint has = endpoints.get(at);
                // Nearly always it is the same one, and that is found out faster than an order.
                named = has == had || has.id().equals(had.id());
                if (!named && has.id().compareTo(had.id()) > 0) {
                    break;
                }
                at++;
            }
            if (named) {
                known[at - 1] = node;
            } else {
                gone.put(had.id(), node);
            }
        }
        return known;
    }
}
