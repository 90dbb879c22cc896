package dev.zerohop.etcd.service;

import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a health orchestrator says about one endpoint: the value of {@code health/<id>}.
 *
 * @param status {@link Health.Status#HEALTHY} or {@link Health.Status#UNHEALTHY}: the rest is for others to say
 * @param reason why, for people
 * @param writer who wrote it, for people
 * @param fence the revision at which the writer was elected; one that is lower than another's was written by somebody who no longer leads
 * @param ttlSeconds how long it holds unless it is written again
 * @param agreed the workers that see it so
 * @param since since when, by the writer's clock; for people
 */
public record HealthVerdict(
        Health.Status status,
        String reason,
        String writer,
        long fence,
        long ttlSeconds,
        List<String> agreed,
        Instant since) {

    private static final long MAX_TTL_SECONDS = Duration.ofHours(1).toSeconds();

    private static final Set<String> REQUIRED = Set.of("status", "writer", "fence", "ttlSeconds");

    /** Copies, and takes what is for people in its printable form. */
    public HealthVerdict {
        reason = Printable.text(reason);
        writer = Printable.text(writer, Printable.MAX_NAME);
        agreed = agreed.stream()
                .map(worker -> Printable.text(worker, Printable.MAX_NAME))
                .toList();
    }

    long ttlNanos() {
        return Duration.ofSeconds(ttlSeconds).toNanos();
    }

    /** For the balancer, with what is left of its time. */
    HealthSource.Verdict toVerdict() {
        return new HealthSource.Verdict(status, reason.isEmpty() ? "says " + writer : reason, ttlNanos());
    }

    public String toJson() {
        return JsonWriter.object(out -> {
            out.writeStringField("status", status.name());
            out.writeStringField("reason", reason);
            out.writeStringField("writer", writer);
            out.writeNumberField("fence", fence);
            out.writeNumberField("ttlSeconds", ttlSeconds);
            JsonWriter.texts(out, "agreed", agreed);
            out.writeStringField("since", since.toString());
        });
    }

    /**
     * Reads what {@link #toJson} writes; reason, agreed and since may be missing.
     *
     * @throws IOException naming what was found and what was expected
     */
    public static HealthVerdict parse(byte[] utf8) throws IOException {
        Reader read = new Reader();
        JsonReader.object(utf8, read::field);
        Set<String> missing = new TreeSet<>(REQUIRED);
        missing.removeAll(read.given);
        if (!missing.isEmpty()) {
            throw new IOException(String.join(", ", missing) + " was missing");
        }
        return new HealthVerdict(
                read.status, read.reason, read.writer, read.fence, read.ttlSeconds, read.agreed, read.since);
    }

    private static final class Reader {
        private final Set<String> given = new TreeSet<>();
        private Health.Status status = Health.Status.UNKNOWN;
        private String reason = "";
        private String writer = "";
        private long fence;
        private long ttlSeconds;
        private List<String> agreed = List.of();
        private Instant since = Instant.EPOCH;

        void field(JsonReader in, String name) throws IOException {
            given.add(name);
            switch (name) {
                case "status" -> status = in.oneOf(name, List.of(Health.Status.HEALTHY, Health.Status.UNHEALTHY));
                case "reason" -> reason = in.anyText(name);
                case "writer" -> writer = in.anyText(name);
                case "fence" -> fence = in.integer(name, 1, Long.MAX_VALUE);
                case "ttlSeconds" -> ttlSeconds = in.integer(name, 1, MAX_TTL_SECONDS);
                case "agreed" -> agreed = in.array(name, in::anyText);
                case "since" -> since = in.instant(name);
                // Of a later version: the two run side by side while orchestrators and clients are upgraded.
                default -> in.skip();
            }
        }
    }
}
