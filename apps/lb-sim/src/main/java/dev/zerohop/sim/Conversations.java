package dev.zerohop.sim;

import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PrefixKey;

/** Keys that are beginnings of texts: conversations, each call of which goes on where the one before it ended. The same calls under every policy. */
final class Conversations {
    private static final int BLOCK_BYTES = 16;
    private static final int MOST_BLOCKS = 1_024;
    private static final PrefixKey.Cut CUT = new PrefixKey.Cut(BLOCK_BYTES * MOST_BLOCKS, BLOCK_BYTES);

    private final Spec spec;
    private final String shared;
    private final StringBuilder[] texts;
    private final int[] turns;
    private long blocks;

    Conversations(Spec spec, int count) {
        this.spec = spec;
        this.texts = new StringBuilder[count];
        this.turns = new int[count];
        StringBuilder beginning = new StringBuilder();
        add(beginning, spec.sharedBlocks());
        this.shared = beginning.toString();
    }

    /**
     * How long they are.
     *
     * @param turns how many calls a conversation has; then another one begins in its place
     * @param turnBlocks by how many blocks each is longer than the one before
     * @param sharedBlocks how many blocks all begin with, as a system prompt
     */
    record Spec(int turns, int turnBlocks, int sharedBlocks) {
        static final Spec NONE = new Spec(0, 0, 0);

        /** In the last turn of a conversation. */
        int blocks() {
            return sharedBlocks + turns * turnBlocks;
        }

        static Spec read(Options keys) {
            Spec spec = new Spec(
                    keys.integer("turns", 8, 1, MOST_BLOCKS),
                    keys.integer("turnBlocks", 4, 1, MOST_BLOCKS),
                    keys.integer("sharedBlocks", 0, 0, MOST_BLOCKS));
            int most = spec.blocks();
            if (most > MOST_BLOCKS) {
                throw new IllegalArgumentException(
                        keys.path() + ": was " + most + " blocks in the last turn, expected at most " + MOST_BLOCKS);
            }
            return spec;
        }
    }

    /** The next call of this conversation. */
    PickContext next(int conversation) {
        StringBuilder text = texts[conversation];
        if (text == null || turns[conversation] == spec.turns()) {
            text = new StringBuilder(shared);
            texts[conversation] = text;
            turns[conversation] = 0;
        }
        turns[conversation]++;
        add(text, spec.turnBlocks());
        return PickContext.of(PrefixKey.of(text.toString(), CUT));
    }

    private void add(StringBuilder text, int count) {
        for (int i = 0; i < count; i++) {
            String digits = Long.toHexString(++blocks);
            text.append("0".repeat(BLOCK_BYTES - digits.length())).append(digits);
        }
    }
}
