package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerState;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Health;
import dev.zerohop.MissingOrdinal;
import dev.zerohop.Target;
import dev.zerohop.json.JsonWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The whole membership at one instant, as {@code watch} prints it.
 *
 * @param at when this was read
 * @param target the target
 * @param version the source's own version
 * @param stale whether the source cannot be read at the moment
 * @param ageMillis how long ago the source confirmed the set
 * @param unconfigured why every call fails: the source's first configuration is rejected; null if it is not
 * @param rows one for each endpoint, sorted by id
 * @param missing ordinals that an endpoint had before and none has now, while no number of shards is configured
 */
record Membership(
        Instant at,
        String target,
        long version,
        boolean stale,
        long ageMillis,
        @Nullable String unconfigured,
        List<Row> rows,
        List<MissingOrdinal> missing) {

    /** One endpoint. */
    record Row(
            String id,
            String address,
            int weight,
            @Nullable String zone,
            @Nullable Integer ordinal,
            String health) {

        static Row of(BalancerState.Member member) {
            Endpoint endpoint = member.endpoint();
            return new Row(
                    endpoint.id(),
                    endpoint.address(),
                    endpoint.weight(),
                    endpoint.zone(),
                    endpoint.hasOrdinal() ? endpoint.ordinal() : null,
                    word(member.health().status()));
        }

        /** The six states that are shown; the balancer distinguishes more. */
        private static String word(Health.Status status) {
            return switch (status) {
                case HEALTHY -> "HEALTHY";
                case UNKNOWN, CONNECTING -> "UNKNOWN";
                case HELD -> "HELD";
                case EJECTED, UNREACHABLE, HALF_OPEN -> "EJECTED";
                case UNHEALTHY, DISCONNECTED, NOT_READY -> "UNHEALTHY";
                case DRAINING -> "DRAINING";
            };
        }
    }

    /** The present membership of the balancer, or null before the first answer of its source. */
    static @Nullable Membership of(Target target, Balancer balancer) {
        BalancerState state = balancer.state();
        EndpointSet set = state.source().set();
        if (set == null) {
            return null;
        }
        return new Membership(
                state.at().truncatedTo(ChronoUnit.MILLIS),
                target.text(),
                set.version(),
                set.stale(),
                set.age(state.at()).toMillis(),
                state.configuration().unconfigured(),
                state.members().stream().map(Row::of).toList(),
                set.missingOrdinals());
    }

    /** Whether both show the same apart from times and versions, which change without any other change. */
    boolean sameAs(@Nullable Membership before) {
        return before != null
                && stale == before.stale
                && Objects.equals(unconfigured, before.unconfigured)
                && rows.equals(before.rows)
                && missing.equals(before.missing);
    }

    String toJson() {
        return JsonWriter.object(json -> {
            json.writeStringField("at", at.toString());
            json.writeStringField("target", target);
            json.writeNumberField("version", version);
            json.writeBooleanField("stale", stale);
            json.writeNumberField("ageMs", ageMillis);
            if (unconfigured != null) {
                json.writeStringField("configurationRefused", unconfigured);
            }
            json.writeArrayFieldStart("endpoints");
            for (Row row : rows) {
                json.writeStartObject();
                json.writeStringField("id", row.id());
                json.writeStringField("address", row.address());
                json.writeNumberField("weight", row.weight());
                Json.text(json, "zone", row.zone());
                if (row.ordinal() == null) {
                    json.writeNullField("ordinal");
                } else {
                    json.writeNumberField("ordinal", row.ordinal());
                }
                json.writeStringField("health", row.health());
                json.writeEndObject();
            }
            json.writeEndArray();
            if (!missing.isEmpty()) {
                json.writeArrayFieldStart("missingOrdinals");
                for (MissingOrdinal gone : missing) {
                    json.writeStartObject();
                    json.writeNumberField("ordinal", gone.ordinal());
                    json.writeStringField("endpoint", gone.endpointId());
                    json.writeStringField("lastSeen", gone.lastSeen().toString());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
        });
    }

    String toText() {
        Table table = new Table("ID", "ADDRESS", "WEIGHT", "ZONE", "ORDINAL", "HEALTH");
        for (Row row : rows) {
            table.row(
                    row.id(),
                    row.address(),
                    row.weight(),
                    row.zone() == null ? "-" : row.zone(),
                    row.ordinal() == null ? "-" : row.ordinal(),
                    row.health());
        }
        StringBuilder gone = new StringBuilder();
        for (MissingOrdinal each : missing) {
            gone.append("  missing: ordinal ").append(each).append('\n');
        }
        return at + "  " + target + "  version " + version + ", " + rows.size()
                + (rows.size() == 1 ? " endpoint" : " endpoints")
                + (stale ? ", STALE: last confirmed by the source " + ageMillis + " ms ago" : "")
                + (unconfigured != null ? ", NO CALLS: the source's configuration is rejected: " + unconfigured : "")
                + "\n"
                + gone
                + table.render("  ");
    }
}
