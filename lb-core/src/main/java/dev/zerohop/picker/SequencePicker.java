package dev.zerohop.picker;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.StripedCursor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns in a cycle that was laid out in advance: in proportion to the weights, evenly interleaved (see {@link WeightedSchedule}), or one each for a policy that
 * ignores the endpoints' own weights, but for what stages prefer.
 */
final class SequencePicker extends CandidatePicker {
    static final UnkeyedPolicy ROUND_ROBIN =
            new UnkeyedPolicy("round_robin", (first, env) -> new SequencePicker(first, env, false));
    static final UnkeyedPolicy WEIGHTED_ROUND_ROBIN =
            new UnkeyedPolicy("weighted_round_robin", (first, env) -> new SequencePicker(first, env, true));

    private static final int[] NONE = {};

    private final boolean weighted;
    private final StripedCursor cursor;

    /** Makes this client's order differ from that of others; handed on from version to version. */
    private final long seed;

    /** Indexes of {@link #nodes}, or {@link WeightedSchedule#LIGHT}. */
    private final int[] slots;

    /** The nodes that share the turns of the light ones, by chance: indexes of {@link #nodes}, drawn by {@link #table}. */
    private final int[] light;

    private final AliasTable table;

    /** The first version. */
    SequencePicker(Snapshot snapshot, Env env, boolean weighted) {
        this(snapshot, env, weighted, env.dice().nextLong(), null);
    }

    private SequencePicker(Snapshot snapshot, Env env, boolean weighted, long seed, @Nullable StripedCursor before) {
        super(snapshot, env);
        this.weighted = weighted;
        this.seed = seed;
        double[] weights = weights(snapshot.candidates(), weighted);
        this.slots = slots(seed, weights);
        this.light = light();
        this.table =
                AliasTable.of(IntStream.of(light).mapToDouble(i -> weights[i]).toArray());
        this.cursor = before == null
                ? StripedCursor.create(Math.max(1, slots.length), env.dice().nextLong())
                : slots.length == 0 ? before : before.over(slots.length);
    }

    private static int[] slots(long seed, double[] weights) {
        int[] order = permuted(seed, weights.length);
        double[] ordered = new double[order.length];
        for (int i = 0; i < order.length; i++) {
            ordered[i] = weights[order[i]];
        }
        return WeightedSchedule.of(order, ordered);
    }

    /** Those without a turn of their own; empty if none shares one. */
    private int[] light() {
        boolean shared = false;
        boolean[] own = new boolean[nodes.length];
        for (int turn : slots) {
            if (turn == WeightedSchedule.LIGHT) {
                shared = true;
            } else {
                own[turn] = true;
            }
        }
        return shared ? IntStream.range(0, own.length).filter(i -> !own[i]).toArray() : NONE;
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        if (slots.length == 0) {
            return null;
        }
        Node node = at(slots[cursor.next()]);
        // The turn of a node to avoid is used up, not passed on to the node behind it.
        return context.avoidsAny() && context.avoids(node.endpoint()) ? redrawAvoiding(context, node) : node;
    }

    @Override
    Node draw() {
        return at(slots[env.dice().nextInt(slots.length)]);
    }

    private Node at(int turn) {
        return nodes[turn >= 0 ? turn : light[table.draw(env.dice().nextLong() >>> 32)]];
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new SequencePicker(next, env, weighted, seed, cursor);
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("takes turns in a cycle of " + slots.length + " over " + nodes.length
                + " candidates"
                + (slots.length > nodes.length ? weighted ? " by their weights" : " by the stages' weights" : "")
                + (light.length == 0 ? "" : ", of which " + light.length + " share the turns of the lightest by chance")
                + ", one position for each of " + StripedCursor.STRIPES + " stripes of threads");
    }

    /**
     * An order of 0 to {@code count - 1} that depends on the seed: steps of a width that shares no divisor with the count. As good as a shuffle
     * for keeping clients apart, and it costs nothing to make.
     */
    private static int[] permuted(long seed, int count) {
        int[] order = new int[count];
        if (count < 3) {
            Arrays.setAll(order, i -> i);
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
