package dev.zerohop.sharding;

import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.LoadMap;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.LoadReport.KeyLoad;
import dev.zerohop.sharding.store.LoadReport.SliceLoad;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The load of all keys by what members report. Each owner's part of a slice is what it reports of those keys, under whatever bounds; of an owner that reports nothing of them it is what was
 * foreseen when the slice was assigned. Load of keys that reporters do not own counts for all keys alike, since nothing is known of where it lies.
 */
final class ReportedLoads {
    private final SliceMap map;
    private final LoadMap.Builder loads = LoadMap.builder();

    private ReportedLoads(SliceMap map) {
        this.map = map;
    }

    static LoadMap of(SliceMap map, List<LoadReport> reports) {
        ReportedLoads all = new ReportedLoads(map);
        Map<String, LoadReport> byMember = new HashMap<>();
        reports.forEach(report -> byMember.put(report.member(), report));
        for (int slice = 0; slice < map.size(); slice++) {
            for (int i = 0; i < map.replicas(slice); i++) {
                LoadReport report =
                        byMember.get(map.owners().get(map.owner(slice, i)).id());
                double reported = report == null ? -1 : reported(report, map.low(slice), map.high(slice));
                all.add(slice, reported < 0 ? map.load(slice) / map.replicas(slice) : reported);
            }
        }
        for (LoadReport report : reports) {
            all.keys(report);
            all.loads.add(0, 0, report.misdirected());
        }
        return all.loads.build();
    }

    private void add(int slice, double load) {
        loads.add(map.low(slice), map.high(slice), load);
    }

    /** What a report says of a range without its hottest keys; negative if it does not know all of it. */
    private static double reported(LoadReport report, long low, long high) {
        double load = 0;
        long from = low;
        for (SliceLoad each : report.slices()) {
            long end = each.high();
            boolean begins = Long.compareUnsigned(each.low(), from) <= 0;
            boolean reaches = end == 0 || Long.compareUnsigned(end, from) > 0;
            if (begins && reaches) {
                boolean last = end == 0 || (high != 0 && Long.compareUnsigned(end, high) >= 0);
                long to = last ? high : end;
                load += (each.load() - keysOf(report, each)) * (width(from, to) / width(each.low(), end));
                if (last) {
                    return Math.max(0, load);
                }
                from = end;
            }
        }
        return -1;
    }

    private static double keysOf(LoadReport report, SliceLoad slice) {
        double load = 0;
        for (KeyLoad key : report.keys()) {
            if (Long.compareUnsigned(key.hash(), slice.low()) >= 0
                    && (slice.high() == 0 || Long.compareUnsigned(key.hash(), slice.high()) < 0)) {
                load += key.load();
            }
        }
        return Math.min(load, slice.load());
    }

    private static double width(long low, long high) {
        long width = high - low;
        return width == 0 ? 0x1p64 : width > 0 ? width : (double) (width >>> 1) * 2;
    }

    /** The hottest keys of a report that its member still owns. */
    private void keys(LoadReport report) {
        int owner = map.ownerOf(report.member());
        for (KeyLoad key : report.keys()) {
            int slice = map.find(key.hash());
            if (owner >= 0 && map.owns(owner, slice) && reported(report, map.low(slice), map.high(slice)) >= 0) {
                loads.key(key.hash(), key.load());
            }
        }
    }
}
