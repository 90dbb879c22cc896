package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One version of the membership, as stages transform it and pickers are built from it. Immutable; the health of a node is the one thing
 * behind it that lives on. Compared by identity.
 */
public final class Snapshot {
    /** No members at all. */
    public static final Snapshot EMPTY = of(List.of());

    private final Members members;
    private final Stated stated;
    private final Chosen chosen;
    private final long reviewInNanos;
    private final StageTrail trail;

    /** By the type of the value; empty nearly always. */
    private final Map<Class<?>, Object> carried;

    /**
     * The members, and what is known of all of them together: a change of one among thousands must not need a look at each. The lists are immutable.
     *
     * @param all all of them
     * @param weighted a candidate for each of a weight above 0, in the same order
     * @param impaired see {@link Snapshot#impaired}
     * @param attributes see {@link Snapshot#hasAttributes}
     * @param byId whether they are certainly sorted by id, and so the candidates
     */
    record Members(
            List<Node> all,
            Frozen<Candidate> weighted,
            List<Node> impaired,
            boolean attributes,
            boolean byId,
            Origin origin) {
        static Members of(List<? extends Node> members, List<Candidate> weighted) {
            List<Node> impaired = new ArrayList<>();
            boolean attributes = false;
            Origin origin = null;
            for (Node node : members) {
                if (node.health().impaired()) {
                    impaired.add(node);
                }
                attributes |= !node.endpoint().attributes().isEmpty();
                long since = node.healthySinceNanos();
                origin = origin == null ? new Origin(since, since, () -> 0) : origin.with(since);
            }
            return new Members(
                    List.copyOf(members),
                    Frozen.copyOf(weighted),
                    List.copyOf(impaired),
                    attributes,
                    false,
                    origin == null ? new Origin(0, 0, () -> 0) : origin);
        }

        static Candidate candidate(Node node, Endpoint endpoint) {
            return new Candidate(node, endpoint.weight(), 1);
        }
    }

    /** See {@link Snapshot#startedNanos}, {@link Snapshot#newestNanos} and {@link Snapshot#seed}. */
    record Origin(long startedNanos, long newestNanos, LongSupplier seed) {
        Origin with(long since) {
            return new Origin(
                    since - startedNanos < 0 ? since : startedNanos,
                    since - newestNanos > 0 ? since : newestNanos,
                    seed);
        }
    }

    /** What the source states beside its endpoints. */
    private record Stated(
            @Nullable ShardMap shardMap,
            @Nullable SliceMap slices,
            @Nullable KeyDirectory directory,
            Locality client,
            List<MissingOrdinal> missingOrdinals,
            @Nullable String unnumbered) {
        static final Stated NOTHING = new Stated(null, null, null, Locality.UNKNOWN, List.of(), null);

        Stated {
            requireNonNull(client, "client");
            missingOrdinals = List.copyOf(missingOrdinals);
        }

        static Stated of(@Nullable EndpointSet set) {
            return set == null
                    ? NOTHING
                    : new Stated(
                            set.shardMap(),
                            set.slices(),
                            set.directory(),
                            set.client(),
                            set.missingOrdinals(),
                            set.unnumbered());
        }
    }

    /** Which of the members stages leave: to connect to, by health, and in all. Where no stage takes any out, the lists are the same object. */
    private record Chosen(List<Node> reached, Frozen<Candidate> available, Frozen<Candidate> candidates) {
        Chosen with(List<Candidate> next) {
            return new Chosen(reached, available, Frozen.copyOf(next));
        }
    }

    /**
     * What one stage did.
     *
     * @param stage its name
     * @param in how many candidates it was given
     * @param out how many it left
     * @param note what it says of that; empty if it had nothing to do
     * @param panic whether it used endpoints that verdicts had taken out
     */
    public record Step(String stage, int in, int out, String note, boolean panic) {}

    private Snapshot(
            Members members,
            Stated stated,
            Chosen chosen,
            long reviewInNanos,
            StageTrail trail,
            Map<Class<?>, Object> carried) {
        if (reviewInNanos <= 0) {
            throw new IllegalArgumentException("review was due in " + reviewInNanos + " ns, expected > 0");
        }
        this.members = members;
        this.stated = stated;
        this.chosen = chosen;
        this.reviewInNanos = reviewInNanos;
        this.trail = trail;
        this.carried = carried;
    }

    /** The first version before any stage: every member of a weight above 0 is a candidate. */
    static Snapshot of(Members members, @Nullable EndpointSet set) {
        Chosen all = new Chosen(members.all(), members.weighted(), members.weighted());
        return new Snapshot(members, Stated.of(set), all, Long.MAX_VALUE, StageTrail.NONE, Map.of());
    }

    /** The first version before any stage: every member of a weight above 0 is a candidate. */
    public static Snapshot of(List<? extends Node> members) {
        List<Candidate> weighted = new ArrayList<>(members.size());
        for (Node node : members) {
            Endpoint endpoint = node.endpoint();
            if (endpoint.weight() > 0) {
                weighted.add(Members.candidate(node, endpoint));
            }
        }
        return of(members, weighted);
    }

    /** {@link #of(List)} with what the source states about shards, or null. */
    public static Snapshot of(List<? extends Node> members, @Nullable ShardMap shardMap) {
        return of(members).withShardMap(shardMap);
    }

    /** {@link #of(List)} with a count that has no epoch, or null. */
    public static Snapshot of(List<? extends Node> members, @Nullable ShardCount shards) {
        return of(members, shards == null ? null : ShardMap.of(shards));
    }

    /** Members of which health leaves these, and all of them may be picked. */
    public static Snapshot of(List<? extends Node> members, List<Candidate> candidates) {
        return of(Members.of(members, candidates), null);
    }

    // ---- the members ----

    /** All members, sorted by id, whatever their health or weight. */
    public List<Node> members() {
        return members.all();
    }

    /**
     * The members that were {@linkplain Health#impaired impaired} when the version was made, in their order.
     */
    public List<Node> impaired() {
        return members.impaired();
    }

    /**
     * Whether the candidates are as they were before any stage, each member of a weight above 0 once and sorted by id: then one is found among them without a look
     * at each. False for snapshots that no balancer has made.
     */
    public boolean isUnstaged() {
        return members.byId() && chosen.candidates() == members.weighted();
    }

    /**
     * When the members became known that this client began with, on the balancer's clock: those of the first set of the source, and before it those that were kept from an earlier process.
     * What is {@linkplain Node#healthySinceNanos usable since} later is new, or is back. Without a balancer, since when the first of the members is usable.
     */
    public long startedNanos() {
        return members.origin().startedNanos();
    }

    /** An instant after which no member became usable: a stage that cares for new ones need not look at each while this is long ago. */
    public long newestNanos() {
        return members.origin().newestNanos();
    }

    /**
     * A number of this balancer's own, by which a stage may choose otherwise than those of other clients do. It is drawn from the balancer's dice when it is first asked for and stays; 0 without a
     * balancer. For stages only.
     */
    public long seed() {
        return members.origin().seed().getAsLong();
    }

    /** Whether the endpoint of any member has attributes. */
    public boolean hasAttributes() {
        return members.attributes();
    }

    /** The members that this client keeps connections to, sorted by id: all of them, unless a stage has taken a part. */
    public List<Node> reached() {
        return chosen.reached();
    }

    /**
     * Those that health leaves, in the order of the members, as they were before any stage that divides the traffic: the owner of a key is down if it is not among them, and not because a stage
     * prefers others to it. The same list as {@link #candidates} while no later stage has changed that.
     */
    public List<Candidate> available() {
        return chosen.available();
    }

    /** The candidates: who may be picked now, in the order of the members; nodes of weight 0 are never among them. */
    public List<Candidate> candidates() {
        return chosen.candidates();
    }

    // ---- what the source states ----

    /** What the source states about shards, if anything. */
    public @Nullable ShardMap shardMap() {
        return stated.shardMap();
    }

    /** The desired number of shards, if the source states a number: that of the present epoch. */
    public @Nullable ShardCount shards() {
        ShardMap map = shardMap();
        return map == null ? null : map.count();
    }

    /** The assignment of keys to endpoints, if the source keeps one. */
    public @Nullable SliceMap slices() {
        return stated.slices();
    }

    /** Who owns which key, if the source keeps that. */
    public @Nullable KeyDirectory directory() {
        return stated.directory();
    }

    /** Where this process runs, as far as the source found out. */
    public Locality client() {
        return stated.client();
    }

    /** The ordinals that the source named before and does no more, ascending; see {@link EndpointSet#missingOrdinals}. */
    public List<MissingOrdinal> missingOrdinals() {
        return stated.missingOrdinals();
    }

    /** Why no member has an ordinal, if the source knows; see {@link EndpointSet#unnumbered}. */
    public @Nullable String unnumbered() {
        return stated.unnumbered();
    }

    // ---- what stages did ----

    /** How soon this version should be computed again although nothing was reported; {@link Long#MAX_VALUE} for never. */
    public long reviewInNanos() {
        return reviewInNanos;
    }

    /** What each stage did, one line each, for {@code explain}. */
    public List<String> trail() {
        return trail.notes();
    }

    /** What each stage that the balancer ran made of its candidates, in their order. */
    public List<Step> steps() {
        return trail.steps();
    }

    /** Why endpoints are used that verdicts had taken out, in the words of the stage that panics; null while none does. */
    public @Nullable String panic() {
        return trail.panic();
    }

    /** The same version, for a stage that uses endpoints that verdicts had taken out. Null says nothing. */
    public Snapshot panicking(@Nullable String reason) {
        return reason == null
                ? this
                : new Snapshot(members, stated, chosen, reviewInNanos, trail.panicking(reason), carried);
    }

    /** Notes what the stage made of {@code in}. */
    Snapshot after(String stage, Snapshot in) {
        StageTrail done = trail.after(
                in.trail, stage, in.candidates().size(), candidates().size());
        return new Snapshot(members, stated, chosen, reviewInNanos, done, carried);
    }

    /**
     * The last value of this type that a stage let this version or one before it {@linkplain #carrying carry}; null if none did. Stages have no state: one that goes step by step reads here where it was.
     */
    public <T> @Nullable T carried(Class<T> type) {
        return type.cast(carried.get(type));
    }

    /**
     * The same version, which carries a value for the stages of those after it, in the place of one of the same class. It stays until it is replaced, also while no stage asks for it, so it should say of when it is.
     *
     * @param value immutable, small, and without snapshots or nodes; its class is the stage's own
     */
    public Snapshot carrying(Object value) {
        Map<Class<?>, Object> next = new HashMap<>(carried);
        next.put(value.getClass(), value);
        return new Snapshot(members, stated, chosen, reviewInNanos, trail, Map.copyOf(next));
    }

    /** The same version, which carries what that one does: as the balancer makes each version of the one before it. */
    public Snapshot carryingThatOf(Snapshot before) {
        return before.carried.isEmpty()
                ? this
                : new Snapshot(members, stated, chosen, reviewInNanos, trail, before.carried);
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

    /**
     * The same members with other candidates, an earlier review if {@code reviewInNanos} is sooner, and one more line in the trail. Who owns a key stays {@linkplain #available as it is}.
     *
     * @throws IllegalArgumentException if the review is not later than now
     */
    public Snapshot with(List<Candidate> next, long reviewInNanos, String note) {
        return new Snapshot(
                members,
                stated,
                chosen.with(next),
                Math.min(this.reviewInNanos, reviewInNanos),
                trail.with(note),
                carried);
    }

    /** The same version, of whose members health leaves these: for a stage that decides by health. */
    public Snapshot withAvailable(List<Candidate> next) {
        Frozen<Candidate> candidates = chosen.candidates();
        // Equal lists are one, by which pickers find them equal without a look at each.
        Frozen<Candidate> available = candidates.equals(next) ? candidates : Frozen.copyOf(next);
        Chosen left = new Chosen(reached(), available, candidates);
        return new Snapshot(members, stated, left, reviewInNanos, trail, carried);
    }

    /**
     * The same members with these candidates only, and no connection to the other members: for a stage that takes a part of them whatever their health is. An earlier review if
     * {@code reviewInNanos} is sooner.
     *
     * @throws IllegalArgumentException if the review is not later than now
     */
    public Snapshot reaching(List<Candidate> part, long reviewInNanos, String note) {
        List<Node> nodes = part.stream().map(Candidate::node).toList();
        Frozen<Candidate> some = Frozen.copyOf(part);
        Chosen left = new Chosen(nodes, some, some);
        return new Snapshot(
                members, stated, left, Math.min(this.reviewInNanos, reviewInNanos), trail.with(note), carried);
    }

    /**
     * {@link #with(List, long, String)} without some of the candidates, for a stage that leaves out a few of thousands: they are copied once and not looked at.
     *
     * @param positions the places of those among the candidates, ascending
     * @throws IllegalArgumentException if the positions do not ascend
     * @throws IndexOutOfBoundsException if there is no candidate at one of them
     */
    public Snapshot without(int[] positions, String note) {
        for (int i = 0; i < positions.length; i++) {
            Objects.checkIndex(positions[i], candidates().size());
            if (i > 0 && positions[i - 1] >= positions[i]) {
                throw new IllegalArgumentException("position " + positions[i] + " came after " + positions[i - 1]
                        + ", expected ascending positions");
            }
        }
        return with(chosen.candidates().without(positions), Long.MAX_VALUE, note);
    }

    /** The same version, at a client with this number of its own. */
    public Snapshot seeded(long seed) {
        Origin origin = new Origin(startedNanos(), newestNanos(), () -> seed);
        Members seeded = new Members(
                members.all(), members.weighted(), members.impaired(), members.attributes(), members.byId(), origin);
        return new Snapshot(seeded, stated, chosen, reviewInNanos, trail, carried);
    }

    /** The same version, as seen from a process that runs there. */
    public Snapshot at(Locality client) {
        return with(new Stated(shardMap(), slices(), directory(), client, missingOrdinals(), unnumbered()));
    }

    /** The same version with another map of shards. */
    public Snapshot withShardMap(@Nullable ShardMap next) {
        return with(new Stated(next, slices(), directory(), client(), missingOrdinals(), unnumbered()));
    }

    /** The same version with another assignment. */
    public Snapshot withSlices(@Nullable SliceMap next) {
        return with(new Stated(shardMap(), next, directory(), client(), missingOrdinals(), unnumbered()));
    }

    /** The same version with another directory. */
    public Snapshot withDirectory(@Nullable KeyDirectory next) {
        return with(new Stated(shardMap(), slices(), next, client(), missingOrdinals(), unnumbered()));
    }

    /** The same version with these ordinals missing. */
    public Snapshot missing(List<MissingOrdinal> ordinals) {
        return with(new Stated(shardMap(), slices(), directory(), client(), ordinals, unnumbered()));
    }

    /** The same version, with why no member has an ordinal. */
    public Snapshot unnumbered(@Nullable String why) {
        return with(new Stated(shardMap(), slices(), directory(), client(), missingOrdinals(), why));
    }

    @Override
    public String toString() {
        return candidates().size() + " of " + members().size() + " members are candidates"
                + (trail().isEmpty() ? "" : ": " + trail());
    }

    private Snapshot with(Stated next) {
        return new Snapshot(members, next, chosen, reviewInNanos, trail, carried);
    }
}
