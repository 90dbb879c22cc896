package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of the membership, as stages transform it and pickers are built from it. Immutable; the health of a node is the one thing
 * behind it that lives on.
 *
 * @param members all members, sorted by id, whatever their health or weight
 * @param candidates who may be picked now, in the order of the members; nodes of weight 0 are never among them
 * @param reviewInNanos how soon this version should be computed again although nothing was reported; {@link Long#MAX_VALUE} for never
 * @param shardMap what the source says about shards, if anything
 * @param directory who owns which key, if the source keeps that
 * @param client where this process runs, as far as the source found out
 * @param missingOrdinals the ordinals that the source named before and does no more, ascending; see {@link EndpointSet#missingOrdinals}
 * @param unnumbered why no member has an ordinal, if the source knows; see {@link EndpointSet#unnumbered}
 * @param trail what each stage did, one line each, for {@code explain}
 */
public record Snapshot(
        List<Node> members,
        List<Candidate> candidates,
        long reviewInNanos,
        @Nullable ShardMap shardMap,
        @Nullable KeyDirectory directory,
        Locality client,
        List<MissingOrdinal> missingOrdinals,
        @Nullable String unnumbered,
        List<String> trail) {

    /** No members at all. */
    public static final Snapshot EMPTY = new Snapshot(
            List.of(), List.of(), Long.MAX_VALUE, null, null, Locality.UNKNOWN, List.of(), null, List.of());

    /** Copies the lists. */
    public Snapshot {
        members = List.copyOf(members);
        candidates = List.copyOf(candidates);
        missingOrdinals = List.copyOf(missingOrdinals);
        trail = List.copyOf(trail);
        requireNonNull(members, "members");
        requireNonNull(client, "client");
        if (reviewInNanos <= 0) {
            throw new IllegalArgumentException("review was due in " + reviewInNanos + " ns, expected > 0");
        }
    }

    /** The first version before any stage: every member of a weight above 0 is a candidate. */
    public static Snapshot of(List<? extends Node> members, @Nullable ShardMap shardMap) {
        List<Candidate> candidates = new ArrayList<>(members.size());
        for (Node node : members) {
            int weight = node.endpoint().weight();
            if (weight > 0) {
                candidates.add(new Candidate(node, weight, 1));
            }
        }
        return new Snapshot(
                List.copyOf(members),
                candidates,
                Long.MAX_VALUE,
                shardMap,
                null,
                Locality.UNKNOWN,
                List.of(),
                null,
                List.of());
    }

    /** {@link #of(List, ShardMap)} with a count that has no epoch, or null. */
    public static Snapshot of(List<? extends Node> members, @Nullable ShardCount shards) {
        return of(members, shards == null ? null : ShardMap.of(shards));
    }

    /** {@link #of(List, ShardMap)} without a word about shards. */
    public static Snapshot of(List<? extends Node> members) {
        return of(members, (ShardMap) null);
    }

    /** The desired number of shards, if the source states a number: that of the present epoch. */
    public @Nullable ShardCount shards() {
        return shardMap == null ? null : shardMap.count();
    }

    /**
     * Why no call can be sent: the refusal of a policy whose picks may go to any candidate. It names up to five members with what is believed of them, since
     * when, and why. Not for the fast path: it looks at all members.
     *
     * @param nowNanos the present instant of the balancer's clock
     */
    public Refusal refusal(long nowNanos) {
        return NoCandidate.refusal(this, nowNanos);
    }

    /** The same, as seen from a process that runs there. */
    public Snapshot at(Locality client) {
        return new Snapshot(
                members, candidates, reviewInNanos, shardMap, directory, client, missingOrdinals, unnumbered, trail);
    }

    /** The same members with other candidates, an earlier review if {@code reviewInNanos} is sooner, and one more line in the trail. */
    public Snapshot with(List<Candidate> next, long reviewInNanos, String note) {
        List<String> notes = new ArrayList<>(trail.size() + 1);
        notes.addAll(trail);
        notes.add(note);
        return new Snapshot(
                members,
                next,
                Math.min(this.reviewInNanos, reviewInNanos),
                shardMap,
                directory,
                client,
                missingOrdinals,
                unnumbered,
                notes);
    }

    /** The same version with another directory. */
    public Snapshot withDirectory(@Nullable KeyDirectory next) {
        return new Snapshot(
                members, candidates, reviewInNanos, shardMap, next, client, missingOrdinals, unnumbered, trail);
    }

    /** The same version with these ordinals missing. */
    public Snapshot missing(List<MissingOrdinal> ordinals) {
        return new Snapshot(
                members, candidates, reviewInNanos, shardMap, directory, client, ordinals, unnumbered, trail);
    }

    /** The same version, with why no member has an ordinal. */
    public Snapshot unnumbered(@Nullable String why) {
        return new Snapshot(
                members, candidates, reviewInNanos, shardMap, directory, client, missingOrdinals, why, trail);
    }
}
