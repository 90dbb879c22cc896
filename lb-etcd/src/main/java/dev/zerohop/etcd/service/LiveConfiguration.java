package dev.zerohop.etcd.service;

import com.google.common.hash.Hashing;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The value of a {@code config} key: a configuration, which may carry another one for a share of the clients:
 * {@code {..., "canary": {"percent": 5, "config": {...}}}}.
 *
 * <p>Every client checks both, so a bad canary is rejected by all of them and not only by those that it would reach. A client belongs to the canary if its
 * {@link #place} is below the percentage. The place depends on the client, on the service and on the canary's configuration, so a larger percentage only adds
 * clients, and another canary starts with different ones.
 */
final class LiveConfiguration {
    private static final int PLACES = 100;

    private LiveConfiguration() {}

    /**
     * The configuration for this client.
     *
     * @throws IOException if the value is rejected
     * @throws IllegalArgumentException if the value is rejected
     */
    static SourceConfiguration choose(byte[] utf8, String service, ClientId client) throws IOException {
        StringJoiner rest = new StringJoiner(",", "{", "}");
        var given = new Object() {
            @Nullable
            Canary canary;
        };
        JsonReader.object(utf8, (in, name) -> {
            if (name.equals("canary")) {
                given.canary = canary(in);
            } else {
                rest.add(JsonWriter.quoted(name) + ":" + in.copy());
            }
        });
        Canary canary = given.canary;
        String base = canary == null ? new String(utf8, StandardCharsets.UTF_8) : rest.toString();
        SourceConfiguration read = read("", base);
        if (canary == null) {
            return read;
        }
        SourceConfiguration tried = read("canary.config: ", canary.config());
        return place(service, canary.config(), client) < canary.percent() ? tried : read;
    }

    /** A client's place among 100: the first 32 bits of SHA-256 over service, configuration and client, one on each line, modulo 100. */
    static int place(String service, String config, ClientId client) {
        byte[] hash = Hashing.sha256()
                .hashString(service + "\n" + config + "\n" + client.name() + "\n", StandardCharsets.UTF_8)
                .asBytes();
        long first = (hash[0] & 0xFFL) << 24 | (hash[1] & 0xFFL) << 16 | (hash[2] & 0xFFL) << 8 | (hash[3] & 0xFFL);
        return (int) (first % PLACES);
    }

    private record Canary(int percent, String config) {}

    private static Canary canary(JsonReader in) throws IOException {
        var given = new Object() {
            int percent = -1;

            @Nullable
            String config;
        };
        in.object("canary", (name, at) -> {
            switch (name) {
                case "percent" -> given.percent = in.integer(at, 0, 100);
                case "config" -> given.config = in.copy();
                default -> throw JsonReader.unknown(at, "percent or config");
            }
        });
        String config = given.config;
        if (given.percent < 0 || config == null) {
            throw new IOException("canary." + (config == null ? "config" : "percent")
                    + " was missing, expected both percent and config");
        }
        return new Canary(given.percent, config);
    }

    private static SourceConfiguration read(String where, String config) {
        SourceConfiguration read = SourceConfiguration.NONE.configured(config);
        if (read.rejection() != null) {
            throw new IllegalArgumentException(where + read.rejection());
        }
        return read;
    }
}
