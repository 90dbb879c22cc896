package dev.zerohop.stage;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** One step of a {@link ZoneShift}: what moves away, what comes back. No part of it moves more than the most of a step. */
final class ZoneStep {
    /** Below this, a part is an error of rounding. */
    private static final double NOTHING = 1e-9;

    /** Which part of the way to equal utilizations is taken at once: other clients take steps of their own before this one sees what came of it. */
    private static final double DAMPING = 0.5;

    /** What stays at least, of what the zone could bear: without calls it could not report that it is well again. */
    private static final double LEAST_KEPT = 0.05;

    private final ZoneShift before;
    private final ZoneReports reports;
    private final ZoneReports.Zone here;
    private final long nowNanos;
    private final long expirationNanos;
    private final double most;
    private final double probe;

    /** Above this difference traffic moves away, below half of it comes back, and the aim is in the middle of these. */
    private final double difference;

    ZoneStep(ZoneShift before, ZoneLoad load, ZoneReports reports, long nowNanos) {
        this.before = before;
        this.reports = reports;
        this.here = reports.of(before.own());
        this.nowNanos = nowNanos;
        this.expirationNanos = load.expirationPeriod().toNanos();
        this.most = load.maxStepPercent() / 100.0;
        this.probe = load.probePercent() / 100.0;
        this.difference = load.differencePercent() / 100.0;
    }

    ZoneShift taken(ZoneShift.Due next) {
        Map<String, ZoneReports.Zone> others = reports.without(before.own());
        boolean heard = here.isKnown()
                || others.entrySet().stream()
                        .anyMatch(other -> before.moved(other.getKey()) > 0
                                && other.getValue().isKnown());
        double wanted = heard ? probe : 0;
        double probed = before.probed() + clamped(wanted - before.probed(), most);
        double left = most - Math.abs(probed - before.probed());
        double kept = 1 - others.keySet().stream().mapToDouble(before::moved).sum();
        Map<String, Double> away = away(others, kept, left);
        Map<String, Double> back = back(others, kept, left);
        SortedMap<String, ZoneShift.Zone> zones = new TreeMap<>();
        zones.put(before.own(), zone(before.own(), here, here.isKnown(), 0));
        boolean moves = false;
        for (Map.Entry<String, ZoneReports.Zone> other : others.entrySet()) {
            String name = other.getKey();
            double change = away.getOrDefault(name, 0.0) - back.getOrDefault(name, 0.0);
            double moved = Math.max(0, before.moved(name) + change);
            moves |= change != 0;
            zones.put(name, zone(name, other.getValue(), other.getValue().isKnown(), moved < NOTHING ? 0 : moved));
        }
        return new ZoneShift(
                before.own(),
                before.domains(),
                Collections.unmodifiableSortedMap(zones),
                probed,
                moves ? nowNanos : before.movedNanos(),
                next);
    }

    private ZoneShift.Zone zone(String name, ZoneReports.Zone zone, boolean known, double moved) {
        return new ZoneShift.Zone(
                moved,
                zone.isKnown() ? zone.utilization() : 0,
                known ? nowNanos : knownNanos(name),
                zone.reporting(),
                zone.endpoints());
    }

    /** Whether a zone can be compared with the own one. */
    private boolean isKnown(ZoneReports.Zone other) {
        return here.isKnown() && other.isKnown();
    }

    private long knownNanos(String name) {
        ZoneShift.Zone zone = before.zones().get(name);
        return zone == null ? nowNanos - expirationNanos : zone.knownNanos();
    }

    private boolean isRemembered(String name) {
        return nowNanos - knownNanos(name) < expirationNanos;
    }

    /** To those that are less utilized by more than the difference, in proportion to what makes them equal. */
    private Map<String, Double> away(Map<String, ZoneReports.Zone> others, double kept, double left) {
        Map<String, Double> wanted = new TreeMap<>();
        double capacity = 0;
        for (Map.Entry<String, ZoneReports.Zone> other : others.entrySet()) {
            ZoneReports.Zone zone = other.getValue();
            if (isKnown(zone) && here.utilization() - zone.utilization() > difference) {
                wanted.put(other.getKey(), zone.capacity() * (here.utilization() - zone.utilization() - aim()));
                capacity += zone.capacity();
            }
        }
        double sum = sum(wanted);
        double moves = sum == 0 ? 0 : Math.min(kept - LEAST_KEPT, part(sum / capacity, kept, capacity));
        return scaled(wanted, clamped(Math.max(0, moves), left));
    }

    /** From those that are no longer less utilized by half of the difference, and from those of which nothing was known for too long. */
    private Map<String, Double> back(Map<String, ZoneReports.Zone> others, double kept, double left) {
        Map<String, Double> wanted = new TreeMap<>();
        for (Map.Entry<String, ZoneReports.Zone> other : others.entrySet()) {
            String name = other.getKey();
            ZoneReports.Zone zone = other.getValue();
            double moved = before.moved(name);
            if (moved == 0) {
                continue;
            }
            double apart = here.utilization() - zone.utilization();
            if (!zone.isKnown()) {
                if (!isRemembered(name)) {
                    wanted.put(name, moved);
                }
            } else if (here.isKnown() && apart < difference / 2) {
                // While the own zone says nothing, which may be because no call to it is answered, what has moved to
                // one that does say something stays there.
                wanted.put(name, Math.min(moved, part(aim() - apart, kept, zone.capacity())));
            }
        }
        return scaled(wanted, Math.min(left, sum(wanted)));
    }

    private double aim() {
        return 0.75 * difference;
    }

    /**
     * The part of the own zone's traffic that makes utilizations equal to the aim if all of its load is of clients that move alike, damped: one kept part more or less is {@code utilization / kept} more or less here, and there in proportion to
     * the capacities.
     */
    private double part(double excess, double kept, double there) {
        return DAMPING * excess * kept / here.utilization() * there / (there + here.capacity());
    }

    private static double clamped(double value, double most) {
        return Math.max(-most, Math.min(most, value));
    }

    private static double sum(Map<String, Double> values) {
        return values.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** In the same proportions, with this sum. */
    private static Map<String, Double> scaled(Map<String, Double> values, double sum) {
        double all = sum(values);
        Map<String, Double> scaled = new TreeMap<>();
        if (all > 0 && sum > 0) {
            values.forEach((name, value) -> scaled.put(name, value * sum / all));
        }
        return scaled;
    }
}
