package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.benchmarks.report.Figures.Figure;
import dev.zerohop.benchmarks.report.History.Machine;
import dev.zerohop.benchmarks.report.History.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    private static final Machine MACHINE = new Machine("Z80", 2, 25);

    @TempDir
    Path directory;

    private History history;

    @BeforeEach
    void open() {
        history = new History(directory.resolve("history"));
    }

    @Test
    void withoutRunsThereIsNoneBefore() throws IOException {
        assertThat(history.before(run(MACHINE, "2026-11-30T10:00:00Z", "a"))).isEmpty();
    }

    @Test
    void aRunIsReadAsItWasStored() throws IOException {
        Run first = run(MACHINE, "2026-11-30T10:00:00Z", "a");
        history.store(first);

        assertThat(history.before(run(MACHINE, "2026-11-30T10:00:01Z", "a"))).contains(first);
    }

    @Test
    void theLastOfTheRunsBeforeThatMeasuredSomeOfTheSameIsTaken() throws IOException {
        Run wanted = run(MACHINE, "2026-11-28T10:00:00Z", "a");
        history.store(run(MACHINE, "2026-11-27T10:00:00Z", "a"));
        history.store(wanted);
        history.store(run(MACHINE, "2026-11-29T10:00:00Z", "other"));
        history.store(run(new Machine("Z80", 4, 25), "2026-11-29T11:00:00Z", "a"));
        history.store(run(new Machine("6502", 2, 25), "2026-11-29T12:00:00Z", "a"));
        history.store(run(new Machine("Z80", 2, 17), "2026-11-29T13:00:00Z", "a"));
        history.store(run(MACHINE, "2026-11-30T11:00:00Z", "a"));

        assertThat(history.before(run(MACHINE, "2026-11-30T10:00:00Z", "a"))).contains(wanted);
    }

    @Test
    void aReportThatIsMadeTwiceIsNotComparedWithItself() throws IOException {
        Run run = run(MACHINE, "2026-11-30T10:00:00Z", "a");
        history.store(run);

        assertThat(history.before(run)).isEmpty();
    }

    @Test
    void aFileThatIsNoRunIsNamed() throws IOException {
        Run run = run(MACHINE, "2026-11-30T10:00:00Z", "a");
        history.store(run);
        Path broken = directory.resolve("history/2026-11-29.json");
        Files.writeString(broken, "{");

        assertThatThrownBy(() -> history.before(run)).hasMessageStartingWith(broken + " is not the run");
    }

    private static Run run(Machine machine, String date, String row) {
        return new Run(machine, date, "abc", Map.of(row, new Figure(1, false)));
    }
}
