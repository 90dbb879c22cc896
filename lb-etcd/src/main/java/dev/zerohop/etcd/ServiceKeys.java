package dev.zerohop.etcd;

import java.util.List;

/** Where a service is kept: {@code zerohop/v1/services/<service>/...}. */
record ServiceKeys(String service) {

    private static final String ROOT = "zerohop/v1/services/";

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if it is blank or has a slash
     */
    ServiceKeys {
        requireSegment("service", service);
    }

    String endpoints() {
        return ROOT + service + "/endpoints/";
    }

    String endpoint(String id) {
        requireSegment("endpoint id", id);
        return endpoints() + id;
    }

    String config() {
        return ROOT + service + "/config";
    }

    String weights() {
        return ROOT + service + "/weights";
    }

    String shards() {
        return ROOT + service + "/shards";
    }

    /** The owners of keys, one entry each: looked up one by one, never followed by resolvers. */
    String directory() {
        return ROOT + service + "/directory/";
    }

    /** What a resolver follows. Not all keys of the service: others are written by every client, and nobody wants to hear that. */
    List<KeyRange> followed() {
        return List.of(
                KeyRange.under(endpoints()), KeyRange.key(config()), KeyRange.key(weights()), KeyRange.key(shards()));
    }

    private static void requireSegment(String what, String name) {
        if (name.isBlank() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    what + " was '" + name + "', expected a name that is not blank and has no slash");
        }
    }
}
