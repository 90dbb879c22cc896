package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.benchmarks.report.Figures.Figure;
import dev.zerohop.benchmarks.report.History.Machine;
import dev.zerohop.benchmarks.report.History.Run;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    @Test
    void whatChangedByMoreThanATenthIsListedFromTheWorst() {
        Run before = run(
                "2026-11-29T10:00:00Z",
                Map.of(
                        "slower, ns", new Figure(10, false),
                        "faster, ns", new Figure(10, false),
                        "the same, ns", new Figure(10, false),
                        "more calls", new Figure(1_000, true),
                        "fewer calls", new Figure(1_000, true),
                        "only then, ns", new Figure(1, false)));
        Run now = run(
                "2026-11-30T10:00:00Z",
                Map.of(
                        "slower, ns", new Figure(11.5, false),
                        "faster, ns", new Figure(5, false),
                        "the same, ns", new Figure(10.9, false),
                        "more calls", new Figure(1_200, true),
                        "fewer calls", new Figure(500, true),
                        "only now, ns", new Figure(1, false)));

        assertThat(new Comparison(before, now).markdown()).isEqualTo("""

                        ## Compared with the run of 2026-11-29T10:00:00Z at commit abc

                        On Z80, 2 cores, JDK 25. 4 of the 5 rows of both runs changed by more than 10 %, the worst first.

                        | | then | now | change | |
                        |---|---:|---:|---:|---|
                        | fewer calls | 1,000 | 500 | -50 % | worse |
                        | slower, ns | 10.0 | 11.5 | +15 % | worse |
                        | more calls | 1,000 | 1,200 | +20 % | better |
                        | faster, ns | 10.0 | 5.00 | -50 % | better |
                        """);
    }

    @Test
    void whereNothingChangedThereIsNoTable() {
        Run run = run("2026-11-29T10:00:00Z", Map.of("the same, ns", new Figure(10, false)));

        assertThat(new Comparison(run, run).markdown())
                .endsWith("0 of the 1 rows of both runs changed by more than 10 %.\n");
    }

    private static Run run(String date, Map<String, Figure> figures) {
        return new Run(new Machine("Z80", 2, 25), date, "abc", figures);
    }
}
