package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Printable;
import dev.zerohop.kubernetes.Diagnosis;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What servers say of themselves and of failures adds no line to an answer, steers no terminal and fills none. */
class HostileAnswersTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e";

    @Test
    void answersOfServersAreOneLineEachInBothForms() {
        CallStats stats = new CallStats();
        stats.add(new CallResult(null, "a", HOSTILE, 0), 1);
        stats.add(new CallResult("INTERNAL", "a", "x".repeat(100_000), 0, HOSTILE + "x".repeat(100_000)), 1);
        assertThat(stats.toText(1).lines()).hasSize(9).anyMatch(line -> line.startsWith("  " + SHOWN + " "));
        assertThat(stats.toText(1)).hasSizeLessThan(2_000);
        assertThat(JsonText.object(stats.toJson()).toString()).contains("INJECTED");
        assertThat(stats.causes().shown().get(0).toString())
                .startsWith("1 call failed: INTERNAL: " + SHOWN)
                .hasSizeLessThan(2_100);
        for (String text : List.of(stats.toText(1), stats.toJson())) {
            assertThat(printed(text)).isEqualTo(Printable.lines(text) + System.lineSeparator());
            assertThat(printed(text)).doesNotContain("\u001b", "\u0007", "\u009b", "\u202e", "\nINJECTED");
        }
    }

    @Test
    void aFindingIsOneLine() {
        assertThat(new Diagnosis.Finding(Diagnosis.State.MISSING, HOSTILE, HOSTILE).toString())
                .isEqualTo("missing: " + SHOWN + ": " + SHOWN);
    }

    private static String printed(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        new Console(stream, stream, false).line(text);
        return out.toString(StandardCharsets.UTF_8);
    }
}
