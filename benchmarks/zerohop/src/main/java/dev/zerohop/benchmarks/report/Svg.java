package dev.zerohop.benchmarks.report;

import java.util.List;
import java.util.Locale;

/** Writes a picture, shape by shape. Its white ground makes it readable on a dark page too. */
final class Svg {
    static final String INK = "#222222";
    static final String FAINT = "#d8d8d8";

    private final StringBuilder shapes = new StringBuilder();
    private final String title;
    private final int width;

    record Point(double x, double y) {}

    enum Anchor {
        START,
        MIDDLE,
        END
    }

    Svg(String title, int width) {
        this.title = title;
        this.width = width;
    }

    void beginSeries(String library) {
        add("<g class=\"series %s\">", escaped(library));
    }

    void endSeries() {
        add("</g>");
    }

    void text(double x, double y, Anchor anchor, String text) {
        text(x, y, anchor, 13, "normal", text);
    }

    void heading(double x, double y, int size, String text) {
        text(x, y, Anchor.START, size, "bold", text);
    }

    private void text(double x, double y, Anchor anchor, int size, String weight, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" font-weight=\"%s\" fill=\"%s\">%s</text>",
                x, y, anchor.name().toLowerCase(Locale.ROOT), size, weight, INK, escaped(text));
    }

    void line(Point from, Point to, String colour, double strokeWidth) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"/>",
                from.x(), from.y(), to.x(), to.y(), colour, strokeWidth);
    }

    void curve(List<Point> points, String colour) {
        StringBuilder path = new StringBuilder();
        points.forEach(point -> path.append(String.format(Locale.ROOT, "%.1f,%.1f ", point.x(), point.y())));
        add(
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
                path.toString().strip(), colour);
    }

    void bar(double x, double y, double barWidth, double height, String colour) {
        add("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>", x, y, barWidth, height, colour);
    }

    void marker(Point at, Look look) {
        double x = at.x();
        double y = at.y();
        String paint = "fill=\"%s\" stroke=\"#ffffff\"".formatted(look.colour);
        switch (look.marker) {
            case CIRCLE -> add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" %s/>", x, y, paint);
            case SQUARE -> add("<rect x=\"%.1f\" y=\"%.1f\" width=\"9\" height=\"9\" %s/>", x - 4.5, y - 4.5, paint);
            case TRIANGLE ->
                add(
                        "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\" %s/>",
                        x, y - 6, x + 6, y + 5, x - 6, y + 5, paint);
            case DIAMOND ->
                add(
                        "<polygon points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f\" %s/>",
                        x, y - 6.5, x + 6.5, y, x, y + 6.5, x - 6.5, y, paint);
            case CROSS ->
                add(
                        "<path d=\"M%.1f %.1fl9 9m0 -9l-9 9\" fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\"/>",
                        x - 4.5, y - 4.5, look.colour);
        }
    }

    String picture(int height) {
        return String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img" font-family="Helvetica, Arial, sans-serif">
                <title>%3$s</title>
                <rect width="%1$d" height="%2$d" fill="#ffffff"/>
                %4$s</svg>
                """, width, height, escaped(title), shapes);
    }

    private void add(String format, Object... arguments) {
        shapes.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
