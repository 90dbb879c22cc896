package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Svg.Anchor;
import dev.zerohop.benchmarks.report.Svg.Point;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;

/** Panels side by side with the number of endpoints on one axis and a cost on the other, both logarithmic, the cost the same in all panels. */
record LinePlot(String title, String subtitle, List<Panel> panels) {
    private static final int LEFT = 70;
    private static final int TOP = 92;
    private static final int PANEL = 250;
    private static final int GAP = 34;
    private static final int TALL = 250;
    private static final int INSET = 26;
    private static final int LEGEND_ENTRY = 165;
    private static final int NARROWEST = 640;

    /** So much further than the values goes the axis, so that no marker lies on its end. */
    private static final double MARGIN = 1.1;

    record Panel(String title, List<Series> series) {}

    /** The cost by the number of endpoints. */
    record Series(Look look, SortedMap<Integer, Double> costs) {}

    String svg() {
        int width = Math.max(NARROWEST, LEFT + panels.size() * (PANEL + GAP));
        Svg svg = new Svg(title, width);
        svg.heading(16, 28, 17, title);
        svg.text(16, 49, Anchor.START, subtitle);
        LogScale costs = LogScale.around(least() / MARGIN, greatest() * MARGIN, TOP + TALL, TOP);
        for (int i = 0; i < panels.size(); i++) {
            panel(svg, panels.get(i), costs, LEFT + i * (PANEL + GAP), i == 0);
        }
        return svg.picture(legend(svg, width));
    }

    private double least() {
        return costs().stream().min(Double::compare).orElseThrow();
    }

    private double greatest() {
        return costs().stream().max(Double::compare).orElseThrow();
    }

    private List<Double> costs() {
        return panels.stream()
                .flatMap(panel -> panel.series().stream())
                .flatMap(series -> series.costs().values().stream())
                .toList();
    }

    private static void panel(Svg svg, Panel panel, LogScale costs, int left, boolean first) {
        svg.heading(left, TOP - 14, 14, panel.title());
        for (double tick : costs.ticks()) {
            double y = costs.at(tick);
            svg.line(new Point(left, y), new Point(left + PANEL, y), Svg.FAINT, 1);
            if (first) {
                svg.text(left - 8, y + 4, Anchor.END, number(tick));
            }
        }
        svg.line(new Point(left, TOP), new Point(left, TOP + TALL), Svg.INK, 1);
        svg.line(new Point(left, TOP + TALL), new Point(left + PANEL, TOP + TALL), Svg.INK, 1);
        LogScale sizes = sizes(panel, left);
        for (int n : sizes(panel)) {
            double x = sizes.at(n);
            svg.line(new Point(x, TOP + TALL), new Point(x, TOP + TALL + 5), Svg.INK, 1);
            svg.text(x, TOP + TALL + 20, Anchor.MIDDLE, "%,d".formatted(n));
        }
        svg.text(left + PANEL / 2.0, TOP + TALL + 40, Anchor.MIDDLE, "endpoints");
        panel.series().forEach(series -> series(svg, series, sizes, costs));
    }

    private static List<Integer> sizes(Panel panel) {
        return panel.series().stream()
                .flatMap(series -> series.costs().keySet().stream())
                .distinct()
                .sorted()
                .toList();
    }

    /** From the fewest endpoints to the most; a single number stands in the middle. */
    private static LogScale sizes(Panel panel, int left) {
        List<Integer> sizes = sizes(panel);
        double low = sizes.get(0);
        double high = sizes.get(sizes.size() - 1);
        double from = left + INSET;
        double to = left + PANEL - INSET;
        return low < high ? new LogScale(low, high, from, to) : new LogScale(low / 10, low * 10, from, to);
    }

    private static void series(Svg svg, Series series, LogScale sizes, LogScale costs) {
        svg.beginSeries(series.look().library);
        List<Point> points = new ArrayList<>();
        series.costs().forEach((n, cost) -> points.add(new Point(sizes.at(n), costs.at(cost))));
        svg.curve(points, series.look().colour);
        points.forEach(point -> svg.marker(point, series.look()));
        svg.endSeries();
    }

    /** Writes the libraries in rows below the panels and says where the picture ends. */
    private int legend(Svg svg, int width) {
        Set<Look> looks = new LinkedHashSet<>();
        panels.forEach(panel -> panel.series().forEach(series -> looks.add(series.look())));
        int x = LEFT;
        int y = TOP + TALL + 68;
        for (Look look : looks) {
            if (x + LEGEND_ENTRY > width) {
                x = LEFT;
                y += 24;
            }
            svg.marker(new Point(x + 5, y), look);
            svg.text(x + 18, y + 4, Anchor.START, look.label);
            x += LEGEND_ENTRY;
        }
        return y + 22;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 1 ? "%.1f" : "%,.0f", value);
    }
}
