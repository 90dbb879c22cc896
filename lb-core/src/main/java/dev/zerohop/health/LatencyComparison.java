package dev.zerohop.health;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The rule of {@link LatencyEjection}. Serial executor only. */
final class LatencyComparison {
    private static final double MILLI = 1e6;

    /** A call counts for no more than what lets one slow call in this many exceed the limit: so at least a tenth of an endpoint's calls must be slow. */
    private static final int ONE_IN = 10;

    private final LatencyEjection limits;

    /** What calls usually took in the interval before, by place; of places whose endpoints were compared in it. */
    private final Map<OutlierSweep.Place, Usual> usual = new HashMap<>();

    LatencyComparison(LatencyEjection limits) {
        this.limits = limits;
    }

    /**
     * What calls to the endpoints of a place usually take.
     *
     * @param nanos with what a mean is compared there
     * @param mostNanos what one call counts for at most, so that a single one of half a minute among hundreds does not move a mean far enough
     */
    record Usual(long nanos, long mostNanos) {}

    /**
     * The mean latency of the calls to one endpoint in one interval.
     *
     * @param clipped what limited each call; null if nothing did, so that one call may have made the mean
     */
    private record Measured(
            OutlierStats stats,
            OutlierSweep.Place place,
            int calls,
            double meanNanos,
            @Nullable Usual clipped) {}

    /** One that is too slow for its median. */
    private record Finding(Measured slow, Usual clipped, double medianNanos, String among) {
        double ratio() {
            return slow.meanNanos / medianNanos;
        }
    }

    /** Sets what limits the calls of an endpoint that has joined, before the first of them is counted. */
    void add(OutlierStats stats, OutlierSweep.Place place) {
        stats.usual = usual.get(place);
    }

    /** Ends an interval, and ejects the endpoints that are too slow, those that exceed their median the most first, while {@code places} states that more may be ejected. */
    void end(Map<OutlierStats, OutlierSweep.Place> all, IntSupplier places, OutlierSweep.Ejector ejector) {
        Map<OutlierSweep.Place, Integer> members = new HashMap<>();
        all.values().forEach(place -> members.merge(place, 1, Integer::sum));
        List<Finding> findings = findings(measured(all), members);
        all.forEach((stats, place) -> stats.usual = usual.get(place));
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
            // An endpoint that is ejected, perhaps a moment ago for its success rate, is no measure for the others.
            if (calls >= limits.requestVolume() && stats.isActive()) {
                double mean = OutlierStats.latencyNanos(latencies) / calls;
                measured.add(new Measured(stats, place, calls, mean, stats.usual));
            }
        });
        measured.sort(Comparator.comparingDouble(Measured::meanNanos));
        return measured;
    }

    private List<Finding> findings(List<Measured> ascending, Map<OutlierSweep.Place, Integer> members) {
        List<Finding> findings = new ArrayList<>();
        if (ascending.size() < limits.minimumHosts()) {
            usual.clear();
            return findings;
        }
        Map<OutlierSweep.Place, List<Measured>> byPlace = new LinkedHashMap<>();
        for (Measured each : ascending) {
            byPlace.computeIfAbsent(each.place, absent -> new ArrayList<>()).add(each);
        }
        // What calls took before an interval without a comparison is no measure for how much one may count now.
        usual.keySet().retainAll(byPlace.keySet());
        byPlace.forEach((place, near) -> {
            boolean enough = near.size() >= limits.minimumHosts();
            List<Measured> compared = enough ? near : ascending;
            double median = median(compared);
            // In a zone that is far away all endpoints are slow: one of few there has to be slower than the fastest of
            // them
            // too. The only one there can be compared with those of other zones alone.
            boolean alone = members.getOrDefault(place, 0) == 1;
            double least = enough || alone ? median : Math.max(median, near.get(0).meanNanos);
            usual.put(place, usual(least));
            for (Measured each : near) {
                if (each.clipped != null && exceeds(each.meanNanos, least)) {
                    findings.add(new Finding(
                            each,
                            each.clipped,
                            median,
                            compared.size() + " endpoints" + (enough ? place.words() : "")));
                }
            }
        });
        return findings;
    }

    private Usual usual(double nanos) {
        double minimum = limits.minimumDifference().toNanos();
        double most = nanos + ONE_IN * Math.max(nanos * (limits.factor() - 1), minimum);
        return new Usual((long) nanos, Math.min(OutlierStats.MAX_LATENCY_NANOS, (long) most));
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
                "mean latency %,.1f ms of %,d calls, more than %.1f times the median of %,.1f ms (%s), each call counted as %,.1f ms at most",
                finding.slow.meanNanos / MILLI,
                finding.slow.calls,
                limits.factor(),
                finding.medianNanos / MILLI,
                finding.among,
                finding.clipped.mostNanos / MILLI);
    }
}
