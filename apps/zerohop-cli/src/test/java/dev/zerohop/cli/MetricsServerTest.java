package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
    private static final String OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";

    private final HttpClient client = HttpClient.newHttpClient();
    private Metrics metrics;

    @BeforeEach
    void start() throws IOException {
        metrics = Metrics.start(InetAddress.getLoopbackAddress(), 0);
    }

    @AfterEach
    void end() {
        metrics.close();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aScraperGetsTheTextFormatUnlessItAsksForOpenMetrics() throws Exception {
        metrics.registry().counter("zerohop.test").increment(3);
        HttpResponse<String> text = send(HttpRequest.newBuilder(URI.create(metrics.url())));
        assertThat(text.statusCode()).isEqualTo(200);
        assertThat(text.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain; version=0.0.4");
        assertThat(text.body()).contains("\nzerohop_test_total 3.0\n").doesNotContain("# EOF");
        HttpResponse<String> open =
                send(HttpRequest.newBuilder(URI.create(metrics.url())).header("Accept", OPEN_METRICS));
        assertThat(open.headers().firstValue("Content-Type").orElse("")).startsWith("application/openmetrics-text");
        assertThat(open.body()).contains("\nzerohop_test_total 3.0\n").endsWith("# EOF\n");
    }

    @Test
    void theProcessItselfIsShown() throws Exception {
        assertThat(send(HttpRequest.newBuilder(URI.create(metrics.url()))).body())
                .contains("jvm_memory_used_bytes{", "jvm_threads_live_threads ", "process_uptime_seconds ")
                .contains("process_cpu_usage ", "process_files_open_files ");
    }

    @Test
    void nothingElseIsAnswered() throws Exception {
        HttpResponse<String> elsewhere =
                send(HttpRequest.newBuilder(URI.create(metrics.url().replace("/metrics", "/metrics/x"))));
        assertThat(elsewhere.statusCode()).isEqualTo(404);
        assertThat(elsewhere.body()).isEqualTo("the metrics are at /metrics\n");
        HttpResponse<String> post =
                send(HttpRequest.newBuilder(URI.create(metrics.url())).POST(HttpRequest.BodyPublishers.ofString("x")));
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD");
        HttpResponse<String> head = send(
                HttpRequest.newBuilder(URI.create(metrics.url())).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void halfARequestHoldsNoOtherUp() throws Exception {
        URI url = URI.create(metrics.url());
        List<Socket> halves = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                Socket half = new Socket(InetAddress.getLoopbackAddress(), url.getPort());
                halves.add(half);
                half.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(send(HttpRequest.newBuilder(url)).statusCode()).isEqualTo(200);
        } finally {
            for (Socket half : halves) {
                half.close();
            }
        }
    }
}
