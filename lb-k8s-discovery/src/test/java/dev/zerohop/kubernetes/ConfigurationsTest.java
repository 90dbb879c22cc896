package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said when options become the client's. */
class ConfigurationsTest {
    private static final String WARNING = "is sent in plain text";

    @TempDir
    private Path directory;

    @Test
    void aTokenForAnAddressWithoutTlsIsWarnedOfAndNotShown() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "secret");
        assertThat(logged(server("http://127.0.0.1:1").tokenFile(token)))
                .contains("http://127.0.0.1:1", WARNING)
                .doesNotContain("secret");
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:2"}}]
                users: [{name: u, user: {token: secret}}]
                """);
        assertThat(logged(KubernetesOptions.builder().kubeconfig(kubeconfig)))
                .contains("http://127.0.0.1:2", WARNING)
                .doesNotContain("secret");
    }

    @Test
    void aSchemeIsOneInCapitalsToo() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "secret");
        assertThat(logged(server("HTTP://127.0.0.1:1").tokenFile(token))).contains(WARNING);
    }

    /** The caller decides when to ask again. */
    @Test
    void theClientTriesNothingAgainByItself() {
        assertThat(Configurations.of(server("http://127.0.0.1:1").build()).getRequestRetryBackoffLimit())
                .isZero();
    }

    @Test
    void withoutATokenOrWithTlsThereIsNothingToWarnOf() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "secret");
        assertThat(logged(server("http://127.0.0.1:1"))).doesNotContain(WARNING);
        assertThat(logged(server("https://127.0.0.1:1").tokenFile(token))).doesNotContain(WARNING);
    }

    private static KubernetesOptions.Builder server(String address) {
        return KubernetesOptions.builder().apiServer(URI.create(address));
    }

    /** The log's lines, which go to whatever System.err is at the moment. */
    private static String logged(KubernetesOptions.Builder options) {
        PrintStream before = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            Configurations.of(options.build());
        } finally {
            System.setErr(before);
        }
        return written.toString(StandardCharsets.UTF_8);
    }
}
