package dev.zerohop.health;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Once in an interval compares how the calls to all endpoints fared: gRFC A50's two algorithms, in its order. It differs in one thing: where no more than some may be
 * ejected, these are the worst and not the first. Serial executor only.
 */
final class OutlierSweep {
    /** Rates that differ by less differ by the rounding of the mean only. */
    private static final double ROUNDING = 1e-9;

    private final @Nullable SuccessRateEjection successRate;
    private final @Nullable FailurePercentageEjection failurePercentage;
    private final Set<OutlierStats> all = new LinkedHashSet<>();

    /** How the calls to an endpoint fared in one interval. */
    private record Counted(OutlierStats stats, int calls, int failures) {
        double successRate() {
            return (double) (calls - failures) / calls;
        }

        boolean hasFailed(int percent) {
            return 100L * failures > (long) percent * calls;
        }
    }

    OutlierSweep(@Nullable SuccessRateEjection successRate, @Nullable FailurePercentageEjection failurePercentage) {
        this.successRate = successRate;
        this.failurePercentage = failurePercentage;
    }

    void add(OutlierStats stats) {
        all.add(stats);
    }

    void remove(OutlierStats stats) {
        all.remove(stats);
    }

    /** Takes an endpoint out. */
    interface Ejector {
        void eject(OutlierStats stats, String why);
    }

    /** Ends an interval, and has those ejected that it finds while {@code places} says that more may be. */
    void end(IntSupplier places, Ejector ejector) {
        List<Counted> counted = new ArrayList<>(all.size());
        for (OutlierStats stats : all) {
            long counts = stats.takeCounts();
            int calls = OutlierStats.calls(counts);
            // One that is out is no measure for the others.
            if (calls > 0 && stats.isActive()) {
                counted.add(new Counted(stats, calls, OutlierStats.failures(counts)));
            }
        }
        counted.sort(Comparator.comparingDouble(Counted::successRate));
        if (successRate != null) {
            bySuccessRate(successRate, counted, places, ejector);
        }
        if (failurePercentage != null) {
            byFailurePercentage(failurePercentage, counted, places, ejector);
        }
    }

    private static void bySuccessRate(
            SuccessRateEjection limits, List<Counted> ascending, IntSupplier places, Ejector ejector) {
        List<Counted> enough = withVolume(ascending, limits.requestVolume());
        if (enough.size() < limits.minimumHosts()) {
            return;
        }
        double mean = enough.stream().mapToDouble(Counted::successRate).sum() / enough.size();
        double variance = enough.stream()
                        .mapToDouble(each -> (each.successRate() - mean) * (each.successRate() - mean))
                        .sum()
                / enough.size();
        double stdev = Math.sqrt(variance);
        double required = mean - stdev * (limits.stdevFactor() / 1000.0);
        for (Counted each : enough) {
            if (each.successRate() >= required - ROUNDING || places.getAsInt() <= 0) {
                return;
            }
            ejector.eject(
                    each.stats,
                    String.format(
                            Locale.ROOT,
                            "%.1f %% of %,d calls succeeded, less than %.1f %% (mean %.1f, standard deviation %.1f of %,d endpoints)",
                            100 * each.successRate(),
                            each.calls,
                            100 * required,
                            100 * mean,
                            100 * stdev,
                            enough.size()));
        }
    }

    private static void byFailurePercentage(
            FailurePercentageEjection limits, List<Counted> ascending, IntSupplier places, Ejector ejector) {
        List<Counted> enough = withVolume(ascending, limits.requestVolume());
        if (enough.size() < limits.minimumHosts()) {
            return;
        }
        for (Counted each : enough) {
            if (!each.hasFailed(limits.threshold()) || places.getAsInt() <= 0) {
                return;
            }
            // Its success rate may have been too low already.
            if (each.stats.isActive()) {
                ejector.eject(
                        each.stats,
                        String.format(
                                Locale.ROOT,
                                "%.1f %% of %,d calls failed, more than %d %%",
                                100 - 100 * each.successRate(),
                                each.calls,
                                limits.threshold()));
            }
        }
    }

    private static List<Counted> withVolume(List<Counted> counted, int calls) {
        return counted.stream().filter(each -> each.calls >= calls).toList();
    }
}
