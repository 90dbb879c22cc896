package dev.zerohop.stage;

import dev.zerohop.Snapshot;
import dev.zerohop.internal.Mix64;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which part of the own zone's traffic has moved to other zones because of their load; {@link Snapshot#carrying carried} from version to version. Immutable.
 *
 * @param own the zone whose traffic it is
 * @param domains what its zones are
 * @param zones the own one and the others, in alphabetical order
 * @param probed the part of all traffic that goes to the others so that they can report
 * @param movedNanos when traffic moved last; what other zones reported before says nothing of what they are like now
 * @param due when the next step is
 */
record ZoneShift(String own, Domains domains, SortedMap<String, Zone> zones, double probed, long movedNanos, Due due) {

    /** Below this, a part is an error of rounding. */
    private static final double NOTHING = 1e-9;

    /**
     * One zone by its last step.
     *
     * @param moved the part of the own zone's traffic that goes there instead
     * @param utilization the mean; 0 if too few had reported
     * @param knownNanos when enough of it had reported last
     * @param reporting how many of its endpoints had reported
     * @param endpoints of how many
     */
    record Zone(double moved, double utilization, long knownNanos, int reporting, int endpoints) {}

    /** The instant of a step, and how many there were before it. */
    record Due(long nanos, long steps) {
        /** At a part of the period that is this client's own. */
        static Due first(long nowNanos, long periodNanos, long seed) {
            return new Due(nowNanos + Math.max(1, (long) (periodNanos * part(seed, 0))), 0);
        }

        Due next(long nowNanos, long periodNanos, long seed) {
            double late = 1.1 + 0.1 * part(seed, steps + 1);
            return new Due(nowNanos + (long) (periodNanos * late), steps + 1);
        }

        /** From 0 to 1. */
        private static double part(long seed, long steps) {
            return (Mix64.mix(seed + steps * Mix64.GOLDEN) >>> 11) * 0x1p-53;
        }
    }

    /** The one of this instant: that which the snapshot carries, a step further if one is due, or a new one. */
    static ZoneShift of(Snapshot in, Domains domains, String own, ZoneLoad load, long nowNanos) {
        long period = load.updatePeriod().toNanos();
        ZoneShift before = in.carried(ZoneShift.class);
        if (before == null || !before.isOf(domains, own) || before.isOver(load, nowNanos)) {
            Due first = Due.first(nowNanos, period, in.seed());
            return new ZoneShift(own, domains, Collections.emptySortedMap(), 0, nowNanos, first);
        }
        if (before.due.nanos - nowNanos > 0) {
            return before;
        }
        long expired = nowNanos - load.expirationPeriod().toNanos() + 1;
        ZoneReports reports =
                ZoneReports.of(in.candidates(), before, load.metricNamesForComputingUtilization(), expired);
        return new ZoneStep(before, load, reports, nowNanos).taken(before.due.next(nowNanos, period, in.seed()));
    }

    private boolean isOf(Domains otherDomains, String otherOwn) {
        return domains == otherDomains && own.equals(otherOwn);
    }

    /** Its steps were left out for so long that nothing is known any more. */
    private boolean isOver(ZoneLoad load, long nowNanos) {
        return nowNanos - due.nanos > load.expirationPeriod().toNanos();
    }

    double moved(String zone) {
        Zone known = zones.get(zone);
        return known == null ? 0 : known.moved;
    }

    // ---- what it does ----

    boolean movesNothing() {
        return probed < NOTHING && zones.values().stream().allMatch(zone -> zone.moved < NOTHING);
    }

    /**
     * The shares with it. Their sum stays 1.
     *
     * @param shares without it
     * @param capacity of each zone that has candidates
     */
    Map<String, Double> applied(Map<String, Double> shares, Map<String, Double> capacity) {
        Map<String, Double> others = new TreeMap<>(capacity);
        others.remove(own);
        others.values().removeIf(weight -> !(weight > 0));
        double kept = shares.getOrDefault(own, 0.0);
        if (movesNothing() || others.isEmpty() || kept < NOTHING) {
            return shares;
        }
        double all = others.values().stream().mapToDouble(Double::doubleValue).sum();
        double left = kept;
        Map<String, Double> next = new TreeMap<>();
        for (Map.Entry<String, Double> zone : others.entrySet()) {
            String name = zone.getKey();
            double takes = kept * moved(name);
            left -= takes;
            double share = (1 - probed) * (shares.getOrDefault(name, 0.0) + takes) + probed * zone.getValue() / all;
            if (share > NOTHING) {
                next.put(name, share);
            }
        }
        next.put(own, (1 - probed) * left);
        return next;
    }

    // ---- in words ----

    /** Behind what else the stage says. */
    String note() {
        ZoneShift.Zone here = zones.get(own);
        if (here == null) {
            return "; by load: no step yet";
        }
        double moved = zones.values().stream().mapToDouble(Zone::moved).sum();
        StringBuilder text = new StringBuilder("; by load: ").append(words(own, here));
        zones.forEach((name, zone) -> text.append(name.equals(own) ? "" : ", " + words(name, zone)));
        if (moved > 0) {
            text.append(": ").append(ZonePreference.percent(moved)).append(" of what it could keep goes elsewhere");
        }
        return text.toString();
    }

    private static String words(String name, Zone zone) {
        String where = name.equals(Domains.UNKNOWN) ? "endpoints without a zone" : name;
        return zone.utilization == 0
                ? where + " unknown, " + zone.reporting + " of " + zone.endpoints + " report"
                : where + String.format(Locale.ROOT, " at %.2f", zone.utilization);
    }
}
