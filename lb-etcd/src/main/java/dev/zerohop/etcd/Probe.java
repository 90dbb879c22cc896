package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** How a {@link HealthOrchestrator} finds out whether an endpoint is well. Immutable. Plain text only; TLS is not there yet. */
public final class Probe {
    private final String text;
    private final Function<Executor, Prober> prober;

    private Probe(String text, Function<Executor, Prober> prober) {
        this.text = text;
        this.prober = prober;
    }

    /**
     * A GET that is answered with a status of 200 to 299. Redirects are not followed.
     *
     * @param path begins with a slash; may have a query
     * @throws IllegalArgumentException if it does not, or is no part of a URI
     */
    public static Probe http(String path) {
        return http(path, 200, 299);
    }

    /**
     * A GET that is answered with a status in a range. Redirects are not followed.
     *
     * @param path begins with a slash; may have a query
     * @param fromStatus the lowest status that is well, 100 to 599
     * @param toStatus the highest one, not below {@code fromStatus}
     * @throws IllegalArgumentException if one of them is not as stated
     */
    public static Probe http(String path, int fromStatus, int toStatus) {
        requireNonNull(path, "path");
        if (!isPath(path)) {
            throw new IllegalArgumentException(
                    "the path of a probe was '" + path + "', expected one that begins with a slash, such as /health");
        }
        if (fromStatus < 100 || toStatus > 599 || fromStatus > toStatus) {
            throw new IllegalArgumentException("the statuses of a probe were " + fromStatus + " to " + toStatus
                    + ", expected a range within 100 to 599");
        }
        return new Probe("http:" + path, executor -> new HttpProber(path, fromStatus, toStatus, executor));
    }

    private static boolean isPath(String path) {
        if (!path.startsWith("/")) {
            return false;
        }
        try {
            URI uri = URI.create("http://host" + path);
            return "host".equals(uri.getHost()) && uri.getFragment() == null;
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    /**
     * The standard health check of gRPC, answered with {@code SERVING}.
     *
     * @param service the service that is asked for; empty for the server as a whole
     */
    public static Probe grpc(String service) {
        requireNonNull(service, "service");
        return new Probe("grpc:" + service, executor -> new GrpcProber(service));
    }

    /** A connection that can be made. */
    public static Probe tcp() {
        return new Probe("tcp", executor -> new TcpProber());
    }

    /**
     * Reads {@code http:/path}, {@code grpc:service}, {@code grpc:} or {@code tcp}.
     *
     * @throws IllegalArgumentException if it is none of them
     */
    public static Probe parse(String text) {
        requireNonNull(text, "text");
        if (text.startsWith("http:")) {
            return http(text.substring("http:".length()));
        }
        if (text.startsWith("grpc:")) {
            return grpc(text.substring("grpc:".length()));
        }
        if (text.equals("tcp")) {
            return tcp();
        }
        throw new IllegalArgumentException("the probe was '" + text + "', expected http:/path, grpc:service or tcp");
    }

    Prober newProber(Executor executor) {
        return prober.apply(executor);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return text;
    }
}
