package dev.zerohop.internal;

import java.util.zip.Checksum;

/** {@link Xxh64} with seed 0 over bytes that come piece by piece. Not thread-safe. */
public final class Xxh64Checksum implements Checksum {
    private static final int STRIPE = 32;

    private final long seed;
    private final byte[] stripe = new byte[STRIPE];
    private int held;
    private long length;
    private long v1;
    private long v2;
    private long v3;
    private long v4;

    /** A checksum of nothing yet. */
    public Xxh64Checksum() {
        seed = 0;
        reset();
    }

    @Override
    public void update(int one) {
        length++;
        hold((byte) one);
    }

    @Override
    public void update(byte[] input, int from, int count) {
        length += count;
        int at = from;
        int to = from + count;
        while (held > 0 && at < to) {
            hold(input[at++]);
        }
        for (; at + STRIPE <= to; at += STRIPE) {
            take(input, at);
        }
        while (at < to) {
            hold(input[at++]);
        }
    }

    private void hold(byte one) {
        stripe[held++] = one;
        if (held == STRIPE) {
            take(stripe, 0);
            held = 0;
        }
    }

    private void take(byte[] input, int at) {
        v1 = Xxh64.round(v1, input, at);
        v2 = Xxh64.round(v2, input, at + 8);
        v3 = Xxh64.round(v3, input, at + 16);
        v4 = Xxh64.round(v4, input, at + 24);
    }

    /** The hash of all bytes until now. */
    @Override
    public long getValue() {
        long hash = length < STRIPE ? seed + Xxh64.P5 : Xxh64.merged(v1, v2, v3, v4);
        return Xxh64.finish(hash + length, stripe, 0, held);
    }

    @Override
    public void reset() {
        held = 0;
        length = 0;
        v1 = seed + Xxh64.P1 + Xxh64.P2;
        v2 = seed + Xxh64.P2;
        v3 = seed;
        v4 = seed - Xxh64.P1;
    }
}
