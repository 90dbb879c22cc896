package dev.zerohop.etcd.client;

import dev.zerohop.Printable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys of a service: {@code zerohop/v1/services/<service>/...}. */
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

    /** The assignment of keys to endpoints: its head, bases and deltas, which one watch follows so that what was written together is seen together. */
    public String assignment() {
        return ROOT + service + "/assignment/";
    }

    public String assignmentHead() {
        return assignment() + "head";
    }

    public String assignmentBase(long number) {
        return assignment() + "base/" + number;
    }

    public String assignmentDeltas() {
        return assignment() + "delta/";
    }

    public String assignmentDelta(long number) {
        return assignmentDeltas() + number;
    }

    /** The name of the member whose assignment, newer than that of the store, the assigner waits for. */
    public String assignmentWanted() {
        return assignment() + "wanted";
    }

    /** The members that may own slices. */
    public String members() {
        return ROOT + service + "/members/";
    }

    public String member(String id) {
        requireSegment("member id", id);
        return members() + id;
    }

    /** What the members measure. */
    public String loads() {
        return ROOT + service + "/loads/";
    }

    public String load(String id) {
        requireSegment("member id", id);
        return loads() + id;
    }

    /** Assignments that the store has lost, as the members that were asked for them know them. */
    public String offers() {
        return ROOT + service + "/offers/";
    }

    public String offer(String id) {
        requireSegment("member id", id);
        return offers() + id;
    }

    /** The candidates that assign slices. */
    public String election() {
        return ROOT + service + "/election/";
    }

    /** The owners of keys, looked up one by one. */
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

    /** The ranges of the verdicts, watched separately so that a changed verdict causes no new read of all endpoints. */
    public List<KeyRange> judged() {
        return List.of(KeyRange.under(health()));
    }

    /** The ranges that a resolver watches. They leave out the status keys, which every client writes. */
    public List<KeyRange> followed() {
        return List.of(
                KeyRange.under(endpoints()),
                KeyRange.key(config()),
                KeyRange.key(weights()),
                KeyRange.key(shards()),
                KeyRange.key(alias()),
                KeyRange.under(assignment()));
    }

    public static void requireSegment(String what, String name) {
        String problem = problem(name);
        if (problem != null) {
            throw new IllegalArgumentException(what + " " + problem);
        }
    }

    /** Why a text cannot be one segment of a key, as the end of a sentence; null if it can. */
    public static @Nullable String problem(String name) {
        String problem = Printable.problem(name, Printable.MAX_NAME);
        if (problem == null && (name.isBlank() || name.indexOf('/') >= 0)) {
            return "was '" + name + "', expected a name that is not blank and has no slash";
        }
        return problem;
    }
}
