package dev.zerohop.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A headless Chromium, driven over its own protocol. One page; for one thread. */
final class Browser implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final BlockingQueue<Map<?, ?>> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> complaints = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private int last;

    private Browser(Process process, WebSocket.Builder builder, URI page) {
        this.process = process;
        this.socket = builder.buildAsync(page, new Reader()).join();
    }

    /** Ends the test as skipped where there is no Chromium, unless the long tests run: they have one. */
    static Browser start(Path profile) throws Exception {
        String program = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("");
        boolean required = System.getProperty("long") != null;
        assertThat(required && program.isEmpty()).as("Chromium is missing").isFalse();
        assumeTrue(!program.isEmpty(), "no Chromium on the PATH");
        Process process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Path port = profile.resolve("DevToolsActivePort");
            Waiting.until(() -> Files.exists(port) && Files.readAllLines(port).size() >= 2);
            HttpClient client = HttpClient.newHttpClient();
            String pages = client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                            + Files.readAllLines(port).get(0) + "/json/list"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            Map<?, ?> page = ((List<?>) JsonReader.tree(pages, 1 << 20))
                    .stream()
                            .map(each -> (Map<?, ?>) each)
                            .filter(each -> "page".equals(each.get("type")))
                            .findFirst()
                            .orElseThrow();
            Browser browser = new Browser(
                    process,
                    client.newWebSocketBuilder(),
                    URI.create(String.valueOf(page.get("webSocketDebuggerUrl"))));
            browser.send("Page.enable", Map.of());
            browser.send("Log.enable", Map.of());
            browser.send("Runtime.enable", Map.of());
            return browser;
        } catch (Exception | Error failed) {
            process.destroyForcibly();
            throw failed;
        }
    }

    /** Takes what Chromium says, which comes in pieces. */
    private final class Reader implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence piece, boolean end) {
            text.append(piece);
            if (end) {
                String whole = text.toString();
                text.setLength(0);
                try {
                    Map<?, ?> message = (Map<?, ?>) JsonReader.tree(whole, 64 << 20);
                    if (message.containsKey("id")) {
                        answers.add(message);
                    } else if (List.of("Log.entryAdded", "Runtime.exceptionThrown")
                            .contains(message.get("method"))) {
                        complaints.add(whole);
                    }
                } catch (IOException malformed) {
                    complaints.add("Chromium said what is no JSON: " + malformed);
                }
            }
            from.request(1);
            return null;
        }
    }

    private Map<?, ?> send(String method, Map<String, ?> parameters) throws InterruptedException {
        int id = ++last;
        socket.sendText(JsonWriter.tree(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        while (true) {
            Map<?, ?> answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(answer).as(method + " was not answered").isNotNull();
            if (answer.get("id").equals((double) id)) {
                assertThat(answer.containsKey("error"))
                        .as(method + ": " + answer)
                        .isFalse();
                return (Map<?, ?>) answer.get("result");
            }
        }
    }

    Browser size(int width, int height) throws Exception {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        return this;
    }

    Browser scheme(String scheme) throws Exception {
        send(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        return this;
    }

    Browser scripts(boolean on) throws Exception {
        send("Emulation.setScriptExecutionDisabled", Map.of("value", !on));
        return this;
    }

    Browser open(URI page) throws Exception {
        send("Page.navigate", Map.of("url", page.toString()));
        Waiting.until(() -> Boolean.TRUE.equals(evaluate(
                "location.href === " + JsonWriter.quoted(page.toString()) + " && document.readyState === 'complete'")));
        return this;
    }

    /** Leaves the page, whose script would go on asking a server that is gone, and forgets what it complained of. */
    Browser leave() throws Exception {
        open(URI.create("about:blank"));
        complaints.clear();
        return this;
    }

    /** The value of an expression of JavaScript. */
    @Nullable
    Object evaluate(String expression) throws Exception {
        Map<?, ?> result = (Map<?, ?>) send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true))
                .get("result");
        return result.get("value");
    }

    String dom() throws Exception {
        return String.valueOf(evaluate("document.documentElement.outerHTML"));
    }

    /** What a person would read. */
    String text() throws Exception {
        return String.valueOf(evaluate("document.body.innerText"));
    }

    void screenshot(Path png) throws Exception {
        String data = String.valueOf(
                send("Page.captureScreenshot", Map.of("format", "png")).get("data"));
        Files.createDirectories(png.getParent());
        Files.write(png, Base64.getDecoder().decode(data));
    }

    /** What was blocked, or thrown by a script. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly()
                .onExit()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }
}
