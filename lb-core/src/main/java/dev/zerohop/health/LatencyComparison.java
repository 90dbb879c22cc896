package dev.zerohop.health;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;

/** The rule of {@link LatencyEjection}. Serial executor only. */
final class LatencyComparison {
    private static final double MILLI = 1e6;

    private final LatencyEjection limits;

    LatencyComparison(LatencyEjection limits) {
        this.limits = limits;
    }

    /** The mean latency of the calls to one endpoint in one interval. */
    private record Measured(OutlierStats stats, OutlierSweep.Place place, int calls, double meanNanos) {}

    /** One that is too slow for its median. */
    private record Finding(Measured slow, double medianNanos, String among) {
        double ratio() {
            return slow.meanNanos / medianNanos;
        }
    }

    /** Ends an interval, and has those ejected that are too slow, the slowest for their median first, while {@code places} says that more may be. */
    void end(Map<OutlierStats, OutlierSweep.Place> all, IntSupplier places, OutlierSweep.Ejector ejector) {
        List<Finding> findings = findings(measured(all));
        findings.sort(Comparator.comparingDouble(Finding::ratio).reversed());
        for (Finding finding : findings) {
            if (places.getAsInt() <= 0) {
                return;
            }
            ejector.eject(finding.slow.stats, words(finding));
        }
    }

    /** Those with enough calls, the fastest first. */
    private List<Measured> measured(Map<OutlierStats, OutlierSweep.Place> all) {
        List<Measured> measured = new ArrayList<>();
        all.forEach((stats, place) -> {
            long latencies = stats.takeLatencies();
            int calls = OutlierStats.timedCalls(latencies);
            // One that is out, perhaps since a moment ago for its success rate, is no measure for the others.
            if (calls >= limits.requestVolume() && stats.isActive()) {
                measured.add(new Measured(stats, place, calls, OutlierStats.latencyNanos(latencies) / calls));
            }
        });
        measured.sort(Comparator.comparingDouble(Measured::meanNanos));
        return measured;
    }

    private List<Finding> findings(List<Measured> ascending) {
        List<Finding> findings = new ArrayList<>();
        if (ascending.size() < limits.minimumHosts()) {
            return findings;
        }
        Map<OutlierSweep.Place, List<Measured>> byPlace = new LinkedHashMap<>();
        for (Measured each : ascending) {
            byPlace.computeIfAbsent(each.place, absent -> new ArrayList<>()).add(each);
        }
        byPlace.forEach((place, near) -> {
            boolean enough = near.size() >= limits.minimumHosts();
            List<Measured> compared = enough ? near : ascending;
            double median = median(compared);
            double fastest = near.get(0).meanNanos;
            for (Measured each : near) {
                // Of few in a far zone all are slow; one that is alone there has nothing else to be compared with.
                if (exceeds(each.meanNanos, median)
                        && (enough || near.size() == 1 || exceeds(each.meanNanos, fastest))) {
                    findings.add(
                            new Finding(each, median, compared.size() + " endpoints" + (enough ? place.words() : "")));
                }
            }
        });
        return findings;
    }

    private boolean exceeds(double mean, double other) {
        return mean > other * limits.factor()
                && mean - other >= limits.minimumDifference().toNanos();
    }

    private static double median(List<Measured> ascending) {
        int middle = ascending.size() / 2;
        double upper = ascending.get(middle).meanNanos;
        return ascending.size() % 2 == 1 ? upper : (ascending.get(middle - 1).meanNanos + upper) / 2;
    }

    private String words(Finding finding) {
        return String.format(
                Locale.ROOT,
                "mean latency %,.1f ms of %,d calls, more than %.1f times the median of %,.1f ms (%s)",
                finding.slow.meanNanos / MILLI,
                finding.slow.calls,
                limits.factor(),
                finding.medianNanos / MILLI,
                finding.among);
    }
}
