package dev.zerohop.cli;

import static java.util.Objects.requireNonNull;

import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The service config of a channel: zerohop's policy with the user's configuration, and gRPC's retries for calls that are safe to repeat. */
final class GrpcServiceConfig {
    /** gRPC's own limit. */
    private static final int MOST_ATTEMPTS = 5;

    private GrpcServiceConfig() {}

    static Map<String, Object> of(Settings settings) {
        Map<String, Object> config = new LinkedHashMap<>();
        Object policy = settings.json() == null ? Map.of() : requireNonNull(parse(settings.json()), "policy");
        config.put("loadBalancingConfig", List.of(Map.of(ZerohopGrpc.POLICY, policy)));
        int attempts = Math.min(MOST_ATTEMPTS, settings.parsed().retry().maxAttempts());
        if (attempts > 1) {
            // An echo is idempotent. Methods of other services may not be.
            config.put(
                    "methodConfig",
                    List.of(Map.of(
                            "name",
                            List.of(Map.of("service", EchoGrpc.SERVICE)),
                            "retryPolicy",
                            Map.of(
                                    "maxAttempts",
                                    (double) attempts,
                                    "initialBackoff",
                                    "0.01s",
                                    "maxBackoff",
                                    "0.1s",
                                    "backoffMultiplier",
                                    2.0,
                                    "retryableStatusCodes",
                                    List.of("UNAVAILABLE")))));
        }
        return config;
    }

    /** Parses into the types that gRPC requires. The text was checked before. */
    private static @Nullable Object parse(String json) {
        try {
            return JsonReader.tree(json, json.length());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
