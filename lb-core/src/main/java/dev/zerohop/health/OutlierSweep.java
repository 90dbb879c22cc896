package dev.zerohop.health;

import dev.zerohop.Endpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Once in an interval compares how the calls to all endpoints fared: gRFC A50's two algorithms, in its order, then latencies. It differs in one thing: where no more than some may be
 * ejected, these are the worst and not the first. Serial executor only.
 */
final class OutlierSweep {
    /** Rates that differ by less differ by the rounding of the mean only. */
    private static final double ROUNDING = 1e-9;

    private final Comparisons comparisons;
    private final @Nullable LatencyComparison latency;
    private final Map<OutlierStats, Place> all = new LinkedHashMap<>();

    /** What endpoints are compared by; null for each that is off. */
    record Comparisons(
            @Nullable SuccessRateEjection successRate,
            @Nullable FailurePercentageEjection failurePercentage,
            @Nullable LatencyEjection latency) {

        boolean any() {
            return counts() || times();
        }

        /** Whether it matters how many calls there were, and how many of them failed. */
        boolean counts() {
            return successRate != null || failurePercentage != null;
        }

        boolean times() {
            return latency != null;
        }
    }

    /** Whose endpoints are equally far away. */
    record Place(@Nullable String zone, String priority) {
        /** The priority of an endpoint that states none. */
        private static final String FIRST = "0";

        static Place of(Endpoint endpoint) {
            return new Place(endpoint.zone(), endpoint.attributes().getOrDefault(Endpoint.PRIORITY, FIRST));
        }

        String words() {
            return (zone == null ? "" : " in zone " + zone)
                    + (priority.equals(FIRST) ? "" : " of priority " + priority);
        }
    }

    /** How the calls to an endpoint fared in one interval. */
    private record Counted(OutlierStats stats, int calls, int failures) {
        double successRate() {
            return (double) (calls - failures) / calls;
        }

        boolean hasFailed(int percent) {
            return 100L * failures > (long) percent * calls;
        }
    }

    OutlierSweep(Comparisons comparisons) {
        this.comparisons = comparisons;
        this.latency = comparisons.latency == null ? null : new LatencyComparison(comparisons.latency);
    }

    void add(OutlierStats stats, Endpoint endpoint) {
        Place place = Place.of(endpoint);
        all.put(stats, place);
        if (latency != null) {
            latency.add(stats, place);
        }
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
        if (comparisons.counts()) {
            endCounts(places, ejector);
        }
        if (latency != null) {
            latency.end(all, places, ejector);
        }
    }

    private void endCounts(IntSupplier places, Ejector ejector) {
        List<Counted> counted = new ArrayList<>(all.size());
        for (OutlierStats stats : all.keySet()) {
            long counts = stats.takeCounts();
            int calls = OutlierStats.calls(counts);
            // One that is out is no measure for the others.
            if (calls > 0 && stats.isActive()) {
                counted.add(new Counted(stats, calls, OutlierStats.failures(counts)));
            }
        }
        counted.sort(Comparator.comparingDouble(Counted::successRate));
        if (comparisons.successRate != null) {
            bySuccessRate(comparisons.successRate, counted, places, ejector);
        }
        if (comparisons.failurePercentage != null) {
            byFailurePercentage(comparisons.failurePercentage, counted, places, ejector);
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
