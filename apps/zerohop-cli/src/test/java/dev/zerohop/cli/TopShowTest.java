package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.FakeTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code top} shows when a process answers, and then does not, or something else does. */
class TopShowTest {
    private static final String GOOD = TopTableTest.DOCUMENT;
    private static final String LATER = GOOD.replace("12:00:00.000Z\",\"about", "12:00:09.000Z\",\"about");
    private static final String GONE = "refused: ";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Deque<String> answers = new ArrayDeque<>();
    private final FakeTime time = new FakeTime();

    private TopShow show(Output form, String... scripted) {
        answers.addAll(List.of(scripted));
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        return new TopShow(console, "http://there/", new Scripted(), form, Terminal.NONE, time);
    }

    private final class Scripted implements TopSource {
        @Override
        public String read() throws IOException {
            String answer = answers.remove();
            if (answer.startsWith(GONE)) {
                throw new IOException(answer);
            }
            return answer;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    /** What a tick a second later printed. */
    private List<String> next(TopShow show) throws IOException {
        out.reset();
        time.advance(Duration.ofSeconds(1));
        assertThat(show.tick()).isTrue();
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void aBadSecondAnswerLeavesTheRowsAndSaysWhatIsWrongAndSinceWhen() throws Exception {
        TopShow show =
                show(Output.TEXT, GOOD, "<html>", "{\"status\":\"UP\"}", GONE + "connection", LATER, GONE + "again");
        List<String> good = next(show);
        assertThat(good).contains("zerohop top  2026-11-30T12:00:00.000Z  by status");
        for (String why : List.of("", "it answered with JSON that is not of a status page", GONE + "connection")) {
            List<String> bad = next(show);
            assertThat(bad.get(1)).startsWith("! http://there/ cannot be read since 00:00:02Z: " + why);
            assertThat(bad).as("the rows and their time stay").containsAll(good).hasSize(good.size() + 1);
        }
        assertThat(next(show))
                .contains("zerohop top  2026-11-30T12:00:09.000Z  by status")
                .noneMatch(line -> line.contains("cannot be read"));
        assertThat(next(show)).contains("! http://there/ cannot be read since 00:00:06Z: refused: again");
    }

    @Test
    void asJsonNothingOldIsPrintedAndEachReasonIsToldOnce() throws Exception {
        TopShow show = show(Output.JSON, GOOD, GONE + "a", GONE + "a", "[]", GOOD);
        assertThat(next(show)).hasSize(GOOD.lines().toList().size());
        for (int i = 0; i < 3; i++) {
            assertThat(next(show)).isEmpty();
        }
        assertThat(next(show)).isNotEmpty();
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "zerohop: http://there/ cannot be read since 00:00:02Z: refused: a",
                        "zerohop: http://there/ cannot be read since 00:00:02Z: it answered with JSON that is not of a status page, expected that of state.json",
                        "zerohop: http://there/ can be read again");
    }

    @Test
    void withoutAFirstAnswerItEnds() {
        TopShow show = show(Output.TEXT, GONE + "connection");
        assertThatThrownBy(show::tick)
                .isInstanceOf(Failure.class)
                .hasMessage("http://there/ cannot be read: refused: connection");
    }
}
