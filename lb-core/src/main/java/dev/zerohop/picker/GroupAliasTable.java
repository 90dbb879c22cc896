package dev.zerohop.picker;

import dev.zerohop.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Draws an index from the group of another one, in proportion to the weights within the group, in constant time. Immutable. */
final class GroupAliasTable {
    /** By index of a candidate. */
    private final Group[] groups;

    /** By index of a candidate: its place in its group. */
    private final int[] places;

    private GroupAliasTable(Group[] groups, int[] places) {
        this.groups = groups;
        this.places = places;
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Group(int[] members, AliasTable table) {}

    /** Null if all candidates are in one group. */
    static @Nullable GroupAliasTable of(List<Candidate> candidates) {
        if (inOne(candidates)) {
            return null;
        }
        double[] weights = CandidatePicker.weights(candidates, true);
        TreeMap<Integer, List<Integer>> byGroup = new TreeMap<>();
        for (int i = 0; i < weights.length; i++) {
            byGroup.computeIfAbsent(candidates.get(i).group(), absent -> new ArrayList<>())
                    .add(i);
        }
        Group[] groups = new Group[weights.length];
        int[] places = new int[weights.length];
        for (List<Integer> indexes : byGroup.values()) {
            int[] members = indexes.stream().mapToInt(index -> index).toArray();
            double[] within =
                    indexes.stream().mapToDouble(index -> weights[index]).toArray();
            Group group = new Group(members, AliasTable.of(within));
            for (int place = 0; place < members.length; place++) {
                groups[members[place]] = group;
                places[members[place]] = place;
            }
        }
        return new GroupAliasTable(groups, places);
    }

    private static boolean inOne(List<Candidate> candidates) {
        for (Candidate candidate : candidates) {
            if (candidate.group() != candidates.get(0).group()) {
                return false;
            }
        }
        return true;
    }

    /** Whether two indexes are of one group. */
    boolean same(int index, int other) {
        return groups[index] == groups[other];
    }

    /**
     * An index of the same group. Another one if the weights in the group are equal and it has another; else both may be the same.
     *
     * @param bits uniform in [0, 2^32)
     */
    int drawBeside(int index, long bits) {
        Group group = groups[index];
        int[] members = group.members;
        if (!group.table.isUniform()) {
            return members[group.table.draw(bits)];
        }
        int others = members.length - 1;
        if (others == 0) {
            return index;
        }
        int place = (int) ((bits * others) >>> 32);
        return members[place < places[index] ? place : place + 1];
    }
}
