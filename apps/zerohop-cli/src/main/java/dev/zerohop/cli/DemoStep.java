package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One step of a demo: the servers or their source change, and the effect on the calls is measured and checked.
 *
 * @param <W> the world in which it runs
 */
public interface DemoStep<W extends DemoWorld> {

    /** A short name. */
    String title();

    /** What happens and what to expect, for a newcomer. */
    String story();

    /** Runs the step in a world without servers and notes the measurements. */
    void play(W world, Notes notes) throws InterruptedException;

    /** One measurement and whether it is as expected. */
    record Check(String what, String measured, String expected, boolean held) {}

    /** Collects the checks and plots of a step. Used by one thread. */
    final class Notes {
        private final List<Check> checks = new ArrayList<>();
        private final List<DemoPlot> plots = new ArrayList<>();

        public void check(String what, String measured, String expected, boolean held) {
            checks.add(new Check(what, measured, expected, held));
        }

        /** Checks that a share, in percent, is close to the expected one. */
        public void share(String what, double percent, double expected, double tolerance) {
            check(
                    what,
                    percent(percent),
                    percent(expected) + " +- " + percent(tolerance),
                    Math.abs(percent - expected) <= tolerance);
        }

        /** Checks that a share, in percent, is not above a limit. */
        public void atMost(String what, double percent, double limit) {
            check(what, percent(percent), "at most " + percent(limit), percent <= limit);
        }

        /** Checks that no call failed and that there were calls at all. */
        public void noneFailed(String subject, DemoTraffic.Window window) {
            check(
                    subject + ": failed calls",
                    window.failed() + " of " + window.calls(),
                    "0",
                    window.failed() == 0 && window.calls() > 0);
        }

        public void plot(DemoPlot plot) {
            plots.add(plot);
        }

        public List<Check> checks() {
            return checks;
        }

        public List<DemoPlot> plots() {
            return plots;
        }

        public boolean held() {
            return !checks.isEmpty() && checks.stream().allMatch(Check::held);
        }

        private static String percent(double value) {
            return String.format(Locale.ROOT, "%.1f %%", value);
        }
    }
}
