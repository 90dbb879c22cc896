package dev.zerohop.sharding;

import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a member owns at one time, for the calls that ask: pieces of the hash space, each with the count of changes since which the member owns it without a break, and the meter of its slice. Bounds
 * are as in {@link Ranges}. Immutable, but for the meters.
 */
final class Holdings {

    /** A slice, or the part of it that is held, and what measures it. */
    record Metered(int slice, long low, long high, SliceMeter meter) {}

    static final Holdings NONE = new Holdings(0, null, Ranges.NONE, List.of(), List.of());

    /** Counts changes at this member; a handle remembers that of its begin. */
    final long version;

    final @Nullable SliceMap map;
    final Ranges ranges;

    /** The slices that are held, ascending. */
    final List<Metered> slices;

    private final long[] firsts;
    private final long[] lasts;
    private final long[] since;
    private final SliceMeter[] meters;

    private record Piece(long first, long last, long since, SliceMeter meter) {}

    private Holdings(long version, @Nullable SliceMap map, Ranges ranges, List<Metered> slices, List<Piece> pieces) {
        this.version = version;
        this.map = map;
        this.ranges = ranges;
        this.slices = List.copyOf(slices);
        this.firsts = pieces.stream().mapToLong(Piece::first).toArray();
        this.lasts = pieces.stream().mapToLong(Piece::last).toArray();
        this.since = pieces.stream().mapToLong(Piece::since).toArray();
        this.meters = pieces.stream().map(Piece::meter).toArray(SliceMeter[]::new);
    }

    /** The piece of a hash; -1 if it is not owned. */
    int find(long hash) {
        long flipped = hash ^ Ranges.FLIP;
        int low = 0;
        int high = firsts.length - 1;
        while (low <= high) {
            int mid = (low + high) >>> 1;
            if (firsts[mid] <= flipped) {
                low = mid + 1;
            } else {
                high = mid - 1;
            }
        }
        return high >= 0 && flipped <= lasts[high] ? high : -1;
    }

    long since(int piece) {
        return since[piece];
    }

    SliceMeter meter(int piece) {
        return meters[piece];
    }

    /** What a member is assigned. */
    static Ranges assigned(SliceMap map, String id) {
        int self = map.ownerOf(id);
        Ranges.Builder builder = new Ranges.Builder();
        for (int i = 0; i < map.size() && self >= 0; i++) {
            if (map.owns(self, i)) {
                builder.add(map.low(i) ^ Ranges.FLIP, (map.high(i) - 1) ^ Ranges.FLIP);
            }
        }
        return builder.build();
    }

    /** The next: a part of what {@code map} assigns. What was held before is held without a break. */
    Holdings next(SliceMap to, Ranges held, String id) {
        long changed = version + 1;
        int self = to.ownerOf(id);
        List<Metered> metered = new ArrayList<>();
        List<Piece> pieces = new ArrayList<>();
        Map<Long, Metered> before = new HashMap<>();
        slices.forEach(each -> before.put(each.low(), each));
        int old = 0;
        for (int i = 0; i < to.size() && self >= 0; i++) {
            if (!to.owns(self, i)) {
                continue;
            }
            Ranges.Builder slice = new Ranges.Builder();
            slice.add(to.low(i) ^ Ranges.FLIP, (to.high(i) - 1) ^ Ranges.FLIP);
            Ranges parts = slice.build().and(held);
            if (parts.isEmpty()) {
                continue;
            }
            SliceMeter meter = carried(before.get(to.low(i)), to, i);
            metered.add(new Metered(i, to.low(i), to.high(i), meter));
            for (int part = 0; part < parts.size(); part++) {
                long at = parts.firsts[part];
                long end = parts.lasts[part];
                while (old < firsts.length && lasts[old] < at) {
                    old++;
                }
                for (int k = old; at <= end; k++) {
                    if (k == firsts.length || firsts[k] > end) {
                        add(pieces, new Piece(at, end, changed, meter));
                        break;
                    }
                    if (firsts[k] > at) {
                        add(pieces, new Piece(at, firsts[k] - 1, changed, meter));
                        at = firsts[k];
                    }
                    long last = Math.min(end, lasts[k]);
                    add(pieces, new Piece(at, last, since[k], meter));
                    if (last == end) {
                        break;
                    }
                    at = last + 1;
                }
            }
        }
        return new Holdings(changed, to, held, metered, pieces);
    }

    private static void add(List<Piece> pieces, Piece next) {
        Piece before = pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
        if (before != null
                && before.meter() == next.meter()
                && before.since() == next.since()
                && before.last() + 1 == next.first()) {
            pieces.set(pieces.size() - 1, new Piece(before.first(), next.last(), next.since(), next.meter()));
        } else {
            pieces.add(next);
        }
    }

    /** The meter of the same slice with the same owners, else one that begins with what was predicted. */
    private SliceMeter carried(@Nullable Metered before, SliceMap to, int slice) {
        if (before != null
                && map != null
                && before.high() == to.high(slice)
                && Arrays.equals(ids(map, before.slice()), ids(to, slice))) {
            return before.meter();
        }
        return new SliceMeter(to.load(slice) / Math.max(1, to.replicas(slice)));
    }

    static String[] ids(SliceMap map, int slice) {
        String[] ids = new String[map.replicas(slice)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = map.owners().get(map.owner(slice, i)).id();
        }
        return ids;
    }
}
