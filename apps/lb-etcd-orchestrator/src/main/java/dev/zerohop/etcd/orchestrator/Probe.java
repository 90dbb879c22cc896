package dev.zerohop.etcd.orchestrator;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Prober;
import dev.zerohop.etcd.client.Tls;
import dev.zerohop.etcd.client.TlsFiles;
import dev.zerohop.probe.HttpGet;
import dev.zerohop.probe.SocketProber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link HealthOrchestrator} checks an endpoint. Immutable. In plain text unless {@link #tls}, {@link #clientCertificate} or {@link #authority}
 * says otherwise; files are read when the orchestrator is built, and again after failures.
 */
public final class Probe {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+|[0-9A-Fa-f:]+");
    private static final Tls JAVAS_TRUST = new Tls(null, null, null, null);

    private final Kind kind;
    private final String detail;
    private final int from;
    private final int to;
    private final @Nullable Tls tls;

    private enum Kind {
        HTTP("http:", "https:"),
        GRPC("grpc:", "grpcs:"),
        TCP("tcp", "tls");

        private final String plain;
        private final String secured;

        Kind(String plain, String secured) {
            this.plain = plain;
            this.secured = secured;
        }

        Probe probe(String detail) {
            return switch (this) {
                case HTTP -> http(detail);
                case GRPC -> grpc(detail);
                case TCP -> tcp();
            };
        }
    }

    private Probe(Kind kind, String detail, int from, int to, @Nullable Tls tls) {
        this.kind = kind;
        this.detail = detail;
        this.from = from;
        this.to = to;
        this.tls = tls;
    }

    private Probe with(Tls other) {
        return new Probe(kind, detail, from, to, other);
    }

    private Tls tlsOrDefault() {
        return tls == null ? JAVAS_TRUST : tls;
    }

    /** The same over TLS, with the certificates that Java trusts unless others are set. */
    public Probe tls() {
        return with(tlsOrDefault());
    }

    /**
     * The same over TLS.
     *
     * @param ca the CA certificates of the endpoints in PEM
     */
    public Probe tls(Path ca) {
        Tls before = tlsOrDefault();
        return with(new Tls(requireNonNull(ca, "ca"), before.certificate(), before.key(), before.authority()));
    }

    /**
     * The same over TLS, with a client certificate for endpoints that request one.
     *
     * @param certificate in PEM, followed by intermediate certificates if there are any
     * @param key its private key in PEM, not encrypted
     */
    public Probe clientCertificate(Path certificate, Path key) {
        Tls before = tlsOrDefault();
        return with(new Tls(
                before.ca(),
                requireNonNull(certificate, "certificate"),
                requireNonNull(key, "key"),
                before.authority()));
    }

    /**
     * The same over TLS, with the name that the certificates of all endpoints must carry, which is also the {@code Host} of a GET. Default: the host of each.
     *
     * @throws IllegalArgumentException if it is no host name
     */
    public Probe authority(String name) {
        if (!NAME.matcher(requireNonNull(name, "name")).matches()) {
            throw new IllegalArgumentException(
                    "the authority of a probe was '" + name + "', expected a host name without a port");
        }
        Tls before = tlsOrDefault();
        return with(new Tls(before.ca(), before.certificate(), before.key(), name));
    }

    /**
     * A GET that is answered with a status of 200 to 299. Redirects are not followed.
     *
     * @param path begins with a slash; may have a query
     * @throws IllegalArgumentException if it does not, or is not valid in a URI
     */
    public static Probe http(String path) {
        return http(path, 200, 299);
    }

    /**
     * A GET that is answered with a status in a range. Redirects are not followed.
     *
     * @param path begins with a slash; may have a query
     * @param fromStatus the lowest status that counts as success, 200 to 599
     * @param toStatus the highest one, not below {@code fromStatus}
     * @throws IllegalArgumentException if one of them is invalid
     */
    public static Probe http(String path, int fromStatus, int toStatus) {
        HttpGet get = new HttpGet(path, fromStatus, toStatus);
        return new Probe(Kind.HTTP, get.path(), get.from(), get.to(), null);
    }

    /**
     * The standard health check of gRPC, answered with {@code SERVING}.
     *
     * @param service the service to check; empty for the server as a whole
     */
    public static Probe grpc(String service) {
        requireNonNull(service, "service");
        return new Probe(Kind.GRPC, service, 0, 0, null);
    }

    /** A TCP connection, which succeeds if it can be made. */
    public static Probe tcp() {
        return new Probe(Kind.TCP, "", 0, 0, null);
    }

    /**
     * Reads {@code http:/path}, {@code grpc:service}, {@code grpc:} or {@code tcp}, or over TLS {@code https:/path}, {@code grpcs:service}, {@code grpcs:}
     * or {@code tls}.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public static Probe parse(String text) {
        requireNonNull(text, "text");
        for (Kind kind : Kind.values()) {
            for (String prefix : List.of(kind.plain, kind.secured)) {
                if (kind == Kind.TCP ? text.equals(prefix) : text.startsWith(prefix)) {
                    Probe probe = kind.probe(text.substring(prefix.length()));
                    return prefix.equals(kind.plain) ? probe : probe.tls();
                }
            }
        }
        throw new IllegalArgumentException("the probe was '" + text
                + "', expected http:/path, grpc:service or tcp, or https:/path, grpcs:service or tls");
    }

    /** Whether it uses TLS. */
    public boolean overTls() {
        return tls != null;
    }

    /** Throws an {@link IllegalArgumentException} if a TLS file cannot be used. A probe ends after {@code timeout} even if it is not cancelled. */
    Prober newProber(Duration timeout) {
        TlsFiles files = tls == null ? null : new TlsFiles(tls);
        String name = tls == null ? null : tls.authority();
        if (kind == Kind.GRPC) {
            return new GrpcProber(detail, files, name);
        }
        HttpGet get = kind == Kind.HTTP ? new HttpGet(detail, from, to) : null;
        return new SocketProber(0, files != null, get, new PlainOrTls(files, name), timeout);
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        return (tls == null ? kind.plain : kind.secured) + detail;
    }
}
