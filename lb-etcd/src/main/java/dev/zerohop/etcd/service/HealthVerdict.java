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
 * A health orchestrator's verdict on one endpoint: the value of {@code health/<id>}. Reason, writer and since are for display only.
 *
 * @param status {@link Health.Status#HEALTHY} or {@link Health.Status#UNHEALTHY}
 * @param fence the revision at which the writer was elected; a verdict with a lower fence than another one comes from a deposed leader
 * @param ttlSeconds how long it holds unless it is written again
 * @param agreed the workers that observed it
 * @param since by the writer's clock
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

    /** Copies, and makes texts printable. */
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

    /** For the balancer. */
    HealthSource.Verdict toVerdict() {
        return new HealthSource.Verdict(status, reason.isEmpty() ? "reported by " + writer : reason, ttlNanos());
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
        var read = new Object() {
            final Set<String> missing = new TreeSet<>(REQUIRED);
            Health.Status status = Health.Status.UNKNOWN;
            String reason = "";
            String writer = "";
            long fence;
            long ttlSeconds;
            List<String> agreed = List.of();
            Instant since = Instant.EPOCH;
        };
        JsonReader.object(utf8, (in, name) -> {
            read.missing.remove(name);
            switch (name) {
                case "status" -> read.status = in.oneOf(name, List.of(Health.Status.HEALTHY, Health.Status.UNHEALTHY));
                case "reason" -> read.reason = in.anyText(name);
                case "writer" -> read.writer = in.anyText(name);
                case "fence" -> read.fence = in.integer(name, 1, Long.MAX_VALUE);
                case "ttlSeconds" -> read.ttlSeconds = in.integer(name, 1, MAX_TTL_SECONDS);
                case "agreed" -> read.agreed = in.array(name, in::anyText);
                case "since" -> read.since = in.instant(name);
                // A field of a later version: both versions run side by side during an upgrade.
                default -> in.skip();
            }
        });
        if (!read.missing.isEmpty()) {
            throw new IOException(String.join(", ", read.missing) + " was missing");
        }
        return new HealthVerdict(
                read.status, read.reason, read.writer, read.fence, read.ttlSeconds, read.agreed, read.since);
    }
}
