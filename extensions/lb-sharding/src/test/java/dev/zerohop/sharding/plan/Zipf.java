package dev.zerohop.sharding.plan;

import dev.zerohop.EndpointSelector;

/** Keys of which the k-th is asked for in proportion to 1 / k^s, at their places in the hash space. */
final class Zipf {
    private final long[] hashes;
    private final double[] loads;

    /** {@code seed} gives the keys other places. */
    Zipf(int keys, double exponent, double total, int seed) {
        this.hashes = new long[keys];
        this.loads = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++) {
            hashes[i] = EndpointSelector.of(seed + "-" + i).hash();
            loads[i] = Math.pow(i + 1, -exponent);
            sum += loads[i];
        }
        for (int i = 0; i < keys; i++) {
            loads[i] *= total / sum;
        }
    }

    double load(int key) {
        return loads[key];
    }

    /** What members would report: the load of 4,096 ranges each without its hottest keys, and those keys. */
    LoadMap reported(int hot) {
        return reported(hot, 0, 0);
    }

    /** The same with one key more. */
    LoadMap reported(int hot, long hash, double load) {
        int bits = 12;
        double[] ranges = new double[1 << bits];
        LoadMap.Builder builder = LoadMap.builder().key(hash, load);
        for (int i = 0; i < hashes.length; i++) {
            if (i < hot) {
                builder.key(hashes[i], loads[i]);
            } else {
                ranges[(int) (hashes[i] >>> (64 - bits))] += loads[i];
            }
        }
        for (int i = 0; i < ranges.length; i++) {
            builder.add((long) i << (64 - bits), i + 1 == ranges.length ? 0 : (long) (i + 1) << (64 - bits), ranges[i]);
        }
        return builder.build();
    }
}
