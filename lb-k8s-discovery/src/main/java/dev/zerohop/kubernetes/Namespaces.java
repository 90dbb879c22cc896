package dev.zerohop.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which namespace is meant when none is named. */
final class Namespaces {
    private static final String MOUNTED = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    private Namespaces() {}

    /** The options' own, else that of the pod's service account; null outside a cluster. Reads one small local file at most. */
    static @Nullable String of(KubernetesOptions options) {
        String given = options.namespace();
        return given != null ? given : mounted(Path.of(System.getProperty("kubenamespace", MOUNTED)));
    }

    private static @Nullable String mounted(Path file) {
        if (!Files.isReadable(file)) {
            return null;
        }
        try {
            String namespace = Files.readString(file).strip();
            return Names.isLabel(namespace) ? namespace : null;
        } catch (IOException unreadable) {
            return null;
        }
    }
}
