package dev.zerohop.resolver;

import dev.zerohop.Target;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code refreshing-dns} or {@code refreshing-dns+srv} target says.
 *
 * @param name the name to ask for
 * @param port 0 for SRV, whose records bring their own
 * @param server {@code host:port}, or null for the system's
 * @param refresh how often to ask
 * @param family which addresses are wanted
 */
record DnsTarget(String name, int port, @Nullable String server, Duration refresh, DnsNames.Family family) {

    /** The design's interval when the time to live is not known; the JDK's client does not tell it. */
    static final Duration REFRESH = Duration.ofSeconds(5);

    private static final Duration MIN_REFRESH = Duration.ofMillis(100);
    private static final Duration MAX_REFRESH = Duration.ofHours(1);

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
                    from, "found '" + name + "', expected a name without a port, SRV records bring it: " + form);
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
        target.refuseAuthority(form);
        int from = target.pathPosition();
        if (target.path().isEmpty()) {
            throw target.error(Math.min(from, target.text().length()), "found no name, expected " + form);
        }
        return from;
    }

    private static DnsTarget options(Target target, String name, int port) {
        String server = null;
        Duration refresh = REFRESH;
        DnsNames.Family family = DnsNames.Family.ANY;
        for (Target.Parameter parameter : target.parameters()) {
            switch (parameter.name()) {
                case "server" -> server = server(target, parameter);
                case "refresh" -> refresh = refresh(target, parameter);
                case "family" -> family = family(target, parameter);
                default ->
                    throw target.error(
                            parameter.position(),
                            "found parameter '" + parameter.name() + "', expected server, refresh or family");
            }
        }
        return new DnsTarget(name, port, server, refresh, family);
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

    private static Duration refresh(Target target, Target.Parameter parameter) {
        String value = parameter.value();
        Duration refresh = Duration.ZERO;
        if (value.matches("\\d{1,9}(ms|s|m)")) {
            long number = Long.parseLong(value.replaceAll("\\D", ""));
            refresh = value.endsWith("ms")
                    ? Duration.ofMillis(number)
                    : value.endsWith("s") ? Duration.ofSeconds(number) : Duration.ofMinutes(number);
        }
        if (refresh.compareTo(MIN_REFRESH) < 0 || refresh.compareTo(MAX_REFRESH) > 0) {
            throw target.error(
                    parameter.valuePosition(),
                    "refresh was '" + value + "', expected 100ms to 60m, such as 500ms, 5s or 1m");
        }
        return refresh;
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
