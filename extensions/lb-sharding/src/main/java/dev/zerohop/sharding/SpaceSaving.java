package dev.zerohop.sharding;

import dev.zerohop.sharding.store.LoadReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The hottest keys of a member, by the hashes of all its keys: Space-Saving (Metwally et al., ICDT 2005) with decay. It keeps {@value #COUNTERS} counters; a key that has none takes the smallest one
 * over, with its count as the error. So a key with more than 1/{@value #COUNTERS} of the load is always among them, and what is reported, the count without its error, is never too much but
 * for the chance of sampling.
 *
 * <p>One call in {@value #ONE_IN} is looked at, and one that comes while another thread is in here is not. Thread-safe; a thread that adds never waits.
 */
final class SpaceSaving {
    /** 2 to the 64 divided by the golden ratio, odd: what is multiplied by it differs in its upper bits. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    static final int COUNTERS = 512;

    /** One call in so many counts, so many times. */
    static final int ONE_IN = 16;

    private static final int TABLE_BITS = 11;
    private static final int MASK = (1 << TABLE_BITS) - 1;

    private final ReentrantLock lock = new ReentrantLock();

    /** A heap, the smallest count first. */
    private final double[] counts = new double[COUNTERS];

    private final double[] errors = new double[COUNTERS];
    private final long[] hashes = new long[COUNTERS];

    /** Where in the table the counter stands. */
    private final int[] places = new int[COUNTERS];

    /** Open addressing: 1 + the position of a counter in the heap, 0 for none. */
    private final int[] table = new int[1 << TABLE_BITS];

    private int size;

    /** How many seconds the counts stand for: the past ones count less, as their calls do. */
    private double seconds;

    /** Whether this call is one that counts, by chance. */
    static boolean chosen() {
        return (ThreadLocalRandom.current().nextInt() & ONE_IN - 1) == 0;
    }

    /** Counts a call that was {@link #chosen}; drops it if another thread is in here. */
    void add(long hash, double load) {
        if (load > 0 && lock.tryLock()) {
            try {
                count(hash, load * ONE_IN);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Lets time pass: all that was counted before counts half after {@code halfLife}. To be called about once a second, with the seconds since the last time. */
    void pass(double elapsed, double halfLife) {
        lock.lock();
        try {
            double kept = StrictMath.pow(0.5, elapsed / halfLife);
            for (int i = 0; i < size; i++) {
                counts[i] *= kept;
                errors[i] *= kept;
            }
            seconds = (seconds + elapsed) * kept;
        } finally {
            lock.unlock();
        }
    }

    /** The hottest keys with their load per second, the hottest first; none below {@code atLeast}. */
    List<LoadReport.KeyLoad> hottest(int most, double atLeast) {
        List<LoadReport.KeyLoad> all = new ArrayList<>();
        lock.lock();
        try {
            for (int i = 0; i < size && seconds > 0; i++) {
                double rate = (counts[i] - errors[i]) / seconds;
                if (rate >= atLeast && rate > 0) {
                    all.add(new LoadReport.KeyLoad(hashes[i], rate));
                }
            }
        } finally {
            lock.unlock();
        }
        all.sort(Comparator.comparingDouble(LoadReport.KeyLoad::load)
                .reversed()
                .thenComparing(LoadReport.KeyLoad::hash, Long::compareUnsigned));
        return all.size() <= most ? all : List.copyOf(all.subList(0, most));
    }

    private void count(long hash, double load) {
        int place = home(hash);
        while (table[place] != 0) {
            int at = table[place] - 1;
            if (hashes[at] == hash) {
                counts[at] += load;
                down(at);
                return;
            }
            place = place + 1 & MASK;
        }
        if (size < COUNTERS) {
            set(size, hash, load, 0, place);
            up(size++);
            return;
        }
        double least = counts[0];
        remove(places[0]);
        place = home(hash);
        while (table[place] != 0) {
            place = place + 1 & MASK;
        }
        set(0, hash, least + load, least, place);
        down(0);
    }

    private static int home(long hash) {
        return (int) ((hash * GOLDEN) >>> -TABLE_BITS);
    }

    private void set(int at, long hash, double count, double error, int place) {
        hashes[at] = hash;
        counts[at] = count;
        errors[at] = error;
        places[at] = place;
        table[place] = at + 1;
    }

    /** Empties a place of the table, and moves up those behind it that would not be found any more. */
    private void remove(int place) {
        int hole = place;
        int next = place;
        while (true) {
            next = next + 1 & MASK;
            if (table[next] == 0) {
                table[hole] = 0;
                return;
            }
            int at = table[next] - 1;
            if ((next - home(hashes[at]) & MASK) >= (next - hole & MASK)) {
                table[hole] = at + 1;
                places[at] = hole;
                hole = next;
            }
        }
    }

    private void up(int from) {
        int at = from;
        while (at > 0 && counts[at] < counts[(at - 1) / 2]) {
            swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    private void down(int from) {
        int at = from;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && counts[child + 1] < counts[child]) {
                child++;
            }
            if (counts[at] <= counts[child]) {
                return;
            }
            swap(at, child);
            at = child;
        }
    }

    private void swap(int one, int other) {
        long hash = hashes[one];
        double count = counts[one];
        double error = errors[one];
        int place = places[one];
        set(one, hashes[other], counts[other], errors[other], places[other]);
        set(other, hash, count, error, place);
    }
}
