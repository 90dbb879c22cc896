package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of the membership, as stages transform it and pickers are built from it. Immutable; the health of a node is the one thing
 * behind it that lives on.
 *
 * @param members everybody, sorted by id, whatever their health or weight
 * @param candidates who may be picked now, in the order of the members; nodes of weight 0 are never among them
 * @param reviewInNanos how soon this version should be computed again although nothing was reported; {@link Long#MAX_VALUE} for never
 * @param shards the desired number of shards, if the source knows it
 * @param directory who owns which key, if the source keeps that
 * @param trail what each stage did, one line each, for {@code explain}
 */
public record Snapshot(
        List<Node> members,
        List<Candidate> candidates,
        long reviewInNanos,
        @Nullable ShardCount shards,
        @Nullable KeyDirectory directory,
        List<String> trail) {

    /** No members at all. */
    public static final Snapshot EMPTY = new Snapshot(List.of(), List.of(), Long.MAX_VALUE, null, null, List.of());

    /** Copies the lists. */
    public Snapshot {
        members = List.copyOf(members);
        candidates = List.copyOf(candidates);
        trail = List.copyOf(trail);
        requireNonNull(members, "members");
        if (reviewInNanos <= 0) {
            throw new IllegalArgumentException("review was due in " + reviewInNanos + " ns, expected > 0");
        }
    }

    /** The first version before any stage: every member of a weight above 0 is a candidate. */
    public static Snapshot of(List<? extends Node> members, @Nullable ShardCount shards) {
        List<Candidate> candidates = new ArrayList<>(members.size());
        for (Node node : members) {
            int weight = node.endpoint().weight();
            if (weight > 0) {
                candidates.add(new Candidate(node, weight));
            }
        }
        return new Snapshot(List.copyOf(members), candidates, Long.MAX_VALUE, shards, null, List.of());
    }

    /** {@link #of(List, ShardCount)} without a shard count. */
    public static Snapshot of(List<? extends Node> members) {
        return of(members, null);
    }

    /** The same members with other candidates, an earlier review if {@code reviewInNanos} is sooner, and one more line in the trail. */
    public Snapshot with(List<Candidate> next, long reviewInNanos, String note) {
        List<String> notes = new ArrayList<>(trail.size() + 1);
        notes.addAll(trail);
        notes.add(note);
        return new Snapshot(members, next, Math.min(this.reviewInNanos, reviewInNanos), shards, directory, notes);
    }

    /** The same version with another directory. */
    public Snapshot withDirectory(@Nullable KeyDirectory next) {
        return new Snapshot(members, candidates, reviewInNanos, shards, next, trail);
    }
}
