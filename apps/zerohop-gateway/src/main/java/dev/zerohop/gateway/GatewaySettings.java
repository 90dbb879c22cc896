package dev.zerohop.gateway;

import dev.zerohop.etcd.EtcdClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings from the environment.
 *
 * @param etcd the etcd servers, as {@code host:port}
 * @param etcdTls whether they were given with {@code https}
 * @param zone the zone whose functions are served
 * @param handler how an endpoint is chosen
 * @param mode how much is logged; see {@link #logsRequests}
 * @param node the name of this gateway
 * @param port the port to listen on; 0 is any
 * @param gateways the addresses, as {@code host:port}, that are gateways themselves
 * @param callerLimit how many requests of one address may be under way at once
 */
public record GatewaySettings(
        List<String> etcd,
        boolean etcdTls,
        String zone,
        HandlerType handler,
        String mode,
        String node,
        int port,
        Set<String> gateways,
        int callerLimit) {
    private static final String PREFIX = "eb_go_lb_";
    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";
    private static final int DEFAULT_PORT = 8080;
    private static final int DEFAULT_TARGET_PORT = 80;
    private static final int DEFAULT_CALLER_LIMIT = 256;

    /** The characters that are valid in the name of a header and in {@code Via}. */
    private static final Pattern NODE = Pattern.compile("[A-Za-z0-9._-]{1,253}");

    private static final Pattern AUTHORITY = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^\\s:/@?#\\[\\]]+)(?::(\\d{1,5}))?");

    /** How requests are handled. */
    public enum HandlerType {
        /** The gateway answers every request itself and repeats its URL. */
        DUMMY,
        /** The first endpoint of the function's list that has a weight above 0. */
        FIRST,
        /** In turn by weight, in the classic order of LVS. */
        WRR
    }

    private static final String QUIET = "prod";
    private static final String TALKATIVE = "dev";

    /** Copies the collections. */
    public GatewaySettings {
        etcd = List.copyOf(etcd);
        gateways = Set.copyOf(gateways);
    }

    /**
     * Reads the environment.
     *
     * @throws IllegalArgumentException if a variable cannot be used; the message names it, its value, and what was expected
     */
    public static GatewaySettings of(Map<String, String> environment) {
        String zone = environment.get(PREFIX + "zone");
        if (zone == null || zone.isBlank() || zone.indexOf('/') >= 0) {
            throw rejected("zone", zone, "the zone whose functions are served, a name without a slash");
        }
        return new GatewaySettings(
                etcd(environment),
                begins(etcdAddresses(environment).get(0), HTTPS),
                zone,
                handler(environment),
                environment.getOrDefault(PREFIX + "mode", QUIET),
                node(environment),
                port(environment),
                gateways(environment),
                callerLimit(environment));
    }

    /** Whether a line is logged for each request. */
    public boolean logsRequests() {
        return mode.equals(TALKATIVE);
    }

    /** A warning about the settings that does not prevent the start; null if there is none. */
    @Nullable
    String oddity() {
        return mode.equals(QUIET) || mode.equals(TALKATIVE)
                ? null
                : PREFIX + "mode was '" + mode + "', expected " + QUIET + " or " + TALKATIVE + "; using " + QUIET;
    }

    private static boolean begins(String address, String scheme) {
        return address.regionMatches(true, 0, scheme, 0, scheme.length());
    }

    private static List<String> etcdAddresses(Map<String, String> environment) {
        String text = environment.getOrDefault(PREFIX + "etcd_host", "localhost:2379");
        return List.of(text.strip().split("\\s*,\\s*"));
    }

    private static List<String> etcd(Map<String, String> environment) {
        List<String> addresses = etcdAddresses(environment);
        List<String> servers = addresses.stream()
                .map(address -> withoutScheme(address, HTTP, HTTPS))
                .toList();
        long tls = addresses.stream().filter(address -> begins(address, HTTPS)).count();
        try {
            if (tls != 0 && tls != addresses.size()) {
                throw new IllegalArgumentException("http and https are mixed");
            }
            EtcdClient.builder().servers(servers.toArray(String[]::new));
        } catch (IllegalArgumentException rejected) {
            String text = String.join(",", addresses);
            throw rejected(
                    "etcd_host",
                    text,
                    "host:port, http://host:port or https://host:port, or several of one kind with commas between them");
        }
        return servers;
    }

    private static HandlerType handler(Map<String, String> environment) {
        String text = environment.getOrDefault(PREFIX + "handler_type", "dummy");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "dummy" -> HandlerType.DUMMY;
            case "first" -> HandlerType.FIRST;
            case "wrr" -> HandlerType.WRR;
            default -> throw rejected("handler_type", text, "wrr, first or dummy");
        };
    }

    /** The address without its scheme and trailing slash, both of which are optional. */
    private static String withoutScheme(String address, String... schemes) {
        for (String scheme : schemes) {
            if (begins(address, scheme)) {
                String rest = address.substring(scheme.length());
                return rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
            }
        }
        return address;
    }

    /** The name; an empty one counts as not set. */
    private static String node(Map<String, String> environment) {
        String variable =
                environment.getOrDefault(PREFIX + "node_name", "").isEmpty() ? "HOSTNAME" : PREFIX + "node_name";
        String configured = environment.getOrDefault(variable, "");
        String name = configured.isEmpty() ? ownName() : configured;
        if (!NODE.matcher(name).matches()) {
            throw new IllegalArgumentException(variable + " was '" + name
                    + "', expected a name of letters, digits, dots, underscores and hyphens");
        }
        return name;
    }

    private static String ownName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    private static int port(Map<String, String> environment) {
        String text = environment.getOrDefault(PREFIX + "listen_port", Integer.toString(DEFAULT_PORT));
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > 65_535) {
            throw rejected("listen_port", text, "a port from 0 (any) to 65535");
        }
        return Integer.parseInt(text);
    }

    private static int callerLimit(Map<String, String> environment) {
        String text = environment.getOrDefault(PREFIX + "caller_limit", Integer.toString(DEFAULT_CALLER_LIMIT));
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw rejected(
                    "caller_limit",
                    text,
                    "the number of requests of one address that may be under way at once, 1 or more");
        }
        return Integer.parseInt(text);
    }

    private static Set<String> gateways(Map<String, String> environment) {
        Set<String> gateways = new HashSet<>();
        for (String text : environment.getOrDefault(PREFIX + "gateways", "").split("\\s+")) {
            if (text.isEmpty()) {
                continue;
            }
            var parts = AUTHORITY.matcher(withoutScheme(text, HTTP));
            int port = !parts.matches()
                    ? -1
                    : parts.group(2) == null ? DEFAULT_TARGET_PORT : Integer.parseInt(parts.group(2));
            if (port < 1 || port > 65_535) {
                throw rejected(
                        "gateways",
                        text,
                        "addresses such as 10.0.0.1, 10.0.0.1:8080 or http://10.0.0.1:8080, with white space between them");
            }
            gateways.add(parts.group(1).toLowerCase(Locale.ROOT) + ":" + port);
        }
        return gateways;
    }

    private static IllegalArgumentException rejected(String variable, @Nullable String value, String expected) {
        // The text before an @ may be a password.
        String shown = value == null ? null : value.replaceFirst("(?s).*@", "***@");
        return new IllegalArgumentException(PREFIX + variable + (shown == null ? " is not set" : " was '" + shown + "'")
                + ", expected " + expected);
    }
}
