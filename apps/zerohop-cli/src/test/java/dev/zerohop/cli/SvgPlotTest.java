package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is in a plot can be seen in it. */
class SvgPlotTest {
    private static final List<DemoPlot.Mark> MARKS = List.of(
            new DemoPlot.Mark(0.4, "orders-1 leaves"),
            new DemoPlot.Mark(0.9, "back on a new port"),
            new DemoPlot.Mark(2.3, "and something at the very end"));

    @Test
    void equalSharesStandOnOneAnotherAndDoNotHideOneAnother() {
        String svg = SvgPlot.svg(plot(true, 3));
        List<List<double[]>> bands = all(svg, "<polygon[^>]*points=\"([^\"]*)\"");
        assertThat(bands).hasSize(3);
        double floor = bands.get(0).get(bands.get(0).size() - 1)[1];
        for (int i = 0; i < bands.size(); i++) {
            List<double[]> band = bands.get(i);
            double upper = band.get(0)[1];
            double lower = band.get(band.size() - 1)[1];
            assertThat(upper).isLessThan(lower - 5);
            assertThat(lower).isEqualTo(i == 0 ? floor : bands.get(i - 1).get(0)[1]);
        }
    }

    @Test
    void equalCurvesShowThroughOneAnother() {
        List<String> dashes = groups(SvgPlot.svg(plot(false, 4)), "<polyline[^>]*stroke-dasharray=\"([^\"]*)\"");
        assertThat(dashes).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void eachOfEightServersHasAColourOfItsOwn() {
        DemoPlot plot = plot(true, 8);
        Set<String> colours = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            colours.add(SvgPlot.colour(plot.curves().get(i), i));
        }
        assertThat(colours).hasSize(8);
        String html = DemoReport.html(List.of(), 1);
        assertThat(colours)
                .allSatisfy(colour -> assertThat(html).contains(colour.substring(4, colour.length() - 1) + ": #"));
    }

    @Test
    void nothingRunsThroughALabel() {
        String svg = SvgPlot.svg(plot(true, 3));
        double plotTop = Double.parseDouble(groups(svg, "y1=\"([0-9.]+)\" y2=\"[0-9.]+\" stroke=\"var\\(--ink\\)\"")
                .get(0));
        List<Double> lines = new ArrayList<>();
        for (DemoPlot.Mark mark : MARKS) {
            MatchResult label = Pattern.compile(
                            "<text x=\"([0-9.]+)\" y=\"([0-9.]+)\" text-anchor=\"(start|end)\">[^<]*" + mark.text())
                    .matcher(svg)
                    .results()
                    .findFirst()
                    .orElseThrow();
            double x = Double.parseDouble(label.group(1));
            double wide = 6.0 * (mark.text().length() + 2);
            assertThat(label.group(3).equals("start") ? x + wide : x - 4).isLessThanOrEqualTo(480);
            assertThat(label.group(3).equals("end") ? x - wide : x).isNotNegative();
            assertThat(Double.parseDouble(label.group(2))).isLessThan(plotTop);
            lines.add(Double.parseDouble(label.group(2)));
        }
        for (int i = 1; i < lines.size(); i++) {
            assertThat(lines.get(i) - lines.get(i - 1)).isGreaterThanOrEqualTo(13);
        }
        // Bands, lines and grid all end below the labels.
        assertThat(all(svg, "<polygon[^>]*points=\"([^\"]*)\""))
                .allSatisfy(band -> assertThat(band)
                        .allSatisfy(point -> assertThat(point[1]).isGreaterThanOrEqualTo(plotTop)));
        assertThat(groups(svg, "<line [^>]*y1=\"([0-9.]+)\""))
                .allSatisfy(y -> assertThat(Double.parseDouble(y)).isGreaterThanOrEqualTo(plotTop));
    }

    @Test
    void theTimesOfALongStoryDoNotRunIntoOneAnother() {
        DemoPlot minute = new DemoPlot("", "", 60, true, List.of(), List.of(), "");
        List<Double> places =
                groups(SvgPlot.svg(minute), "<text x=\"([0-9.]+)\" y=\"[0-9]+\" text-anchor=\"middle\">[0-9]").stream()
                        .map(Double::parseDouble)
                        .toList();
        assertThat(places).hasSizeGreaterThan(3);
        for (int i = 1; i < places.size(); i++) {
            assertThat(places.get(i) - places.get(i - 1)).isGreaterThan(30);
        }
    }

    private static DemoPlot plot(boolean stacked, int curves) {
        List<DemoPlot.Curve> equal = new ArrayList<>();
        for (int i = 0; i < curves; i++) {
            equal.add(new DemoPlot.Curve(
                    "orders-" + i, false, List.of(new double[] {0.5, 66}, new double[] {1.5, 66}, new double[] {2, 66
                    })));
        }
        return new DemoPlot("gRPC", "calls per second", 2.5, stacked, equal, MARKS, "");
    }

    private static List<List<double[]>> all(String svg, String pattern) {
        return groups(svg, pattern).stream()
                .map(points -> Arrays.stream(points.trim().split(" "))
                        .map(point -> Arrays.stream(point.split(","))
                                .mapToDouble(Double::parseDouble)
                                .toArray())
                        .toList())
                .toList();
    }

    private static List<String> groups(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
