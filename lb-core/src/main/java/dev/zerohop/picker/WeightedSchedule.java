package dev.zerohop.picker;

import java.util.Arrays;

/**
 * Lays out one cycle of a weighted round robin so that every stretch of it, however short and wherever it begins, is close to the weights.
 *
 * <p>Nodes of equal weight form a class. Between the classes, each turn goes to the class whose next turn is due first among those whose time has
 * come: turn j of a class with the share s of the cycle is to fall into slots [floor(j/s), ceil((j + 1)/s)). That is earliest deadline first over
 * the windows of proportionate fairness (Baruah, Cohen, Plaxton and Varvel, "Proportionate progress", Algorithmica 15, 1996; for one resource also
 * Tijdeman's chairman assignment, 1980); all windows are kept, so a class is always less than one turn from its exact share. Within a class
 * everybody takes slots. In any stretch of the cycle a node is therefore less than 2 from its exact share if it is alone in its class, and at most
 * 1 + 2/m in a class of m.
 *
 * <p>WeightClasses make it fast as well: a thousand endpoints usually have a handful of weights, and the pattern of classes is short. Beyond
 * {@value #EVEN_NODES} nodes a long pattern is put together from repeats of a short one. No bound is proven for it; in any
 * stretch, a node was measured at most 1.05 from its exact share for weights 1 to 10 (101 to 10,001 nodes), 2.7 for random weights up to 100 and 3.1
 * with one very heavy node among them (101 to 500 nodes).
 *
 * <p>Integer weights are kept exactly while the cycle has at most {@value #EXACT_SLOTS} slots, or {@value #EXACT_SLOTS_PER_NODE} a node if that is
 * more. Beyond that, and for other weights (slow start makes such), weights are rounded to a cycle of about {@value #ROUNDED_SLOTS} slots, or
 * {@value #ROUNDED_SLOTS_PER_NODE} a node if that is more: a share is then wrong by at most half a turn a cycle. Nodes whose share is less than a turn have
 * slots in common, at least one, whose takers the picker draws: a turn for each of a thousand would take from the others what their weights do not say.
 */
final class WeightedSchedule {
    static final int EXACT_SLOTS = 65_536;
    static final int EXACT_SLOTS_PER_NODE = 64;
    static final int ROUNDED_SLOTS = 16_384;
    static final int ROUNDED_SLOTS_PER_NODE = 16;

    /** Up to this many nodes every slot is laid out one by one, however long that takes. */
    static final int EVEN_NODES = 100;

    /** The length of the pattern that is repeated for more nodes than that. */
    static final int BASE_SLOTS = 256;

    /** A turn that belongs to one of the light nodes, whose share is less than a turn. */
    static final int LIGHT = -1;

    private static final int[] NONE = {};

    private WeightedSchedule() {}

    /**
     * The slots of one cycle; {@link #LIGHT} for one of those that have no other.
     *
     * @param nodes the nodes' numbers, in the order in which equals take slots
     * @param weights theirs, positive
     */
    static int[] of(int[] nodes, double[] weights) {
        if (isExact(weights)) {
            return layOut(nodes, units(weights, 1));
        }
        double scale = slotsOfOne(weights);
        int light = 0;
        for (double weight : weights) {
            light += weight * scale < 1 ? 1 : 0;
        }
        // One alone is given its turn.
        return light < 2 ? layOut(nodes, units(weights, scale)) : layOutWithLight(nodes, weights, scale, light);
    }

    private static int[] layOutWithLight(int[] nodes, double[] weights, double scale, int light) {
        int[] some = new int[nodes.length - light + 1];
        double[] theirs = new double[some.length];
        int last = some.length - 1;
        some[last] = LIGHT;
        int at = 0;
        for (int i = 0; i < nodes.length; i++) {
            if (weights[i] * scale < 1) {
                theirs[last] += weights[i];
            } else {
                some[at] = nodes[i];
                theirs[at++] = weights[i];
            }
        }
        return layOut(some, units(theirs, isExact(theirs) ? 1 : scale));
    }

    private static int[] layOut(int[] nodes, int[] units) {
        WeightClasses classes = new WeightClasses(units);
        if (classes.count <= 1) {
            return nodes;
        }
        int cycle = 0;
        int divisor = 0;
        int[] shares = new int[classes.count];
        for (int c = 0; c < shares.length; c++) {
            shares[c] = classes.unit[c] * classes.size[c];
            cycle += shares[c];
            divisor = SequencePicker.gcd(divisor, shares[c]);
        }
        for (int c = 0; c < shares.length; c++) {
            shares[c] /= divisor;
        }
        int length = cycle / divisor;
        Pattern pattern = nodes.length <= EVEN_NODES || length <= BASE_SLOTS
                ? new Pattern(interleave(shares, length), NONE, length)
                : repeat(shares, length);
        return classes.deal(nodes, pattern, cycle);
    }

    /**
     * The classes in their order: {@code base} over and over, and between its slots, evenly spread, each of {@code extra} once in {@code length}
     * slots.
     */
    private static final class Pattern {
        final int[] base;
        final int[] extra;
        final int length;

        Pattern(int[] base, int[] extra, int length) {
            this.base = base;
            this.extra = extra;
            this.length = length;
        }
    }

    /** Weights as numbers of slots, with no common divisor. */
    static int[] units(double[] weights) {
        return units(weights, isExact(weights) ? 1 : slotsOfOne(weights));
    }

    private static int[] units(double[] weights, double scale) {
        int count = weights.length;
        int[] units = new int[count];
        int divisor = 0;
        for (int i = 0; i < count; i++) {
            units[i] = (int) Math.max(1, Math.rint(weights[i] * scale));
            if (divisor != 1) {
                divisor = SequencePicker.gcd(divisor, units[i]);
            }
        }
        for (int i = 0; divisor > 1 && i < count; i++) {
            units[i] /= divisor;
        }
        return units;
    }

    /** Whether the weights are whole and their cycle is not too long to be laid out exactly. */
    private static boolean isExact(double[] weights) {
        double sum = 0;
        for (double weight : weights) {
            if (weight != Math.rint(weight)) {
                return false;
            }
            sum += weight;
        }
        if (sum >= Integer.MAX_VALUE) {
            return false;
        }
        int divisor = 0;
        for (int i = 0; i < weights.length && divisor != 1; i++) {
            divisor = SequencePicker.gcd(divisor, (int) weights[i]);
        }
        return sum / divisor <= Math.max(EXACT_SLOTS, (long) EXACT_SLOTS_PER_NODE * weights.length);
    }

    /** How many slots of a rounded cycle a weight of 1 makes. */
    private static double slotsOfOne(double[] weights) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        return Math.max(ROUNDED_SLOTS, (long) ROUNDED_SLOTS_PER_NODE * weights.length) / sum;
    }

    /**
     * A pattern that is made faster: a short one repeated, and the slots that do not divide by the number of repeats spread between. A class is less
     * than one turn off in each of the two and in their mixture, so less than three in all.
     */
    private static Pattern repeat(int[] shares, int length) {
        int repeats = length / BASE_SLOTS;
        int[] common = new int[shares.length];
        int[] rest = new int[shares.length];
        int slots = 0;
        for (int c = 0; c < shares.length; c++) {
            common[c] = shares[c] / repeats;
            rest[c] = shares[c] - common[c] * repeats;
            slots += common[c];
        }
        return new Pattern(interleave(common, slots), interleave(rest, length - slots * repeats), length);
    }

    /**
     * The class of each slot of a cycle.
     *
     * @param shares slots of each class, {@code length} in all
     */
    static int[] interleave(int[] shares, int length) {
        int[] pattern = new int[length];
        Deadlines ready = new Deadlines(shares, length);
        // Who comes into play at a slot: a list for each slot, linked through `following`.
        int[] first = new int[length + 1];
        int[] following = new int[shares.length];
        Arrays.fill(first, -1);
        for (int c = shares.length - 1; c >= 0; c--) {
            if (shares[c] > 0) {
                following[c] = first[0];
                first[0] = c;
            }
        }
        for (int slot = 0; slot < length; slot++) {
            int c = first[slot];
            while (c >= 0) {
                ready.add(c);
                c = following[c];
            }
            int due = ready.removeFirst();
            if (ready.tooSoon(due, slot)) {
                // The windows of two slots touch; somebody else who can go now goes between.
                int other = ready.removeFirst();
                ready.add(due);
                due = other;
            }
            pattern[slot] = due;
            ready.last[due] = slot;
            int release = Math.min(length, Math.max(slot + 1, ready.advance(due)));
            following[due] = first[release];
            first[release] = due;
        }
        return pattern;
    }

    /** The classes whose time has come, by the deadline of their next turn: a binary heap. */
    private static final class Deadlines {
        private final int[] shares;
        private final int[] step;
        private final int[] stepRest;
        private final int[] release;
        private final int[] releaseRest;
        private final int[] deadline;
        private final int[] heap;
        private final int[] last;
        private final int[] distance;
        private int size;

        Deadlines(int[] shares, int length) {
            int count = shares.length;
            this.shares = shares;
            this.step = new int[count];
            this.stepRest = new int[count];
            this.release = new int[count];
            this.releaseRest = new int[count];
            this.deadline = new int[count];
            this.heap = new int[count];
            this.last = new int[count];
            this.distance = new int[count];
            for (int c = 0; c < count; c++) {
                if (shares[c] == 0) {
                    continue;
                }
                step[c] = length / shares[c];
                stepRest[c] = length % shares[c];
                deadline[c] = step[c] + (stepRest[c] > 0 ? 1 : 0);
                last[c] = -length;
                distance[c] = step[c] >= 14 ? 3 : step[c] >= 4 ? 2 : 1;
            }
        }

        /** Whether a small share had its last turn just now, its next can wait, and another is there. */
        boolean tooSoon(int c, int slot) {
            return slot - last[c] < distance[c] && size > 0 && deadline[c] > slot + 1;
        }

        /** Goes on to the next turn of a class; returns the slot from which it may be taken. Divides by adding: this is the inner loop. */
        int advance(int c) {
            int next = release[c] + step[c];
            int rest = releaseRest[c] + stepRest[c];
            if (rest >= shares[c]) {
                rest -= shares[c];
                next++;
            }
            release[c] = next;
            releaseRest[c] = rest;
            deadline[c] = next + step[c] + (rest + stepRest[c] > shares[c] ? 2 : rest + stepRest[c] > 0 ? 1 : 0);
            return next;
        }

        void add(int c) {
            int at = size++;
            while (at > 0) {
                int parent = (at - 1) >>> 1;
                if (!before(c, heap[parent])) {
                    break;
                }
                heap[at] = heap[parent];
                at = parent;
            }
            heap[at] = c;
        }

        int removeFirst() {
            int first = heap[0];
            int last = heap[--size];
            int at = 0;
            int child = 1;
            while (child < size) {
                if (child + 1 < size && before(heap[child + 1], heap[child])) {
                    child++;
                }
                if (!before(heap[child], last)) {
                    break;
                }
                heap[at] = heap[child];
                at = child;
                child = 2 * at + 1;
            }
            heap[at] = last;
            return first;
        }

        /** On a tie the larger share goes first. At the end of the cycle all are due at once; so the last slots are those of small shares. */
        private boolean before(int a, int b) {
            if (deadline[a] != deadline[b]) {
                return deadline[a] < deadline[b];
            }
            return shares[a] != shares[b] ? shares[a] > shares[b] : a < b;
        }
    }

    /** Nodes grouped by their number of slots. */
    private static final class WeightClasses {
        int count;
        int[] unit = new int[8];
        int[] size = new int[8];
        private final int[] classOf;

        WeightClasses(int[] units) {
            classOf = new int[units.length];
            int mask = Integer.highestOneBit(Math.max(8, units.length)) * 2 - 1;
            int[] table = new int[mask + 1];
            for (int i = 0; i < units.length; i++) {
                int at = ((units[i] * 0x9E3779B9) >>> 7) & mask;
                while (table[at] != 0 && unit[table[at] - 1] != units[i]) {
                    at = (at + 1) & mask;
                }
                if (table[at] == 0) {
                    table[at] = open(units[i]);
                }
                int c = table[at] - 1;
                classOf[i] = c;
                size[c]++;
            }
        }

        /** Starts a class; returns its number plus one. */
        private int open(int units) {
            if (count == unit.length) {
                unit = Arrays.copyOf(unit, 2 * count);
                size = Arrays.copyOf(size, 2 * count);
            }
            unit[count] = units;
            return ++count;
        }

        /** Fills the cycle: each slot of the pattern goes to the next member of its class. */
        int[] deal(int[] nodes, Pattern pattern, int cycle) {
            int[] start = new int[count];
            int[] end = new int[count];
            for (int c = 0, sum = 0; c < count; c++) {
                start[c] = sum;
                end[c] = sum;
                sum += size[c];
            }
            int[] grouped = new int[nodes.length];
            for (int i = 0; i < nodes.length; i++) {
                grouped[end[classOf[i]]++] = nodes[i];
            }
            int[] base = pattern.base;
            int[] extra = pattern.extra;
            int[] at = start.clone();
            int[] slots = new int[cycle];
            int nextBase = 0;
            int nextExtra = 0;
            long due = pattern.length / 2;
            for (int slot = 0; slot < cycle; slot++) {
                int c;
                due += extra.length;
                if (due >= pattern.length) {
                    due -= pattern.length;
                    c = extra[nextExtra];
                    nextExtra = nextExtra + 1 == extra.length ? 0 : nextExtra + 1;
                } else {
                    c = base[nextBase];
                    nextBase = nextBase + 1 == base.length ? 0 : nextBase + 1;
                }
                int member = at[c];
                slots[slot] = grouped[member];
                at[c] = member + 1 == end[c] ? start[c] : member + 1;
            }
            return slots;
        }
    }
}
