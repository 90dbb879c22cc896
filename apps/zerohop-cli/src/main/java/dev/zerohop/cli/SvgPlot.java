package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Draws curves over time as inline SVG; colours come from the page's style. */
final class SvgPlot {
    private static final int WIDTH = 480;
    private static final int PLOT_HEIGHT = 166;
    private static final int LEFT = 46;
    private static final int RIGHT = 12;
    private static final int UNIT_LINE = 12;
    private static final int LABEL_LINE = 15;
    private static final int BOTTOM = 40;
    private static final int COLOURS = 8;
    private static final int KEY_WIDTH = 32;

    /** The approximate width of a letter of a label. */
    private static final double LETTER = 6;

    /** About as many lines across the plot as can be read. */
    private static final int LINES = 6;

    /** Different dashes keep a curve visible below another one. */
    private static final List<String> DASHES = List.of("", "9 5", "2 5", "9 4 2 4");

    private final DemoPlot plot;
    private final int above;
    private final double top;
    private final StringBuilder out = new StringBuilder();

    private SvgPlot(DemoPlot plot) {
        this.plot = plot;
        this.above = UNIT_LINE + 10 + LABEL_LINE * plot.marks().size();
        this.top = Math.max(4, highest() * 1.05);
    }

    static String svg(DemoPlot plot) {
        return new SvgPlot(plot).draw();
    }

    /** The colour of a curve by its index in the plot. */
    static String colour(DemoPlot.Curve curve, int place) {
        return curve.failure() ? "var(--bad)" : "var(--s" + place % COLOURS + ")";
    }

    /** What stands beside a curve's name: a stretch of it. */
    static String key(DemoPlot plot, int place) {
        String colour = colour(plot.curves().get(place), place);
        return plot.stacked()
                ? "<i style=\"background:" + colour + "\"></i>"
                : String.format(
                        Locale.ROOT,
                        "<svg class=\"key\" viewBox=\"0 0 %1$d 9\"><line x1=\"0\" x2=\"%1$d\" y1=\"4.5\" y2=\"4.5\" stroke-width=\"2.2\" stroke=\"%2$s\" stroke-dasharray=\"%3$s\"/></svg>",
                        KEY_WIDTH,
                        colour,
                        DASHES.get(place % DASHES.size()));
    }

    private double highest() {
        if (plot.stacked()) {
            List<Double> sums = bases().get(plot.curves().size());
            return sums.isEmpty() ? 0 : Collections.max(sums);
        }
        return plot.curves().stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(point -> point[1])
                .max()
                .orElse(0);
    }

    private String draw() {
        add(
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over time\">%n",
                WIDTH, above + PLOT_HEIGHT + BOTTOM, plot.unit());
        double valueStep = step(top, LINES);
        for (double value = 0; value <= top; value += valueStep) {
            add(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--line)\"/>%n",
                    LEFT, WIDTH - RIGHT, y(value), y(value));
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>%n", LEFT - 6, y(value) + 4, value);
        }
        double secondStep = step(plot.seconds(), 7);
        for (double second = 0; second <= plot.seconds(); second += secondStep) {
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                    x(second),
                    above + PLOT_HEIGHT + 16,
                    String.format(Locale.ROOT, secondStep < 1 ? "%.1f" : "%.0f", second));
        }
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">seconds</text>%n",
                LEFT + (WIDTH - LEFT - RIGHT) / 2, above + PLOT_HEIGHT + 34);
        add("<text x=\"4\" y=\"%d\">%s</text>%n", UNIT_LINE, plot.unit());
        if (plot.stacked()) {
            bands();
        } else {
            for (int i = 0; i < plot.curves().size(); i++) {
                line(plot.curves().get(i), i);
            }
        }
        marks();
        return out.append("</svg>\n").toString();
    }

    /** Each label has a line of its own above the plot, so that neither curves nor other marks run through it. */
    private void marks() {
        for (int i = 0; i < plot.marks().size(); i++) {
            DemoPlot.Mark mark = plot.marks().get(i);
            double x = x(mark.second());
            add(
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--ink)\" stroke-dasharray=\"3 3\"/>%n",
                    x, x, above, above + PLOT_HEIGHT);
            boolean fits = x + LETTER * (mark.text().length() + 2) < WIDTH;
            String text = DemoReport.escape(mark.text());
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
                    fits ? x - 4 : x + 4,
                    UNIT_LINE + 3 + LABEL_LINE * (i + 1),
                    fits ? "start" : "end",
                    fits ? "\u25be " + text : text + " \u25be");
        }
    }

    private void line(DemoPlot.Curve curve, int place) {
        add(
                "<polyline fill=\"none\" stroke-width=\"2.2\" stroke-linejoin=\"round\" stroke=\"%s\" stroke-dasharray=\"%s\" points=\"",
                colour(curve, place), DASHES.get(place % DASHES.size()));
        for (double[] point : curve.points()) {
            add("%.1f,%.1f ", x(point[0]), y(point[1]));
        }
        out.append("\"/>\n");
    }

    private void bands() {
        List<List<Double>> bases = bases();
        for (int i = 0; i < plot.curves().size(); i++) {
            DemoPlot.Curve curve = plot.curves().get(i);
            add("<polygon stroke=\"var(--card)\" stroke-width=\"1\" fill=\"%s\" points=\"", colour(curve, i));
            int points = curve.points().size();
            for (int point = 0; point < points; point++) {
                add(
                        "%.1f,%.1f ",
                        x(curve.points().get(point)[0]), y(bases.get(i + 1).get(point)));
            }
            for (int point = points - 1; point >= 0; point--) {
                add(
                        "%.1f,%.1f ",
                        x(curve.points().get(point)[0]), y(bases.get(i).get(point)));
            }
            out.append("\"/>\n");
        }
    }

    /** The base of each curve at each of its points; the last list contains the sums. */
    private List<List<Double>> bases() {
        List<List<Double>> bases = new ArrayList<>();
        List<Double> base = new ArrayList<>();
        for (DemoPlot.Curve curve : plot.curves()) {
            while (base.size() < curve.points().size()) {
                base.add(0.0);
            }
        }
        bases.add(base);
        for (DemoPlot.Curve curve : plot.curves()) {
            List<Double> next = new ArrayList<>(base);
            for (int i = 0; i < curve.points().size(); i++) {
                next.set(i, base.get(i) + curve.points().get(i)[1]);
            }
            bases.add(next);
            base = next;
        }
        return bases;
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }

    private double x(double second) {
        return LEFT + second / plot.seconds() * (WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return above + PLOT_HEIGHT - value / top * PLOT_HEIGHT;
    }

    /** A round step that divides the range into about {@code parts}. */
    private static double step(double range, int parts) {
        if (range <= 0) {
            return 1;
        }
        double rough = range / parts;
        double magnitude = StrictMath.pow(10, Math.floor(StrictMath.log10(rough)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * magnitude >= rough) {
                return factor * magnitude;
            }
        }
        return 10 * magnitude;
    }
}
