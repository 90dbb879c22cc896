package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.StripedCursor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
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
    private static final AliasTable NONE_LIGHT = AliasTable.of(new double[0]);

    private final boolean weighted;
    private final StripedCursor cursor;

    /** Makes this client's order differ from that of others; handed on from version to version. */
    private final long seed;

    /** The turns of one cycle: indexes of {@link #nodes}, or {@link WeightedSchedule#LIGHT}; null if each node has one turn, in their order. */
    private final int @Nullable [] slots;

    /** The nodes that share the turns of the light ones, by chance: indexes of {@link #nodes}, drawn by {@link #table}. */
    private final int[] light;

    private final AliasTable table;

    /** Of the weights; 0 if they are equal. */
    private final double sum;

    /** The first version. */
    SequencePicker(Snapshot snapshot, Env env, boolean weighted) {
        this(snapshot, env, weighted, env.dice().nextLong(), null);
    }

    private SequencePicker(Snapshot snapshot, Env env, boolean weighted, long seed, @Nullable StripedCursor before) {
        super(snapshot, env, inTurn(seed, nodes(snapshot)));
        this.weighted = weighted;
        this.seed = seed;
        double @Nullable [] weights = weights(seed, snapshot, weighted);
        this.sum = weights == null ? 0 : DoubleStream.of(weights).sum();
        this.slots = weights == null ? null : WeightedSchedule.of(inOrder(weights.length), weights);
        this.light = slots == null ? NONE : light(slots, nodes.length);
        this.table = weights == null || light.length == 0
                ? NONE_LIGHT
                : AliasTable.of(IntStream.of(light).mapToDouble(i -> weights[i]).toArray());
        this.cursor = before == null
                ? StripedCursor.create(Math.max(1, cycle()), env.dice().nextLong())
                : nodes.length == 0 ? before : before.over(cycle());
    }

    private SequencePicker(SequencePicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.weighted = before.weighted;
        this.seed = before.seed;
        this.sum = before.sum;
        this.slots = before.slots;
        this.light = before.light;
        this.table = before.table;
        this.cursor = nodes.length == 0 ? before.cursor : before.cursor.over(cycle());
    }

    /** Where each has one turn, the others move up: then no turn is empty. */
    @Override
    @Nullable
    Node[] without(Node[] nodes, int[] places) {
        if (slots != null) {
            return super.without(nodes, places);
        }
        Arrays.sort(places);
        Node[] left = new Node[nodes.length - places.length];
        int from = 0;
        for (int i = 0; i < places.length; i++) {
            System.arraycopy(nodes, from, left, from - i, places[i] - from);
            from = places[i] + 1;
        }
        System.arraycopy(nodes, from, left, from - places.length, nodes.length - from);
        return left;
    }

    @Override
    double share(Candidate candidate) {
        return slots == null ? 1.0 / laidOut() : weight(candidate, weighted) / sum;
    }

    @Override
    int place(int candidate) {
        return new Order(seed, laidOut()).turn(candidate);
    }

    private int cycle() {
        return slots == null ? nodes.length : slots.length;
    }

    private static Node[] inTurn(long seed, Node[] nodes) {
        Node[] inTurn = new Node[nodes.length];
        Order order = new Order(seed, nodes.length);
        for (Node node : nodes) {
            inTurn[order.next()] = node;
        }
        return inTurn;
    }

    /** The weights in the order of the nodes, or null if they are equal. */
    private static double @Nullable [] weights(long seed, Snapshot snapshot, boolean endpoints) {
        if (equal(snapshot, endpoints)) {
            return null;
        }
        List<Candidate> candidates = snapshot.candidates();
        int count = candidates.size();
        double[] weights = new double[count];
        Order order = new Order(seed, count);
        for (int i = 0; i < count; i++) {
            weights[order.next()] = weight(candidates.get(i), endpoints);
        }
        return weights;
    }

    private static int[] inOrder(int count) {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i;
        }
        return numbers;
    }

    /** Those without a turn of their own; empty if none shares one. */
    private static int[] light(int[] slots, int nodes) {
        boolean shared = false;
        for (int turn : slots) {
            shared |= turn == WeightedSchedule.LIGHT;
        }
        if (!shared) {
            return NONE;
        }
        boolean[] own = new boolean[nodes];
        for (int turn : slots) {
            if (turn != WeightedSchedule.LIGHT) {
                own[turn] = true;
            }
        }
        return IntStream.range(0, nodes).filter(i -> !own[i]).toArray();
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        if (nodes.length == 0) {
            return null;
        }
        Node node = at(cursor.next());
        // No turn is empty where each has one.
        while (slots != null && node == null) {
            node = at(cursor.next());
        }
        // The turn of a node to avoid is used up, not passed on to the node behind it.
        return context.avoidsAny() && context.avoids(requireNonNull(node).endpoint())
                ? redrawAvoiding(context, node)
                : node;
    }

    @Override
    Node draw() {
        for (int i = 0; i < MOST_DRAWS; i++) {
            Node node = at(env.dice().nextInt(cycle()));
            if (node != null) {
                return node;
            }
        }
        return leftFrom(0);
    }

    private @Nullable Node at(int position) {
        int[] slots = this.slots;
        int turn = slots == null ? position : slots[position];
        return nodes[turn >= 0 ? turn : light[table.draw(env.dice().nextLong() >>> 32)]];
    }

    @Override
    public Picker rebuild(Snapshot next) {
        // How evenly few nodes of different weights take turns is guaranteed for a cycle of their own.
        boolean even = slots != null && next.candidates().size() <= WeightedSchedule.EVEN_NODES;
        @Nullable Node[] left = even ? null : left(next);
        return left == null
                ? new SequencePicker(next, env, weighted, seed, cursor)
                : new SequencePicker(this, next, left);
    }

    private long lightOnesLeft() {
        return IntStream.of(light).filter(turn -> nodes[turn] != null).count();
    }

    @Override
    public List<String> explain(PickContext context) {
        return List.of("takes turns in a cycle of " + cycle() + " over "
                + snapshot.candidates().size()
                + " candidates"
                + (cycle() > nodes.length ? weighted ? " by their weights" : " by the stages' weights" : "")
                + (light.length == 0
                        ? ""
                        : ", of which " + lightOnesLeft() + " share the turns of the lightest by chance")
                + ", one position for each of " + StripedCursor.STRIPES + " stripes of threads");
    }

    /**
     * Which turn each candidate has, one after another, depending on the seed. The candidates stand as far apart as a width that shares no divisor with the
     * count. As good as a shuffle for keeping clients apart, and it costs nothing to make.
     */
    private static final class Order {
        private final int count;
        private final int step;
        private int at;

        Order(long seed, int count) {
            this.count = count;
            int width = count < 3 ? 1 : 1 + (int) (((seed >>> 32) * (count - 1)) >>> 32);
            while (count >= 3 && gcd(width, count) != 1) {
                width = width == count - 1 ? 1 : width + 1;
            }
            this.step = count < 3 ? 1 : inverse(width, count);
        }

        /** The turn of the candidate at this position. */
        int turn(int position) {
            return (int) ((long) position * step % count);
        }

        int next() {
            int turn = at;
            at += step - count;
            at += at < 0 ? count : 0;
            return turn;
        }

        /** The number that, multiplied by {@code width}, leaves 1 when divided by {@code count}: by Euclid's extended algorithm. */
        private static int inverse(int width, int count) {
            long before = 0;
            long inverse = 1;
            int greater = count;
            int smaller = width;
            while (smaller > 1) {
                int quotient = greater / smaller;
                int rest = greater % smaller;
                long next = before - quotient * inverse;
                greater = smaller;
                smaller = rest;
                before = inverse;
                inverse = next;
            }
            return (int) Math.floorMod(inverse, (long) count);
        }
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
