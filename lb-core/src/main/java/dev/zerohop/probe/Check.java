package dev.zerohop.probe;

import dev.zerohop.Endpoint;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is checked of an endpoint. Equal by value. */
sealed interface Check {

    /** The name of the kind, as configurations have it. */
    String kind();

    /** Where to connect to; 0 for each endpoint's own port. */
    int port();

    /** Why the transport cannot carry it; null if it can. */
    default @Nullable String unfit(ProbeTransport transport) {
        return null;
    }

    /**
     * What checks.
     *
     * @throws IllegalArgumentException if the transport cannot carry it
     */
    Prober prober(ProbeTransport transport, Duration timeout);

    /** Where an endpoint is checked. */
    default String addressOf(Endpoint endpoint) {
        return at(endpoint, port()).address();
    }

    /** The endpoint at another port, unless that is 0. */
    static Endpoint at(Endpoint endpoint, int port) {
        return port == 0
                ? endpoint
                : Endpoint.builder(endpoint.host(), port).id(endpoint.id()).build();
    }

    /** Another name than that of the transport. */
    private static ProbeTransport named(ProbeTransport transport, @Nullable String host) {
        return host == null
                ? transport
                : new ProbeTransport() {
                    @Override
                    public String authority() {
                        return host.indexOf(':') < 0 ? host : "[" + host + "]";
                    }

                    @Override
                    public boolean hasAddress(Endpoint endpoint) {
                        return transport.hasAddress(endpoint);
                    }

                    @Override
                    public @Nullable Tls tls() {
                        return transport.tls();
                    }
                };
    }

    /** A connection can be made, with TLS if that is asked for. */
    record Tcp(int port, boolean tls, @Nullable String host) implements Check {
        @Override
        public String kind() {
            return "tcp";
        }

        @Override
        public Prober prober(ProbeTransport transport, Duration timeout) {
            return new SocketProber(port, tls, null, named(transport, host), timeout);
        }

        @Override
        public String toString() {
            return new OptionsText(kind())
                    .with("port", port == 0 ? null : port)
                    .with("tls", tls ? true : null)
                    .with("host", host)
                    .toString();
        }
    }

    /** A GET is answered as expected. */
    record Http(int port, boolean tls, @Nullable String host, HttpGet get) implements Check {
        @Override
        public String kind() {
            return "http";
        }

        @Override
        public Prober prober(ProbeTransport transport, Duration timeout) {
            return new SocketProber(port, tls, get, named(transport, host), timeout);
        }

        @Override
        public String toString() {
            return new OptionsText(kind())
                    .with("path", get.path())
                    .with("port", port == 0 ? null : port)
                    .with("expectedStatus", get.from() == get.to() ? get.from() : get.from() + "-" + get.to())
                    .with("tls", tls ? true : null)
                    .with("host", host)
                    .toString();
        }
    }

    /** The health service of gRPC says that a service is serving. */
    record Grpc(String service) implements Check {
        private static final String NOT_GRPC =
                "health.checks.grpc: was given, expected http or tcp: these calls are not gRPC's, and the check is made over their connections";

        @Override
        public String kind() {
            return "grpc";
        }

        @Override
        public int port() {
            return 0;
        }

        @Override
        public @Nullable String unfit(ProbeTransport transport) {
            return transport.grpc(service) == null ? NOT_GRPC : null;
        }

        @Override
        public Prober prober(ProbeTransport transport, Duration timeout) {
            Prober prober = transport.grpc(service);
            if (prober == null) {
                throw new IllegalArgumentException(NOT_GRPC);
            }
            return prober;
        }

        @Override
        public String toString() {
            return new OptionsText(kind())
                    .with("service", service.isEmpty() ? null : service)
                    .toString();
        }
    }
}
