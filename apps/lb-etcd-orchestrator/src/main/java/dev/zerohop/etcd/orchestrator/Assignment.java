package dev.zerohop.etcd.orchestrator;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The workers among which the endpoints are divided. Rendezvous hashing selects the two workers of each endpoint. So the assignment is one small value, a new
 * endpoint is probed at once, and only endpoints of a worker that is added or removed move.
 *
 * @param fence the revision at which the leader that wrote it was elected
 * @param writer the leader, for display only
 * @param workers in order, each once
 */
record Assignment(long fence, String writer, List<String> workers) {

    /** How many workers probe each endpoint. */
    static final int COPIES = 2;

    /** Part of the layout: workers of different versions must compute the same pairs. */
    private static final HashFunction HASH = Hashing.murmur3_128();

    static final Assignment NONE = new Assignment(0, "", List.of());

    Assignment {
        workers = List.copyOf(workers);
    }

    /** The workers of an endpoint, in rendezvous order: two, or one if there is no other. */
    List<String> workersOf(String endpoint) {
        return workers.stream()
                .map(worker -> new Scored(worker, score(worker, endpoint)))
                .sorted(Comparator.comparingLong(Scored::score).reversed())
                .limit(COPIES)
                .map(Scored::worker)
                .toList();
    }

    private record Scored(String worker, long score) {}

    private static long score(String worker, String endpoint) {
        return HASH.newHasher()
                .putString(worker, StandardCharsets.UTF_8)
                .putByte((byte) 0)
                .putString(endpoint, StandardCharsets.UTF_8)
                .hash()
                .asLong();
    }

    /** The endpoints of one worker. */
    <T> SortedMap<String, T> shareOf(String worker, Map<String, T> endpoints) {
        SortedMap<String, T> share = new TreeMap<>();
        endpoints.forEach((id, endpoint) -> {
            if (workersOf(id).contains(worker)) {
                share.put(id, endpoint);
            }
        });
        return share;
    }

    String toJson() {
        return JsonWriter.object(out -> {
            out.writeNumberField("fence", fence);
            out.writeStringField("writer", writer);
            JsonWriter.texts(out, "workers", workers);
        });
    }

    /**
     * Reads what {@link #toJson} writes.
     *
     * @throws IOException naming what was found and what was expected
     */
    static Assignment parse(byte[] utf8) throws IOException {
        var read = new Object() {
            long fence;
            String writer = "";
            List<String> workers = new ArrayList<>();
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "fence" -> read.fence = in.integer(name, 1, Long.MAX_VALUE);
                case "writer" -> read.writer = in.anyText(name);
                case "workers" -> read.workers = in.array(name, path -> worker(in, path));
                // A field of a later version: both versions run side by side during an upgrade.
                default -> in.skip();
            }
        });
        return new Assignment(
                read.fence,
                Printable.text(read.writer, Printable.MAX_NAME),
                read.workers.stream().sorted().distinct().toList());
    }

    private static String worker(JsonReader in, String path) throws IOException {
        String worker = in.anyText(path);
        if (ServiceKeys.problem(worker) != null) {
            throw in.rejected(path, "the id of an orchestrator");
        }
        return worker;
    }
}
