package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The classic order of the Linux Virtual Server ({@link LvsCycle}), one sequence for all threads. When every member has weight 0, plain round robin over
 * those that are usable.
 */
final class LvsPicker extends CandidatePicker {
    static final UnkeyedPolicy LVS = new UnkeyedPolicy("lvs", LvsPicker::new);

    /** Slow start makes weights that are no whole numbers; they are counted in this fraction. */
    private static final long FRACTION = 1_000;

    private static final Comparator<Candidate> BY_ORDER =
            Comparator.comparingLong(candidate -> order(candidate.node()));

    /** The candidates that take turns, in order. */
    private final Candidate[] turns;

    private final @Nullable LvsCycle cycle;

    /** The number of picks; shared with the version before while the cycle is the same, so that none is lost between the two. */
    private final AtomicLong position;

    LvsPicker(Snapshot snapshot, Env env) {
        super(snapshot, env, takers(snapshot));
        this.turns = inOrder(snapshot);
        this.cycle = cycle(turns);
        this.position = new AtomicLong();
    }

    private LvsPicker(LvsPicker before, Snapshot next) {
        super(next, before.env, takers(next));
        this.turns = inOrder(next);
        if (Arrays.equals(turns, before.turns)) {
            this.cycle = before.cycle;
            this.position = before.position;
        } else {
            this.cycle = cycle(turns);
            this.position = new AtomicLong(before.over(cycle));
        }
    }

    private static @Nullable LvsCycle cycle(Candidate[] turns) {
        if (turns.length == 0) {
            return null;
        }
        boolean whole = Arrays.stream(turns).allMatch(turn -> turn.weight() == Math.rint(turn.weight()));
        return new LvsCycle(Arrays.stream(turns)
                .mapToLong(turn -> whole ? (long) turn.weight() : Math.max(1, Math.round(turn.weight() * FRACTION)))
                .toArray());
    }

    /** Where another cycle begins so that it stays where this one is as a share of the whole. */
    private long over(@Nullable LvsCycle next) {
        long at = position.get();
        if (cycle == null || next == null) {
            return at;
        }
        double share = (double) Math.floorMod(at, cycle.length()) / cycle.length();
        return Math.min((long) (share * next.length()), next.length() - 1);
    }

    private static Candidate[] inOrder(Snapshot snapshot) {
        return takers(snapshot).stream().sorted(BY_ORDER).toArray(Candidate[]::new);
    }

    /** The candidates; when all members have weight 0, which leaves no candidates, those that are usable. */
    private static List<Candidate> takers(Snapshot snapshot) {
        if (!snapshot.candidates().isEmpty()) {
            return snapshot.candidates();
        }
        List<Candidate> usable = new ArrayList<>();
        for (Node node : snapshot.members()) {
            if (node.endpoint().weight() != 0) {
                return List.of();
            }
            if (node.health().status().usable()) {
                usable.add(new Candidate(node, 1));
            }
        }
        return usable;
    }

    /** The place that the source gave it; those without one come last, in the order of ids, in which members always are. */
    private static long order(Node node) {
        String stated = node.endpoint().attributes().get(Endpoint.ORDER);
        try {
            return stated == null ? Long.MAX_VALUE : Long.parseLong(stated);
        } catch (NumberFormatException noPlace) {
            return Long.MAX_VALUE;
        }
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        LvsCycle cycle = this.cycle;
        if (cycle == null) {
            return null;
        }
        Node node = at(cycle, position.getAndIncrement());
        // The turn of a node to avoid is used up, as under the other policies that take turns.
        return context.avoidsAny() && context.avoids(node.endpoint()) ? redrawAvoiding(context, node) : node;
    }

    @Override
    double share(Candidate candidate) {
        return 1;
    }

    @Override
    Node draw() {
        LvsCycle drawn = requireNonNull(cycle, "cycle");
        return at(drawn, (long) (env.dice().nextDouble() * drawn.length()));
    }

    private Node at(LvsCycle cycle, long position) {
        return turns[cycle.at(Math.floorMod(position, cycle.length()))].node();
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new LvsPicker(this, next);
    }

    @Override
    public List<String> explain(PickContext context) {
        LvsCycle now = cycle;
        return List.of(
                now == null
                        ? "no candidate takes turns"
                        : "takes turns in a cycle of " + now.length() + " over " + turns.length
                                + (snapshot.candidates().isEmpty()
                                        ? " usable members, for all weights are 0"
                                        : " candidates")
                                + ", one position for all threads");
    }
}
