package dev.zerohop.etcd.client;

import dev.zerohop.Printable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a service is kept: {@code zerohop/v1/services/<service>/...}. */
public record ServiceKeys(String service) {

    private static final String ROOT = "zerohop/v1/services/";

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is blank, has a slash or a control character, or is too long
     */
    public ServiceKeys {
        requireSegment("service", service);
    }

    public String endpoints() {
        return ROOT + service + "/endpoints/";
    }

    public String endpoint(String id) {
        requireSegment("endpoint id", id);
        return endpoints() + id;
    }

    public String config() {
        return ROOT + service + "/config";
    }

    public String weights() {
        return ROOT + service + "/weights";
    }

    public String shards() {
        return ROOT + service + "/shards";
    }

    /** The owners of keys, one entry each: looked up one by one, never followed by resolvers. */
    public String directory() {
        return ROOT + service + "/directory/";
    }

    public String alias() {
        return ROOT + service + "/alias";
    }

    public String health() {
        return ROOT + service + "/health/";
    }

    public String health(String id) {
        requireSegment("endpoint id", id);
        return health() + id;
    }

    String status(ClientId client) {
        return ROOT + service + "/status/" + client.name();
    }

    /** What a resolver follows beside, so that a verdict does not read all endpoints again. */
    public List<KeyRange> judged() {
        return List.of(KeyRange.under(health()));
    }

    /** What a resolver follows. Not all keys of the service: others are written by every client, and nobody wants to hear that. */
    public List<KeyRange> followed() {
        return List.of(
                KeyRange.under(endpoints()),
                KeyRange.key(config()),
                KeyRange.key(weights()),
                KeyRange.key(shards()),
                KeyRange.key(alias()));
    }

    public static void requireSegment(String what, String name) {
        String problem = problem(name);
        if (problem != null) {
            throw new IllegalArgumentException(what + " " + problem);
        }
    }

    /** What keeps a text from being one segment of a key, to follow what it is; null if nothing does. */
    public static @Nullable String problem(String name) {
        String problem = Printable.problem(name, Printable.MAX_NAME);
        if (problem == null && (name.isBlank() || name.indexOf('/') >= 0)) {
            return "was '" + name + "', expected a name that is not blank and has no slash";
        }
        return problem;
    }
}
