package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Turns our options into the client's. Reads files: not for a caller's thread. */
final class Configurations {
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int REQUEST_TIMEOUT_MILLIS = 10_000;

    private Configurations() {}

    static Config of(KubernetesOptions options) {
        Config config = found(options);
        Path caFile = options.caFile();
        if (caFile != null) {
            if (!Files.isReadable(caFile)) {
                throw new IllegalArgumentException("CA file " + caFile + " cannot be read, expected a PEM file");
            }
            config.setCaCertFile(caFile.toString());
        }
        Path tokenFile = options.tokenFile();
        if (tokenFile != null) {
            config.setOauthTokenProvider(new TokenFile(tokenFile));
        }
        config.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
        config.setRequestTimeout(REQUEST_TIMEOUT_MILLIS);
        // Whoever asks decides when to ask again: two that retry on top of each other multiply the load.
        config.setRequestRetryBackoffLimit(0);
        return config;
    }

    private static Config found(KubernetesOptions options) {
        URI apiServer = options.apiServer();
        if (apiServer != null) {
            Config config = Config.empty();
            config.setMasterUrl(apiServer.toString());
            // Without TLS nothing is agreed on; the JDK would try to upgrade every connection.
            config.setHttp2Disable("http".equalsIgnoreCase(apiServer.getScheme()));
            return config;
        }
        Path kubeconfig = options.kubeconfig();
        if (kubeconfig == null) {
            return Config.autoConfigure(options.context());
        }
        if (!Files.isReadable(kubeconfig)) {
            throw new IllegalArgumentException("kubeconfig " + kubeconfig + " cannot be read, expected a file");
        }
        return Config.fromKubeconfig(options.context(), kubeconfig.toFile());
    }

    /** Kubernetes writes a new token into the file before the old one ends. */
    private record TokenFile(Path file) implements OAuthTokenProvider {
        @Override
        public String getToken() {
            try {
                return Files.readString(file).strip();
            } catch (IOException unreadable) {
                throw new UncheckedIOException("token file " + file + " cannot be read", unreadable);
            }
        }
    }
}
