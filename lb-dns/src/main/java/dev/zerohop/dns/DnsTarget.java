package dev.zerohop.dns;

import dev.zerohop.Target;
import dev.zerohop.resolver.HostPort;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A {@code refreshing-dns} or {@code refreshing-dns+srv} target, parsed.
 *
 * @param name the name to query
 * @param port 0 for SRV, whose records contain it
 * @param server {@code host:port}, or null for the system's
 * @param minTtl a shorter or unknown time to live counts as this; it is also the time from a failure to the next query
 * @param maxTtl a longer time to live counts as this
 * @param family the requested address families
 * @param leaveAfter after how many answers without it a record is removed; 0 for the default rule
 */
record DnsTarget(
        String name,
        int port,
        @Nullable String server,
        Duration minTtl,
        Duration maxTtl,
        DnsNames.Family family,
        int leaveAfter) {

    /** The shortest query interval, also for records with a time to live of 0. */
    private static final Duration MIN_TTL = Duration.ofSeconds(5);

    /** A new address is found within half a minute, however long the time to live of its record. */
    private static final Duration MAX_TTL = Duration.ofSeconds(30);

    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int MOST_ANSWERS = 100;

    /** Reads {@code refreshing-dns:///name:port?server=host:port}. */
    static DnsTarget addresses(Target target) {
        String form = "refreshing-dns:///name:port (a DNS server is given as ?server=host:port)";
        int from = begin(target, form);
        String written = target.decoded(from, from + target.path().length());
        try {
            HostPort address = HostPort.parse(written);
            return options(target, address.host(), address.port());
        } catch (HostPort.Malformed malformed) {
            int offset = written.length() == target.path().length() ? malformed.offset() : 0;
            throw target.error(from + offset, malformed.problem() + ": " + form);
        }
    }

    /** Reads {@code refreshing-dns+srv:///_grpc._tcp.name}. */
    static DnsTarget srv(Target target) {
        String form = "refreshing-dns+srv:///_service._proto.name (a DNS server is given as ?server=host:port)";
        int from = begin(target, form);
        String name = target.decoded(from, from + target.path().length());
        int colon = name.indexOf(':');
        if (colon >= 0) {
            throw target.error(
                    from,
                    "found '" + name + "', expected a name without a port, since SRV records contain it: " + form);
        }
        try {
            HostPort.checkHost(name, 0);
        } catch (HostPort.Malformed malformed) {
            throw target.error(from, malformed.problem() + ": " + form);
        }
        if (HostPort.isIpv4(name)) {
            throw target.error(from, "found '" + name + "', expected a name with SRV records: " + form);
        }
        return options(target, name, 0);
    }

    /** The name that a server's certificate is for: without the leading labels of an SRV name and without the root's dot. */
    String tlsName() {
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        while (port == 0 && bare.startsWith("_") && bare.indexOf('.') > 0) {
            bare = bare.substring(bare.indexOf('.') + 1);
        }
        return bare;
    }

    private static int begin(Target target, String form) {
        target.rejectAuthority(form);
        int from = target.pathPosition();
        if (target.path().isEmpty()) {
            throw target.error(Math.min(from, target.text().length()), "found no name, expected " + form);
        }
        return from;
    }

    private static DnsTarget options(Target target, String name, int port) {
        String server = null;
        Duration minTtl = null;
        Duration maxTtl = null;
        DnsNames.Family family = DnsNames.Family.ANY;
        int leaveAfter = 0;
        for (Target.Parameter parameter : target.parameters()) {
            switch (parameter.name()) {
                case "server" -> server = server(target, parameter);
                case "minTtl" -> minTtl = duration(target, parameter);
                case "maxTtl" -> maxTtl = duration(target, parameter);
                case "family" -> family = family(target, parameter);
                case "leaveAfter" -> leaveAfter = answers(target, parameter);
                default ->
                    throw target.error(
                            parameter.position(),
                            "found parameter '" + parameter.name()
                                    + "', expected server, minTtl, maxTtl, family or leaveAfter");
            }
        }
        if (minTtl != null && maxTtl != null && minTtl.compareTo(maxTtl) > 0) {
            throw target.error(
                    target.queryPosition(),
                    "minTtl was " + minTtl.toMillis() + " ms and maxTtl " + maxTtl.toMillis()
                            + " ms, expected minTtl to be no more than maxTtl");
        }
        // If only one is configured, the other's default adapts to it.
        Duration least = minTtl != null ? minTtl : maxTtl != null && maxTtl.compareTo(MIN_TTL) < 0 ? maxTtl : MIN_TTL;
        Duration most = maxTtl != null ? maxTtl : least.compareTo(MAX_TTL) > 0 ? least : MAX_TTL;
        return new DnsTarget(name, port, server, least, most, family, leaveAfter);
    }

    /** How long an answer with this time to live is valid; a negative one is unknown. */
    Duration goodFor(long ttlSeconds) {
        Duration ttl = ttlSeconds < 0 ? minTtl : Duration.ofSeconds(Math.min(ttlSeconds, LONGEST.toSeconds()));
        return ttl.compareTo(minTtl) < 0 ? minTtl : ttl.compareTo(maxTtl) > 0 ? maxTtl : ttl;
    }

    private static String server(Target target, Target.Parameter parameter) {
        try {
            HostPort server = HostPort.parse(parameter.value());
            return server.host().indexOf(':') >= 0
                    ? "[" + server.host() + "]:" + server.port()
                    : server.host() + ":" + server.port();
        } catch (HostPort.Malformed malformed) {
            throw target.error(parameter.valuePosition(), "server: " + malformed.problem());
        }
    }

    private static Duration duration(Target target, Target.Parameter parameter) {
        String value = parameter.value();
        Duration duration = Duration.ZERO;
        if (value.matches("\\d{1,9}(ms|s|m)")) {
            long number = Long.parseLong(value.replaceAll("\\D", ""));
            duration = value.endsWith("ms")
                    ? Duration.ofMillis(number)
                    : value.endsWith("s") ? Duration.ofSeconds(number) : Duration.ofMinutes(number);
        }
        if (duration.compareTo(SHORTEST) < 0 || duration.compareTo(LONGEST) > 0) {
            throw target.error(
                    parameter.valuePosition(),
                    parameter.name() + " was '" + value + "', expected 100ms to 60m, such as 500ms, 5s or 1m");
        }
        return duration;
    }

    private static int answers(Target target, Target.Parameter parameter) {
        String value = parameter.value();
        int answers = value.matches("\\d{1,3}") ? Integer.parseInt(value) : 0;
        if (answers < 1 || answers > MOST_ANSWERS) {
            throw target.error(
                    parameter.valuePosition(),
                    "leaveAfter was '" + value + "', expected a whole number from 1 to " + MOST_ANSWERS);
        }
        return answers;
    }

    private static DnsNames.Family family(Target target, Target.Parameter parameter) {
        return switch (parameter.value()) {
            case "ipv4" -> DnsNames.Family.IPV4;
            case "ipv6" -> DnsNames.Family.IPV6;
            default ->
                throw target.error(
                        parameter.valuePosition(), "family was '" + parameter.value() + "', expected ipv4 or ipv6");
        };
    }
}
