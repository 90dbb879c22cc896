package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.Xxh64;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What placement by hash knows of the members: their names and their own weights, in the order of the members. Health and addresses are no part of it, so a version
 * in which only these differ has the very same object, and what was made of it stays. Immutable.
 */
final class HashMembers {
    private static final HashMembers NONE = new HashMembers(new Endpoint[0], new String[0], new long[0]);

    private final Endpoint[] endpoints;
    private final String[] keys;
    private final long[] hashes;

    /** Whether any has a weight. */
    private final boolean weighted;

    private HashMembers(Endpoint[] endpoints, String[] keys, long[] hashes) {
        this.endpoints = endpoints;
        this.keys = keys;
        this.hashes = hashes;
        this.weighted = Arrays.stream(endpoints).anyMatch(endpoint -> endpoint.weight() > 0);
    }

    /** Those of a snapshot; {@code before} itself if they have the same names and weights. */
    static HashMembers of(Snapshot snapshot, @Nullable HashMembers before) {
        List<Node> members = snapshot.members();
        return before != null && before.describes(members) ? before : read(members, before);
    }

    private boolean describes(List<Node> members) {
        if (members.size() != endpoints.length) {
            return false;
        }
        for (int i = 0; i < endpoints.length; i++) {
            Endpoint next = members.get(i).endpoint();
            if (next != endpoints[i]
                    && (next.weight() != endpoints[i].weight()
                            || !next.hashKey().equals(keys[i]))) {
                return false;
            }
        }
        return true;
    }

    /** Both lists are in order of ids, so hashes that are known are found by walking along. */
    private static HashMembers read(List<Node> members, @Nullable HashMembers before) {
        int count = members.size();
        Endpoint[] endpoints = new Endpoint[count];
        String[] keys = new String[count];
        long[] hashes = new long[count];
        HashMembers known = before == null ? NONE : before;
        int at = 0;
        for (int i = 0; i < count; i++) {
            Endpoint endpoint = members.get(i).endpoint();
            String key = endpoint.hashKey();
            while (at < known.keys.length
                    && known.endpoints[at] != endpoint
                    && known.endpoints[at].id().compareTo(endpoint.id()) < 0) {
                at++;
            }
            boolean same = at < known.keys.length && known.keys[at].equals(key);
            endpoints[i] = endpoint;
            keys[i] = key;
            hashes[i] = same ? known.hashes[at] : Xxh64.hashUtf8(key);
        }
        return new HashMembers(endpoints, keys, hashes);
    }

    int size() {
        return keys.length;
    }

    /** Whether any member has a weight above 0. */
    boolean weighted() {
        return weighted;
    }

    /** The name by which a member is placed. */
    String key(int member) {
        return keys[member];
    }

    /** XXH64 of that name, seed 0. */
    long hash(int member) {
        return hashes[member];
    }

    /** Of all members; not to be changed. */
    long[] hashes() {
        return hashes;
    }

    /** Its own weight. */
    int weight(int member) {
        return endpoints[member].weight();
    }

    /** The members with a weight in order of their names, so that a table is the same however its source sorts; of equal names in order of the members. */
    int[] byKey() {
        int[] order = new int[keys.length];
        int count = 0;
        boolean sorted = true;
        for (int i = 0; i < keys.length; i++) {
            if (weight(i) > 0) {
                sorted &= count == 0 || keys[order[count - 1]].compareTo(keys[i]) <= 0;
                order[count++] = i;
            }
        }
        int[] placed = Arrays.copyOf(order, count);
        return sorted
                ? placed
                : Arrays.stream(placed)
                        .boxed()
                        .sorted((left, right) -> keys[left].compareTo(keys[right]))
                        .mapToInt(member -> member)
                        .toArray();
    }
}
