package dev.zerohop.cli;

import dev.zerohop.json.JsonWriter;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Adds up calls. Not thread-safe. */
final class CallStats {
    private final Map<String, Long> errors = new TreeMap<>();
    private final Map<String, Long> byEndpoint = new TreeMap<>();
    private final Map<String, Long> byServer = new TreeMap<>();
    private final Causes causes = new Causes();
    private final Histogram latency = new Histogram();
    private long calls;
    private long ok;
    private long retries;

    void add(CallResult result, long latencyNanos) {
        calls++;
        if (result.error() == null) {
            ok++;
        }
        String error = result.error();
        String cause = result.cause();
        if (error != null && cause != null) {
            causes.add(error, cause);
        }
        count(errors, error);
        count(byEndpoint, result.endpoint());
        count(byServer, result.server());
        retries += result.retries();
        latency.record(latencyNanos);
    }

    private static void count(Map<String, Long> counts, @Nullable String key) {
        if (key != null) {
            counts.merge(key, 1L, Long::sum);
        }
    }

    long calls() {
        return calls;
    }

    long ok() {
        return ok;
    }

    Map<String, Long> errors() {
        return errors;
    }

    Map<String, Long> byEndpoint() {
        return byEndpoint;
    }

    Map<String, Long> byServer() {
        return byServer;
    }

    /** The causes of failed calls, in words. */
    Causes causes() {
        return causes;
    }

    double percentileMillis(double percent) {
        return latency.percentileMillis(percent);
    }

    String toJson() {
        return toJson(null);
    }

    /** {@code unconfigured} is the reason why the source's configuration is rejected; null if it is not. */
    String toJson(@Nullable String unconfigured) {
        return JsonWriter.object(json -> {
            json.writeNumberField("calls", calls);
            json.writeNumberField("ok", ok);
            Json.counts(json, "errors", errors);
            Json.counts(json, "byEndpoint", byEndpoint);
            Json.counts(json, "byServer", byServer);
            json.writeObjectFieldStart("latencyMs");
            Json.decimal(json, "p50", latency.percentileMillis(50));
            Json.decimal(json, "p99", latency.percentileMillis(99));
            json.writeEndObject();
            json.writeNumberField("retries", retries);
            if (!causes.shown().isEmpty()) {
                json.writeArrayFieldStart("causes");
                for (Causes.Cause cause : causes.shown()) {
                    json.writeStartObject();
                    json.writeNumberField("calls", cause.count());
                    json.writeStringField("error", cause.error());
                    json.writeStringField("cause", cause.text());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            if (unconfigured != null) {
                json.writeStringField("configurationRefused", unconfigured);
            }
        });
    }

    String toText(double seconds) {
        StringBuilder out = new StringBuilder();
        out.append(String.format(
                "%d calls in %.1f s (%.0f/s), %d ok, %d failed, %d retries%n",
                calls, seconds, calls / Math.max(seconds, 0.001), ok, calls - ok, retries));
        out.append(String.format(
                "latency p50 %.3f ms, p99 %.3f ms%n", latency.percentileMillis(50), latency.percentileMillis(99)));
        table(out, "errors", errors);
        table(out, "by endpoint", byEndpoint);
        table(out, "by server", byServer);
        return out.toString().stripTrailing();
    }

    private void table(StringBuilder out, String title, Map<String, Long> counts) {
        if (counts.isEmpty()) {
            return;
        }
        out.append(title).append(System.lineSeparator());
        int width = counts.keySet().stream().mapToInt(String::length).max().orElse(1);
        counts.forEach((key, count) -> out.append(
                String.format("  %-" + width + "s %9d %5.1f %%%n", key, count, 100.0 * count / Math.max(1, calls))));
    }
}
