package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.internal.Xxh64;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The order of candidates by a hash of their ids and a seed. Kept for as long as the list is the same, so that a change of health sorts nothing. Immutable. */
final class Order {
    private final WeakReference<List<Candidate>> candidates;
    private final long seed;
    private final int[] positions;

    private Order(List<Candidate> candidates, long seed, int[] positions) {
        this.candidates = new WeakReference<>(candidates);
        this.seed = seed;
        this.positions = positions;
    }

    static Order of(List<Candidate> candidates, long seed) {
        long[] hashes = new long[candidates.size()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = Xxh64.hashUtf8(candidates.get(i).node().endpoint().id(), seed);
        }
        // Of equal hashes the first in the order of the ids.
        int[] positions = IntStream.range(0, hashes.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingLong(i -> hashes[i] ^ Long.MIN_VALUE)
                        .thenComparingInt(i -> i))
                .mapToInt(i -> i)
                .toArray();
        return new Order(candidates, seed, positions);
    }

    boolean isOf(List<Candidate> candidates, long seed) {
        return this.seed == seed && this.candidates.refersTo(candidates);
    }

    /** The place among the candidates of the one that comes at this rank, which begins anew after the last one. */
    int at(int rank) {
        return positions[rank % positions.length];
    }

    @Override
    public String toString() {
        return Arrays.toString(positions);
    }
}
