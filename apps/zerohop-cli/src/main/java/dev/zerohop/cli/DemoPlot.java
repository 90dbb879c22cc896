package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Curves over time.
 *
 * @param title the title of the plot
 * @param unit of the vertical axis
 * @param seconds length of the horizontal axis
 * @param stacked whether each curve stands on the one before it, so that none hides another and the upper edge is the sum
 * @param curves one for each server, and one for failed calls if there are any
 * @param marks the events
 * @param note one more line of text, or empty
 */
public record DemoPlot(
        String title, String unit, double seconds, boolean stacked, List<Curve> curves, List<Mark> marks, String note) {
    private static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** One curve; {@code points} are pairs of seconds and value. */
    public record Curve(String name, boolean failure, List<double[]> points) {}

    /** An event at one instant. */
    public record Mark(double second, String text) {}

    /** Calls per second by server, with their latency. */
    public static DemoPlot rates(DemoTraffic traffic, long fromNanos, long toNanos, Mark... marks) {
        TreeSet<String> servers = new TreeSet<>();
        for (DemoTraffic.Sample sample : traffic.between(fromNanos, toNanos).samples()) {
            String server = sample.result().server();
            if (server != null) {
                servers.add(server);
            }
        }
        List<Curve> curves = new ArrayList<>();
        for (String server : servers) {
            curves.add(new Curve(server, false, new ArrayList<>()));
        }
        Curve failed = new Curve("failed calls", true, new ArrayList<>());
        for (long bin = fromNanos; bin + BIN_NANOS - toNanos <= 0; bin += BIN_NANOS) {
            DemoTraffic.Window window = traffic.between(bin, bin + BIN_NANOS);
            for (Curve curve : curves) {
                curve.points()
                        .add(new double[] {middle(bin, fromNanos), window.answeredWell(curve.name()) / window.seconds()
                        });
            }
            failed.points().add(new double[] {middle(bin, fromNanos), window.failed() / window.seconds()});
        }
        if (traffic.between(fromNanos, toNanos).failed() > 0) {
            curves.add(failed);
        }
        return new DemoPlot(
                traffic.name(),
                "calls per second, one server on the other",
                (toNanos - fromNanos) / 1e9,
                true,
                curves,
                List.of(marks),
                latencies(traffic, fromNanos, toNanos, marks));
    }

    /** The 99th percentile of the latency of each stream. */
    public static DemoPlot latencies(
            String title, List<DemoTraffic> streams, long fromNanos, long toNanos, Mark... marks) {
        List<Curve> curves = new ArrayList<>();
        for (DemoTraffic traffic : streams) {
            Curve curve = new Curve(traffic.name(), false, new ArrayList<>());
            for (long bin = fromNanos; bin + BIN_NANOS - toNanos <= 0; bin += BIN_NANOS) {
                DemoTraffic.Window window = traffic.between(bin, bin + BIN_NANOS);
                if (window.calls() > 0) {
                    curve.points().add(new double[] {middle(bin, fromNanos), window.latencyMillis(99)});
                }
            }
            curves.add(curve);
        }
        return new DemoPlot(title, "milliseconds", (toNanos - fromNanos) / 1e9, false, curves, List.of(marks), "");
    }

    public static Mark mark(long fromNanos, long atNanos, String text) {
        return new Mark((atNanos - fromNanos) / 1e9, text);
    }

    private static double middle(long bin, long fromNanos) {
        return (bin + BIN_NANOS / 2 - fromNanos) / 1e9;
    }

    private static String latencies(DemoTraffic traffic, long fromNanos, long toNanos, Mark... marks) {
        if (marks.length == 0) {
            return "latency: " + latency(traffic.between(fromNanos, toNanos));
        }
        long first = fromNanos + (long) (marks[0].second() * 1e9);
        return "latency before: " + latency(traffic.between(fromNanos, first)) + "; after: "
                + latency(traffic.between(first, toNanos));
    }

    private static String latency(DemoTraffic.Window window) {
        return String.format(
                Locale.ROOT, "median %.1f ms, 99 %% %.1f ms", window.latencyMillis(50), window.latencyMillis(99));
    }
}
