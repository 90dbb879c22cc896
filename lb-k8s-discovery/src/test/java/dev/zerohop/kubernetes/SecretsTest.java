package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lets a client in is in no message and no stack trace, also when it is written the wrong way. */
class SecretsTest {
    private static final String SECRET = "eyJzZWNyZXQ";

    private static final String KUBECONFIG = """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "http://SERVER"}}]
            users: [{name: u, user: USER}]
            contexts: [{name: x, context: {cluster: c, user: u}}]
            current-context: x
            """;

    @TempDir
    Path directory;

    private static String failure(CompletableFuture<?> asked) throws InterruptedException {
        try {
            asked.get();
        } catch (ExecutionException failed) {
            assertThat(failed.getCause()).isInstanceOf(SourceFailure.class);
            StringWriter trace = new StringWriter();
            failed.printStackTrace(new PrintWriter(trace));
            return trace.toString();
        }
        throw new AssertionError("it was answered, expected a failure");
    }

    private static void assertNoSecret(KubernetesOptions options, String expected) throws InterruptedException {
        try (HttpApiServer server = new HttpApiServer(options)) {
            var slices = Selection.endpointSlices("shop", "orders");
            assertThat(failure(server.list(slices, null))).contains(expected).doesNotContain(SECRET);
            CompletableFuture<Void> end = new CompletableFuture<>();
            var watching = server.watch(slices, "1", Duration.ofMinutes(5), new Ends(end));
            assertThat(failure(end)).contains(expected).doesNotContain(SECRET);
            watching.cancel();
        }
    }

    private static final class Ends implements ListWatch.Watcher<EndpointSlice, String> {
        private final CompletableFuture<Void> end;

        Ends(CompletableFuture<Void> end) {
            this.end = end;
        }

        @Override
        public void onOpen() {}

        @Override
        public void onChanges(String upTo, List<ListWatch.Change<EndpointSlice, String>> changes) {}

        @Override
        public void onBookmark(String upTo) {}

        @Override
        public void onEnd(SourceFailure cause) {
            end.completeExceptionally(cause);
        }
    }

    @Test
    void aTokenFileOfSeveralLines() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), SECRET + "\n" + SECRET);
        assertNoSecret(
                KubernetesOptions.builder()
                        .apiServer(URI.create("http://127.0.0.1:1"))
                        .tokenFile(file)
                        .build(),
                "such as a line break");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "127.0.0.1:1 | {token: \"" + SECRET + "\\n\"} | such as a line break",
                "me:" + SECRET + "@127.0.0.1:1 | {token: x} | http://127.0.0.1:1: the request",
                "127.0.0.1:1 | {token: [" + SECRET + "} | cannot be read at line 4, column",
                "127.0.0.1:1 | " + SECRET + " | the kubeconfig cannot be read",
            })
    void aKubeconfigThatIsWrittenTheWrongWay(String server, String user, String expected) throws Exception {
        Path file = Files.writeString(
                directory.resolve("kubeconfig"),
                KUBECONFIG.replace("SERVER", server).replace("USER", user));
        assertNoSecret(KubernetesOptions.builder().kubeconfig(file).build(), expected);
    }

    @Test
    void anAddressWithAUser() {
        KubernetesOptions.Builder options = KubernetesOptions.builder();
        assertThatThrownBy(() -> options.apiServer(URI.create("https://me:" + SECRET + "@10.0.0.1:6443")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'https://***@10.0.0.1:6443', expected")
                .hasMessageNotContaining(SECRET);
    }
}
