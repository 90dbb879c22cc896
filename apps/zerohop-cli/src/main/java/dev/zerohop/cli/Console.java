package dev.zerohop.cli;

import dev.zerohop.Printable;
import java.io.PrintStream;
import java.util.List;

/**
 * The output of a command: the answer to {@code out}, whole lines, each flushed; everything else to {@code err}. Control characters are written as escapes.
 * Thread-safe.
 */
final class Console {
    private final PrintStream out;
    private final PrintStream err;
    private final boolean live;
    private final int outColumns;
    private final int errColumns;

    /**
     * Wraps two streams that are no terminals.
     *
     * @param live whether {@code err} is a terminal, on which a progress line may overwrite itself
     */
    Console(PrintStream out, PrintStream err, boolean live) {
        this(out, err, live, 0, 0);
    }

    /**
     * Wraps two streams.
     *
     * @param live whether {@code err} is a terminal, on which a progress line may overwrite itself
     * @param outColumns width of the terminal that {@code out} is, 0 if it is none: then no text is wrapped
     * @param errColumns the same for {@code err}
     */
    Console(PrintStream out, PrintStream err, boolean live, int outColumns, int errColumns) {
        this.out = out;
        this.err = err;
        this.live = live;
        this.outColumns = outColumns;
        this.errColumns = errColumns;
    }

    /** The columns to wrap the text of an answer to; 0 for no wrapping. */
    int outColumns() {
        return outColumns;
    }

    /** Writes one line, or several in one piece, and flushes. Returns false if the output is closed. */
    boolean line(String text) {
        out.println(Printable.lines(text));
        return !out.checkError();
    }

    /** Fills a terminal that was {@linkplain Terminal taken} with these lines, each of them {@linkplain #oneLine one line}. Returns false if the output is closed. */
    boolean screen(List<String> lines) {
        StringBuilder screen = new StringBuilder("\033[H");
        for (int i = 0; i < lines.size(); i++) {
            screen.append(i == 0 ? "" : "\r\n").append(oneLine(lines.get(i))).append("\033[K");
        }
        return control(screen.append("\033[J").toString());
    }

    /** Writes to the terminal what steers it, as it is. */
    boolean control(String sequence) {
        out.print(sequence);
        out.flush();
        return !out.checkError();
    }

    /** Prints a note that is not part of the answer. Always one line, which only a terminal wraps. */
    void note(String text) {
        err.println(wrap("zerohop: " + oneLine(text), errColumns, "  "));
        err.flush();
    }

    /** Overwrites the progress line; does nothing unless {@code live}. */
    void progress(String text) {
        if (live) {
            err.print("\r\033[2K" + oneLine(text));
            err.flush();
        }
    }

    /** Breaks a line between words so that it is at most {@code columns} wide; a longer word stays whole. 0 columns: unchanged. */
    static String wrap(String text, int columns, String indent) {
        if (columns <= 0) {
            return text;
        }
        StringBuilder wrapped = new StringBuilder();
        int used = 0;
        for (String word : text.split(" ")) {
            if (used > 0 && used + 1 + word.length() > columns) {
                wrapped.append('\n').append(indent).append(word);
                used = indent.length() + word.length();
            } else {
                wrapped.append(used > 0 ? " " : "").append(word);
                used += word.length() + (used > 0 ? 1 : 0);
            }
        }
        return wrapped.toString();
    }

    static String oneLine(String text) {
        return Printable.text(text.strip(), Integer.MAX_VALUE);
    }
}
