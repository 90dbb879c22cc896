package dev.zerohop.apps;

import dev.zerohop.testing.FreePorts;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real etcd process of one member, on ports that were free, written and read as an operator's script would over its JSON API. */
public final class EtcdProcess implements AutoCloseable {
    private static final Pattern VALUE = Pattern.compile("\"value\"\\s*:\\s*\"([^\"]*)\"");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Path directory;
    private final int port = FreePorts.next();
    private final int peerPort = FreePorts.next();
    private @Nullable Process process;

    private EtcdProcess(Path directory) {
        this.directory = directory;
    }

    /** A server that does not run yet. */
    public static EtcdProcess stopped(Path directory) {
        return new EtcdProcess(directory);
    }

    /** A server that runs. */
    public static EtcdProcess started(Path directory) {
        EtcdProcess etcd = new EtcdProcess(directory);
        etcd.start();
        return etcd;
    }

    private static String binary() {
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            Path candidate = Path.of(entry, "etcd");
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        Path extracted = Path.of("..", "..", "build", "etcd", "usr", "bin", "etcd")
                .toAbsolutePath()
                .normalize();
        if (!Files.isExecutable(extracted)) {
            throw new IllegalStateException("These tests need a real etcd and found none on the PATH nor at " + extracted
                    + ": run build-support/etcd.sh, which extracts one there.");
        }
        return extracted.toString();
    }

    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Starts it, on the data that it had before if any, and waits until it answers. */
    public void start() {
        String own = "http://" + address();
        String peer = "http://127.0.0.1:" + peerPort;
        try {
            process = new ProcessBuilder(
                            binary(),
                            "--name=one",
                            "--data-dir=" + directory.resolve("data"),
                            "--listen-client-urls=" + own,
                            "--advertise-client-urls=" + own,
                            "--listen-peer-urls=" + peer,
                            "--initial-advertise-peer-urls=" + peer,
                            "--initial-cluster=one=" + peer,
                            "--log-level=error")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("etcd.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> get("x") == null);
    }

    /** kill -9. */
    public void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().onExit().join();
        }
    }

    public void put(String key, String value) {
        ask("put", "{\"key\": \"" + base64(key) + "\", \"value\": \"" + base64(value) + "\"}");
    }

    public void delete(String key) {
        ask("deleterange", "{\"key\": \"" + base64(key) + "\"}");
    }

    /** The value of a key, or null if there is none. */
    public @Nullable String get(String key) {
        Matcher value = VALUE.matcher(ask("range", "{\"key\": \"" + base64(key) + "\"}"));
        return value.find() ? new String(Base64.getDecoder().decode(value.group(1)), StandardCharsets.UTF_8) : null;
    }

    private String ask(String what, String json) {
        try {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + address() + "/v3/kv/" + what))
                            .timeout(Duration.ofSeconds(20))
                            .POST(HttpRequest.BodyPublishers.ofString(json))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(what + " was answered " + answer.statusCode() + ": " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        kill();
    }
}
