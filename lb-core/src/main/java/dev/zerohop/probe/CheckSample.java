package dev.zerohop.probe;

import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.internal.Xxh64;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.RandomAccess;
import java.util.Set;

/**
 * Which members are checked. All, if they are not more than the sample. Else those of the lowest hashes: a random part of them, another one for each client, which changes by
 * no more than what comes and goes. Besides, up to the same number again, those that are out: first those that a check has found so, for nothing else would notice that
 * they are back, then others that calls or verdicts have taken out, those of the lowest hashes.
 */
final class CheckSample {
    private static final Set<Health.Status> OUT = EnumSet.of(
            Health.Status.HALF_OPEN, Health.Status.EJECTED, Health.Status.UNHEALTHY, Health.Status.UNREACHABLE);

    private final int size;
    private final long seed;
    private List<Node> members = List.of();
    private List<Endpoint> sampled = List.of();

    private record Ranked(long hash, Endpoint endpoint) {}

    CheckSample(int size, long seed) {
        this.size = size;
        this.seed = seed;
    }

    /** Takes the members, sorted by id. */
    void take(List<Node> now) {
        members = now;
        if (now.size() <= size) {
            sampled = now.stream().map(Node::endpoint).toList();
            return;
        }
        sampled = lowest(size, now);
    }

    /** Those of the lowest hashes. */
    private List<Endpoint> lowest(int count, Collection<Node> of) {
        // The highest of the lowest goes first.
        PriorityQueue<Ranked> lowest = new PriorityQueue<>(
                count + 1, Comparator.comparingLong(Ranked::hash).reversed());
        for (Node node : of) {
            long hash = Xxh64.hashUtf8(node.endpoint().id(), seed);
            Ranked highest = lowest.peek();
            if (lowest.size() < count || (highest != null && hash < highest.hash())) {
                lowest.add(new Ranked(hash, node.endpoint()));
                if (lowest.size() > count) {
                    lowest.remove();
                }
            }
        }
        return lowest.stream().map(Ranked::endpoint).toList();
    }

    /**
     * Those to check, at most twice the sample.
     *
     * @param failing the ids of those that the checks find failing
     * @param impaired members that are not simply used
     */
    Collection<Endpoint> choose(Collection<String> failing, List<Node> impaired) {
        if (members.size() <= size) {
            return sampled;
        }
        Map<String, Endpoint> chosen = new LinkedHashMap<>();
        List<String> ids = new Ids(members);
        for (String id : failing) {
            int at = Collections.binarySearch(ids, id);
            if (at >= 0) {
                add(chosen, members.get(at).endpoint());
            }
        }
        for (Endpoint endpoint : sampled) {
            add(chosen, endpoint);
        }
        // By the same hashes, so that many clients do not all check the same few.
        List<Node> out = new ArrayList<>();
        for (Node node : impaired) {
            String id = node.endpoint().id();
            if (OUT.contains(node.health().status())
                    && !chosen.containsKey(id)
                    && Collections.binarySearch(ids, id) >= 0) {
                out.add(node);
            }
        }
        for (Endpoint endpoint : lowest(2 * size - chosen.size(), out)) {
            add(chosen, endpoint);
        }
        return new ArrayList<>(chosen.values());
    }

    private void add(Map<String, Endpoint> chosen, Endpoint endpoint) {
        if (chosen.size() < 2 * size) {
            chosen.putIfAbsent(endpoint.id(), endpoint);
        }
    }

    /** The ids of nodes, made when they are looked at. */
    private static final class Ids extends AbstractList<String> implements RandomAccess {
        private final List<Node> nodes;

        private Ids(List<Node> nodes) {
            this.nodes = nodes;
        }

        @Override
        public String get(int index) {
            return nodes.get(index).endpoint().id();
        }

        @Override
        public int size() {
            return nodes.size();
        }
    }
}
