package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.apps.EtcdProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the command line says of a source whose first configuration is rejected: a file, and a real etcd. */
class UnconfiguredTest {
    private static final String GOOD = "{\"policy\": {\"shard\": {\"strategy\": \"modulo\"}}}";
    private static final String BAD = "{\"policy\": {\"shard\": {\"ownerDown\": \"FAILFAST\"}}}";
    private static final String FIELD = "policy.shard.ownerDown";

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private static EtcdProcess etcd;
    private EchoServer server;
    private String service;

    @BeforeAll
    static void startEtcd() {
        etcd = EtcdProcess.started(shared);
    }

    @AfterAll
    static void stopEtcd() {
        etcd.close();
    }

    @BeforeEach
    void start() throws IOException {
        server = EchoServer.start("orders-0", "127.0.0.1", 0, 0, new EchoServer.Behaviour());
        service = "orders-" + directory.getFileName();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    enum Source {
        FILE,
        ETCD
    }

    private Path file() {
        return directory.resolve("orders.json");
    }

    private String target(Source source) {
        return source == Source.FILE ? "file://" + file() : "etcd://" + etcd.address() + "/" + service;
    }

    private void configured(Source source, String transport, String config) throws IOException {
        int port = transport.equals("grpc") ? server.grpcPort() : server.httpPort();
        String endpoint = "\"address\": \"127.0.0.1:" + port + "\", \"ordinal\": 0";
        if (source == Source.FILE) {
            Files.writeString(
                    file(), "{\"endpoints\": [{\"id\": \"orders-0\", " + endpoint + "}], \"config\": " + config + "}");
        } else {
            etcd.put("zerohop/v1/services/" + service + "/config", config);
            etcd.put("zerohop/v1/services/" + service + "/endpoints/orders-0", "{" + endpoint + "}");
        }
    }

    @ParameterizedTest
    @CsvSource({"FILE,grpc", "FILE,http", "ETCD,grpc", "ETCD,http"})
    void callFailsAndNamesTheField(Source source, String transport) throws IOException {
        configured(source, transport, BAD);
        Cli.Result result = Cli.run(
                "call",
                target(source),
                "--timeout",
                "60000",
                "--transport",
                transport,
                "--id",
                "7",
                "--count",
                "3",
                "--output",
                "json");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("configuration is rejected", "FAILFAST")
                .containsOnlyOnce(FIELD);
        Map<String, Object> json = JsonText.object(result.out());
        assertThat(json.get("configurationRefused").toString()).contains(FIELD, "FAILFAST");
        assertThat(json.get("ok")).isEqualTo(0L);
        Cli.Result lasting = Cli.run(
                "call",
                target(source),
                "--timeout",
                "60000",
                "--transport",
                transport,
                "--id",
                "7",
                "--duration",
                "0.2");
        assertThat(lasting.code()).isEqualTo(1);
        assertThat(lasting.err()).contains(FIELD);
        Cli.Result own = Cli.run(
                "call",
                target(source),
                "--timeout",
                "60000",
                "--transport",
                transport,
                "--policy",
                "round_robin",
                "--count",
                "3");
        assertThat(own.code()).as("the caller's own policy holds").isZero();
        configured(source, transport, GOOD);
        // The process may follow the file already, and sees its change at the next look.
        await().untilAsserted(() -> {
            Cli.Result good = Cli.run(
                    "call",
                    target(source),
                    "--timeout",
                    "60000",
                    "--transport",
                    transport,
                    "--id",
                    "7",
                    "--output",
                    "json");
            assertThat(good.code()).as(good.err()).isZero();
            assertThat(good.out()).doesNotContain("configurationRefused");
        });
    }

    @ParameterizedTest
    @EnumSource
    void shardFailsUnlessAStrategyIsStated(Source source) throws IOException {
        configured(source, "http", BAD);
        Cli.Result result = Cli.run("shard", target(source), "--id", "7", "--output", "json");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("FAILFAST").containsOnlyOnce(FIELD);
        assertThat(JsonText.object(result.out()).get("configurationRefused").toString())
                .contains(FIELD);
        Cli.Result stated = Cli.run("shard", target(source), "--id", "7", "--strategy", "jump");
        assertThat(stated.code()).isZero();
        assertThat(stated.out()).contains("orders-0");
        assertThat(stated.err()).contains(FIELD);
    }

    @ParameterizedTest
    @EnumSource
    void watchSaysThatNoCallGoesAnywhere(Source source) throws Exception {
        configured(source, "http", BAD);
        try (Cli.Started watch = Cli.start("watch", target(source), "--output", "json")) {
            await().until(() -> !watch.out().isEmpty());
            assertThat(JsonText.object(watch.out().get(0))
                            .get("configurationRefused")
                            .toString())
                    .contains(FIELD);
            assertThat(String.join("\n", watch.err())).contains(FIELD, "calls fail until");
            configured(source, "http", GOOD);
            await().until(() -> watch.out().size() > 1);
            assertThat(watch.out().get(1)).doesNotContain("configurationRefused");
        }
        configured(source, "http", BAD);
        try (Cli.Started watch = Cli.start("watch", target(source))) {
            await().until(() -> !watch.out().isEmpty());
            assertThat(watch.out().get(0)).contains("NO CALLS", FIELD);
        }
    }
}
