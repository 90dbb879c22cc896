package dev.zerohop.cli;

import dev.zerohop.etcd.EtcdClientBuilder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** TLS and user for etcd. Without these options the file that ZEROHOP_CONFIG names applies, as everywhere. */
final class EtcdAccess {
    @Option(names = "--etcd-tls", description = "etcd over TLS, with the certificates that Java trusts")
    private boolean tls;

    @Option(
            names = "--etcd-ca",
            paramLabel = "FILE",
            description = "etcd over TLS, with the PEM certificates in this file")
    private @Nullable Path ca;

    @Option(
            names = "--etcd-cert",
            paramLabel = "FILE",
            description = "the client certificate for etcd, PEM; with --etcd-key")
    private @Nullable Path certificate;

    @Option(names = "--etcd-key", paramLabel = "FILE", description = "its private key, PEM")
    private @Nullable Path key;

    @Option(
            names = "--etcd-authority",
            paramLabel = "NAME",
            description = "the name that etcd's certificates must carry (default: the host)")
    private @Nullable String authority;

    @Option(names = "--etcd-user", paramLabel = "NAME", description = "the etcd user; with --etcd-password-file")
    private @Nullable String user;

    @Option(names = "--etcd-password-file", paramLabel = "FILE", description = "the file that contains its password")
    private @Nullable Path passwordFile;

    @Option(names = "--etcd-namespace", paramLabel = "PREFIX/", description = "what every key begins with")
    private @Nullable String namespace;

    /** Options override the configuration file as {@link EtcdClientBuilder} describes. */
    void applyTo(EtcdClientBuilder builder) {
        together("--etcd-cert", certificate, "--etcd-key", key);
        together("--etcd-user", user, "--etcd-password-file", passwordFile);
        if (tls) {
            builder.tls();
        }
        if (ca != null) {
            builder.tls(ca);
        }
        if (certificate != null && key != null) {
            builder.clientCertificate(certificate, key);
        }
        if (authority != null) {
            builder.authority(authority);
        }
        if (user != null && passwordFile != null) {
            builder.user(user, passwordFile);
        }
        if (namespace != null) {
            builder.namespace(namespace);
        }
    }

    static void together(String one, @Nullable Object first, String other, @Nullable Object second) {
        if ((first == null) != (second == null)) {
            throw new BadInput(
                    (first == null ? one : other) + " is missing, expected " + one + " and " + other + " together");
        }
    }
}
