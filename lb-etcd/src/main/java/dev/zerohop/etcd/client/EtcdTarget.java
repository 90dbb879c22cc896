package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Target;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code scheme://host:port,host:port/name/name}. */
public final class EtcdTarget {

    private EtcdTarget() {}

    /**
     * The etcd servers.
     *
     * @throws IllegalArgumentException with the position and what was expected
     */
    public static List<HostAndPort> servers(Target target) {
        List<HostAndPort> servers = new ArrayList<>();
        int end = target.authorityPosition() + target.authority().length();
        int from = target.authorityPosition();
        while (from <= end) {
            int comma = target.text().indexOf(',', from);
            int to = comma < 0 || comma > end ? end : comma;
            HostAndPort server = Addresses.parse(target.decoded(from, to), 0);
            if (server == null) {
                throw target.error(
                        from,
                        "found '" + target.text().substring(from, to)
                                + "', expected an etcd server as host:port, such as 10.0.0.1:2379");
            }
            servers.add(server);
            from = to + 1;
        }
        return servers;
    }

    /** The service that the path of a target names. */
    public static String service(Target target) {
        return segments(target, 1, "one name, the service, as in etcd://host:2379/service")
                .get(0);
    }

    /**
     * The path's segments.
     *
     * @param form the form of a target of this scheme, for the message
     * @throws IllegalArgumentException if there are more or fewer than {@code count}, or one is blank or not a valid name
     */
    public static List<String> segments(Target target, int count, String form) {
        target.rejectQuery();
        return path(target, count, form);
    }

    /** The same for a target that may have parameters. */
    public static List<String> path(Target target, int count, String form) {
        if (target.path().isEmpty()) {
            throw target.error(
                    Math.min(target.pathPosition(), target.text().length()), "found no path, expected " + form);
        }
        List<String> segments = new ArrayList<>();
        int end = target.pathPosition() + target.path().length();
        int from = target.pathPosition();
        while (from <= end) {
            int slash = target.text().indexOf('/', from);
            int to = slash < 0 ? end : slash;
            segments.add(target.decoded(from, to));
            from = to + 1;
        }
        boolean named = segments.stream().allMatch(segment -> ServiceKeys.problem(segment) == null);
        if (segments.size() != count || !named) {
            throw target.error(target.pathPosition(), "found '" + target.path() + "', expected " + form);
        }
        return segments;
    }
}
