package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The beginning of a text, cut into blocks: the key of calls to servers that keep what they have computed for it, as model servers keep that of prompts. A policy that knows
 * prefixes ({@code prefix_affinity}) compares block by block; to all others it is a text key like any other, equal for equal beginnings, made of their hash. The text itself
 * is not kept and stands in no message: prompts are their users' own.
 *
 * <p>The hash of a block is XXH64 with the hash of the block before as its seed, so it stands for the whole beginning. A last block that is not full is left out, unless
 * it is the only one: the next text of a conversation goes on within it. Immutable, thread-safe.
 */
public final class PrefixKey implements EndpointSelector {
    /** More blocks cost each pick more than they tell. */
    static final int MAX_BLOCKS = 1024;

    private final String text;
    private final long hash;
    private final long[] hashes;

    private PrefixKey(String text, long[] hashes) {
        this.text = text;
        this.hash = Xxh64.hashUtf8(text);
        this.hashes = hashes;
    }

    /**
     * The key of a text.
     *
     * @param cut how much of the text counts
     * @throws IllegalArgumentException if the text is empty
     */
    public static PrefixKey of(String text, Cut cut) {
        if (requireNonNull(text, "text").isEmpty()) {
            throw new IllegalArgumentException("the text of a prefix key was empty, expected 1 character or more");
        }
        // A character has a byte at the least, so what is behind these characters is behind the bytes.
        String beginning = text.length() > cut.maxBytes ? text.substring(0, cut.maxBytes) : text;
        byte[] bytes = beginning.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, cut.maxBytes);
        long[] hashes = new long[Math.max(1, length / cut.blockBytes)];
        long before = 0;
        for (int i = 0; i < hashes.length; i++) {
            int from = i * cut.blockBytes;
            before = Xxh64.hash(bytes, from, Math.min(length, from + cut.blockBytes), before);
            hashes[i] = before;
        }
        return new PrefixKey("prefix-" + HexFormat.of().toHexDigits(Xxh64.hash(bytes, 0, length, 0)), hashes);
    }

    /** How many blocks there are, 1 or more. */
    public int blocks() {
        return hashes.length;
    }

    /** What the blocks up to this one have in common with equal beginnings; {@code block} is from 0 to {@code blocks() - 1}. */
    public long blockHash(int block) {
        return hashes[block];
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public int hashableIdentifier() {
        return (int) hash;
    }

    @Override
    public long hash() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PrefixKey that && text.equals(that.text) && Arrays.equals(hashes, that.hashes);
    }

    @Override
    public int hashCode() {
        return (int) hash;
    }

    @Override
    public String toString() {
        return text + " (" + hashes.length + " blocks)";
    }

    /**
     * How much of a text counts, and in which steps.
     *
     * @param maxBytes what is behind so many bytes (of UTF-8) does not count, 1 to 1,048,576
     * @param blockBytes the size of a block, 1 to {@code maxBytes}; at most {@value PrefixKey#MAX_BLOCKS} fit into {@code maxBytes}
     */
    public record Cut(int maxBytes, int blockBytes) {
        /** The largest {@link #maxBytes}. */
        public static final int LARGEST = 1 << 20;

        /** 16,384 bytes in blocks of 256. */
        public static final Cut DEFAULTS = new Cut(16_384, 256);

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException naming the value and what was expected
         */
        public Cut {
            if (maxBytes < 1 || maxBytes > LARGEST) {
                throw new IllegalArgumentException("maxBytes was " + maxBytes + ", expected 1 to " + LARGEST);
            }
            int least = smallestBlock(maxBytes);
            if (blockBytes < least || blockBytes > maxBytes) {
                throw new IllegalArgumentException(
                        "blockBytes was " + blockBytes + ", expected " + least + " to " + maxBytes);
            }
        }

        /** So that there are not more than {@value PrefixKey#MAX_BLOCKS}. */
        public static int smallestBlock(int maxBytes) {
            return (maxBytes + MAX_BLOCKS - 1) / MAX_BLOCKS;
        }
    }
}
