package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.SliceMap;
import dev.zerohop.internal.Xxh64;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept can be read back, and nothing else stays behind. */
class LastGoodFileTest {
    @TempDir
    Path directory;

    private LastGoodFile file;

    @BeforeEach
    void setUp() {
        file = new LastGoodFile(directory.resolve("orders"), "orders");
    }

    private static LastGoodFile.Content content(Endpoint... endpoints) {
        return new LastGoodFile.Content(
                EndpointSet.builder("orders").endpoints(List.of(endpoints)).build(), null);
    }

    @Test
    void theAssignmentOfKeysIsKept() throws IOException {
        SliceMap slices = SliceMap.builder()
                .owners(List.of(new SliceMap.Owner("a", 7)))
                .slice(0, 5, 1.5, 0)
                .inherited(Long.MIN_VALUE, 9)
                .build(9);
        file.write(new LastGoodFile.Content(
                EndpointSet.builder("orders").slices(slices).build(), null));
        LastGoodFile.Content read = file.read();
        assertThat(read).isNotNull();
        assertThat(read.set().slices()).isEqualTo(slices);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "::1",
                "fe80::1%eth0",
                "orders.shop",
                "orders.shop.",
                "a..b",
                ".",
                "1.2.3",
                "1.2.3.4.5",
                "256.0.0.1",
                "b\u00fccher.example",
                "\u65e5\u672c",
                "\ud83d\ude80.example",
                "-",
                "a/b",
                "http:x"
            })
    void everyHostThatTheModelAcceptsIsReadBack(String host) throws IOException {
        Endpoint endpoint = Endpoint.builder(host, 80).id("id of " + host).build();
        file.write(content(endpoint));
        assertThat(file.read().set().endpoints()).containsExactly(endpoint);
    }

    @ParameterizedTest
    @EnumSource
    void whatTheSourceSaidOfTheSetIsReadBack(EndpointSet.Removals removals) throws IOException {
        Instant vouched = Instant.parse("2026-01-31T12:00:00.123456789Z");
        EndpointSet set = EndpointSet.builder("orders")
                .endpoints(List.of(Endpoint.of("10.0.0.1", 80)))
                .version(7)
                .asOf(vouched)
                .removals(removals)
                .build();
        file.write(new LastGoodFile.Content(set, null));
        EndpointSet read = file.read().set();
        assertThat(read.removals()).isEqualTo(removals);
        assertThat(read.version()).isEqualTo(7);
        assertThat(read.asOf()).isEqualTo(vouched);
        assertThat(read.stale()).isTrue();
    }

    @Test
    void theLongestHostIsReadBack() throws IOException {
        Endpoint endpoint = Endpoint.builder("x".repeat(256), 80).id("a").build();
        file.write(content(endpoint));
        assertThat(file.read().set().endpoints()).containsExactly(endpoint);
    }

    @Test
    void aConfigurationOfAnyLengthIsReadBack() throws IOException {
        String long30MegaBytes = "x".repeat(30 << 20);
        file.write(new LastGoodFile.Content(content(Endpoint.of("a", 1)).set(), long30MegaBytes));
        assertThat(file.read().configuration()).isEqualTo(long30MegaBytes);
    }

    @Test
    void whatIsTooLargeIsNeitherWrittenNorRead() throws IOException {
        Endpoint endpoint = Endpoint.builder("10.0.0.1", 80)
                .attributes(Map.of("long", "x".repeat(1000)))
                .build();
        LastGoodFile small = new LastGoodFile(file.path(), "orders", 500);
        assertThatThrownBy(() -> small.write(content(endpoint)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("bytes, expected at most 500");
        assertThat(directory).isEmptyDirectory();
        file.write(content(endpoint));
        assertThatThrownBy(small::read)
                .isInstanceOf(IOException.class)
                .hasMessage("is " + Files.size(file.path()) + " bytes long, expected at most 500");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "\n",
                "  \n{}",
                "zerohop-last-good/v1",
                "zerohop-last-good/v1 \n",
                "zerohop-last-good/v1  \n"
            })
    void aFirstLineThatIsTornIsAnError(String text) throws IOException {
        Files.writeString(file.path(), text);
        assertThatThrownBy(file::read).isInstanceOf(IOException.class).hasMessageContaining("expected ");
    }

    @Test
    void whatIsNoFileIsAnError() throws IOException {
        Files.createDirectory(file.path());
        assertThatThrownBy(file::read).isInstanceOf(IOException.class).hasMessage("is not a regular file");
    }

    @Test
    void whatWritesThatWereCutShortLeftBehindIsRemovedAndNothingElse() throws IOException {
        Path left = Files.writeString(directory.resolve("orders.123456.tmp"), "x");
        Path underWay = Files.writeString(directory.resolve("orders.99.tmp"), "x");
        Path ofAnother = Files.writeString(directory.resolve("orders2.123456.tmp"), "x");
        Path ofTheUser = Files.writeString(directory.resolve("orders.mine.tmp"), "x");
        for (Path old : List.of(left, ofAnother, ofTheUser)) {
            Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        }
        file.write(content(Endpoint.of("a", 1)));
        assertThat(directory.toFile().list())
                .containsExactlyInAnyOrder("orders", "orders.99.tmp", "orders2.123456.tmp", "orders.mine.tmp");
        assertThat(underWay).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {1001, 100_000})
    void whatIsNestedTooDeeplyIsAnErrorThatSaysSo(int depth) {
        String text = "{\"endpoints\": [], \"config\": {\"a\": " + "[".repeat(depth) + "]".repeat(depth) + "}}";
        assertThatThrownBy(() -> EndpointsJson.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("more than can be read: ")
                .hasMessageContaining("nesting depth");
    }

    @Test
    void whatIsRefusedIsShownInPrintableForm() throws IOException {
        String steers = "a\\u001b]52;c;aGk=\\u0007\\nINJECTED line\\u202e";
        String rest = "\"removals\": \"GUARDED\", \"version\": 1, \"endpoints\": []";
        refused(
                "{\"target\": \"" + steers + "\", " + rest + "}",
                "is of the target 'a\\u001b]52;c;aGk=\\u0007 INJECTED");
        refused("{\"target\": \"orders\", \"asOf\": \"" + steers + "\", " + rest + "}", "asOf was \"a\\u001b]52;c;");
        refused(
                "{\"target\": \"orders\", \"asOf\": \"2026-01-31T12:00:00Z\", " + rest
                        + ", \"missingOrdinals\": [{\"ordinal\": 4, \"endpoint\": \"" + steers
                        + "\", \"lastSeen\": \"2026-01-31T12:00:00Z\"}]}",
                "the endpoint of ordinal 4 was 'a\\u001b]52;c;aGk=\\u0007\\u000aINJECTED");
        Files.writeString(file.path(), "\u001b]52;c;aGk=\u0007");
        assertThatThrownBy(file::read).hasMessageStartingWith("begins with '\\u001b]52;c;aGk=\\u0007', expected");
        Files.writeString(file.path(), "zerohop-last-good/v1 \u001b[2J");
        assertThatThrownBy(file::read).hasMessageContaining("first line 'zerohop-last-good/v1 \\u001b[2J'");
    }

    private void refused(String json, String message) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        Files.writeString(file.path(), String.format("zerohop-last-good/v1 %016x%n%s", Xxh64.hash(body, 0), json));
        assertThatThrownBy(file::read).isInstanceOf(IOException.class).hasMessageStartingWith(message);
    }
}
