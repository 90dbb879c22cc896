package dev.zerohop.config;

import static java.util.Objects.requireNonNull;

import dev.zerohop.BalancerSettings;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.Map;

/**
 * Reads the configuration format, which is the same in the API, in a gRPC service config, in a file and in etcd.
 *
 * <p>Every field is optional, and an empty object is the {@linkplain #defaults default}. A configuration is checked as a whole and rejected as a whole: an
 * unknown field, a null, a value of the wrong type or out of its range, options of another policy, ranges that overlap or leave a gap. The
 * message of the {@link IllegalArgumentException} names the path, the value and what was expected, for example
 * {@code health.ejection.maxPercent: was 120, expected an integer from 0 to 100}.
 *
 * <p>Stages are put in their fixed order, whatever the order of their fields. Equal configurations give equal settings, so putting the same one
 * in force again changes nothing.
 *
 * <p>Stateless and thread-safe.
 */
public final class Configurations {
    static final int MAX_CHARACTERS = 4 * 1024 * 1024;

    private static final class Defaults {
        static final BalancerSettings VALUE = parse(Map.of());
    }

    private Configurations() {}

    /** What an empty configuration says: weighted round robin, panic threshold 50 %, outlier ejection, mass-removal guard, at most 3 attempts. */
    public static BalancerSettings defaults() {
        return Defaults.VALUE;
    }

    /**
     * Reads a configuration from JSON: strictly, without comments, repeated names or text after the object.
     *
     * @throws IllegalArgumentException if the text is not such JSON or the configuration is rejected
     */
    public static BalancerSettings parse(String json) {
        try {
            return SettingsReader.read(JsonReader.tree(requireNonNull(json, "json"), MAX_CHARACTERS));
        } catch (IOException malformed) {
            throw new IllegalArgumentException("configuration: " + malformed.getMessage(), malformed);
        }
    }

    /**
     * Reads a configuration from a tree of maps with text keys, lists, texts, numbers and booleans, such as a gRPC service config brings. A number that is
     * whole is an integer, whatever its class: 3.0 is 3.
     *
     * @throws IllegalArgumentException if the configuration is rejected
     */
    public static BalancerSettings parse(Map<String, ?> tree) {
        return SettingsReader.read(requireNonNull(tree, "tree"));
    }
}
