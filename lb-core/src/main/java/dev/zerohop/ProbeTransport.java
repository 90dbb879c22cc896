package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Socket;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * What the transport of a balancer brings to its active health checks and load probes, so that these reach an endpoint as the calls do. Everything has a default, with which checks
 * over TCP and HTTP work. Thread-safe; no method blocks.
 */
public interface ProbeTransport {

    /** Nothing but the defaults. */
    ProbeTransport DEFAULT = new ProbeTransport() {};

    /** The name of the service as calls state it, with or without a port: the {@code Host} of a check, and what certificates must carry. Null for the host of each endpoint. */
    default @Nullable String authority() {
        return null;
    }

    /** TLS as the calls use it; null while that is not known yet, which skips checks that need it. Default: what Java trusts. */
    default @Nullable Tls tls() {
        return Tls.DEFAULT;
    }

    /** Whether an endpoint has a host and a port to connect to. Checks over TCP and HTTP skip one that has not, such as a socket in the file system. Default: yes. */
    default boolean hasAddress(Endpoint endpoint) {
        return true;
    }

    /** The standard health check of gRPC for a service; empty for the server as a whole. Null if the calls are not gRPC's, so that checks of this kind are rejected. */
    default @Nullable Prober grpc(String service) {
        return null;
    }

    /**
     * Fetches load reports apart from calls: its results carry a {@linkplain Prober.Result#load load}. Over gRPC by the standard service for reports out of band, in plain HTTP by a GET whose answer has the
     * header of load reports. Null if this transport has no such thing: policies that probe then go by what the calls show.
     *
     * @param path of the GET, begins with a slash; gRPC does not use it
     */
    default @Nullable Prober load(String path) {
        return null;
    }

    /** Secures a connection. */
    @FunctionalInterface
    interface Tls {
        /** With the certificates that Java trusts, which must carry the name. */
        Tls DEFAULT = by(() -> (SSLSocketFactory) SSLSocketFactory.getDefault());

        /** With what a factory trusts; the certificate must carry the name. The factory is asked for at each handshake, where it may read files. */
        static Tls by(Supplier<SSLSocketFactory> factory) {
            return new FactoryTls(requireNonNull(factory, "factory"));
        }

        /**
         * Shakes hands over a connection and checks the certificate. Blocks until then, or until the connection is closed.
         *
         * @param name what the certificate must carry
         * @throws IOException if the other side does not speak TLS or is not to be trusted
         */
        Socket secure(Socket connection, String name, int port) throws IOException;
    }
}
