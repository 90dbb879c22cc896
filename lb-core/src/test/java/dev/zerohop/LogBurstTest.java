package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Few lines are logged as they are; of many, how many there were. */
class LogBurstTest {
    private final FakeTime time = new FakeTime();
    private final LogBurst burst = new LogBurst(Log.of(LogBurstTest.class), "orders", "things happened", time);

    private List<String> logged(Runnable work) {
        return LoggedLines.during(work).stream()
                .map(line -> line.substring(line.indexOf(" - ") + 3))
                .toList();
    }

    private void lines(int count) {
        for (int i = 0; i < count; i++) {
            int number = i;
            burst.warn(() -> "line " + number);
        }
    }

    @Test
    void tenLinesInTenSecondsAreLoggedAsTheyAre() {
        assertThat(logged(() -> lines(10))).hasSize(10).startsWith("orders: line 0");
        time.advance(Duration.ofSeconds(10));
        assertThat(logged(() -> lines(10))).hasSize(10);
    }

    @Test
    void moreAreCountedAndSaidAtTheEndOfTheTenSecondsThenAfterTwiceTheTime() {
        assertThat(logged(() -> lines(25))).hasSize(10);
        time.advance(Duration.ofSeconds(4));
        assertThat(logged(() -> lines(1))).isEmpty();
        assertThat(logged(() -> time.advance(Duration.ofSeconds(5)))).isEmpty();
        assertThat(logged(() -> time.advance(Duration.ofSeconds(1))))
                .containsExactly("orders: 16 more things happened within 10 s, such as: line 10; line 11; line 12");
        assertThat(logged(() -> lines(3))).as("as long as it goes on").isEmpty();
        assertThat(logged(() -> time.advance(Duration.ofSeconds(19)))).isEmpty();
        assertThat(logged(() -> time.advance(Duration.ofSeconds(1))))
                .containsExactly("orders: 3 more things happened within 20 s, such as: line 0; line 1; line 2");
        assertThat(logged(() -> time.advance(Duration.ofSeconds(40))))
                .as("nothing more came")
                .isEmpty();
        assertThat(logged(() -> lines(2))).hasSize(2);
    }

    @Test
    void aLongStormIsOneLineInFiveMinutes() {
        List<String> lines = logged(() -> {
            for (int second = 0; second < 3600; second++) {
                lines(10);
                time.advance(Duration.ofSeconds(1));
            }
        });
        assertThat(lines).hasSizeBetween(10 + 15, 10 + 18);
        assertThat(lines.get(lines.size() - 1)).contains("3000 more things happened within 5 min");
    }

    @Test
    void theWorstLevelOfWhatWasCountedIsTheLevelOfTheLine() {
        List<String> lines = LoggedLines.during(() -> {
            lines(10);
            burst.info(() -> "good");
            burst.error(() -> "bad");
            burst.info(() -> "good");
            time.advance(Duration.ofSeconds(10));
        });
        assertThat(lines.get(10)).contains("ERROR").endsWith("such as: good; bad; good");
    }
}
