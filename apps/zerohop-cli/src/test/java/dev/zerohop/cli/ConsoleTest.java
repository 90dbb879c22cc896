package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Control characters in data never reach the terminal. */
class ConsoleTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(stream(out), stream(err), true);

    private static PrintStream stream(ByteArrayOutputStream into) {
        return new PrintStream(into, true, StandardCharsets.UTF_8);
    }

    @Test
    void linesNotesAndProgressShowWhatWouldSteer() {
        String hostile = "z\u001b]52;c;aGk=\u0007\u009b31m\r";
        assertThat(console.line("one " + hostile + "\ntwo")).isTrue();
        console.note("cannot: " + hostile + "\nforged");
        console.progress("at " + hostile);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("one z\\u001b]52;c;aGk=\\u0007\\u009b31m\\u000d\ntwo" + System.lineSeparator());
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("zerohop: cannot: z\\u001b]52;c;aGk=\\u0007\\u009b31m forged" + System.lineSeparator()
                        + "\r\u001b[2Kat z\\u001b]52;c;aGk=\\u0007\\u009b31m");
    }
}
