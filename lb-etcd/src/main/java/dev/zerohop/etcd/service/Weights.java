package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The value of a {@code weights} key: {@code {"<id>": weight}}, or {@code {"weights": {"<id>": weight}, "smoothing": {"step": 10, "interval": "1s"}}}. Ids
 * have numbers and the fields of the second form have objects, so they cannot be confused. Immutable.
 *
 * @param byId by endpoint id, also of endpoints that do not exist
 * @param smoothing how fast they may change; null for at once
 */
record Weights(Map<String, Integer> byId, @Nullable Smoothing smoothing) {
    static final Weights NONE = new Weights(Map.of(), null);

    private static final Duration MAX_INTERVAL = Duration.ofHours(1);

    /** The endpoints, each with its weight from here if there is one. */
    List<Endpoint> over(List<Endpoint> endpoints) {
        return byId.isEmpty() ? endpoints : endpoints.stream().map(this::over).toList();
    }

    /** The endpoint with its weight from here if there is one. */
    Endpoint over(Endpoint endpoint) {
        Integer weight = byId.get(endpoint.id());
        return weight == null || weight == endpoint.weight()
                ? endpoint
                : endpoint.toBuilder().weight(weight).build();
    }

    /**
     * Reads a value.
     *
     * @throws IOException if it is rejected
     */
    static Weights parse(byte[] utf8) throws IOException {
        var given = new Object() {
            final Map<String, Integer> plain = new HashMap<>();

            @Nullable
            Map<String, Integer> weights;

            @Nullable
            Smoothing smoothing;
        };
        JsonReader.object(utf8, (in, name) -> {
            if (in.atObject() && name.equals("weights")) {
                Map<String, Integer> weights = new HashMap<>();
                in.object(name, (id, at) -> weights.put(id, weight(in, "weights.\"" + id + "\"")));
                given.weights = weights;
            } else if (in.atObject() && name.equals("smoothing")) {
                given.smoothing = smoothing(in);
            } else {
                given.plain.put(name, weight(in, "\"" + name + "\""));
            }
        });
        Map<String, Integer> weights = given.weights;
        if (weights == null && given.smoothing == null) {
            return new Weights(Map.copyOf(given.plain), null);
        }
        if (weights == null) {
            throw new IOException("weights was missing, expected an object beside smoothing");
        }
        if (!given.plain.isEmpty()) {
            throw new IOException(
                    "\"" + Printable.text(given.plain.keySet().iterator().next(), Printable.MAX_NAME)
                            + "\" stood beside weights, expected every weight inside of it");
        }
        return new Weights(Map.copyOf(weights), given.smoothing);
    }

    private static int weight(JsonReader in, String path) throws IOException {
        return in.integer(path, 0, Endpoint.MAX_WEIGHT);
    }

    private static Smoothing smoothing(JsonReader in) throws IOException {
        var given = new Object() {
            int step;

            @Nullable
            Duration interval;
        };
        in.object("smoothing", (name, at) -> {
            switch (name) {
                case "step" -> given.step = in.integer(at, 1, Endpoint.MAX_WEIGHT);
                case "interval" -> given.interval = in.duration(at, Duration.ofMillis(1), MAX_INTERVAL);
                default -> throw JsonReader.unknown(at, "step or interval");
            }
        });
        Duration interval = given.interval;
        if (given.step == 0 || interval == null) {
            throw new IOException("smoothing." + (interval == null ? "interval" : "step")
                    + " was missing, expected both step and interval");
        }
        return new Smoothing(given.step, interval);
    }
}
