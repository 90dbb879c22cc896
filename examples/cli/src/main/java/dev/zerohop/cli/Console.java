package dev.zerohop.cli;

import java.io.PrintStream;

/** Where a command writes: the answer to {@code out}, whole lines, each flushed; everything else to {@code err}. Thread-safe. */
final class Console {
    private final PrintStream out;
    private final PrintStream err;
    private final boolean live;

    /**
     * Wraps two streams.
     *
     * @param live whether a person watches {@code err}, so that a line that overwrites itself makes sense
     */
    Console(PrintStream out, PrintStream err, boolean live) {
        this.out = out;
        this.err = err;
        this.live = live;
    }

    /** Writes one line, or several in one piece, and flushes. Returns false if nobody reads any more. */
    boolean line(String text) {
        out.println(text);
        return !out.checkError();
    }

    /** Tells the user something that is not the answer. Always one line. */
    void note(String text) {
        err.println("zerohop: " + oneLine(text));
        err.flush();
    }

    /** Overwrites the line that shows how far the command is; nothing if no person watches. */
    void progress(String text) {
        if (live) {
            err.print("\r\033[2K" + oneLine(text));
            err.flush();
        }
    }

    static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
