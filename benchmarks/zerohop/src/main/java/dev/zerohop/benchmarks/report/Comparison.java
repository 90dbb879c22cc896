package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Figures.Figure;
import dev.zerohop.benchmarks.report.History.Run;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What became better and worse from one run to another of the same machine. */
final class Comparison {
    private static final double NOISE = 0.1;

    private final Run before;
    private final Run now;

    private record Row(String name, double then, double now, double slower) {}

    Comparison(Run before, Run now) {
        this.before = before;
        this.now = now;
    }

    String markdown() {
        List<Row> rows = rows();
        List<Row> changed = rows.stream().filter(Comparison::isChanged).toList();
        StringBuilder text = new StringBuilder();
        text.append("\n## Compared with the run of %s at commit %s\n\n".formatted(before.date(), before.commit()));
        text.append("On %s. %d of the %d rows of both runs changed by more than 10 %%%s\n"
                .formatted(now.machine(), changed.size(), rows.size(), changed.isEmpty() ? "." : ", the worst first."));
        if (!changed.isEmpty()) {
            text.append("\n| | then | now | change | |\n|---|---:|---:|---:|---|\n");
            changed.forEach(row -> text.append(line(row)));
        }
        return text.toString();
    }

    private List<Row> rows() {
        return now.figures().entrySet().stream()
                .filter(figure -> before.figures().containsKey(figure.getKey()))
                .map(figure -> row(figure.getKey(), before.figures().get(figure.getKey()), figure.getValue()))
                .sorted(Comparator.comparingDouble(Row::slower).reversed())
                .toList();
    }

    private static Row row(String name, Figure then, Figure now) {
        double slower = now.more() ? then.value() / now.value() : now.value() / then.value();
        return new Row(name, then.value(), now.value(), slower);
    }

    private static boolean isChanged(Row row) {
        return Math.abs(row.now() / row.then() - 1) > NOISE;
    }

    private static String line(Row row) {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %+.0f %% | %s |\n",
                row.name(),
                Report.number(row.then()),
                Report.number(row.now()),
                100 * (row.now() / row.then() - 1),
                row.slower() > 1 ? "worse" : "better");
    }
}
