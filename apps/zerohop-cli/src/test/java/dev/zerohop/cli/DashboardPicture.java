package dev.zerohop.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Draws what docs/monitoring/dashboard.json shows of a Prometheus: its panels where they are and its queries as they are, in a style of its own. For the picture in the documentation, where there
 * is no Grafana.
 */
final class DashboardPicture {
    private static final int WIDTH = 1320;
    private static final int ROW = 32;
    private static final int GAP = 8;
    private static final int LEGEND_LINE = 14;
    private static final double LETTER = 5.9;
    private static final String INK = "#1f2933";
    private static final String FAINT = "#e3e7ec";
    private static final List<String> COLOURS = List.of(
            "#3274d9", "#d9662b", "#37872d", "#a352cc", "#c4162a", "#0f8b8d", "#b58900", "#8f3b76", "#5b7083",
            "#7a9e00");

    /** An instant, seconds since the epoch, that is marked in each plot. */
    record Mark(long at, String label) {}

    private final Prometheus prometheus;
    private final long from;
    private final long to;
    private final List<Mark> marks;
    private final StringBuilder out = new StringBuilder();

    private DashboardPicture(Prometheus prometheus, long from, long to, List<Mark> marks) {
        this.prometheus = prometheus;
        this.from = from;
        this.to = to;
        this.marks = marks;
    }

    static String svg(Prometheus prometheus, long from, long to, List<Mark> marks)
            throws IOException, InterruptedException {
        return new DashboardPicture(prometheus, from, to, marks).draw();
    }

    private String draw() throws IOException, InterruptedException {
        Map<String, Object> dashboard =
                JsonText.object(Files.readString(PrometheusTools.FILES.resolve("dashboard.json")));
        List<Map<String, Object>> panels = JsonText.objects(dashboard.get("panels"));
        long rows = panels.stream()
                .map(panel -> JsonText.object(panel.get("gridPos")))
                .mapToLong(at -> (Long) at.get("y") + (Long) at.get("h"))
                .max()
                .orElseThrow();
        long height = rows * ROW + GAP;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\" fill=\"%s\" role=\"img\""
                        + " aria-label=\"The panels of the dashboard\">%n<rect width=\"%d\" height=\"%d\" fill=\"#f4f6f8\"/>%n",
                WIDTH, height, INK, WIDTH, height);
        for (Map<String, Object> panel : panels) {
            Map<String, Object> at = JsonText.object(panel.get("gridPos"));
            double unit = (WIDTH - GAP) / 24.0;
            Box box = new Box(
                    GAP + (Long) at.get("x") * unit,
                    GAP + (Long) at.get("y") * ROW,
                    (Long) at.get("w") * unit - GAP,
                    (Long) at.get("h") * ROW - GAP);
            add(
                    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#ffffff\" stroke=\"#d5dae0\" rx=\"3\"/>%n",
                    box.x(), box.y(), box.width(), box.height());
            text(box.x() + 8, box.y() + 16, "start", "font-weight=\"bold\" font-size=\"12\"", (String)
                    panel.get("title"));
            switch ((String) panel.get("type")) {
                case "stat" -> stat(panel, box);
                case "table" -> table(panel, box);
                default -> plot(panel, box);
            }
        }
        return out.append("</svg>\n").toString();
    }

    private record Box(double x, double y, double width, double height) {}

    private static String unit(Map<String, Object> panel) {
        return (String)
                JsonText.object(JsonText.object(panel.get("fieldConfig")).get("defaults"))
                        .get("unit");
    }

    private static List<String> queries(Map<String, Object> panel) {
        return JsonText.objects(panel.get("targets")).stream()
                .map(target -> PrometheusTools.replaced((String) target.get("expr")))
                .toList();
    }

    private void stat(Map<String, Object> panel, Box box) throws IOException, InterruptedException {
        double value = prometheus.value(queries(panel).get(0));
        text(
                box.x() + box.width() / 2,
                box.y() + 74,
                "middle",
                "font-size=\"34\" fill=\"" + threshold(panel, value) + "\"",
                format(unit(panel), value).apply(value));
    }

    private static String threshold(Map<String, Object> panel, double value) {
        Map<String, Object> defaults =
                JsonText.object(JsonText.object(panel.get("fieldConfig")).get("defaults"));
        String colour = "text";
        for (Map<String, Object> step :
                JsonText.objects(JsonText.object(defaults.get("thresholds")).get("steps"))) {
            if (step.get("value") == null || value >= ((Number) step.get("value")).doubleValue()) {
                colour = (String) step.get("color");
            }
        }
        return switch (colour) {
            case "green" -> "#37872d";
            case "orange" -> "#d9662b";
            case "red" -> "#c4162a";
            default -> INK;
        };
    }

    private void table(Map<String, Object> panel, Box box) throws IOException, InterruptedException {
        List<String> columns = List.of("service", "policy", "source", "adapter", "version");
        List<Map<String, Object>> rows = prometheus.instant(queries(panel).get(0));
        double width = (box.width() - 16) / columns.size();
        for (int column = 0; column < columns.size(); column++) {
            double x = box.x() + 8 + column * width;
            text(x, box.y() + 40, "start", "font-weight=\"bold\"", columns.get(column));
            for (int row = 0; row < rows.size(); row++) {
                String value = String.valueOf(rows.get(row).get(columns.get(column)));
                text(x, box.y() + 60 + 18 * row, "start", "", shortened(value, (int) (width / LETTER) - 2));
            }
        }
    }

    private void plot(Map<String, Object> panel, Box box) throws IOException, InterruptedException {
        Map<String, List<double[]>> curves = curves(panel);
        Map<String, Object> defaults =
                JsonText.object(JsonText.object(panel.get("fieldConfig")).get("defaults"));
        boolean stacked = defaults.containsKey("custom");
        List<List<String>> legend = legend(curves, box.width() - 16);
        Box area = new Box(
                box.x() + 52, box.y() + 28, box.width() - 64, box.height() - 28 - 24 - LEGEND_LINE * legend.size());
        Map<String, List<double[]>> drawn = stacked ? stack(curves) : curves;
        double top = drawn.values().stream()
                .flatMap(List::stream)
                .mapToDouble(point -> point[1])
                .max()
                .orElse(1);
        Axis axis = Axis.of(top);
        DoubleFunction<String> format = format(unit(panel), axis.top());
        for (double value = 0; value <= axis.top() * 1.0001; value += axis.step()) {
            double y = y(area, axis, value);
            line(area.x(), y, area.x() + area.width(), y, FAINT, "");
            text(area.x() - 5, y + 4, "end", "font-size=\"10\"", format.apply(value));
        }
        for (long second = 0; second <= to - from; second += 60) {
            double x = area.x() + area.width() * second / (to - from);
            text(
                    x,
                    area.y() + area.height() + 13,
                    second > to - from - 20 ? "end" : "middle",
                    "font-size=\"10\"",
                    second / 60 + " min");
        }
        List<String> names = new ArrayList<>(curves.keySet());
        if (stacked) {
            // The highest first, so that each covers what is not its own.
            List<String> backwards = new ArrayList<>(names);
            Collections.reverse(backwards);
            backwards.forEach(name ->
                    shape(area, axis, drawn.get(name), COLOURS.get(names.indexOf(name) % COLOURS.size()), true));
        } else {
            names.forEach(name ->
                    shape(area, axis, drawn.get(name), COLOURS.get(names.indexOf(name) % COLOURS.size()), false));
        }
        for (Mark mark : marks) {
            double x = area.x() + area.width() * (mark.at() - from) / (to - from);
            line(x, area.y(), x, area.y() + area.height(), "#7b8794", "stroke-dasharray=\"3 3\"");
            text(x + 3, area.y() + 9, "start", "font-size=\"9\" fill=\"#52606d\"", mark.label());
        }
        drawLegend(legend, names, box);
    }

    private Map<String, List<double[]>> curves(Map<String, Object> panel) throws IOException, InterruptedException {
        Map<String, List<double[]>> curves = new TreeMap<>();
        for (Map<String, Object> target : JsonText.objects(panel.get("targets"))) {
            String query = PrometheusTools.replaced((String) target.get("expr"));
            for (Prometheus.Curve curve : prometheus.range(query, from, to, 5)) {
                if (!curve.points().isEmpty()) {
                    curves.put(name((String) target.get("legendFormat"), curve.labels()), curve.points());
                }
            }
        }
        return curves;
    }

    private static String name(String format, Map<String, Object> labels) {
        Matcher label = Pattern.compile("\\{\\{(\\w+)}}").matcher(format);
        return label.replaceAll(found -> Matcher.quoteReplacement(String.valueOf(labels.get(found.group(1)))));
    }

    /** Each curve on top of those before it, at each of its own instants. */
    private static Map<String, List<double[]>> stack(Map<String, List<double[]>> curves) {
        Map<Double, Double> below = new TreeMap<>();
        return curves.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        curve -> curve.getValue().stream()
                                .map(point -> new double[] {point[0], below.merge(point[0], point[1], Double::sum)})
                                .toList(),
                        (one, other) -> one,
                        TreeMap::new));
    }

    private void shape(Box area, Axis axis, List<double[]> points, String colour, boolean filled) {
        for (List<double[]> part : parts(points)) {
            String path = part.stream()
                    .map(point -> String.format(Locale.ROOT, "%.1f,%.1f", x(area, point[0]), y(area, axis, point[1])))
                    .collect(Collectors.joining(" "));
            if (filled) {
                add(
                        "<polygon fill=\"%s\" stroke=\"#ffffff\" stroke-width=\"0.6\" points=\"%s %.1f,%.1f %.1f,%.1f\"/>%n",
                        colour,
                        path,
                        x(area, part.get(part.size() - 1)[0]),
                        y(area, axis, 0),
                        x(area, part.get(0)[0]),
                        y(area, axis, 0));
            } else {
                add(
                        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" stroke-linecap=\"round\" points=\"%s\"/>%n",
                        colour, path);
            }
        }
    }

    /** What hangs together: a gap in the data is a gap in the picture. */
    private static List<List<double[]>> parts(List<double[]> points) {
        List<List<double[]>> parts = new ArrayList<>();
        double last = Double.NEGATIVE_INFINITY;
        for (double[] point : points) {
            if (point[0] - last > 11) {
                parts.add(new ArrayList<>());
            }
            parts.get(parts.size() - 1).add(point);
            last = point[0];
        }
        return parts;
    }

    private static List<List<String>> legend(Map<String, List<double[]>> curves, double width) {
        List<List<String>> lines = new ArrayList<>();
        double used = Double.POSITIVE_INFINITY;
        for (String name : curves.keySet()) {
            double needed = 26 + LETTER * name.length();
            if (used + needed > width) {
                lines.add(new ArrayList<>());
                used = 0;
            }
            lines.get(lines.size() - 1).add(name);
            used += needed;
        }
        return lines;
    }

    private void drawLegend(List<List<String>> lines, List<String> names, Box box) {
        double y = box.y() + box.height() - 6 - LEGEND_LINE * (lines.size() - 1);
        for (List<String> line : lines) {
            double x = box.x() + 10;
            for (String name : line) {
                String colour = COLOURS.get(names.indexOf(name) % COLOURS.size());
                add("<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"4\" fill=\"%s\"/>%n", x, y - 5, colour);
                text(x + 16, y, "start", "", name);
                x += 26 + LETTER * name.length();
            }
            y += LEGEND_LINE;
        }
        if (names.isEmpty()) {
            text(box.x() + box.width() / 2, box.y() + box.height() / 2, "middle", "fill=\"#7b8794\"", "nothing");
        }
    }

    private record Axis(double top, double step) {
        static Axis of(double highest) {
            double rough = Math.max(highest, 1e-6) / 4;
            double magnitude = Math.pow(10, Math.floor(Math.log10(rough)));
            for (double factor : new double[] {1, 2, 2.5, 5, 10}) {
                if (factor * magnitude >= rough * 0.999) {
                    double step = factor * magnitude;
                    return new Axis(step * Math.max(1, Math.ceil(highest / step - 0.001)), step);
                }
            }
            return new Axis(highest, highest);
        }
    }

    /** Values of one axis in one unit, chosen by the highest. */
    private static DoubleFunction<String> format(String unit, double highest) {
        return switch (unit) {
            case "percentunit" -> value -> number(value * 100, highest * 100) + " %";
            case "reqps" -> value -> number(value, highest) + "/s";
            case "s" ->
                highest < 0.001
                        ? value -> number(value * 1e6, highest * 1e6) + " µs"
                        : highest < 1
                                ? value -> number(value * 1e3, highest * 1e3) + " ms"
                                : value -> number(value, highest) + " s";
            default -> value -> number(value, highest);
        };
    }

    private static String number(double value, double highest) {
        if (Double.isNaN(value)) {
            return "-";
        }
        String digits = highest >= 8 || value == Math.rint(value) ? "%.0f" : highest >= 0.8 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, digits, value);
    }

    private double x(Box area, double at) {
        return area.x() + area.width() * (at - from) / (to - from);
    }

    private static double y(Box area, Axis axis, double value) {
        return area.y() + area.height() * (1 - value / axis.top());
    }

    private void line(double x1, double y1, double x2, double y2, String colour, String style) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" %s/>%n",
                x1, y1, x2, y2, colour, style);
    }

    private void text(double x, double y, String anchor, String style, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>%n",
                x, y, anchor, style, DemoReport.escape(text));
    }

    private static String shortened(String text, int letters) {
        return text.length() <= letters ? text : text.substring(0, letters - 1) + "…";
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}
