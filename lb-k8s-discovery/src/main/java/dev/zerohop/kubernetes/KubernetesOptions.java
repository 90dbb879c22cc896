package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Printable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The address of the API server and the credentials for it. An immutable value, equal by its settings; nothing is read or connected before it is used.
 *
 * <p>Settings that are not given come from where {@code kubectl} and pods take them: the file that {@code KUBECONFIG} names, else {@code ~/.kube/config},
 * else the service account that Kubernetes mounts into every pod.
 */
public final class KubernetesOptions {
    private static final String MOUNTED_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    private static final KubernetesOptions DEFAULTS = builder().build();

    private final Settings settings;

    record Settings(
            @Nullable URI apiServer,
            @Nullable Path tokenFile,
            @Nullable Path caFile,
            @Nullable String namespace,
            @Nullable Path kubeconfig,
            @Nullable String context) {}

    private KubernetesOptions(Settings settings) {
        this.settings = settings;
    }

    /** Nothing set: a pod's own service account, or the developer's kubeconfig. */
    public static KubernetesOptions defaults() {
        return DEFAULTS;
    }

    /** Starts with nothing set. */
    public static Builder builder() {
        return new Builder();
    }

    Settings settings() {
        return settings;
    }

    /** The namespace of targets that name none: the one set, else that of the pod's service account; null outside a cluster. Reads one small file at most. */
    @Nullable
    String namespace() {
        if (settings.namespace() != null) {
            return settings.namespace();
        }
        Path mounted = Path.of(System.getProperty("kubenamespace", MOUNTED_NAMESPACE));
        try {
            String namespace =
                    Files.isReadable(mounted) ? Files.readString(mounted).strip() : "";
            return Names.isLabel(namespace) ? namespace : null;
        } catch (IOException unreadable) {
            return null;
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KubernetesOptions that && settings.equals(that.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }

    @Override
    public String toString() {
        return settings.toString();
    }

    /** Builds {@link KubernetesOptions}. Not thread-safe. */
    public static final class Builder {
        private @Nullable URI apiServer;
        private @Nullable Path tokenFile;
        private @Nullable Path caFile;
        private @Nullable String namespace;
        private @Nullable Path kubeconfig;
        private @Nullable String context;

        private Builder() {}

        /**
         * Sets the API server's address. Kubeconfig and service account are then not used: only the token and CA files that are set here are.
         *
         * @throws IllegalArgumentException if it is not an http or https URI with a host, or names a user
         */
        public Builder apiServer(URI address) {
            requireNonNull(address, "address");
            boolean http =
                    "https".equalsIgnoreCase(address.getScheme()) || "http".equalsIgnoreCase(address.getScheme());
            if (!http || address.getHost() == null || address.getRawUserInfo() != null) {
                // The text before an @ may be a password.
                String shown = Printable.text(address.toString()).replaceFirst("//.*@", "//***@");
                throw new IllegalArgumentException(
                        "API server was '" + shown
                                + "', expected an http or https URI with a host and without a user, such as https://10.0.0.1:6443");
            }
            this.apiServer = address;
            return this;
        }

        /** Sets the file with the bearer token. It is read again for every request, so a rotated token is used at once. */
        public Builder tokenFile(Path file) {
            this.tokenFile = requireNonNull(file, "file");
            return this;
        }

        /** Sets the PEM file with the CA certificates of the API server. Default with {@link #apiServer}: those that the JDK trusts. */
        public Builder caFile(Path file) {
            this.caFile = requireNonNull(file, "file");
            return this;
        }

        /**
         * Sets the namespace of targets that name none. Default: that of the pod's service account.
         *
         * @throws IllegalArgumentException if it is no DNS label
         */
        public Builder namespace(String namespace) {
            if (!Names.isLabel(namespace)) {
                throw new IllegalArgumentException("namespace was '" + Printable.text(namespace, 80)
                        + "', expected up to 63 lower-case letters, digits and '-', such as shop");
            }
            this.namespace = namespace;
            return this;
        }

        /** Sets the kubeconfig file. Default: as {@code kubectl} finds it. */
        public Builder kubeconfig(Path file) {
            this.kubeconfig = requireNonNull(file, "file");
            return this;
        }

        /** Sets the kubeconfig's context. Default: its current one. */
        public Builder context(String name) {
            this.context = requireNonNull(name, "name");
            return this;
        }

        /**
         * Builds the options.
         *
         * @throws IllegalArgumentException if both an API server and a kubeconfig or context were set
         */
        public KubernetesOptions build() {
            if (apiServer != null && (kubeconfig != null || context != null)) {
                throw new IllegalArgumentException("both the API server " + apiServer
                        + " and a kubeconfig or context were set, expected one or the other");
            }
            return new KubernetesOptions(new Settings(apiServer, tokenFile, caFile, namespace, kubeconfig, context));
        }
    }
}
