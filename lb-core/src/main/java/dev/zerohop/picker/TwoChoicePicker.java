package dev.zerohop.picker;

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

    /** Whether the first of two drawn candidates, given by index, is to be preferred. {@code random} holds the bits that drew them. */
    abstract boolean firstWins(int first, int second, long random, long nowNanos);

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
        long random = dice.nextLong();
        int first;
        int second;
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
        boolean firstWins = firstWins(first, second, random, nowNanos);
        Node better = nodes[firstWins ? first : second];
        if (context.avoidsAny() && context.avoids(better.endpoint())) {
            Node other = nodes[firstWins ? second : first];
            return context.avoids(other.endpoint()) ? redrawAvoiding(context, better) : other;
        }
        return better;
    }

    /** What is drawn, in words. */
    final String drawn() {
        return "draws two of " + nodes.length + " candidates" + (groups == null ? "" : ", both of one group,");
    }

    @Override
    final Node draw() {
        return nodes[table.draw(dice.nextLong() >>> 32)];
    }
}
