package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Placement is a promise: published values, and those of {@code zerohop-shard/v1}. */
class PlacementHashTest {

    @Test
    void xxh64GivesThePublishedValuesForText() {
        String[] texts = {
            "",
            "a",
            "abc",
            "hello",
            "123456789",
            "The quick brown fox jumps over the lazy dog",
            "127.0.0.1:90_0",
            "ключ"
        };
        String[] hashes = {
            "ef46db3751d8e999",
            "d24ec4f1a98c6e5b",
            "44bc2cf5ad770999",
            "26c7827d889f6da3",
            "8cb841db40e6ae83",
            "0b242d361fda71bc",
            "dfabf37478daad19",
            "a17d2dd13d89d19c"
        };
        for (int i = 0; i < texts.length; i++) {
            assertThat(Xxh64.hashUtf8(texts[i])).as(texts[i]).isEqualTo(hex(hashes[i]));
        }
        assertThat(Xxh64.hashUtf8("", 1)).isEqualTo(hex("d5afba1336a3be4b"));
        assertThat(Xxh64.hashUtf8("a", 1)).isEqualTo(hex("dec2bc81c3cd46c6"));
        assertThat(Xxh64.hashUtf8("hello", 1)).isEqualTo(hex("23dd71cb04d0a1b2"));
    }

    @Test
    void xxh64GivesThePublishedValuesForShortByteSequences() {
        long[] expected = {
            -1205034819632174695L,
            -1642502924627794072L,
            5216751715308240086L,
            -1889335612763511331L,
            -13835840860730338L,
            -2521325055659080948L,
            4867868962443297827L,
            1498682999415010002L,
            -8626056615231480947L
        };
        for (int length = 0; length < expected.length; length++) {
            assertThat(Xxh64.hash(counting(length), 0)).as("length " + length).isEqualTo(expected[length]);
        }
    }

    @Test
    void xxh64GivesThePublishedValuesOfTheSanityBuffer() {
        long generator = 2654435761L;
        byte[] buffer = new byte[222];
        for (int i = 0; i < buffer.length; i++) {
            buffer[i] = (byte) (generator >>> 56);
            generator *= 0x9E3779B185EBCA8DL;
        }
        assertThat(Xxh64.hash(new byte[0], 2654435761L)).isEqualTo(hex("ac75fda2929b17ef"));
        assertThat(Xxh64.hash(Arrays.copyOf(buffer, 1), 2654435761L)).isEqualTo(hex("5014607643a9b4c3"));
        assertThat(Xxh64.hash(Arrays.copyOf(buffer, 14), 2654435761L)).isEqualTo(hex("c3bd6bf63deb6df0"));
        assertThat(Xxh64.hash(buffer, 2654435761L)).isEqualTo(hex("20cb8ab7ae10c14a"));
    }

    @Test
    void xxh64AgreesWithTheSpecificationAtEveryLength() {
        for (int length = 0; length <= 1024; length++) {
            byte[] input = counting(length);
            assertThat(Xxh64.hash(input, 0)).as("length " + length).isEqualTo(specified(input, 0));
            assertThat(Xxh64.hash(input, 42)).as("length " + length).isEqualTo(specified(input, 42));
        }
    }

    @Test
    void whatComesInPiecesHasTheHashOfTheWhole() {
        for (int length = 0; length <= 200; length++) {
            byte[] input = counting(length);
            for (int piece : new int[] {1, 7, 31, 32, 33, 200}) {
                Xxh64Checksum checksum = new Xxh64Checksum();
                for (int at = 0; at < length; at += piece) {
                    checksum.update(input, at, Math.min(piece, length - at));
                }
                assertThat(checksum.getValue())
                        .as("length %d in pieces of %d", length, piece)
                        .isEqualTo(Xxh64.hash(input, 0));
                checksum.reset();
                for (byte each : input) {
                    checksum.update(each);
                }
                assertThat(checksum.getValue()).as("length %d", length).isEqualTo(Xxh64.hash(input, 0));
            }
        }
    }

    @Test
    void theShortWayForIntegersIsTheHashOfTheirBytes() {
        for (long value : new long[] {0, 1, -1, 42, Long.MIN_VALUE, Long.MAX_VALUE}) {
            byte[] bytes = new byte[8];
            for (int i = 0; i < 8; i++) {
                bytes[i] = (byte) (value >>> (8 * i));
            }
            assertThat(Xxh64.hashLong(value)).isEqualTo(specified(bytes, 0));
        }
        EndpointSelector lambda = () -> -7;
        assertThat(lambda.hash()).isEqualTo(EndpointSelector.of(-7L).hash());
    }

    @Test
    void jumpGivesThePublishedBuckets() {
        int[][] expected = {
            {0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 17, 17},
            {0, 1, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 16, 16, 16},
            {0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 15, 15, 15, 15}
        };
        long[] keys = {1, 0xdeadbeefL, 0x0ddc0ffeebadf00dL};
        for (int row = 0; row < keys.length; row++) {
            int[] buckets = new int[expected[row].length];
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] = JumpHash.bucket(keys[row], i + 1);
                assertThat(JumpHash.bucket(0, i + 1)).isZero();
            }
            assertThat(buckets).containsExactly(expected[row]);
        }
        int[] hundred = {0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83};
        for (int key = 0; key < hundred.length; key++) {
            assertThat(JumpHash.bucket(key, 100)).isEqualTo(hundred[key]);
        }
        assertThat(JumpHash.bucket(10863919174838991L, 11)).isEqualTo(6);
        assertThat(JumpHash.bucket(2016238256797177309L, 11)).isEqualTo(3);
        assertThat(JumpHash.bucket(1673758223894951030L, 11)).isEqualTo(5);
        assertThat(JumpHash.bucket(2, 100_001)).isEqualTo(80_343);
        assertThat(JumpHash.bucket(2201, 100_001)).isEqualTo(22_152);
        assertThat(JumpHash.bucket(2202, 100_001)).isEqualTo(15_018);
    }

    /** Values of Guava's {@code Hashing.consistentHash}, the same algorithm by its authors' house. */
    @Test
    void jumpAgreesWithGuavaForManyBuckets() {
        int[] expected = {25036938, 28460985, 48772532, 47100298, 4040154, 41827854};
        for (int i = 0; i < expected.length; i++) {
            assertThat(JumpHash.bucket((i + 1) * 0x9E3779B97F4A7C15L, 50_000_000))
                    .isEqualTo(expected[i]);
        }
        assertThat(JumpHash.bucket(-1, Integer.MAX_VALUE)).isEqualTo(699_554_662);
    }

    @Test
    void jumpAgreesWithThePublishedLoop() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 1_000_000; i++) {
            long key = random.nextLong();
            int buckets = 1 + (random.nextInt(Integer.MAX_VALUE) >>> random.nextInt(31));
            assertThat(JumpHash.bucket(key, buckets)).isEqualTo(publishedJump(key, buckets));
        }
    }

    /** A jump of exactly a whole number of buckets, which chance hardly ever makes. */
    @Test
    void jumpAgreesWithThePublishedLoopWhereAJumpEndsOnABucket() {
        long inverse = 1;
        for (int i = 0; i < 6; i++) {
            inverse *= 2 - 2862933555777941757L * inverse;
        }
        for (int divisor = 1; divisor < 31; divisor++) {
            // The first jump goes to 2^31 / 2^divisor.
            long first = ((1L << divisor) - 1) << 33;
            long key = (first - 1) * inverse;
            for (int buckets : new int[] {2, 3, 1 << 10, (1 << 10) + 1, 1 << 20, Integer.MAX_VALUE}) {
                assertThat(JumpHash.bucket(key, buckets))
                        .as("jump by 2^%d, %d buckets", 31 - divisor, buckets)
                        .isEqualTo(publishedJump(key, buckets));
            }
        }
    }

    private static int publishedJump(long hash, int buckets) {
        long key = hash;
        long bucket = -1;
        long next = 0;
        while (next < buckets) {
            bucket = next;
            key = key * 2862933555777941757L + 1;
            next = (long) ((bucket + 1) * (0x1.0p31 / ((key >>> 33) + 1)));
        }
        return (int) bucket;
    }

    @Test
    void zerohopShardV1IsAsPublished() {
        String[] texts = {"", "a", "abc", "user-42", "order:1001", "ключ"};
        int[][] placed = {
            {2, 2, 7, 40, 332},
            {1, 1, 8, 17, 894},
            {0, 3, 6, 24, 722},
            {1, 4, 4, 93, 93},
            {1, 3, 9, 52, 960},
            {2, 2, 6, 18, 18}
        };
        int[] sizes = {3, 5, 10, 100, 1000};
        for (int i = 0; i < texts.length; i++) {
            for (int j = 0; j < sizes.length; j++) {
                assertThat(JumpHash.bucket(EndpointSelector.of(texts[i]).hash(), sizes[j]))
                        .as(texts[i] + " of " + sizes[j])
                        .isEqualTo(placed[i][j]);
            }
        }
        long[] numbers = {0, 1, 42, Long.MAX_VALUE};
        int[][] places = {{1, 4, 4, 75}, {1, 1, 1, 46}, {2, 4, 4, 77}, {1, 1, 9, 55}};
        for (int i = 0; i < numbers.length; i++) {
            for (int j = 0; j < 4; j++) {
                assertThat(JumpHash.bucket(EndpointSelector.of(numbers[i]).hash(), sizes[j]))
                        .isEqualTo(places[i][j]);
            }
        }
    }

    @Test
    void growingMovesTheLeastAndOnlyToTheNewBuckets() {
        double[][] table = {{3, 4, .2496}, {3, 5, .4001}, {10, 11, .0912}, {10, 12, .1664}, {100, 101, .0100}};
        int keys = 1_000_000;
        for (double[] row : table) {
            SplittableRandom random = new SplittableRandom(1);
            int moved = 0;
            for (int i = 0; i < keys; i++) {
                long key = random.nextLong();
                int before = JumpHash.bucket(key, (int) row[0]);
                int after = JumpHash.bucket(key, (int) row[1]);
                if (before != after) {
                    moved++;
                    assertThat(after).isGreaterThanOrEqualTo((int) row[0]);
                }
            }
            assertThat(moved / (double) keys).isCloseTo(row[2], org.assertj.core.api.Assertions.within(0.003));
        }
    }

    private static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    private static long hex(String text) {
        return Long.parseUnsignedLong(text, 16);
    }

    /** XXH64 word for word from its specification, one byte at a time. */
    private static long specified(byte[] input, long seed) {
        long p1 = hex("9E3779B185EBCA87");
        long p2 = hex("C2B2AE3D27D4EB4F");
        long p3 = hex("165667B19E3779F9");
        long p4 = hex("85EBCA77C2B2AE63");
        long p5 = hex("27D4EB2F165667C5");
        long[] lanes = {seed + p1 + p2, seed + p2, seed, seed - p1};
        int at = 0;
        long acc = seed + p5;
        if (input.length >= 32) {
            while (input.length - at >= 32) {
                for (int lane = 0; lane < 4; lane++, at += 8) {
                    lanes[lane] = Long.rotateLeft(lanes[lane] + read(input, at, 8) * p2, 31) * p1;
                }
            }
            acc = 0;
            int[] turns = {1, 7, 12, 18};
            for (int lane = 0; lane < 4; lane++) {
                acc += Long.rotateLeft(lanes[lane], turns[lane]);
            }
            for (long lane : lanes) {
                acc = (acc ^ (Long.rotateLeft(lane * p2, 31) * p1)) * p1 + p4;
            }
        }
        acc += input.length;
        for (; input.length - at >= 8; at += 8) {
            acc = Long.rotateLeft(acc ^ (Long.rotateLeft(read(input, at, 8) * p2, 31) * p1), 27) * p1 + p4;
        }
        for (; input.length - at >= 4; at += 4) {
            acc = Long.rotateLeft(acc ^ (read(input, at, 4) * p1), 23) * p2 + p3;
        }
        for (; at < input.length; at++) {
            acc = Long.rotateLeft(acc ^ (read(input, at, 1) * p5), 11) * p1;
        }
        acc = (acc ^ (acc >>> 33)) * p2;
        acc = (acc ^ (acc >>> 29)) * p3;
        return acc ^ (acc >>> 32);
    }

    private static long read(byte[] input, int at, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = (value << 8) | (input[at + i] & 0xFF);
        }
        return value;
    }
}
