package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a process of its own can show: signals, exit codes, and lines that come when they are due. */
class ProcessTest {
    private static final Pattern READY = Pattern.compile("ready id=(\\S+) grpc=(\\d+) http=(\\d+)");

    private final List<Cli.Started> processes = new ArrayList<>();

    @TempDir
    private Path directory;

    private record Server(String id, Cli.Started process, int grpc, int http) {}

    @AfterEach
    void end() {
        processes.forEach(Cli.Started::close);
    }

    @Test
    void sigtermDrainsAServerAndEndsItWithZero() throws Exception {
        Server server = server("slow-0", "--delay", "4000", "--drain", "60000");
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.http() + "/any/path"))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        String[] one = {
            "call", "static:///127.0.0.1:" + server.grpc(), "--count", "1", "--timeout", "60000", "--output", "json"
        };
        // Once beforehand, so that the second time it takes no more than the server's own delay.
        CompletableFuture<HttpResponse<String>> warm = client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        assertThat(Cli.run(one).code()).isZero();
        assertThat(warm.get().statusCode()).isEqualTo(200);
        CompletableFuture<HttpResponse<String>> running =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        CompletableFuture<Cli.Result> call = CompletableFuture.supplyAsync(() -> Cli.run(one));
        CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(2, TimeUnit.SECONDS))
                .join();
        server.process().terminate();
        assertThat(running.get().body()).isEqualTo("slow-0");
        assertThat(running.get().headers().firstValue("X-Server-Id")).contains("slow-0");
        assertThat(call.get().out()).contains("\"ok\":1");
        assertThat(server.process().exitCode()).isZero();
        assertThat(server.process().out()).hasSize(1);
        assertThat(server.process().err()).isEmpty();
    }

    @Test
    void aBusyPortIsOneLineAndExitCodeOne() throws Exception {
        Server first = server("first");
        Cli.Started second = started("server", "--id", "second", "--http", Integer.toString(first.http()));
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.out()).isEmpty();
        assertThat(second.err())
                .singleElement()
                .asString()
                .contains("cannot listen for HTTP on 127.0.0.1:" + first.http());
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void aServerThatIsKilledUnderLoadCostsAtMostTheCallsItHad(String transport) throws Exception {
        List<Server> servers = List.of(server("a"), server("b"), server("c"));
        Cli.Started call = started(
                "call",
                target(servers, transport),
                "--transport",
                transport,
                "--duration",
                "600",
                "--concurrency",
                "4",
                "--output",
                "ndjson");
        await().until(() -> !call.out().isEmpty());
        servers.get(1).process().kill();
        await().until(() -> !servers.get(1).process().alive());
        // A second that was under way, and one that began after it.
        int before = call.out().size();
        await().until(() -> call.out().size() >= before + 2);
        call.terminate();
        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).isEmpty();
        List<Map<String, Object>> seconds =
                call.out().stream().map(JsonText::object).toList();
        long calls =
                seconds.stream().mapToLong(second -> (Long) second.get("calls")).sum();
        long ok = seconds.stream().mapToLong(second -> (Long) second.get("ok")).sum();
        assertThat(ok).isPositive();
        assertThat(calls - ok).isLessThanOrEqualTo(4);
        assertThat(JsonText.object(seconds.get(before + 1).get("byServer"))).doesNotContainKey("b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void aServerThatIsKilledUnderLoadLeavesNoCallInFlight(String transport) throws Exception {
        List<Server> servers = List.of(server("a"), server("b"), server("c"));
        AtomicInteger picked = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        BalancerListener counting = new BalancerListener() {
            @Override
            public void onPick(String service, Endpoint endpoint) {
                picked.incrementAndGet();
            }

            @Override
            public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                ended.incrementAndGet();
            }
        };
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger calls = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        try (BlockingCalls client = BlockingCalls.to(target(servers, transport), transport, counting)) {
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Thread caller = new Thread(() -> {
                    while (!stop.get()) {
                        try {
                            client.call();
                        } catch (Exception failed) {
                            failures.add(failed);
                        }
                        calls.incrementAndGet();
                    }
                });
                caller.start();
                callers.add(caller);
            }
            await().until(() -> calls.get() > 500);
            servers.get(1).process().kill();
            await().until(() -> !servers.get(1).process().alive());
            int then = calls.get();
            await().until(() -> calls.get() > then + 500);
            stop.set(true);
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(failures).as("repeated elsewhere").isEmpty();
            await().untilAsserted(() -> assertThat(ended.get()).isEqualTo(picked.get()));
        } finally {
            stop.set(true);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void aRollingRestartFailsNoCall(String transport) throws Exception {
        List<Server> servers = new ArrayList<>(List.of(server("a"), server("b"), server("c")));
        Path file = directory.resolve("endpoints.json");
        publish(file, servers, transport, List.of());
        Cli.Started call = started(
                "call",
                "file://" + file,
                "--transport",
                transport,
                "--duration",
                "600",
                "--concurrency",
                "2",
                "--output",
                "ndjson");
        await().until(() -> !call.out().isEmpty());
        for (int i = 0; i < servers.size(); i++) {
            Server old = servers.get(i);
            publish(file, servers, transport, List.of(old.id()));
            // Seen when a whole second went by without it.
            int seen = call.out().size() + 1;
            await().until(() -> call.out().size() > seen);
            old.process().terminate();
            assertThat(old.process().exitCode()).isZero();
            servers.set(i, server(old.id()));
            publish(file, servers, transport, List.of());
        }
        int back = call.out().size() + 1;
        await().until(() -> call.out().size() > back);
        call.terminate();
        assertThat(call.exitCode()).isZero();
        List<Map<String, Object>> seconds =
                call.out().stream().map(JsonText::object).toList();
        assertThat(seconds)
                .allSatisfy(second -> assertThat(second.get("errors")).isEqualTo(Map.of()));
    }

    @Test
    void aSignalEndsARunWithWhatItHasSoFar() throws Exception {
        try (EchoServer server = EchoServer.start("a", "127.0.0.1", 0, 0, new EchoServer.Behaviour())) {
            Cli.Started call = started(
                    "call",
                    "static:///127.0.0.1:" + server.httpPort(),
                    "--transport",
                    "http",
                    "--duration",
                    "600",
                    "--rate",
                    "50",
                    "--output",
                    "json");
            await().until(() -> server.behaviour().answers() > 0);
            call.terminate();
            assertThat(call.exitCode()).isZero();
            assertThat(call.out()).hasSize(1);
            assertThat((Long) JsonText.object(call.out().get(0)).get("ok")).isPositive();
        }
    }

    @Test
    void watchPrintsOneLineForEachChangeAsItHappens() throws Exception {
        Path file = directory.resolve("endpoints.json");
        write(
                file,
                "{\"endpoints\": [{\"id\": \"a\", \"address\": \"127.0.0.1:1\", \"weight\": 2, \"zone\": \"z\", \"ordinal\": 0}]}");
        Cli.Started watch = started("watch", "file://" + file, "--output", "ndjson");
        await().until(() -> watch.out().size() == 1);
        Map<String, Object> first = JsonText.object(watch.out().get(0));
        assertThat(first.keySet()).containsExactly("at", "target", "version", "stale", "ageMs", "endpoints");
        assertThat(first).containsEntry("target", "file://" + file).containsEntry("stale", false);
        Map<String, Object> a = JsonText.objects(first.get("endpoints")).get(0);
        assertThat(a.keySet()).containsExactly("id", "address", "weight", "zone", "ordinal", "health");
        assertThat(a)
                .containsEntry("address", "127.0.0.1:1")
                .containsEntry("weight", 2L)
                .containsEntry("zone", "z")
                .containsEntry("ordinal", 0L)
                .containsEntry("health", "UNKNOWN");

        write(
                file,
                "{\"endpoints\": [{\"id\": \"a\", \"address\": \"127.0.0.1:1\", \"draining\": true},"
                        + " {\"id\": \"b\", \"address\": \"127.0.0.1:2\", \"ready\": false}]}");
        await().until(() -> watch.out().size() == 2);
        List<Map<String, Object>> two =
                JsonText.objects(JsonText.object(watch.out().get(1)).get("endpoints"));
        assertThat(two).extracting(row -> row.get("health")).containsExactly("DRAINING", "UNHEALTHY");
        assertThat(two.get(1)).containsEntry("zone", null).containsEntry("ordinal", null);

        Files.delete(file);
        await().until(() -> watch.out().size() == 3);
        assertThat(JsonText.object(watch.out().get(2))).containsEntry("stale", true);
        assertThat(JsonText.objects(JsonText.object(watch.out().get(2)).get("endpoints")))
                .hasSize(2);
        assertThat(watch.err()).singleElement().asString().contains("cannot be read");

        watch.terminate();
        assertThat(watch.exitCode()).isZero();
        assertThat(watch.out()).hasSize(3);
    }

    /** Nothing states how many shards there are: what is missing is shown with the endpoints that are left. */
    @Test
    void watchShowsAnOrdinalThatIsMissing() throws Exception {
        Path file = directory.resolve("endpoints.json");
        String first = "{\"endpoints\": [{\"id\": \"a\", \"address\": \"127.0.0.1:1\", \"ordinal\": 0}";
        write(file, first + ", {\"id\": \"b\", \"address\": \"127.0.0.1:2\", \"ordinal\": 1}]}");
        Cli.Started json = started("watch", "file://" + file, "--output", "ndjson");
        Cli.Started text = started("watch", "file://" + file);
        await().until(() -> json.out().size() == 1 && !text.out().isEmpty());
        write(file, first + "]}");
        await().until(() -> json.out().size() == 2);
        assertThat(JsonText.objects(JsonText.object(json.out().get(1)).get("missingOrdinals")))
                .singleElement()
                .satisfies(missing ->
                        assertThat(missing).containsEntry("ordinal", 1L).containsEntry("endpoint", "b"));
        await().untilAsserted(() ->
                assertThat(text.out()).anyMatch(line -> line.contains("missing: ordinal 1 (b, last named ")));
        json.terminate();
        text.terminate();
    }

    private Server server(String id, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("server", "--id", id));
        args.addAll(List.of(more));
        Cli.Started process = started(args.toArray(String[]::new));
        await().until(() -> !process.out().isEmpty() || !process.alive());
        Matcher ready =
                READY.matcher(process.out().isEmpty() ? "" : process.out().get(0));
        assertThat(ready.matches())
                .as("ready line in %s, stderr %s", process.out(), process.err())
                .isTrue();
        assertThat(ready.group(1)).isEqualTo(id);
        return new Server(id, process, Integer.parseInt(ready.group(2)), Integer.parseInt(ready.group(3)));
    }

    private Cli.Started started(String... args) throws IOException {
        Cli.Started process = Cli.start(args);
        processes.add(process);
        return process;
    }

    private static String target(List<Server> servers, String transport) {
        List<String> parts = new ArrayList<>();
        for (Server server : servers) {
            parts.add("127.0.0.1:" + port(server, transport) + ";id=" + server.id());
        }
        return "static:///" + String.join(",", parts);
    }

    private static int port(Server server, String transport) {
        return transport.equals("grpc") ? server.grpc() : server.http();
    }

    private static void publish(Path file, List<Server> servers, String transport, List<String> draining)
            throws IOException {
        List<String> rows = new ArrayList<>();
        for (Server server : servers) {
            rows.add("{\"id\": \"" + server.id() + "\", \"address\": \"127.0.0.1:" + port(server, transport)
                    + "\", \"draining\": " + draining.contains(server.id()) + "}");
        }
        write(file, "{\"endpoints\": [" + String.join(",", rows) + "]}");
    }

    private static void write(Path file, String text) throws IOException {
        Path next = Files.writeString(file.resolveSibling("next"), text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
