package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the endpoints of each zone reported since an instant. */
final class ZoneReports {
    /** So many endpoints tell what a zone is like, however large it is: a client of few calls hears of a large zone's endpoints too seldom to know all of them. */
    private static final int ENOUGH = 10;

    /** More than twice what it should bear makes no difference: a number that is nonsense moves the mean by no more. */
    private static final double MOST = 2;

    /** One zone's. */
    static final class Zone {
        private int endpoints;
        private int reporting;
        private double sum;
        private double capacity;

        int endpoints() {
            return endpoints;
        }

        int reporting() {
            return reporting;
        }

        /** The weights of those that serve it. */
        double capacity() {
            return capacity;
        }

        boolean isKnown() {
            return reporting > 0 && reporting >= Math.min(ENOUGH, (endpoints + 1) / 2);
        }

        /** The mean; meaningless if none reported. */
        double utilization() {
            return sum / reporting;
        }
    }

    private final Map<String, Zone> zones = new TreeMap<>();

    private ZoneReports() {}

    /**
     * Of the own zone a report counts until it expires, of another one it also has to be from after the last move: traffic that has moved there is not in the one before. A zone in which calls run out of time reports nothing new, and what it
     * said last is what has to count then.
     */
    static ZoneReports of(List<Candidate> candidates, ZoneShift before, List<String> metrics, long expiredNanos) {
        long since = before.movedNanos() - expiredNanos > 0 ? before.movedNanos() : expiredNanos;
        ZoneReports reports = new ZoneReports();
        for (Candidate candidate : candidates) {
            Node node = candidate.node();
            Node.ReportedLoad last = node.reportedLoad();
            double used = last == null ? 0 : used(last.report(), metrics);
            List<String> served = before.domains().of(node.endpoint());
            for (String name : served) {
                long from = name.equals(before.own()) ? expiredNanos : since;
                Zone zone = reports.zones.computeIfAbsent(name, absent -> new Zone());
                zone.endpoints++;
                zone.capacity += candidate.weight() / served.size();
                // 0 is what a report does not state.
                if (used > 0 && last != null && last.nanos() - from >= 0) {
                    zone.reporting++;
                    zone.sum += Math.min(MOST, used);
                }
            }
        }
        return reports;
    }

    /** With the share of requests that fail: a zone that fails all at once must not look idle. */
    private static double used(LoadReport report, List<String> metrics) {
        double failed = report.errorsPerSecond();
        double share = failed > 0 ? failed / Math.max(failed, report.requestsPerSecond()) : 0;
        return report.utilizationBy(metrics) + share;
    }

    Zone of(String name) {
        return zones.getOrDefault(name, new Zone());
    }

    /** All but this one, in alphabetical order. */
    Map<String, Zone> without(String own) {
        Map<String, Zone> others = new TreeMap<>(zones);
        others.remove(own);
        return others;
    }
}
