package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The results of one worker: the value of {@code observations/<worker>}, under the worker's lease. It lists only endpoints that are down or not known yet;
 * the others of the worker's share are up. So the value is small and rarely written, whatever the number of endpoints.
 *
 * @param assignment the revision of the assignment that the worker follows
 * @param pending the endpoints without a result yet
 */
record Observation(long assignment, Map<String, Down> down, Set<String> pending) {

    /**
     * An endpoint whose probes fail.
     *
     * @param since the first of the failed probes, by the worker's clock
     */
    record Down(String reason, Instant since) {

        /** Makes the reason printable, since another process wrote it. */
        Down {
            reason = Printable.text(reason);
        }
    }

    /** A worker's result for one endpoint. */
    enum Vote {
        UP,
        DOWN,
        UNKNOWN
    }

    /** Copies the collections. */
    Observation {
        down = Map.copyOf(down);
        pending = Set.copyOf(pending);
    }

    /** The worker's result for an endpoint of its share under the assignment of that revision. */
    Vote vote(String endpoint, long assignmentRevision) {
        if (down.containsKey(endpoint)) {
            return Vote.DOWN;
        }
        // Under another assignment the endpoint may not be in its share.
        return pending.contains(endpoint) || assignment != assignmentRevision ? Vote.UNKNOWN : Vote.UP;
    }

    String toJson() {
        return JsonWriter.object(out -> {
            out.writeNumberField("assignment", assignment);
            out.writeArrayFieldStart("down");
            for (Map.Entry<String, Down> each : new TreeMap<>(down).entrySet()) {
                out.writeStartObject();
                out.writeStringField("id", each.getKey());
                out.writeStringField("reason", each.getValue().reason());
                out.writeStringField("since", each.getValue().since().toString());
                out.writeEndObject();
            }
            out.writeEndArray();
            JsonWriter.texts(out, "pending", new TreeSet<>(pending));
        });
    }

    /**
     * Reads what {@link #toJson} writes.
     *
     * @throws IOException naming what was found and what was expected
     */
    static Observation parse(byte[] utf8) throws IOException {
        var read = new Object() {
            long assignment;
            final Map<String, Down> down = new TreeMap<>();
            List<String> pending = new ArrayList<>();
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "assignment" -> read.assignment = in.integer(name, 1, Long.MAX_VALUE);
                case "down" -> {
                    var ignored = in.array(name, path -> down(in, path, read.down));
                }
                case "pending" -> read.pending = in.array(name, in::anyText);
                // A field of a later version: both versions run side by side during an upgrade.
                default -> in.skip();
            }
        });
        return new Observation(read.assignment, read.down, Set.copyOf(read.pending));
    }

    private static Boolean down(JsonReader in, String path, Map<String, Down> down) throws IOException {
        var read = new Object() {
            String id = "";
            String reason = "";
            Instant since = Instant.EPOCH;
        };
        in.object(path, (name, at) -> {
            switch (name) {
                case "id" -> read.id = in.anyText(at);
                case "reason" -> read.reason = in.anyText(at);
                case "since" -> read.since = in.instant(at);
                default -> in.skip();
            }
        });
        return down.put(read.id, new Down(read.reason, read.since)) == null;
    }
}
