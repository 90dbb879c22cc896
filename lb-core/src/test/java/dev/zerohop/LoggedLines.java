package dev.zerohop;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is logged meanwhile; slf4j-simple writes to whatever System.err is at the moment. */
public final class LoggedLines {

    private LoggedLines() {}

    /** The lines, without those of stack traces. */
    public static List<String> during(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return written.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" dev.zerohop."))
                .toList();
    }
}
