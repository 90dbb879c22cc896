package dev.zerohop.cli;

import java.util.List;
import java.util.Locale;

/** Draws curves over time as inline SVG; colours come from the page's style. */
final class SvgPlot {
    private static final int WIDTH = 480;
    private static final int HEIGHT = 230;
    private static final int LEFT = 46;
    private static final int RIGHT = 12;
    private static final int TOP = 24;
    private static final int BOTTOM = 40;
    private static final int COLOURS = 5;

    private final DemoPlot plot;
    private final double top;
    private final StringBuilder out = new StringBuilder();

    private SvgPlot(DemoPlot plot) {
        this.plot = plot;
        double highest = plot.curves().stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(point -> point[1])
                .max()
                .orElse(0);
        this.top = Math.max(4, highest * 1.05);
    }

    static String svg(DemoPlot plot) {
        return new SvgPlot(plot).draw();
    }

    /** The colour of a curve, by its place in the plot. */
    static String colour(DemoPlot.Curve curve, int place) {
        return curve.failure() ? "var(--bad)" : "var(--s" + place % COLOURS + ")";
    }

    private String draw() {
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over time\">%n", WIDTH, HEIGHT, plot.unit());
        double valueStep = step(top, 4);
        for (double value = 0; value <= top; value += valueStep) {
            add(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--line)\"/>%n",
                    LEFT, WIDTH - RIGHT, y(value), y(value));
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>%n", LEFT - 6, y(value) + 4, value);
        }
        for (double second = 0; second <= plot.seconds(); second += 0.5) {
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                    x(second), HEIGHT - BOTTOM + 16, String.format(Locale.ROOT, "%.1f", second));
        }
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">seconds</text>%n",
                LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 6);
        add("<text x=\"4\" y=\"12\">%s</text>%n", plot.unit());
        marks();
        for (int i = 0; i < plot.curves().size(); i++) {
            curve(plot.curves().get(i), i);
        }
        return out.append("</svg>\n").toString();
    }

    private void marks() {
        List<DemoPlot.Mark> marks = plot.marks();
        for (int i = 0; i < marks.size(); i++) {
            DemoPlot.Mark mark = marks.get(i);
            double x = x(mark.second());
            add(
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--soft)\" stroke-dasharray=\"3 3\"/>%n",
                    x, x, TOP, HEIGHT - BOTTOM);
            // Marks stand close together: every other one is written one line lower.
            add(
                    "<text x=\"%.1f\" y=\"%d\">%s</text>%n",
                    x + 5, TOP + 10 + 13 * (i % 2), DemoReport.escape(mark.text()));
        }
    }

    private void curve(DemoPlot.Curve curve, int place) {
        out.append(
                        "<polyline fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\" stroke=\"")
                .append(colour(curve, place))
                .append("\" points=\"");
        for (double[] point : curve.points()) {
            add("%.1f,%.1f ", x(point[0]), y(point[1]));
        }
        out.append("\"/>\n");
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }

    private double x(double second) {
        return LEFT + second / plot.seconds() * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    }

    /** A round step that divides the range into about {@code parts}. */
    private static double step(double range, int parts) {
        if (range <= 0) {
            return 1;
        }
        double rough = range / parts;
        double magnitude = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * magnitude >= rough) {
                return factor * magnitude;
            }
        }
        return 10 * magnitude;
    }
}
