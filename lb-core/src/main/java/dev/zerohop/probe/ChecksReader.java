package dev.zerohop.probe;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link HealthChecks} from a configuration. */
final class ChecksReader {
    static final int MAX_PORT = 65_535;
    static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9._-]{1,253}|(?=.{2,45}$)[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*");

    private static final List<String> KINDS = List.of("grpc", "http", "tcp");
    private static final Pattern STATUSES = Pattern.compile("([2-5]\\d\\d)(?:-([2-5]\\d\\d))?");

    private ChecksReader() {}

    static HealthChecks read(Options parent, String field) {
        Options checks = parent.object(
                field,
                "http",
                "grpc",
                "tcp",
                "interval",
                "timeout",
                "unhealthyThreshold",
                "healthyThreshold",
                "jitterPercent",
                "sample");
        HealthChecks.Builder builder = new HealthChecks.Builder(check(checks));
        builder.interval = checks.duration(
                "interval", builder.interval, HealthChecks.Builder.MIN_INTERVAL, HealthChecks.Builder.MAX_INTERVAL);
        builder.timeout = checks.duration(
                "timeout", builder.timeout, HealthChecks.Builder.MIN_TIMEOUT, HealthChecks.Builder.MAX_TIMEOUT);
        builder.unhealthyThreshold =
                checks.integer("unhealthyThreshold", builder.unhealthyThreshold, 1, HealthChecks.Builder.MAX_THRESHOLD);
        builder.healthyThreshold =
                checks.integer("healthyThreshold", builder.healthyThreshold, 1, HealthChecks.Builder.MAX_THRESHOLD);
        builder.jitterPercent = checks.integer(
                "jitterPercent",
                builder.jitterPercent,
                HealthChecks.Builder.MIN_JITTER,
                HealthChecks.Builder.MAX_JITTER);
        builder.sample = checks.integer("sample", builder.sample, 1, HealthChecks.Builder.MAX_SAMPLE);
        if (builder.timeout.compareTo(builder.interval) > 0) {
            throw new IllegalArgumentException(checks.path("timeout") + ": was " + Options.text(builder.timeout)
                    + ", expected at most the interval, which is " + Options.text(builder.interval));
        }
        return builder.build();
    }

    private static Check check(Options checks) {
        List<String> given = new ArrayList<>(checks.names());
        given.retainAll(KINDS);
        if (given.size() != 1) {
            throw new IllegalArgumentException(
                    checks.path() + ": was " + (given.isEmpty() ? "no kind" : given.size() + " kinds " + given)
                            + ", expected exactly one of " + String.join(", ", KINDS)
                            + " (without checks, leave the field out)");
        }
        return switch (given.get(0)) {
            case "grpc" -> grpc(checks.object("grpc", "service"));
            case "http" -> http(checks.object("http", "path", "port", "expectedStatus", "tls", "host"));
            default -> tcp(checks.object("tcp", "port", "tls", "host"));
        };
    }

    private static Check grpc(Options grpc) {
        return new Check.Grpc(grpc.has("service") ? grpc.string("service", "the name of a gRPC service") : "");
    }

    private static Check tcp(Options tcp) {
        return new Check.Tcp(port(tcp), tcp.flag("tls", false), host(tcp));
    }

    private static Check http(Options http) {
        String path = http.has("path") ? http.string("path", "a path that begins with a slash") : "/";
        if (!HttpGet.isPath(path)) {
            throw http.rejected("path", "a path that begins with a slash, such as \"/healthz\"");
        }
        Object stated = http.has("expectedStatus") ? http.value("expectedStatus") : "200-299";
        String range = stated instanceof Number
                ? String.valueOf(http.integer("expectedStatus", 200, 599))
                : String.valueOf(stated);
        Matcher statuses = STATUSES.matcher(range);
        if (!statuses.matches()) {
            throw http.rejected("expectedStatus", expectedStatus());
        }
        int from = Integer.parseInt(statuses.group(1));
        int to = statuses.group(2) == null ? from : Integer.parseInt(statuses.group(2));
        if (from > to) {
            throw http.rejected("expectedStatus", expectedStatus());
        }
        return new Check.Http(port(http), http.flag("tls", false), host(http), new HttpGet(path, from, to));
    }

    private static String expectedStatus() {
        return "a status from 200 to 599 or a range of them, such as \"200-299\"";
    }

    private static int port(Options options) {
        return options.integer("port", 0, 1, MAX_PORT);
    }

    private static @Nullable String host(Options options) {
        if (!options.has("host")) {
            return null;
        }
        String expected = "a host name without a port";
        String host = options.string("host", expected);
        if (!HOST.matcher(host).matches()) {
            throw options.rejected("host", expected);
        }
        return host;
    }
}
