package dev.zerohop.etcd.client;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS, in files: to etcd, or to the endpoints that are probed.
 *
 * @param ca CA certificates of the servers in PEM; null for those that Java trusts
 * @param certificate PEM certificate chain of this side; null for none
 * @param key its private key in PEM, unencrypted; required with {@code certificate}, else null
 * @param authority the name that a server's certificate must carry; null for the host that is connected to
 */
public record Tls(
        @Nullable Path ca,
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable String authority) {

    public Tls {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("a client "
                    + (certificate == null ? "key " + key : "certificate " + certificate)
                    + " was given alone, expected a certificate and its key");
        }
    }

    /** For the message of a failed handshake. */
    @Override
    public String toString() {
        return "TLS trusts " + (ca == null ? "Java's certificates" : ca) + ", presents "
                + (certificate == null ? "no certificate" : certificate) + ", expects the name "
                + (authority == null ? "of the host" : "'" + authority + "'");
    }
}
