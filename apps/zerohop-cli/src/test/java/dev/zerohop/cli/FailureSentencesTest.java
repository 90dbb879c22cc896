package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Target;
import dev.zerohop.testing.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a call says that fails, over both transports: the sentences of docs/messages.md. Times and the service's name apart, they are the same; where a transport
 * is at work, its own words stand in them.
 */
class FailureSentencesTest {
    private static final int MOST_CALLS = 10_000;
    private static final Pattern TIMES = Pattern.compile("\\d+(\\.\\d)? (ms|s|min)\\b");

    @TempDir
    Path directory;

    private final int dead = FreePorts.next();
    private final int silent = FreePorts.next();
    private int files;

    /** What a call says over this transport, without times; the first of up to so many calls that says {@code wanted}. */
    private String sentence(String transport, String file, @Nullable EndpointSelector key, String wanted)
            throws Exception {
        Path source = directory.resolve("orders-" + ++files + ".json");
        if (!file.isEmpty()) {
            Files.writeString(source, file.replace('\'', '"'));
        }
        Target target = Target.parse("file://" + source);
        Settings none = Settings.of(null, null);
        long timeout = TimeUnit.SECONDS.toNanos(30);
        Callers callers = new ZerohopCallers();
        try (Caller caller = transport.equals("grpc")
                ? callers.grpc(target, none, timeout, EchoGrpc.SERVICE + "/Call")
                : callers.http(target, none, timeout, "/")) {
            caller.awaitReady(TimeUnit.SECONDS.toNanos(file.isEmpty() ? 1 : 60));
            String cause = "";
            for (int i = 0; i < MOST_CALLS && (i == 0 || !cause.contains(wanted)); i++) {
                CompletableFuture<CallResult> ended = new CompletableFuture<>();
                caller.call(key, ended::complete);
                CallResult result = ended.get(90, TimeUnit.SECONDS);
                assertThat(result.error()).as("the call fails").isNotNull();
                cause = String.valueOf(result.cause());
            }
            return TIMES.matcher(cause)
                    .replaceAll("T")
                    .replace("source " + target.text(), "SOURCE")
                    .replace(target.text(), "SERVICE")
                    .replace(source.toString(), "FILE");
        }
    }

    private String same(String file, @Nullable EndpointSelector key) throws Exception {
        String http = sentence("http", file, key, "");
        String grpc = sentence("grpc", file, key, "");
        assertThat(withoutName(grpc)).as("over gRPC as over HTTP").isEqualTo(withoutName(http));
        return http;
    }

    private static String withoutName(String sentence) {
        return sentence.substring(sentence.indexOf(": ") + 2);
    }

    private String endpoints(String... endpoints) {
        return "{'endpoints': [" + String.join(", ", endpoints) + "]%s}";
    }

    @Test
    void noEndpointIsKnown() throws Exception {
        assertThat(same("{'endpoints': []}", null))
                .contains("no endpoint known; ", "check the target, and that the service has endpoints there");
    }

    @Test
    void allEndpointsHaveWeightZero() throws Exception {
        assertThat(same(
                        endpoints("{'id': 'a', 'host': '127.0.0.1', 'port': 9, 'weight': 0}")
                                .formatted(""),
                        null))
                .contains("0 of 1 endpoints usable (1 of weight 0): a(127.0.0.1:9) has weight 0 and takes no traffic")
                .contains("give one of them a weight");
    }

    @Test
    void aKeyIsMissing() throws Exception {
        assertThat(same(numbered(", 'config': {'policy': 'shard'}"), null))
                .contains("policy shard needs a key and the call brought none");
    }

    @Test
    void aKeyCannotBeUsed() throws Exception {
        assertThat(same(
                        numbered(", 'config': {'policy': {'shard': {'strategy': 'modulo'}}}"),
                        EndpointSelector.of("alice")))
                .contains("alice", "expected an integer");
    }

    @Test
    void theOwnerOfTheKeyIsNotThere() throws Exception {
        assertThat(same(
                        numbered(", 'shards': 2, 'config': {'policy': {'shard': {'strategy': 'modulo'}}}"),
                        EndpointSelector.of(1)))
                .contains("ordinal 1 has no endpoint; ordinals known: 0");
    }

    @Test
    void theOwnerOfTheKeyHasWeightZero() throws Exception {
        String file = endpoints("{'id': 'o-0', 'host': '127.0.0.1', 'port': 9, 'weight': 0, 'ordinal': 0}")
                .formatted(", 'config': {'policy': 'shard'}");
        assertThat(same(file, EndpointSelector.of(7)))
                .contains("ordinal 0 (o-0(127.0.0.1:9)) has weight 0 and takes no traffic");
    }

    @Test
    void theFirstConfigurationIsRejected() throws Exception {
        assertThat(same(numbered(", 'config': {'policy': 'fastest'}"), null))
                .contains("policy", "fastest", "expected one of");
    }

    @Test
    void theSourceCannotBeRead() throws Exception {
        String http = sentence("http", "", null, "");
        String grpc = sentence("grpc", "", null, "");
        assertThat(http).contains("no endpoint known; SOURCE has answered 0 times, last error since ", "FILE");
        assertThat(grpc).contains("FILE");
    }

    /** How a connection is made differs, and with it who says that it cannot: the client's calls over HTTP, the channel over gRPC. */
    @Test
    void noEndpointListens() throws Exception {
        String file = endpoints("{'id': 'a', 'host': '127.0.0.1', 'port': " + dead + "}")
                .formatted(", 'config': {'policy': 'random'}");
        String endpoint = Pattern.quote("a(127.0.0.1:" + dead + ")");
        assertThat(sentence("http", file, null, ""))
                .containsPattern("GET / failed (at|in \\d attempts: 1\\.) " + endpoint
                        + " CONNECT_FAILURE after T: Connection refused")
                .doesNotContain("before that");
        String advice = "; check that they listen there, and that no network policy is in between";
        assertThat(sentence("grpc", file, null, ""))
                .containsPattern("0 of 1 endpoints usable \\(1 disconnected\\): " + endpoint
                        + " is DISCONNECTED for T \\(connectivity: .*Connection refused.*\\)")
                .endsWith(advice);
    }

    /** An owner that no connection can be made to is out soon after the first call, while another endpoint is not; the sentence says until when. */
    @Test
    void anOwnerIsOut() throws Exception {
        String file = endpoints(
                        "{'id': 'o-0', 'host': '127.0.0.1', 'port': " + silent + ", 'ordinal': 0}",
                        "{'id': 'o-1', 'host': '127.0.0.1', 'port': " + dead + ", 'ordinal': 1}")
                .formatted(", 'config': {'policy': {'shard': {'strategy': 'modulo'}}, 'retry': {'maxAttempts': 1}}");
        // How many calls find out is a matter of chance.
        assertThat(sentence("http", file, EndpointSelector.of(2), "is UNREACHABLE"))
                .containsPattern(
                        "ordinal 0 \\(o-0\\(127\\.0\\.0\\.1:" + silent + "\\)\\) is UNREACHABLE for T, T to go \\("
                                + "ejection: no connection could be made \\(\\d+ in a row\\); out for T\\)");
        assertThat(sentence("grpc", file, EndpointSelector.of(2), "is DISCONNECTED"))
                .contains("ordinal 0 (o-0(127.0.0.1:" + silent + ")) is DISCONNECTED for T (connectivity: ");
    }

    private String numbered(String more) {
        return endpoints("{'id': 'o-0', 'host': '127.0.0.1', 'port': 9, 'ordinal': 0}")
                .formatted(more);
    }
}
