package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Curves over time.
 *
 * @param title what is shown
 * @param unit of the vertical axis
 * @param seconds length of the horizontal axis
 * @param curves one for each server, and one for failed calls if there were any
 * @param marks what happened when
 */
public record DemoPlot(String title, String unit, double seconds, List<Curve> curves, List<Mark> marks) {
    private static final long BIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /** One curve; {@code points} are pairs of seconds and value. */
    public record Curve(String name, boolean failure, List<double[]> points) {}

    /** An event at one instant. */
    public record Mark(double second, String text) {}

    /** Calls per second by server. */
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
            double at = (bin + BIN_NANOS / 2 - fromNanos) / 1e9;
            for (Curve curve : curves) {
                curve.points()
                        .add(new double[] {at, window.share(curve.name()) / 100 * window.calls() / window.seconds()});
            }
            failed.points().add(new double[] {at, window.failed() / window.seconds()});
        }
        if (traffic.between(fromNanos, toNanos).failed() > 0) {
            curves.add(failed);
        }
        return new DemoPlot(traffic.name(), "calls per second", (toNanos - fromNanos) / 1e9, curves, List.of(marks));
    }

    public static Mark mark(long fromNanos, long atNanos, String text) {
        return new Mark((atNanos - fromNanos) / 1e9, text);
    }
}
