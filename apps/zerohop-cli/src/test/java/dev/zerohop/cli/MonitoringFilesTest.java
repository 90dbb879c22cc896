package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.orchestrator.HealthOrchestrator;
import dev.zerohop.etcd.orchestrator.Probe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/monitoring ships: rules and queries are right by promtool, and name nothing that a process does not show. */
class MonitoringFilesTest {
    private static final Pattern SERIES = Pattern.compile("(?<![\\w:])(zerohop_[a-z_]+)(?![\\w:])(?:\\{([^}]*)})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Pattern SHOWN = Pattern.compile("(?m)^(zerohop_\\w+)(?:\\{(.*)})? \\S+$");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

    /** Labels that Prometheus adds. */
    private static final Set<String> ADDED = Set.of("instance");

    @TempDir
    private Path directory;

    @Test
    void theRulesAreRulesAndDoWhatTheirUnitTestsSay() throws Exception {
        assertThat(PrometheusTools.promtool("check", "rules", "alerts.yml", "alerts-slo.yml"))
                .contains("SUCCESS");
        PrometheusTools.promtool("test", "rules", "alerts-test.yml", "alerts-slo-test.yml");
    }

    @Test
    void everyAlertIsTestedBothWaysAndExplained() throws IOException {
        for (String file : List.of("alerts", "alerts-slo")) {
            String tests = read(file + "-test.yml");
            for (String alert : alerts(file + ".yml")) {
                assertThat(tests)
                        .as("a case in which %s fires", alert)
                        .containsPattern("alertname: " + alert + "\\s+exp_alerts:\\s+- exp_labels");
                assertThat(read("README.md")).as("what to do about %s", alert).contains("### " + alert + "\n");
                assertThat(read(file + ".yml"))
                        .contains("runbook: 'docs/monitoring/README.md#" + alert.toLowerCase(Locale.ROOT) + "'");
            }
        }
        assertThat(alerts("alerts.yml"))
                .allSatisfy(alert ->
                        assertThat(read("alerts-test.yml")).contains("alertname: " + alert + ", exp_alerts: []"));
    }

    @Test
    void everyQueryIsOne() throws Exception {
        List<String> queries =
                Stream.of(dashboard(), autoscaling()).flatMap(List::stream).toList();
        assertThat(dashboard()).hasSizeGreaterThan(20);
        assertThat(autoscaling()).isNotEmpty();
        Path rules = Files.writeString(directory.resolve("queries.json"), PrometheusTools.rules(queries));
        assertThat(PrometheusTools.promtool("check", "rules", rules.toString()))
                .contains(queries.size() + " rules found");
    }

    @Test
    void whatFailsInTheRulesIsWhatFailsInTheLibrary() throws IOException {
        String failures = Arrays.stream(Outcome.values())
                .filter(Outcome::isFailure)
                .map(outcome -> outcome.name().toLowerCase(Locale.ROOT))
                .sorted()
                .collect(Collectors.joining("|"));
        List<String> everywhere = Stream.of(read("alerts.yml"), read("alerts-slo.yml"), String.join("\n", dashboard()))
                .flatMap(text ->
                        Pattern.compile("outcome=~\"([^\"]*)\"").matcher(text).results())
                .map(found -> found.group(1))
                .toList();
        assertThat(everywhere)
                .hasSizeGreaterThanOrEqualTo(4)
                .allSatisfy(one -> assertThat(one).isEqualTo(failures));
    }

    @Test
    void whatMayBeUsedAndWhatIsOutInTheRulesIsSoInTheLibrary() throws IOException {
        String usable = states(Health.Status::usable);
        List<String> used = Stream.of(read("alerts.yml"), String.join("\n", dashboard()))
                .flatMap(text ->
                        Pattern.compile("state=~\"([^\"]*)\"").matcher(text).results())
                .map(found -> Stream.of(found.group(1).split("\\|")).sorted().collect(Collectors.joining("|")))
                .toList();
        assertThat(used).hasSize(3).containsOnly(usable);
        String out = states(
                status -> !status.usable() && status != Health.Status.CONNECTING && status != Health.Status.DRAINING);
        assertThat(read("alerts.yml")).contains("{to=~\"" + out + "\"}[15m]");
    }

    private static String states(Predicate<Health.Status> which) {
        return Arrays.stream(Health.Status.values())
                .filter(which)
                .map(status -> status.name().toLowerCase(Locale.ROOT))
                .sorted()
                .collect(Collectors.joining("|"));
    }

    @Test
    void everyMetricLabelAndValueIsOneThatAProcessShows() throws Exception {
        Map<String, Map<String, Set<String>>> shown = shown();
        List<String> unknown = new ArrayList<>();
        List<String> queries = new ArrayList<>(dashboard());
        queries.addAll(autoscaling());
        queries.add(code(read("alerts.yml")));
        queries.add(code(read("alerts-slo.yml")));
        int checked = 0;
        for (String query : queries) {
            for (MatchResult series : SERIES.matcher(query).results().toList()) {
                Map<String, Set<String>> labels = shown.get(series.group(1));
                checked++;
                if (labels == null) {
                    unknown.add(series.group(1));
                } else if (series.group(2) != null) {
                    unknown.addAll(unknown(series.group(1), labels, series.group(2)));
                }
            }
        }
        assertThat(new TreeSet<>(unknown)).isEmpty();
        assertThat(checked).isGreaterThan(50);
    }

    private static List<String> unknown(String name, Map<String, Set<String>> labels, String selector) {
        List<String> unknown = new ArrayList<>();
        for (MatchResult matcher : MATCHER.matcher(selector).results().toList()) {
            String label = matcher.group(1);
            if (ADDED.contains(label)) {
                continue;
            }
            if (!labels.containsKey(label)) {
                unknown.add(name + "{" + label + "}");
            } else if (!label.equals("service")) {
                Stream.of(matcher.group(2).split("\\|"))
                        .filter(value -> !labels.get(label).contains(value))
                        .forEach(value -> unknown.add(name + "{" + label + "=" + value + "}"));
            }
        }
        return unknown;
    }

    /** The labels, and their values, of each metric of zerohop's that a process shows which has a balancer and an orchestrator. */
    private static Map<String, Map<String, Set<String>>> shown() throws Exception {
        Target target = Target.parse("static:///127.0.0.1:1,127.0.0.1:2");
        BalancerSettings settings = Configurations.defaults();
        try (Metrics metrics = Metrics.start(InetAddress.getLoopbackAddress(), 0);
                EtcdClient etcd = EtcdClient.of("127.0.0.1:1");
                Balancer balancer = Balancer.builder("orders")
                        .resolver(Targets.newResolver(target))
                        .settings(settings)
                        .build()) {
            HealthOrchestrator.Listener none = new HealthOrchestrator.Listener() {};
            OrchestratorMeters meters = new OrchestratorMeters(none, metrics.registry(), "orders");
            meters.show(HealthOrchestrator.builder(etcd, "orders", "a", Probe.parse("tcp"))
                    .listener(meters)
                    .build());
            balancer.start();
            Cli.await().until(() -> balancer.state().source().set() != null);
            return series(HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(metrics.url())).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body());
        }
    }

    private static Map<String, Map<String, Set<String>>> series(String scrape) {
        Map<String, Map<String, Set<String>>> series = new HashMap<>();
        Matcher line = SHOWN.matcher(scrape);
        while (line.find()) {
            Map<String, Set<String>> labels = series.computeIfAbsent(line.group(1), name -> new HashMap<>());
            if (line.group(2) != null) {
                MATCHER.matcher(line.group(2))
                        .results()
                        .forEach(label -> labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                                .add(label.group(2)));
            }
        }
        return series;
    }

    private static List<String> alerts(String file) throws IOException {
        List<String> alerts =
                ALERT.matcher(read(file)).results().map(found -> found.group(1)).toList();
        assertThat(alerts).isNotEmpty();
        return alerts;
    }

    /** All queries of the dashboard, those of its variables and annotations included. */
    private static List<String> dashboard() throws IOException {
        Map<String, Object> dashboard = JsonText.object(read("dashboard.json"));
        List<String> queries = new ArrayList<>();
        for (Map<String, Object> panel : JsonText.objects(dashboard.get("panels"))) {
            JsonText.objects(panel.get("targets")).forEach(target -> queries.add((String) target.get("expr")));
        }
        JsonText.objects(JsonText.object(dashboard.get("annotations")).get("list"))
                .forEach(annotation -> queries.add((String) annotation.get("expr")));
        for (Map<String, Object> variable :
                JsonText.objects(JsonText.object(dashboard.get("templating")).get("list"))) {
            if (variable.get("type").equals("query")) {
                String text = (String) JsonText.object(variable.get("query")).get("query");
                queries.add(text.replaceAll("label_values\\((.*), \\w+\\)", "$1"));
            }
        }
        return queries;
    }

    private static List<String> autoscaling() throws IOException {
        List<String> queries = new ArrayList<>();
        try (Stream<Path> files = Files.list(PrometheusTools.FILES.resolve("kubernetes"))) {
            for (Path file : files.sorted().toList()) {
                Pattern.compile("(?m)^\\s*query: (.*)$")
                        .matcher(Files.readString(file))
                        .results()
                        .forEach(found -> queries.add(found.group(1)));
            }
        }
        return queries;
    }

    /** Without comments. */
    private static String code(String rules) {
        return rules.replaceAll("(?m)^\\s*#.*$", "");
    }

    private static String read(String file) {
        try {
            return Files.readString(PrometheusTools.FILES.resolve(file));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
