package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.StripedCursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks a cycle of turns that was laid out in advance. */
abstract class SequencePicker extends CandidatePicker {
    final StripedCursor cursor;

    /** Makes this client's order differ from that of others; handed on from version to version. */
    final long seed;

    /** Indexes of {@link #nodes}. */
    private final int[] turns;

    /** The first version. */
    SequencePicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        this.seed = env.dice().nextLong();
        this.turns = turns(permuted(seed, nodes.length));
        this.cursor = StripedCursor.create(Math.max(1, turns.length), env.dice());
    }

    /** A later version. */
    SequencePicker(SequencePicker before, Snapshot next) {
        super(next, before.env);
        this.seed = before.seed;
        this.turns = turns(permuted(seed, nodes.length));
        this.cursor = turns.length == 0 ? before.cursor : before.cursor.over(turns.length);
    }

    /** Lays out the cycle over the candidates in the given order. Called by the constructor, so it must not use fields of a subclass. */
    abstract int[] turns(int[] order);

    @Override
    public final @Nullable Node pick(PickContext context) {
        if (turns.length == 0) {
            return null;
        }
        Node node = nodes[turns[cursor.next()]];
        // The turn of a node to avoid is used up, not passed on to the node behind it.
        return context.avoidsAny() && context.avoids(node.endpoint()) ? instead(context, node) : node;
    }

    @Override
    final Node draw() {
        return nodes[turns[env.dice().nextInt(turns.length)]];
    }

    @Override
    public final List<String> explain(PickContext context) {
        return List.of("takes turns in a cycle of " + turns.length + " over " + nodes.length
                + " candidates, one position for each of " + StripedCursor.STRIPES + " stripes of threads");
    }

    /**
     * An order of 0 to {@code count - 1} that depends on the seed: steps of a width that shares no divisor with the count. As good as a shuffle
     * for keeping clients apart, and it costs nothing to make.
     */
    private static int[] permuted(long seed, int count) {
        int[] order = new int[count];
        if (count < 3) {
            for (int i = 0; i < count; i++) {
                order[i] = i;
            }
            return order;
        }
        int step = 1 + (int) (((seed >>> 32) * (count - 1)) >>> 32);
        while (gcd(step, count) != 1) {
            step = step == count - 1 ? 1 : step + 1;
        }
        int at = 0;
        for (int i = 0; i < count; i++) {
            order[i] = at;
            at += step - count;
            at += at < 0 ? count : 0;
        }
        return order;
    }

    static int gcd(int a, int b) {
        int greater = a;
        int smaller = b;
        while (smaller != 0) {
            int rest = greater % smaller;
            greater = smaller;
            smaller = rest;
        }
        return greater;
    }
}
