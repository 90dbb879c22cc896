package dev.zerohop.grpc;

import dev.zerohop.BalancerSettings;
import dev.zerohop.KeySource;
import dev.zerohop.Printable;
import dev.zerohop.config.Configurations;
import io.grpc.Metadata;
import java.util.Map;

/** zerohop's configuration as far as gRPC can follow it. */
final class GrpcSettings {
    private GrpcSettings() {}

    static BalancerSettings defaults() {
        return Configurations.defaults();
    }

    static BalancerSettings parse(Map<String, ?> tree) {
        return checked(Configurations.parse(tree));
    }

    /** A gRPC call has a method and headers; the other places that a key can come from are HTTP's. */
    static BalancerSettings checked(BalancerSettings settings) {
        KeySource key = settings.key();
        if (key == null) {
            return settings;
        }
        if (key.place() != KeySource.Place.HEADER) {
            throw new IllegalArgumentException("key: was " + key.place() + " '" + key.name()
                    + "', expected {\"header\": \"...\"}: a gRPC call carries keys in headers only");
        }
        headerOf(key);
        return settings;
    }

    /**
     * The header in which a key stands.
     *
     * @throws IllegalArgumentException if gRPC has no texts under that name
     */
    static Metadata.Key<String> headerOf(KeySource key) {
        try {
            return Metadata.Key.of(key.name(), Metadata.ASCII_STRING_MARSHALLER);
        } catch (IllegalArgumentException rejected) {
            throw new IllegalArgumentException(
                    "key.header: was '" + Printable.text(key.name())
                            + "', expected a metadata name of lower-case letters, digits, '-', '_' and '.' that does not end in -bin",
                    rejected);
        }
    }
}
