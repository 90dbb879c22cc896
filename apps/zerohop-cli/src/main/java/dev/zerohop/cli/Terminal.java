package dev.zerohop.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The terminal while a command has all of it: its other screen, keys without an Enter, its size. Not thread-safe. */
final class Terminal implements AutoCloseable {
    /** No terminal: nothing is changed, no key comes. */
    static final Terminal NONE = new Terminal(null, "");

    private static final Pattern SIZE = Pattern.compile("(\\d+) (\\d+)");
    private static final String TAKE = "\033[?1049h\033[?25l";
    private static final String GIVE_BACK = "\033[?25h\033[?1049l";

    private final @Nullable Console console;
    private final String before;

    /** How much fits. */
    record Size(int columns, int rows) {
        static final Size DEFAULT = new Size(80, 24);
    }

    private Terminal(@Nullable Console console, String before) {
        this.console = console;
        this.before = before;
    }

    /** Takes the terminal that the output is. */
    static Terminal take(Console console) {
        String before = stty("-g");
        stty("-icanon -echo min 1 time 0");
        console.control(TAKE);
        return new Terminal(console, before);
    }

    /** Passes on each key that is pressed, on a thread of its own. */
    void onKey(IntConsumer pressed) {
        if (console == null) {
            return;
        }
        Thread reader = new Thread(
                () -> {
                    try {
                        InputStream in = System.in;
                        for (int key = in.read(); key >= 0; key = in.read()) {
                            pressed.accept(key);
                        }
                    } catch (IOException closed) {
                        // No key comes any more; a signal ends the command.
                    }
                },
                "zerohop-keys");
        reader.setDaemon(true);
        reader.start();
    }

    /** The size now: windows are resized. */
    Size size() {
        Matcher size = SIZE.matcher(stty("size"));
        if (!size.matches()) {
            return Size.DEFAULT;
        }
        int rows = Integer.parseInt(size.group(1));
        int columns = Integer.parseInt(size.group(2));
        return rows > 0 && columns > 0 ? new Size(columns, rows) : Size.DEFAULT;
    }

    /** What stty says of the terminal; empty if there is none. */
    private static String stty(String arguments) {
        try {
            Process process = new ProcessBuilder("sh", "-c", "stty " + arguments + " < /dev/tty 2> /dev/null").start();
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            process.waitFor();
            return said.strip();
        } catch (IOException none) {
            return "";
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    @Override
    public void close() {
        if (console != null) {
            console.control(GIVE_BACK);
            if (before.matches("[0-9a-f:]+")) {
                stty(before);
            }
        }
    }
}
