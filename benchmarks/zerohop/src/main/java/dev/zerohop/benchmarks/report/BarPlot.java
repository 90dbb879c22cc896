package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Svg.Anchor;
import dev.zerohop.benchmarks.report.Svg.Point;
import java.util.List;

/** Groups of lying bars that begin at zero, each with its figure, and with its interval where one is known. */
record BarPlot(String title, String subtitle, List<Group> groups) {
    private static final int WIDTH = 760;
    private static final int LEFT = 240;
    private static final int LONGEST = 360;
    private static final int TOP = 66;
    private static final int BAR = 18;
    private static final int ROW = 26;
    private static final int HEAD = 34;

    record Group(String title, List<Bar> bars) {}

    /** A bar and the ends of its interval, which are the value itself where there is none. */
    record Bar(Look look, String label, double value, double low, double high, String figure) {
        Bar(Look look, String label, double value, String figure) {
            this(look, label, value, value, value, figure);
        }
    }

    String svg() {
        Svg svg = new Svg(title, WIDTH);
        svg.heading(16, 28, 17, title);
        svg.text(16, 49, Anchor.START, subtitle);
        double unit = LONGEST / greatest();
        int y = TOP;
        for (Group group : groups) {
            svg.heading(16, y + 22, 14, group.title());
            y += HEAD;
            int top = y;
            for (Bar bar : group.bars()) {
                bar(svg, bar, y, unit);
                y += ROW;
            }
            svg.line(new Point(LEFT, top - 4), new Point(LEFT, y - 2), Svg.INK, 1);
        }
        return svg.picture(y + 16);
    }

    private double greatest() {
        return groups.stream()
                .flatMap(group -> group.bars().stream())
                .mapToDouble(Bar::high)
                .max()
                .orElseThrow();
    }

    private static void bar(Svg svg, Bar bar, int y, double unit) {
        double middle = y + BAR / 2.0;
        svg.beginSeries(bar.look().library);
        svg.text(LEFT - 10, middle + 4.5, Anchor.END, bar.label());
        svg.bar(LEFT, y, bar.value() * unit, BAR, bar.look().colour);
        if (bar.low() < bar.high()) {
            double low = LEFT + bar.low() * unit;
            double high = LEFT + bar.high() * unit;
            svg.line(new Point(low, middle), new Point(high, middle), Svg.INK, 2);
            svg.line(new Point(low, middle - 4), new Point(low, middle + 4), Svg.INK, 2);
            svg.line(new Point(high, middle - 4), new Point(high, middle + 4), Svg.INK, 2);
        }
        svg.text(LEFT + bar.high() * unit + 8, middle + 4.5, Anchor.START, bar.figure());
        svg.endSeries();
    }
}
