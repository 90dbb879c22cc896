package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimCommandTest {
    private static final String SCENARIO = """
            {"description": "A <tiny> one.", "duration": "3s", "measureFrom": "1s", "timeout": "1s", "arrivals": {"rate": 200},
             "servers": [{"id": "a"}, {"id": "b", "faults": [{"kind": "fail"}]}], "clients": {"count": 2}, "policies": ["round_robin", "peak_ewma"]}""";

    @TempDir
    private Path directory;

    private String file = "";

    @BeforeEach
    void writeScenario() throws IOException {
        file = write("tiny.json", SCENARIO);
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    @Test
    void theAnswerIsOneObjectWithEveryPolicy() {
        Cli.Result result = Cli.run("sim", file);
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEmpty();
        Map<?, ?> answer = JsonText.object(result.outLines().get(0));
        assertThat(result.outLines()).hasSize(1);
        assertThat(answer.get("scenario")).isEqualTo("tiny");
        assertThat((List<?>) answer.get("seeds")).hasSize(1);
        List<?> policies = (List<?>) answer.get("policies");
        assertThat(policies).hasSize(2);
        Map<?, ?> first = (Map<?, ?>) policies.get(0);
        assertThat(first.get("policy")).isEqualTo("round_robin");
        double calls = number(first, "calls");
        assertThat(calls).isBetween(300.0, 500.0);
        assertThat(number(first, "ok") + number(first, "errors")).isEqualTo(calls);
        assertThat(number(first, "errors") / calls).isCloseTo(0.5, within(0.02));
        Map<?, ?> latency = (Map<?, ?>) first.get("latencyMs");
        assertThat(number(latency, "p50")).isPositive().isLessThanOrEqualTo(number(latency, "p90"));
        assertThat(number(latency, "p90")).isLessThanOrEqualTo(number(latency, "p99"));
        assertThat(number(latency, "p99")).isLessThanOrEqualTo(number(latency, "p999"));
        Map<?, ?> share = (Map<?, ?>) first.get("share");
        assertThat(number(share, "a") + number(share, "b")).isCloseTo(1, within(1e-5));
    }

    private static double number(Map<?, ?> in, String field) {
        return ((Number) in.get(field)).doubleValue();
    }

    @Test
    void theSameSeedsGiveTheSameBytes() {
        assertThat(Cli.run("sim", file, "--seeds", "1-3").out())
                .isEqualTo(Cli.run("sim", file, "--seeds", "1-3").out())
                .isNotEqualTo(Cli.run("sim", file, "--seeds", "2-4").out())
                .contains("\"seeds\":[1,2,3]")
                .contains("latencyMsPlusMinus")
                .contains(
                        "latencyMsAboveFirst",
                        "latencyMsMedian",
                        "latencyMsMedianAboveFirst",
                        "goodputMedianAboveFirst");
    }

    /** The script has it for simulations, an image has not. */
    @Test
    void policiesOfGrpcNeedItsLibrary() {
        Cli.Result result = Cli.run("sim", file, "--policy", "grpc:round_robin");
        assertThat(result.code()).isEqualTo(Main.BAD_INPUT);
        assertThat(result.err())
                .contains("policy: was \"grpc:round_robin\", expected a policy of zerohop")
                .contains("need its library grpc-xds on the class path");
    }

    @Test
    void policiesAreAskedForOneByOne() {
        String out = Cli.run("sim", file, "--policy", "random", "--policy", "{\"peak_ewma\": {\"errorPenalty\": 20}}")
                .out();
        assertThat(out)
                .contains("\"policy\":\"random\"")
                .contains("{\\\"peak_ewma\\\":{\\\"errorPenalty\\\":20}}")
                .doesNotContain("round_robin");
    }

    @Test
    void csvHasALineForEachPolicyAndSeed() {
        Cli.Result result = Cli.run("sim", file, "--seeds", "1-2", "--output", "csv");
        assertThat(result.outLines()).hasSize(5);
        assertThat(result.outLines().get(0)).startsWith("policy,seed,calls,ok,errors,goodput,p50ms");
        assertThat(result.outLines().get(2)).startsWith("round_robin,2,");
        assertThat(result.outLines())
                .allSatisfy(line -> assertThat(line.split(",")).hasSize(18));
    }

    @Test
    void theReportStandsAlone() throws IOException {
        Path report = directory.resolve("report.html");
        assertThat(Cli.run("sim", file, "--seeds", "1-2", "--report", report.toString())
                        .code())
                .isZero();
        String html = Files.readString(report);
        assertThat(html)
                .startsWith("<!doctype html>")
                .contains("A &lt;tiny&gt; one.", "round_robin", "peak_ewma", "<svg", "prefers-color-scheme: dark")
                .containsPattern(
                        "<svg class=\"key\"[^>]*><line [^>]*stroke=\"var\\(--s1\\)\" stroke-dasharray=\"9 5\"/></svg>peak_ewma")
                .doesNotContain("http://", "https://", "<script", "<link");
    }

    @Test
    void theReportHasTablesForPhasesDifferencesAndNewcomers() throws IOException {
        Path report = directory.resolve("report.html");
        String phased = write(
                "phased.json",
                SCENARIO.replace("\"rate\": 200", "\"rate\": 200, \"phases\": [{\"at\": \"2s\", \"rate\": 300}]")
                        .replace(
                                "\"servers\"",
                                "\"events\": [{\"at\": \"1s\", \"add\": {\"id\": \"late\"}}], \"servers\""));
        assertThat(Cli.run("sim", phased, "--seeds", "1-2", "--report", report.toString())
                        .code())
                .isZero();
        assertThat(Files.readString(report))
                .contains("<h2>By phase", "<td class=\"n\">2</td><td class=\"n\">300</td>", "<h2>Against round_robin")
                .contains("<h2>Until a newcomer", "<td>late</td><td class=\"n\">1</td><td class=\"n\">1</td>");
        assertThat(Cli.run("sim", file, "--report", report.toString()).code()).isZero();
        assertThat(Files.readString(report)).doesNotContain("<h2>By phase", "<h2>Against", "<h2>Until");
    }

    /** What a policy costs, and what caches give, where there is such a thing. */
    @Test
    void theReportHasColumnsForProbesAndCaches() throws IOException {
        Path report = directory.resolve("report.html");
        String probed = write(
                "probed.json",
                SCENARIO.replace(
                                "\"servers\"",
                                "\"reports\": true, \"keys\": {\"count\": 5, \"as\": \"prefix\"}, \"servers\"")
                        .replace(
                                "{\"id\": \"a\"}",
                                "{\"id\": \"a\", \"concurrency\": 100, \"cache\": {\"blocks\": 10000, \"missTakes\": \"1ms\"}}"));
        Cli.Result result =
                Cli.run("sim", probed, "--policy", "random", "--policy", "prequal", "--report", report.toString());
        assertThat(result.err()).isEmpty();
        String html = Files.readString(report);
        assertThat(html)
                .contains("<th class=\"n\">probes</th><th class=\"n\">cache hits, %</th><th>failures</th></tr>")
                .containsPattern(
                        "<td>random</td>(<td class=\"n\">[^<]*</td>){7}<td class=\"n\">0</td><td class=\"n\">[1-9][0-9.]*</td><td>")
                .containsPattern(
                        "<td>prequal</td>(<td class=\"n\">[^<]*</td>){7}<td class=\"n\">[1-9][0-9]+</td><td class=\"n\">[1-9][0-9.]*</td><td>");
        assertThat(Cli.run("sim", file, "--report", report.toString()).code()).isZero();
        assertThat(Files.readString(report)).doesNotContain("probes</th>", "cache hits");
    }

    @Test
    void theLogHasEveryAttemptAndEnd() throws IOException {
        Path log = directory.resolve("log.txt");
        assertThat(Cli.run("sim", file, "--log", log.toString()).code()).isZero();
        List<String> lines = Files.readAllLines(log);
        assertThat(lines.get(0)).isEqualTo("# tiny round_robin 1");
        assertThat(lines.subList(1, lines.size()))
                .hasSizeGreaterThan(1_000)
                .allMatch(line -> line.matches("\\d+ (pick \\d+ [01] [ab]|end \\d+ (SUCCESS|ERROR_RESPONSE))"));
    }

    @Test
    void aScaleMakesTheRunShorter() {
        assertThat(number(firstPolicy(Cli.run("sim", file, "--scale", "0.1")), "calls"))
                .isBetween(20.0, 60.0);
    }

    @Test
    void overSocketsTheAnswerHasTheSameForm() {
        Cli.Result result =
                Cli.run("sim", file, "--sockets", "--transport", "http", "--scale", "0.2", "--policy", "round_robin");
        assertThat(result.code()).isZero();
        Map<?, ?> policy = firstPolicy(result);
        assertThat(policy.get("policy")).isEqualTo("round_robin");
        assertThat(number((Map<?, ?>) policy.get("failures"), "ERROR_RESPONSE")).isPositive();
        assertThat(policy.keySet())
                .isEqualTo(firstPolicy(Cli.run("sim", file, "--policy", "round_robin"))
                        .keySet());
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .matches(
                        "zerohop: servers and clients took \\d+ % of \\d+ processors; no call began more than [\\d.]+ ms late");
    }

    private static Map<?, ?> firstPolicy(Cli.Result result) {
        List<?> policies = (List<?>) JsonText.object(result.outLines().get(0)).get("policies");
        return (Map<?, ?>) policies.get(0);
    }

    @Test
    void whatServersInProcessesCannotDoIsTold() throws IOException {
        String hanging = write("hanging.json", SCENARIO.replace("\"fail\"", "\"hang\""));
        Cli.Result result = Cli.run("sim", hanging, "--sockets");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .contains(
                        hanging
                                + ": servers[1].faults[0].kind: was \"hang\", expected fail or takes: what servers in processes do");
    }

    @Test
    void aBadScenarioIsToldWithThePathTheValueAndWhatWasExpected() throws IOException {
        String bad = write("bad.json", SCENARIO.replace("\"rate\": 200", "\"rate\": -2"));
        Cli.Result result = Cli.run("sim", bad);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .contains(bad + ": arrivals.rate: was -2, expected a number from");
        assertThat(Cli.run("sim", write("none.json", "{}")).err()).contains("duration: was null, expected");
        assertThat(Cli.run("sim", write("no.json", "[")).err()).contains("not valid JSON");
    }

    @Test
    void otherBadInputIsToldInOneLine() {
        for (List<String> arguments : List.of(
                List.of("sim", "/nonexistent.json", "no such file"),
                List.of("sim", file, "--policy", "best", "--policy best: policy: was \"best\", expected one of"),
                List.of(
                        "sim",
                        file,
                        "--policy",
                        "random",
                        "--policy",
                        "random",
                        "--policy was 'random', expected another policy than those before it"),
                List.of("sim", file, "--seeds", "3-1", "--seeds was '3-1', expected a number"),
                List.of("sim", file, "--seeds", "all", "--seeds was 'all'"),
                List.of("sim", file, "--output", "xml", "--output was 'xml', expected json or csv"),
                List.of("sim", file, "--scale", "2", "--scale was '2.0', expected a number above 0, at most 1"),
                List.of(
                        "sim",
                        file,
                        "--transport",
                        "http",
                        "--transport was 'http', expected grpc or http, with --sockets"),
                List.of("sim", file, "--sockets", "--transport", "tcp", "--transport was 'tcp', expected grpc or http"),
                List.of("sim", file, "--sockets", "--log", "x", "--log was 'x', expected no log with --sockets"))) {
            Cli.Result result =
                    Cli.run(arguments.subList(0, arguments.size() - 1).toArray(String[]::new));
            assertThat(result.code()).isEqualTo(2);
            assertThat(result.errLines()).singleElement().asString().contains(arguments.get(arguments.size() - 1));
        }
    }
}
