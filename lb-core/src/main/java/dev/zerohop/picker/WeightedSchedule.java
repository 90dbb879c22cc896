package dev.zerohop.picker;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Lays out one cycle of a weighted round robin so that every stretch of it, however short and wherever it begins, is close to the weights.
 *
 * <p>Nodes of equal weight form a class. Between the classes, each turn goes to the class whose next turn is due first among those whose time has
 * come: turn j of a class with the share s of the cycle is to fall into slots [floor(j/s), ceil((j + 1)/s)). That is earliest deadline first over
 * the windows of proportionate fairness (Baruah, Cohen, Plaxton and Varvel, "Proportionate progress", Algorithmica 15, 1996; for one resource also
 * Tijdeman's chairman assignment, 1980); all windows are kept, so a class is always less than one turn from its exact share. Within a class
 * the nodes take turns. In any stretch of the cycle a node is therefore less than 2 from its exact share if it is alone in its class, and at most
 * 1 + 2/m in a class of m.
 *
 * <p>Classes make it fast as well: a thousand endpoints usually have a handful of weights, and the pattern of classes is short. Beyond
 * {@value #EVEN_NODES} nodes a long pattern is put together from repeats of a short one. No bound is proven for it; in any
 * stretch, a node was measured at most 1.05 from its exact share for weights 1 to 10 (101 to 10,001 nodes), 2.7 for random weights up to 100 and 3.1
 * with one very heavy node among them (101 to 500 nodes). While a few nodes are out, and the others keep this schedule, their turns are skipped and a node may be further from it.
 *
 * <p>Integer weights are kept exactly while the cycle has at most {@value #EXACT_SLOTS} slots, or {@value #EXACT_SLOTS_PER_NODE} a node if that is
 * more. Beyond that, and for other weights (slow start makes such), weights are rounded to a cycle of about {@value #ROUNDED_SLOTS} slots, or
 * {@value #ROUNDED_SLOTS_PER_NODE} a node if that is more: a share is then wrong by at most half a turn a cycle. Nodes whose share is less than a turn have
 * slots in common, at least one, which the picker gives to one of them by chance: a turn for each of a thousand would be more than their weights.
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

    private WeightedSchedule() {}

    /**
     * The slots of one cycle; {@link #LIGHT} for one of those that have no other.
     *
     * @param nodes the nodes' numbers, in the order in which equals take turns
     * @param weights the nodes' weights, positive
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
        double[] weightsOfSome = new double[some.length];
        int last = some.length - 1;
        some[last] = LIGHT;
        int at = 0;
        for (int i = 0; i < nodes.length; i++) {
            if (weights[i] * scale < 1) {
                weightsOfSome[last] += weights[i];
            } else {
                some[at] = nodes[i];
                weightsOfSome[at++] = weights[i];
            }
        }
        return layOut(some, units(weightsOfSome, isExact(weightsOfSome) ? 1 : scale));
    }

    private static int[] layOut(int[] nodes, int[] units) {
        WeightClass[] classes = WeightClass.of(nodes, units);
        if (classes.length <= 1) {
            return nodes;
        }
        int[] shares = new int[classes.length];
        int slotCount = 0;
        int divisor = 0;
        for (int c = 0; c < classes.length; c++) {
            shares[c] = classes[c].units * classes[c].size;
            slotCount += shares[c];
            divisor = SequencePicker.gcd(divisor, shares[c]);
        }
        int[] slots = new int[slotCount];
        int length = slotCount / divisor;
        // A long pattern for many nodes is made faster: a short one is repeated, and the slots that do not divide by
        // the
        // number of repeats are spread between. A class is less than one turn off in each of the two and in their
        // mixture, so less than three in all.
        int repeats = nodes.length <= EVEN_NODES || length <= BASE_SLOTS ? 1 : length / BASE_SLOTS;
        int[] rest = new int[shares.length];
        for (int c = 0; c < shares.length; c++) {
            int share = shares[c] / divisor;
            shares[c] = share / repeats;
            rest[c] = share % repeats;
        }
        int[] base = interleave(shares);
        int[] extra = repeats == 1 ? new int[0] : interleave(rest);
        int nextBase = 0;
        int nextExtra = 0;
        long due = length / 2;
        for (int slot = 0; slot < slots.length; slot++) {
            int c;
            due += extra.length;
            if (due >= length) {
                due -= length;
                c = extra[nextExtra];
                nextExtra = nextExtra + 1 == extra.length ? 0 : nextExtra + 1;
            } else {
                c = base[nextBase];
                nextBase = nextBase + 1 == base.length ? 0 : nextBase + 1;
            }
            slots[slot] = classes[c].nextMember();
        }
        return slots;
    }

    /** The nodes that have the same number of slots, which take turns. */
    private static final class WeightClass {
        /** So many are searched one by one. */
        private static final int FEW = 16;

        final int units;
        int size;
        private int[] members = new int[4];
        private int next;

        WeightClass(int units) {
            this.units = units;
        }

        /** In the order of their first nodes. */
        static WeightClass[] of(int[] nodes, int[] units) {
            List<WeightClass> classes = new ArrayList<>();
            Map<Integer, WeightClass> more = new HashMap<>();
            for (int i = 0; i < nodes.length; i++) {
                WeightClass known = find(classes, more, units[i]);
                if (known == null) {
                    known = new WeightClass(units[i]);
                    classes.add(known);
                    if (classes.size() > FEW) {
                        more.put(units[i], known);
                    }
                }
                known.add(nodes[i]);
            }
            return classes.toArray(new WeightClass[0]);
        }

        private static @Nullable WeightClass find(
                List<WeightClass> classes, Map<Integer, WeightClass> more, int units) {
            int few = Math.min(FEW, classes.size());
            for (int i = 0; i < few; i++) {
                if (classes.get(i).units == units) {
                    return classes.get(i);
                }
            }
            return more.isEmpty() ? null : more.get(units);
        }

        void add(int node) {
            if (size == members.length) {
                members = Arrays.copyOf(members, 2 * size);
            }
            members[size++] = node;
        }

        int nextMember() {
            int member = members[next];
            next = next + 1 == size ? 0 : next + 1;
            return member;
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

    /** The class of each slot of a pattern in which each class has its share of slots. */
    private static int[] interleave(int[] shares) {
        int[] pattern = new int[IntStream.of(shares).sum()];
        PriorityQueue<Turn> ready = new PriorityQueue<>();
        // The turns that may be taken from a slot on: a list for each slot.
        @Nullable Turn[] released = new Turn[pattern.length + 1];
        for (int c = shares.length - 1; c >= 0; c--) {
            if (shares[c] > 0) {
                released[0] = new Turn(c, shares[c], pattern.length, released[0]);
            }
        }
        for (int slot = 0; slot < pattern.length; slot++) {
            for (Turn turn = released[slot]; turn != null; turn = turn.following) {
                ready.add(turn);
            }
            Turn due = ready.remove();
            if (due.tooSoon(slot) && !ready.isEmpty()) {
                // The windows of two turns touch; another class that may go now goes between.
                Turn other = ready.remove();
                ready.add(due);
                due = other;
            }
            pattern[slot] = due.weightClass;
            due.last = slot;
            int release = Math.min(pattern.length, Math.max(slot + 1, due.advance()));
            due.following = released[release];
            released[release] = due;
        }
        return pattern;
    }

    /** The next turn of a class; those that are ready are in order of deadlines. */
    private static final class Turn implements Comparable<Turn> {
        final int weightClass;
        private final int share;
        private final int step;
        private final int stepRest;
        private final int distance;
        private int release;
        private int releaseRest;
        private int deadline;
        private int last;
        private @Nullable Turn following;

        Turn(int weightClass, int share, int length, @Nullable Turn following) {
            this.weightClass = weightClass;
            this.share = share;
            this.step = length / share;
            this.stepRest = length % share;
            this.deadline = step + (stepRest > 0 ? 1 : 0);
            this.last = -length;
            this.distance = step >= 14 ? 3 : step >= 4 ? 2 : 1;
            this.following = following;
        }

        /** Whether a small share had its last turn just now and its next can wait. */
        boolean tooSoon(int slot) {
            return slot - last < distance && deadline > slot + 1;
        }

        /** Goes on to the next turn; returns the slot from which it may be taken. Divides by adding: this is the inner loop. */
        int advance() {
            release += step;
            releaseRest += stepRest;
            if (releaseRest >= share) {
                releaseRest -= share;
                release++;
            }
            int rest = releaseRest + stepRest;
            deadline = release + step + (rest > share ? 2 : rest > 0 ? 1 : 0);
            return release;
        }

        /** On a tie the larger share goes first. At the end of the cycle all are due at once; so the last slots are those of small shares. */
        @Override
        public int compareTo(Turn other) {
            int order = Integer.compare(deadline, other.deadline);
            order = order != 0 ? order : Integer.compare(other.share, share);
            return order != 0 ? order : Integer.compare(weightClass, other.weightClass);
        }
    }
}
