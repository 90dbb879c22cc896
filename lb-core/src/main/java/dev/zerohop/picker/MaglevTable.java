package dev.zerohop.picker;

import dev.zerohop.Options;
import dev.zerohop.internal.Mix64;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Xxh64;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The table of Maglev (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 2016, section 3.4), slot for slot as Envoy lays it out: each
 * endpoint has an order of all slots of its own, by two hashes of its name, and they take turns, in order of their names, at taking the first slot in it that is free. A
 * key belongs to the slot that is its hash modulo the number of slots.
 */
final class MaglevTable implements KeyTable {
    static final int DEFAULT_SIZE = 65_537;

    /** Envoy's limit, a prime. */
    static final int MAX_SIZE = 5_000_011;

    /** The number of slots, a prime: each endpoint's order then meets every slot. */
    record Size(int slots) implements Layout {
        static final List<String> OPTIONS = List.of("tableSize");
        private static final String EXPECTED = "a prime number from 2 to " + MAX_SIZE + ", such as " + DEFAULT_SIZE;

        Size {
            if (!allowed(slots)) {
                throw new IllegalArgumentException("tableSize was " + slots + ", expected " + EXPECTED);
            }
        }

        static Size read(Options options) {
            int slots = options.integer("tableSize", DEFAULT_SIZE, 2, MAX_SIZE);
            if (!allowed(slots)) {
                throw options.rejected("tableSize", EXPECTED);
            }
            return new Size(slots);
        }

        private static boolean allowed(int slots) {
            boolean prime = slots >= 2 && slots <= MAX_SIZE;
            for (int divisor = 2; prime && (long) divisor * divisor <= slots; divisor++) {
                prime = slots % divisor != 0;
            }
            return prime;
        }

        @Override
        public String policy() {
            return "maglev";
        }

        @Override
        public OptionsText describe(OptionsText text) {
            return text.with("tableSize", slots);
        }

        @Override
        public KeyTable lay(HashMembers members) {
            return new MaglevTable(members, slots);
        }
    }

    private final int[] owners;

    /** 2^64 by the number of slots, rounded down: a multiplication by it does for a division, which would cost more than the rest of a look-up. */
    private final long reciprocal;

    MaglevTable(HashMembers members, int slots) {
        this.reciprocal = Long.divideUnsigned(-1L, slots);
        this.owners = new Filling(members, slots).owners;
    }

    @Override
    public int find(long hash) {
        int slots = owners.length;
        // The high half of an unsigned product; the reciprocal is positive.
        long quotient = Math.multiplyHigh(hash, reciprocal) + (hash >> 63 & reciprocal);
        // Too small by one or two at the most.
        long rest = hash - quotient * slots;
        rest = rest >= slots ? rest - slots : rest;
        return (int) (rest >= slots ? rest - slots : rest);
    }

    /** Hashes the key again. The slot beside it would not do: with few endpoints its owner depends too much on the owner of this one, and stand-ins would get uneven shares. */
    @Override
    public int next(int position, long hash, int step) {
        return find(Mix64.mix(hash + step * Mix64.GOLDEN));
    }

    @Override
    public int owner(int position) {
        return owners[position];
    }

    @Override
    public int size() {
        return owners.length;
    }

    @Override
    public long mark(int position) {
        return Xxh64.hashLong(position);
    }

    @Override
    public String describe(int position) {
        return "which is slot " + position + " of " + owners.length + ",";
    }

    /** How the slots are taken. */
    private static final class Filling {
        final int[] owners;
        private final int[] order;

        /** Of each in order: the next slot that it would take, and how far it is from there to the one after. */
        private final int[] next;

        private final int[] skips;

        /** A bit for each slot that is taken: small enough for the first level of a processor's cache, where most reads end. */
        private final long[] taken;

        private int left;

        Filling(HashMembers members, int slots) {
            this.owners = new int[slots];
            this.order = members.byKey();
            this.next = new int[order.length];
            this.skips = new int[order.length];
            this.taken = new long[(slots + 63) >>> 6];
            this.left = slots;
            double heaviest = 0;
            long sum = 0;
            boolean equal = true;
            for (int i = 0; i < order.length; i++) {
                int weight = members.weight(order[i]);
                equal &= weight == members.weight(order[0]);
                sum += weight;
                heaviest = Math.max(heaviest, weight);
                next[i] = (int) Long.remainderUnsigned(members.hash(order[i]), slots);
                long second = Xxh64.hashUtf8(members.key(order[i]), 1);
                skips[i] = (int) Long.remainderUnsigned(second, slots - 1) + 1;
            }
            if (equal) {
                inTurn();
            } else {
                byWeight(members, sum, heaviest / sum);
            }
        }

        private void inTurn() {
            while (left > 0) {
                for (int i = 0; i < order.length && left > 0; i++, left--) {
                    take(i);
                }
            }
        }

        /**
         * The heaviest has a turn in each round, the others when their weights have added up to its. In doubles as Envoy has them, since the last bit may decide over a turn.
         * Turns come from a queue, by round and then in order: where one endpoint outweighs thousands, most would pass in most rounds, and to go through all of them would take a second.
         */
        private void byWeight(HashMembers members, long sum, double heaviest) {
            double[] weights = new double[order.length];
            double[] targets = new double[order.length];
            PriorityQueue<Long> turns = new PriorityQueue<>(order.length);
            for (int i = 0; i < order.length; i++) {
                weights[i] = (double) members.weight(order[i]) / sum;
                turns.add(1L << Integer.SIZE | i);
            }
            for (; left > 0; left--) {
                long turn = turns.remove();
                int i = (int) turn;
                take(i);
                targets[i] += heaviest;
                long round = Math.max(turn >>> Integer.SIZE, (long) (targets[i] / weights[i]) - 1);
                do {
                    round++;
                } while (round * weights[i] < targets[i]);
                turns.add(round << Integer.SIZE | i);
            }
        }

        private void take(int i) {
            int slots = owners.length;
            int skip = skips[i];
            int slot = next[i];
            while ((taken[slot >>> 6] & 1L << slot) != 0) {
                slot += skip;
                slot = slot >= slots ? slot - slots : slot;
            }
            taken[slot >>> 6] |= 1L << slot;
            owners[slot] = order[i];
            slot += skip;
            next[i] = slot >= slots ? slot - slots : slot;
        }
    }
}
