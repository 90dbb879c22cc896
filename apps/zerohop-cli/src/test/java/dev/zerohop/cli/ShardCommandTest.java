package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.OddKey;
import dev.zerohop.testing.OddKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ShardCommandTest {
    /** Nobody listens there: the command must not mind. */
    private static final String THREE = "static:///127.0.0.1:1;id=orders-0;ordinal=0,"
            + "127.0.0.1:2;id=orders-1;ordinal=1,127.0.0.1:3;id=orders-2;ordinal=2";

    private static final int SHARDS = 7;

    @TempDir
    private Path directory;

    @Test
    void printsTheOwnerOfAKeyAndWhyInTheDocumentedOrderOfFields() {
        Map<String, Object> owner = json("--key", "user-42");
        assertThat(owner.keySet()).containsExactly("key", "ordinal", "endpoint", "strategy", "shards", "why");
        assertThat(owner)
                .containsEntry("key", "user-42")
                .containsEntry("ordinal", 1L)
                .containsEntry("endpoint", "orders-1")
                .containsEntry("strategy", "jump")
                .containsEntry("shards", 3L);
        assertThat(owner.get("why").toString()).contains("397e9d3a76af7c81");
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "42,2", "9223372036854775807,1"})
    void integerKeysFollowThePublishedVectors(String id, long ordinal) {
        assertThat(json("--id", id)).containsEntry("ordinal", ordinal).containsEntry("key", Long.parseLong(id));
    }

    @Test
    void anAbsentOwnerIsNullAndNoFailure() {
        Map<String, Object> owner = json("--key", "a", "--shards", "100");
        assertThat(owner)
                .containsEntry("ordinal", 17L)
                .containsEntry("endpoint", null)
                .containsEntry("shards", 100L);
    }

    @Test
    void moduloUsesTheIntegerItself() {
        assertThat(json("--id", "-1", "--strategy", "modulo"))
                .containsEntry("ordinal", 2L)
                .containsEntry("strategy", "modulo");
    }

    @Test
    void theSourcesOwnCountGoesBeforeTheHighestOrdinal() throws IOException {
        Path file = Files.writeString(
                directory.resolve("endpoints.json"),
                "{\"endpoints\": [{\"id\": \"a\", \"address\": \"127.0.0.1:1\", \"ordinal\": 0}], \"shards\": 10}");
        Cli.Result result = Cli.run("shard", "file://" + file, "--id", "0", "--output", "json");
        assertThat(result.code()).isZero();
        assertThat(JsonText.object(result.out())).containsEntry("shards", 10L).containsEntry("endpoint", null);
    }

    @Test
    void theSourcesMapIsFollowedAndItsEpochReplicasAndMoveAreNamed() throws IOException {
        Path file = Files.writeString(
                directory.resolve("endpoints.json"),
                "{\"endpoints\": [{\"id\": \"a-1\", \"address\": \"127.0.0.1:1\", \"ordinal\": 1},"
                        + " {\"id\": \"b-1\", \"address\": \"127.0.0.1:2\", \"ordinal\": 1}],"
                        + " \"shards\": {\"epoch\": 7, \"count\": 3, \"move\": {\"epoch\": 8, \"count\": 5}}}");
        Cli.Result result = Cli.run("shard", "file://" + file, "--key", "user-42", "--output", "json");
        assertThat(result.code()).isZero();
        Map<String, Object> owner = JsonText.object(result.out());
        assertThat(owner.keySet())
                .containsExactly("key", "ordinal", "endpoint", "strategy", "shards", "epoch", "replicas", "why");
        assertThat(owner).containsEntry("epoch", 7L).containsEntry("ordinal", 1L);
        assertThat(owner.get("why").toString())
                .contains("3 shards by epoch 7 of the source")
                .contains("at the cut-over the key moves to ordinal 4");
        Cli.Result asked = Cli.run("shard", "file://" + file, "--key", "a", "--shards", "100", "--output", "json");
        assertThat(JsonText.object(asked.out())).containsEntry("ordinal", 17L).doesNotContainKey("epoch");
        Cli.Result text = Cli.run("shard", "file://" + file, "--key", "user-42");
        assertThat(text.outLines().get(0))
                .isEqualTo("key \"user-42\" belongs to ordinal 1: a-1 at 127.0.0.1:1, b-1 at 127.0.0.1:2");
    }

    @Test
    void textNamesOwnerAndAddress() {
        Cli.Result result = Cli.run("shard", THREE, "--key", "user-42");
        assertThat(result.code()).isZero();
        assertThat(result.outLines().get(0)).isEqualTo("key \"user-42\" belongs to ordinal 1: orders-1 at 127.0.0.1:2");
    }

    static List<OddKey> typed() {
        return OddKeys.inHeaders().stream()
                .filter(odd -> odd.carried().size() == 1)
                .toList();
    }

    /** The same owner, or the same sentence, as the call that carries the key in the header that the source's configuration names. */
    @ParameterizedTest
    @MethodSource("typed")
    void anOddKeyHasTheOwnerThatItsCallsHave(OddKey odd) throws IOException {
        boolean integer = odd.source().integer();
        String target = sevenShards(
                "{\"header\": \"" + OddKeys.HEADER + "\", \"as\": \"" + (integer ? "integer" : "text") + "\"}");
        String typed = odd.carried().get(0);
        assertAnswer(odd, Cli.run("shard", target, "--output", "json", "--key=" + typed));
        if (integer) {
            // Where no configuration says what keys are, the option does.
            Cli.Result result = Cli.run("shard", sevenShards(null), "--output", "json", "--id=" + typed);
            assertThat(result.code()).isEqualTo(odd.key() == null ? 2 : 0);
            if (odd.key() != null) {
                assertAnswer(odd, result);
            }
        }
    }

    static List<String> patternsToRefuse() {
        return OddKeys.patternsToRefuse();
    }

    @ParameterizedTest
    @MethodSource("patternsToRefuse")
    void aPatternThatWouldFillTheMemoryIsRefusedAsConfiguration(String pattern) throws IOException {
        Cli.Result result = Cli.run("shard", sevenShards("{\"path\": \"" + pattern + "\"}"), "--key", "a");
        assertThat(result.code()).isNotZero();
        assertThat(result.err())
                .contains(
                        "configuration is rejected",
                        "key.path: was ",
                        "expected a regular expression with exactly one group");
    }

    private static void assertAnswer(OddKey odd, Cli.Result result) {
        if (odd.key() != null) {
            assertThat(result.code()).as(result.err()).isZero();
            assertThat(JsonText.object(result.out()))
                    .containsEntry("ordinal", (long) odd.owner(SHARDS))
                    .containsEntry("endpoint", "s-" + odd.owner(SHARDS))
                    .containsEntry(
                            "key",
                            odd.source().integer()
                                    ? (Object) odd.key().number()
                                    : odd.key().text());
            return;
        }
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .startsWith("zerohop: --key")
                .contains(odd.problem() == null ? "expected a key that is not empty" : odd.refusal());
    }

    /** A source of seven endpoints that configures where keys are, if that is not null. */
    private String sevenShards(@Nullable String key) throws IOException {
        StringBuilder json = new StringBuilder("{\"endpoints\": [");
        for (int i = 0; i < SHARDS; i++) {
            json.append(i == 0 ? "" : ", ")
                    .append("{\"id\": \"s-" + i + "\", \"address\": \"127.0.0.1:" + (i + 1) + "\", \"ordinal\": " + i
                            + "}");
        }
        json.append("], \"shards\": ").append(SHARDS);
        if (key != null) {
            json.append(", \"config\": {\"policy\": \"shard\", \"key\": ")
                    .append(key)
                    .append('}');
        }
        Path file = Files.writeString(
                directory.resolve("odd-" + (key == null ? 0 : key.length()) + ".json"), json.append('}'));
        return "file://" + file;
    }

    @Test
    void moduloTakesAKeyThatTheSourceSaysIsAnInteger() throws IOException {
        String target = sevenShards("{\"query\": \"id\", \"as\": \"integer\"}");
        Cli.Result result = Cli.run("shard", target, "--strategy", "modulo", "--key", "9", "--output", "json");
        assertThat(JsonText.object(result.out())).containsEntry("ordinal", 2L).containsEntry("key", 9L);
        assertThat(Cli.run("shard", sevenShards(null), "--strategy", "modulo", "--key", "9")
                        .err())
                .contains("--key was '9' with --strategy modulo, expected an integer key (--id)");
    }

    private static Map<String, Object> json(String... more) {
        String[] args = new String[more.length + 4];
        args[0] = "shard";
        args[1] = THREE;
        args[2] = "--output";
        args[3] = "json";
        System.arraycopy(more, 0, args, 4, more.length);
        Cli.Result result = Cli.run(args);
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isZero();
        return JsonText.object(result.out());
    }
}
