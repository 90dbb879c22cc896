package dev.zerohop.cli;

import java.io.IOException;

/** What {@code top} reads once a second. */
interface TopSource extends AutoCloseable {
    /** Some sixty thousand endpoints; one character is one byte at least. */
    int MAX_BYTES = 64 << 20;

    /** The text of {@code state.json}. */
    String read() throws IOException;

    @Override
    void close();
}
