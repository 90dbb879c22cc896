package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * The better of two candidates drawn by chance (Mitzenmacher, "The power of two choices in randomized load balancing", 2001). One random number
 * gives both. With equal weights the two are distinct; with different weights each is drawn in proportion to its weight and both may be the same, or
 * with few candidates the weights would be lost. Where a stage divides the traffic between groups of candidates, the second is drawn from the first one's
 * group: what is compared never moves traffic from one group to another.
 */
abstract class TwoChoicePicker extends CandidatePicker {
    private static final long LOW = 0xFFFFFFFFL;
    private static final int PENALTY_FREE_ONE_IN = 16;

    final boolean uniform;

    private final AliasTable table;
    private final @Nullable GroupAliasTable groups;
    private final Dice dice;

    TwoChoicePicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        this.table = AliasTable.of(snapshot, true);
        this.groups = snapshot.isUnstaged() ? null : GroupAliasTable.of(snapshot.candidates());
        this.uniform = groups == null && table.isUniform();
        this.dice = env.dice();
    }

    TwoChoicePicker(TwoChoicePicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.table = before.table;
        this.groups = before.groups;
        this.uniform = before.uniform;
        this.dice = before.dice;
    }

    @Override
    final double share(Candidate candidate) {
        // One that is out would take its group's share down with it.
        return groups == null ? table.share(candidate.weight()) : 1;
    }

    /**
     * The node that is known to be better than any that is drawn, of the group of the candidate in place {@code first}; null if none is. {@code random} holds the bits that drew. Default: none.
     */
    @Nullable
    Node known(PickContext context, int first, long random, long nowNanos) {
        return null;
    }

    /** Whether the first of two drawn candidates, given with their places, is to be preferred. {@code random} holds the bits that drew them. */
    abstract boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos);

    /** Whether this comparison ignores penalties, as one in sixteen does, so that an endpoint with failures behind it is found to be well again. {@code random} is that of {@link #firstWins}. */
    static boolean forgives(long random) {
        // The lowest bits of the first half hardly influence what is drawn.
        return ((random >>> 32) & (PENALTY_FREE_ONE_IN - 1)) == 0;
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return pick(context, 0);
    }

    @Override
    public final @Nullable Node pick(PickContext context, long nowNanos) {
        int count = nodes.length;
        if (count < 2) {
            return count == 0 ? null : nodes[0];
        }
        long random;
        int first;
        int second;
        Node one;
        Node other;
        int draws = 0;
        do {
            random = dice.nextLong();
            if (uniform) {
                first = (int) (((random >>> 32) * count) >>> 32);
                second = (int) (((random & LOW) * (count - 1)) >>> 32);
                if (second >= first) {
                    second++;
                }
            } else {
                first = table.draw(random >>> 32);
                second = groups == null ? table.draw(random & LOW) : groups.drawBeside(first, random & LOW);
            }
            one = nodes[first];
            other = nodes[second];
        } while ((one == null || other == null) && ++draws < MOST_DRAWS);
        if (one == null || other == null) {
            one = leftFrom(first);
            other = leftFrom(second);
        }
        Node known = known(context, first, random, nowNanos);
        if (known != null) {
            return known;
        }
        boolean firstWins = firstWins(one, first, other, second, random, nowNanos);
        Node better = firstWins ? one : other;
        if (context.avoidsAny() && context.avoids(better.endpoint())) {
            Node worse = firstWins ? other : one;
            return context.avoids(worse.endpoint()) ? redrawAvoiding(context, better) : worse;
        }
        return better;
    }

    /** Whether the candidates in two places are of one group, so that to prefer one to the other moves no traffic between groups. */
    final boolean sameGroup(int place, int other) {
        return groups == null || groups.same(place, other);
    }

    /** What is drawn, in words. */
    final String drawn() {
        return "draws two of " + snapshot.candidates().size() + " candidates"
                + (groups == null ? "" : ", both of one group,");
    }

    @Override
    final Node draw() {
        return draw(table, dice);
    }
}
