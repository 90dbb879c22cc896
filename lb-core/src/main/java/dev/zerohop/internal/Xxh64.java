package dev.zerohop.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * XXH64 as published by Yann Collet. Part of the placement promise {@code zerohop-shard/v1}: must give the published values for every length.
 */
public final class Xxh64 {
    static final long P1 = 0x9E3779B185EBCA87L;
    static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    static final long P5 = 0x27D4EB2F165667C5L;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Xxh64() {}

    /** Seed 0 over the UTF-8 bytes of the text. */
    public static long hashUtf8(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8), 0);
    }

    /** The given seed over the UTF-8 bytes of the text. */
    public static long hashUtf8(String text, long seed) {
        return hash(text.getBytes(StandardCharsets.UTF_8), seed);
    }

    /** Seed 0 over the eight little-endian bytes of the value. */
    public static long hashLong(long value) {
        return avalanche(Long.rotateLeft(P5 + 8 ^ round(0, value), 27) * P1 + P4);
    }

    /** Hashes all bytes. */
    public static long hash(byte[] input, long seed) {
        return hash(input, input.length, seed);
    }

    /** Hashes the first {@code length} bytes. */
    public static long hash(byte[] input, int length, long seed) {
        int at = 0;
        long hash;
        if (length >= 32) {
            long v1 = seed + P1 + P2;
            long v2 = seed + P2;
            long v3 = seed;
            long v4 = seed - P1;
            for (int last = length - 32; at <= last; at += 32) {
                v1 = round(v1, (long) LONGS.get(input, at));
                v2 = round(v2, (long) LONGS.get(input, at + 8));
                v3 = round(v3, (long) LONGS.get(input, at + 16));
                v4 = round(v4, (long) LONGS.get(input, at + 24));
            }
            hash = merged(v1, v2, v3, v4);
        } else {
            hash = seed + P5;
        }
        return finish(hash + length, input, at, length);
    }

    /** Takes in what is left behind the last whole stripe. */
    static long finish(long hash, byte[] input, int from, int to) {
        int at = from;
        for (; at + 8 <= to; at += 8) {
            hash = Long.rotateLeft(hash ^ round(0, (long) LONGS.get(input, at)), 27) * P1 + P4;
        }
        if (at + 4 <= to) {
            hash = Long.rotateLeft(hash ^ ((int) INTS.get(input, at) & 0xFFFFFFFFL) * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < to; at++) {
            hash = Long.rotateLeft(hash ^ (input[at] & 0xFF) * P5, 11) * P1;
        }
        return avalanche(hash);
    }

    static long merged(long v1, long v2, long v3, long v4) {
        long hash = Long.rotateLeft(v1, 1) + Long.rotateLeft(v2, 7) + Long.rotateLeft(v3, 12) + Long.rotateLeft(v4, 18);
        return merge(merge(merge(merge(hash, v1), v2), v3), v4);
    }

    /** The eight bytes at this place, little-endian, into a lane. */
    static long round(long accumulator, byte[] input, int at) {
        return round(accumulator, (long) LONGS.get(input, at));
    }

    private static long round(long accumulator, long lane) {
        return Long.rotateLeft(accumulator + lane * P2, 31) * P1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * P1 + P4;
    }

    private static long avalanche(long value) {
        long hash = value;
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }
}
