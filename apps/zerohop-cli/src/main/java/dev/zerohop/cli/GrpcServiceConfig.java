package dev.zerohop.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.zerohop.grpc.ZerohopGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The service config of a channel: zerohop's policy with the user's configuration, and gRPC's retries for calls that are safe to repeat. */
final class GrpcServiceConfig {
    /** More gRPC does not allow. */
    private static final int MOST_ATTEMPTS = 5;

    private GrpcServiceConfig() {}

    static Map<String, Object> of(Settings settings) {
        Map<String, Object> config = new LinkedHashMap<>();
        Object policy = settings.json() == null ? Map.of() : parse(settings.json());
        config.put("loadBalancingConfig", List.of(Map.of(ZerohopGrpc.POLICY, policy)));
        int attempts = Math.min(MOST_ATTEMPTS, settings.parsed().retry().maxAttempts());
        if (attempts > 1) {
            // An echo may be repeated. For the methods of other services nobody said so.
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

    /** The types that gRPC wants: maps, lists, texts, doubles, booleans. The text was checked before. */
    private static Object parse(String json) {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            return value(parser);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    fields.put(name, value(parser));
                }
                yield fields;
            }
            case START_ARRAY -> {
                List<Object> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(value(parser));
                }
                yield items;
            }
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            default -> parser.getText();
        };
    }
}
