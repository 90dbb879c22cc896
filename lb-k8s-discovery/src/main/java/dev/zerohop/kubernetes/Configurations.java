package dev.zerohop.kubernetes;

import dev.zerohop.Log;
import dev.zerohop.Printable;
import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns our options into the client's. Reads files: not for a caller's thread. */
final class Configurations {
    private static final Log LOG = Log.of(Configurations.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int REQUEST_TIMEOUT_MILLIS = 10_000;

    private Configurations() {}

    static Config of(KubernetesOptions options) {
        Config config = found(options.settings());
        Path caFile = options.settings().caFile();
        if (caFile != null) {
            if (!Files.isReadable(caFile)) {
                throw new IllegalArgumentException(
                        Printable.text("CA file " + caFile + " cannot be read, expected a PEM file"));
            }
            config.setCaCertFile(caFile.toString());
        }
        Path tokenFile = options.settings().tokenFile();
        if (tokenFile != null) {
            config.setOauthTokenProvider(new TokenFile(tokenFile, null));
        } else if (config.getOauthToken() == null) {
            namedByKubeconfig(config);
        }
        config.setConnectionTimeout(CONNECT_TIMEOUT_MILLIS);
        config.setRequestTimeout(REQUEST_TIMEOUT_MILLIS);
        // Only the reflector retries: retries on two levels multiply the load.
        config.setRequestRetryBackoffLimit(0);
        warnOfPlainText(config);
        return config;
    }

    /** A token is sent to an address without TLS, as kubectl does, but a warning is logged. */
    private static void warnOfPlainText(Config config) {
        String address = String.valueOf(config.getMasterUrl());
        boolean token = config.getOauthTokenProvider() != null
                || config.getOauthToken() != null
                || config.getAutoOAuthToken() != null;
        if (token && address.regionMatches(true, 0, "http:", 0, "http:".length())) {
            LOG.warn(
                    "the token for the Kubernetes API at {} is sent in plain text, and can be read by anyone who can listen on the network; "
                            + "set an address that begins with https",
                    address);
        }
    }

    private static Config found(KubernetesOptions.Settings settings) {
        if (settings.apiServer() != null) {
            Config config = Config.empty();
            config.setMasterUrl(settings.apiServer().toString());
            return config;
        }
        Path kubeconfig = settings.kubeconfig();
        if (kubeconfig == null) {
            return Config.autoConfigure(settings.context());
        }
        if (!Files.isReadable(kubeconfig)) {
            throw new IllegalArgumentException(
                    Printable.text("kubeconfig " + kubeconfig + " cannot be read, expected a file"));
        }
        return Config.fromKubeconfig(settings.context(), kubeconfig.toFile());
    }

    /**
     * The client ignores {@code tokenFile} of a kubeconfig's user. In kubectl it takes precedence over {@code token}, which is used while the file cannot be
     * read.
     */
    private static void namedByKubeconfig(Config config) {
        NamedContext context = config.getCurrentContext();
        File kubeconfig = context == null ? null : config.getFileWithAuthInfo();
        if (kubeconfig == null) {
            return;
        }
        for (NamedAuthInfo user : users(kubeconfig)) {
            AuthInfo auth = user.getUser();
            if (auth == null
                    || !Objects.equals(user.getName(), context.getContext().getUser())) {
                continue;
            }
            String file = auth.getTokenFile();
            if (file != null && !file.isEmpty()) {
                // Relative to the kubeconfig's directory, like the other files that it names.
                Path path = kubeconfig.toPath().toAbsolutePath().resolveSibling(file);
                config.setOauthTokenProvider(new TokenFile(path, auth.getToken()));
            }
            return;
        }
    }

    private static List<NamedAuthInfo> users(File kubeconfig) {
        try (InputStream in = Files.newInputStream(kubeconfig.toPath())) {
            List<NamedAuthInfo> users = Serialization.unmarshal(in, io.fabric8.kubernetes.api.model.Config.class)
                    .getUsers();
            return users == null ? List.of() : users;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(Printable.text("kubeconfig " + kubeconfig + " cannot be read"), unreadable);
        }
    }

    /**
     * A token that is read from a file for every request: Kubernetes writes a new token into the file before the old one expires.
     *
     * @param otherwise the token to send while the file cannot be read, or null
     */
    private record TokenFile(Path file, @Nullable String otherwise) implements OAuthTokenProvider {
        @Override
        public String getToken() {
            String token;
            try {
                token = Files.readString(file).strip();
            } catch (IOException unreadable) {
                if (otherwise != null && !otherwise.isEmpty()) {
                    return otherwise;
                }
                throw new UncheckedIOException(
                        Printable.text("token file " + file + " cannot be read, expected a file with a bearer token"),
                        unreadable);
            }
            if (token.isEmpty()) {
                // Without a token the request would be sent as an anonymous one.
                throw new IllegalStateException(
                        Printable.text("token file " + file + " is empty, expected a bearer token"));
            }
            return token;
        }
    }
}
