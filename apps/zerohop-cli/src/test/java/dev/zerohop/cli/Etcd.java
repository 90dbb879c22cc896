package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.zerohop.testing.FreePorts;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** A real etcd process and an operator's hands on its keys, by way of its JSON gateway. */
final class Etcd implements AutoCloseable {
    private static final String SERVICES = "zerohop/v1/services/";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path directory;
    private final int port;
    private final int peerPort;
    private @Nullable Process process;

    private Etcd(Path directory) {
        this.directory = directory;
        port = FreePorts.next();
        peerPort = FreePorts.next();
    }

    static Etcd started(Path directory) throws IOException {
        Etcd etcd = new Etcd(directory);
        etcd.start();
        return etcd;
    }

    private static String binary() {
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(entry, "etcd"))) {
                return Path.of(entry, "etcd").toString();
            }
        }
        Path extracted = Path.of("..", "..", "build", "etcd", "usr", "bin", "etcd")
                .toAbsolutePath()
                .normalize();
        if (!Files.isExecutable(extracted)) {
            fail("These tests need a real etcd and found none on the PATH nor at " + extracted
                    + ": run build-support/etcd.sh, which extracts one there.");
        }
        return extracted.toString();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Starts it, on the data that it had before if any, and waits until it answers. */
    void start() throws IOException {
        String client = "http://" + address();
        String peer = "http://127.0.0.1:" + peerPort;
        Process started = new ProcessBuilder(
                        binary(),
                        "--name=one",
                        "--data-dir=" + directory.resolve("etcd"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=one=" + peer,
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("etcd.log").toFile()))
                .start();
        process = started;
        await().until(() -> {
            assertThat(started.isAlive()).as("etcd lives").isTrue();
            try {
                return post("range", "{\"key\": \"" + base64("x") + "\"}") == 200;
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /** kill -9. */
    void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().onExit().join();
        }
    }

    void put(String service, String key, String value) {
        send(
                "put",
                "{\"key\": \"" + base64(SERVICES + service + "/" + key) + "\", \"value\": \"" + base64(value) + "\"}");
    }

    void delete(String service, String key) {
        send("deleterange", "{\"key\": \"" + base64(SERVICES + service + "/" + key) + "\"}");
    }

    private void send(String what, String json) {
        try {
            assertThat(post(what, json)).isEqualTo(200);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private int post(String what, String json) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address() + "/v3/kv/" + what))
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
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
