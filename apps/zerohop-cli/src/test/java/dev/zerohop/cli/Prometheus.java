package dev.zerohop.cli;

import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A real Prometheus with the alerts of docs/monitoring as they ship, which scrapes and evaluates every second. */
final class Prometheus implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final String url;

    private Prometheus(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /** Starts one that keeps its data and its log in the directory, and waits until it answers. */
    static Prometheus start(Path directory, List<String> targets) throws IOException {
        String listen = "127.0.0.1:" + FreePorts.next();
        String quoted = targets.stream().map(target -> "'" + target + "'").collect(Collectors.joining(", "));
        Path configuration = Files.writeString(directory.resolve("prometheus.yml"), """
                global:
                  scrape_interval: 1s
                  evaluation_interval: 1s
                rule_files: ['%s']
                scrape_configs:
                  - job_name: zerohop
                    static_configs:
                      - targets: [%s]
                    metric_relabel_configs:
                      # The name alone of a target that is a file.
                      - {source_labels: [service], regex: '.*/(\\w+)[.]json', target_label: service, replacement: '$1'}
                """.formatted(
                        PrometheusTools.FILES.resolve("alerts.yml"), quoted));
        Process process = new ProcessBuilder(
                        PrometheusTools.find("prometheus"),
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + directory.resolve("prometheus"),
                        "--web.listen-address=" + listen)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        Prometheus prometheus = new Prometheus(process, "http://" + listen);
        Cli.await().ignoreExceptions().until(() -> prometheus.get("/-/ready").statusCode() == 200);
        return prometheus;
    }

    String url() {
        return url;
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(url + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private List<Map<String, Object>> query(String query) throws IOException, InterruptedException {
        String body = get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8))
                .body();
        Map<String, Object> answer = JsonText.object(body);
        if (!"success".equals(answer.get("status"))) {
            throw new AssertionError(query + ": " + body);
        }
        return JsonText.objects(JsonText.object(answer.get("data")).get("result"));
    }

    /** The value of a query with one result; NaN if it has none. */
    double value(String query) throws IOException, InterruptedException {
        List<Map<String, Object>> result = query(query);
        if (result.size() > 1) {
            throw new AssertionError(query + " has several results: " + result);
        }
        return result.isEmpty()
                ? Double.NaN
                : Double.parseDouble((String) ((List<?>) result.get(0).get("value")).get(1));
    }

    /** One curve: its labels and its points, seconds since the epoch and value; what is no number is left out. */
    record Curve(Map<String, Object> labels, List<double[]> points) {}

    /** A query over time. */
    List<Curve> range(String query, long from, long to, int step) throws IOException, InterruptedException {
        String body = get("/api/v1/query_range?start=" + from + "&end=" + to + "&step=" + step + "&query="
                        + URLEncoder.encode(query, StandardCharsets.UTF_8))
                .body();
        Map<String, Object> data = JsonText.object(JsonText.object(body).get("data"));
        return JsonText.objects(data.get("result")).stream()
                .map(result -> new Curve(
                        JsonText.object(result.get("metric")),
                        ((List<?>) result.get("values"))
                                .stream()
                                        .map(Prometheus::point)
                                        .filter(at -> Double.isFinite(at[1]))
                                        .toList()))
                .toList();
    }

    private static double[] point(Object pair) {
        List<?> values = (List<?>) pair;
        return new double[] {((Number) values.get(0)).doubleValue(), Double.parseDouble(String.valueOf(values.get(1)))};
    }

    /** The results of a query now. */
    List<Map<String, Object>> instant(String query) throws IOException, InterruptedException {
        return query(query).stream()
                .map(result -> JsonText.object(result.get("metric")))
                .toList();
    }

    /** A label of each result, sorted. */
    List<String> labels(String query, String label) throws IOException, InterruptedException {
        return query(query).stream()
                .map(result ->
                        String.valueOf(JsonText.object(result.get("metric")).get(label)))
                .sorted()
                .toList();
    }

    /** The alerts that are not silent now, such as {@code ZerohopPanic pending}. */
    List<String> alerts() throws IOException, InterruptedException {
        return query("ALERTS").stream()
                .map(result -> JsonText.object(result.get("metric")))
                .map(labels -> labels.get("alertname") + " " + labels.get("alertstate"))
                .sorted()
                .toList();
    }

    /** How many rules it evaluates. */
    int rulesLoaded() throws IOException, InterruptedException {
        Map<String, Object> data =
                JsonText.object(JsonText.object(get("/api/v1/rules").body()).get("data"));
        return JsonText.objects(data.get("groups")).stream()
                .mapToInt(group -> JsonText.objects(group.get("rules")).size())
                .sum();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
