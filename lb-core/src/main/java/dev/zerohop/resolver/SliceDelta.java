package dev.zerohop.resolver;

import dev.zerohop.EndpointSet;
import dev.zerohop.Printable;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one assignment changes of the one before it, as JSON: {@code {"before": <generation>, "left": ["<id>", ...], "joined": [["<id>", <incarnation>], ...], "runs": [[<replaced>,
 * <slice>, ...], ...]}}. A run replaces so many slices, the first of which has the low bound of the run's first; its slices have the form of a {@link SliceMapJson base}, and name owners
 * by their places in the list of owners after the change, sorted by id. An owner that joined under an id that was there is a later process of it and keeps the slices.
 *
 * <p>Slices whose bounds, owners and since stay are not part of it, whatever their loads are: those are of when the slice was assigned.
 *
 * <p>Stateless and thread-safe.
 */
public final class SliceDelta {

    private SliceDelta() {}

    /** What {@code next}, a draft, changes. */
    public static byte[] of(SliceMap before, SliceMap next) {
        List<SliceMap.Owner> joined = new ArrayList<>();
        for (SliceMap.Owner owner : next.owners()) {
            int place = before.ownerOf(owner.id());
            if (place < 0 || before.owners().get(place).incarnation() != owner.incarnation()) {
                joined.add(owner);
            }
        }
        List<int[]> runs = runs(before, next);
        return SliceMapJson.bytes(out -> {
            out.writeNumberField("before", before.generation());
            out.writeArrayFieldStart("left");
            for (SliceMap.Owner owner : before.owners()) {
                if (next.ownerOf(owner.id()) < 0) {
                    out.writeString(owner.id());
                }
            }
            out.writeEndArray();
            out.writeArrayFieldStart("joined");
            for (SliceMap.Owner owner : joined) {
                SliceMapJson.writeOwner(out, owner);
            }
            out.writeEndArray();
            out.writeArrayFieldStart("runs");
            for (int[] run : runs) {
                out.writeStartArray();
                out.writeNumber(run[2]);
                for (int i = run[0]; i < run[1]; i++) {
                    SliceMapJson.writeSlice(out, next, i);
                }
                out.writeEndArray();
            }
            out.writeEndArray();
        });
    }

    /** The slices of {@code next} that are others than before, the first one, the one behind the last, and how many they replace: both maps have these bounds. */
    private static List<int[]> runs(SliceMap before, SliceMap next) {
        int[] places = places(before, next);
        List<int[]> runs = new ArrayList<>();
        int begun = -1;
        int replaced = 0;
        int i = 0;
        int j = 0;
        while (j < next.size()) {
            boolean same = i < before.size() && before.low(i) == next.low(j);
            if (same && isSame(before, i, next, j, places)) {
                if (begun >= 0) {
                    runs.add(new int[] {begun, j, i - replaced});
                    begun = -1;
                }
                i++;
                j++;
                continue;
            }
            if (begun < 0) {
                begun = j;
                replaced = i;
            }
            j++;
            while (i < before.size() && j < next.size() && Long.compareUnsigned(before.low(i), next.low(j)) < 0) {
                i++;
            }
        }
        if (begun >= 0) {
            runs.add(new int[] {begun, next.size(), before.size() - replaced});
        }
        return runs;
    }

    /** The places among the owners of {@code next} of those of {@code before}; -1 for one that left. */
    private static int[] places(SliceMap before, SliceMap next) {
        return before.owners().stream()
                .mapToInt(owner -> next.ownerOf(owner.id()))
                .toArray();
    }

    private static boolean isSame(SliceMap before, int i, SliceMap next, int j, int[] places) {
        if (before.high(i) != next.high(j)
                || before.since(i) != next.since(j)
                || before.replicas(i) != next.replicas(j)) {
            return false;
        }
        for (int k = 0; k < before.replicas(i); k++) {
            if (places[before.owner(i, k)] != next.owner(j, k)) {
                return false;
            }
        }
        return true;
    }

    // ---- applying ----

    private record Run(int replaced, List<SliceMapJson.Slice> slices) {}

    /**
     * The assignment after a change.
     *
     * @param before the assignment that the delta was made of
     * @param generation that of the delta's write
     * @throws IllegalArgumentException if the delta is rejected, or is of another assignment
     */
    public static SliceMap apply(SliceMap before, byte[] delta, long generation) {
        var given = new Object() {
            long before = -1;
            List<String> left = List.of();
            List<SliceMap.Owner> joined = List.of();
            List<Run> runs = List.of();
        };
        SliceMapJson.object(delta, (in, name) -> {
            switch (name) {
                case "before" -> given.before = in.integer(name, 1, ShardMap.MAX_EPOCH);
                case "left" -> given.left = in.array(name, in::text);
                case "joined" -> given.joined = SliceMapJson.owners(in, name);
                case "runs" -> given.runs = in.array(name, SliceMap.MAX_SLICES, at -> run(in, at));
                default -> in.skip();
            }
        });
        if (given.before != before.generation()) {
            throw new IllegalArgumentException("before was " + (given.before < 0 ? "missing" : given.before)
                    + ", expected " + before.generation() + ", the generation that this changes");
        }
        if (generation <= before.generation()) {
            throw new IllegalArgumentException("generation was " + generation + ", expected more than "
                    + before.generation() + ", the one before");
        }
        List<SliceMap.Owner> owners = owners(before, given.left, given.joined);
        SliceMap.Builder builder = SliceMap.builder().owners(owners);
        int[] places = new int[before.owners().size()];
        for (int i = 0; i < places.length; i++) {
            Integer place = builder.place(before.owners().get(i).id());
            places[i] = place == null ? -1 : place;
        }
        int at = 0;
        for (int i = 0; i < given.runs.size(); i++) {
            Run run = given.runs.get(i);
            String path = "runs[" + i + "]";
            int begin = slice(before, at, run.slices().get(0).low(), path);
            if (run.replaced() > before.size() - begin) {
                throw new IllegalArgumentException(path + "[0] was " + run.replaced() + ", expected at most "
                        + (before.size() - begin) + ", the slices from there on");
            }
            copy(before, at, begin, builder, places);
            for (SliceMapJson.Slice slice : run.slices()) {
                slice.addTo(builder, generation);
            }
            at = begin + run.replaced();
        }
        copy(before, at, before.size(), builder, places);
        return builder.build(generation);
    }

    private static Run run(JsonReader in, String path) throws IOException {
        List<SliceMapJson.Slice> slices = new ArrayList<>();
        List<Integer> replaced = new ArrayList<>();
        in.array(
                path,
                SliceMap.MAX_SLICES,
                part -> replaced.isEmpty()
                        ? replaced.add(in.integer(part, 1, SliceMap.MAX_SLICES))
                        : slices.add(SliceMapJson.slice(in, part)));
        if (slices.isEmpty()) {
            throw new IOException(path + " had no slice, expected how many are replaced, and by which");
        }
        return new Run(replaced.get(0), slices);
    }

    private static List<SliceMap.Owner> owners(SliceMap before, List<String> left, List<SliceMap.Owner> joined) {
        Map<String, SliceMap.Owner> owners = new TreeMap<>();
        before.owners().forEach(owner -> owners.put(owner.id(), owner));
        for (String id : left) {
            if (owners.remove(id) == null) {
                throw new IllegalArgumentException(
                        "left named " + Printable.text(id, Printable.MAX_NAME) + ", expected an owner of before, once");
            }
        }
        joined.forEach(owner -> owners.put(owner.id(), owner));
        if (owners.size() > EndpointSet.MAX_ENDPOINTS) {
            throw new IllegalArgumentException(
                    "owners were " + owners.size() + ", expected at most " + EndpointSet.MAX_ENDPOINTS);
        }
        return List.copyOf(owners.values());
    }

    /** Takes over the slices from one to the one before {@code end}. */
    private static void copy(SliceMap before, int from, int end, SliceMap.Builder builder, int[] places) {
        for (int i = from; i < end; i++) {
            int[] owners = new int[before.replicas(i)];
            for (int k = 0; k < owners.length; k++) {
                owners[k] = places[before.owner(i, k)];
            }
            if (Arrays.stream(owners).anyMatch(owner -> owner < 0)) {
                throw new IllegalArgumentException("slice " + before.name(i) + " stays, and one of its owners left");
            }
            builder.slice(before.low(i), before.since(i), before.load(i), owners);
        }
    }

    /** The slice from {@code at} on that begins at a bound. */
    private static int slice(SliceMap before, int at, long bound, String path) {
        int found = before.find(bound);
        if (found < at || before.low(found) != bound) {
            throw new IllegalArgumentException(path + " began at " + SliceMap.hex(bound)
                    + ", expected the low bound of a slice of the assignment before, behind the run before");
        }
        return found;
    }
}
