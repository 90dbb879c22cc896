package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.SliceMap;
import dev.zerohop.Target;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileResolverTest extends ResolverContract {
    private static final String ONE = "{\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":8080}]}";
    private static final String TWO =
            "{\"endpoints\":[{\"host\":\"10.0.0.1\",\"port\":8080},{\"address\":\"10.0.0.2:8080\"}]}";

    @TempDir
    Path directory;

    private Path file;
    private Resolver resolver;
    private final ResolutionRecorder recorder = new ResolutionRecorder();

    @BeforeEach
    void setUp() {
        file = directory.resolve("endpoints.json");
        resolver = Target.parse("file://" + file).newResolver(env);
    }

    @AfterEach
    void close() {
        resolver.close();
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) throws Exception {
        Files.writeString(
                file,
                endpoints.stream()
                        .map(e -> "{\"host\":\"" + e.host() + "\",\"port\":" + e.port() + "}")
                        .collect(Collectors.joining(",", "{\"endpoints\":[", "]}")));
        return Target.parse("file://" + file).newResolver(env);
    }

    private void poll() {
        time.advance(Duration.ofMillis(600));
    }

    private List<String> ids() {
        return recorder.last().endpoints().stream().map(Endpoint::id).toList();
    }

    private void writeSlices(long generation, int owner) throws Exception {
        Files.writeString(
                file,
                "{\"endpoints\": [], \"slices\": {\"generation\": " + generation
                        + ", \"owners\": [[\"a\", 1], [\"b\", 2]], \"slices\": [[\"0000000000000000\", [" + owner
                        + "]]]}}");
    }

    @Test
    void anAssignmentOfKeysIsReadAndNeverGoesBack() throws Exception {
        writeSlices(7, 0);
        resolver.start(recorder);
        SliceMap first = recorder.last().slices();
        assertThat(first.generation()).isEqualTo(7);
        assertThat(first.owner(0, 0)).isZero();
        writeSlices(6, 1);
        poll();
        assertThat(recorder.errors)
                .singleElement()
                .satisfies(error -> assertThat(error)
                        .hasMessageContaining(
                                "generation was 6, expected more than 7, the last one that was followed"));
        assertThat(recorder.last().slices()).isEqualTo(first);
        writeSlices(8, 1);
        poll();
        assertThat(recorder.last().slices().owner(0, 0)).isEqualTo(1);
    }

    @Test
    void everyFieldIsRead() throws Exception {
        Files.writeString(file, """
            {"endpoints": [
               {"id": "orders-1", "host": "::1", "port": 8080, "weight": 3, "zone": "a", "node": "n1", "ordinal": 1,
                "ready": true, "draining": false, "attributes": {"version": "2", "empty": ""}},
               {"id": "orders-0", "address": "[::2]:8080", "ready": false},
               {"host": "orders.example", "port": 1, "draining": true, "ready": false}],
             "shards": {"count": 5, "firstOrdinal": 2},
             "config": {"policy": {"shard": {"strategy": "jump"}}, "retry": {"maxAttempts": 2}}}
            """);
        resolver.start(recorder);
        assertThat(recorder.errors).isEmpty();
        assertThat(recorder.last().endpoints())
                .containsExactlyInAnyOrder(
                        Endpoint.builder("orders.example", 1)
                                .readiness(Endpoint.Readiness.DRAINING)
                                .build(),
                        Endpoint.builder("::2", 8080)
                                .id("orders-0")
                                .readiness(Endpoint.Readiness.NOT_READY)
                                .build(),
                        Endpoint.builder("::1", 8080)
                                .id("orders-1")
                                .weight(3)
                                .zone("a")
                                .node("n1")
                                .ordinal(1)
                                .attributes(Map.of("version", "2", "empty", ""))
                                .build());
        assertThat(recorder.last().shards()).isEqualTo(new ShardCount(5, 2));
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        assertThat(recorder.configurations)
                .containsExactly("{\"policy\":{\"shard\":{\"strategy\":\"jump\"}},\"retry\":{\"maxAttempts\":2}}");
    }

    @Test
    void theShardsMayBeAPlainNumber() throws Exception {
        Files.writeString(file, "{\"shards\":5,\"endpoints\":[]}");
        resolver.start(recorder);
        assertThat(recorder.last().shards()).isEqualTo(new ShardCount(5, 0));
        assertThat(recorder.last().endpoints()).isEmpty();
    }

    @Test
    void anExplicitMapAndAnEpochThatGoesBack() throws Exception {
        String moving = "{\"shards\":{\"epoch\":7,\"strategy\":\"lookup\",\"table\":{\"a\":1},"
                + "\"move\":{\"epoch\":8,\"count\":5}},\"endpoints\":[]}";
        Files.writeString(file, moving);
        resolver.start(recorder);
        ShardMap map = recorder.last().shardMap();
        assertThat(map)
                .isEqualTo(ShardMap.of(7, new ShardPlacement.Lookup(Map.of("a", 1), Optional.empty()))
                        .movingTo(8, new ShardCount(5, 0), ShardMap.MovingKeys.OLD_UNTIL_CUTOVER));
        Files.writeString(file, "{\"shards\":{\"epoch\":6,\"count\":3},\"endpoints\":[]}");
        poll();
        assertThat(recorder.last().shardMap()).isEqualTo(map);
        assertThat(recorder.errors).last().asString().contains("epoch was 6, expected 7 or more");
        // A document without shards does not open the way back.
        Files.writeString(file, "{\"endpoints\":[]}");
        poll();
        Files.writeString(file, "{\"shards\":{\"epoch\":5,\"count\":3},\"endpoints\":[]}");
        poll();
        assertThat(recorder.last().shardMap()).isNull();
        assertThat(recorder.errors).last().asString().contains("epoch was 5, expected 7 or more");
    }

    @Test
    void aWithdrawnEpochIsNotUsedAgain() throws Exception {
        String seven = "{\"endpoints\":[],\"shards\":{\"epoch\":7,\"count\":3";
        Files.writeString(file, seven + ",\"move\":{\"epoch\":8,\"count\":5}}}");
        resolver.start(recorder);
        Files.writeString(file, seven + "}}");
        poll();
        ShardMap withdrawn = recorder.last().shardMap();
        assertThat(withdrawn).isEqualTo(new ShardMap(7, new ShardCount(3, 0), null, 8));
        Files.writeString(file, seven + ",\"move\":{\"epoch\":8,\"count\":4}}}");
        poll();
        assertThat(recorder.last().shardMap()).isEqualTo(withdrawn);
        assertThat(recorder.errors).last().asString().contains("epoch 8 was announced and withdrawn before");
        Files.writeString(file, seven + ",\"move\":{\"epoch\":9,\"count\":4}}}");
        poll();
        assertThat(recorder.last().shardMap().highestEpoch()).isEqualTo(9);
    }

    @Test
    void aMapWhoseEpochsDoNotFitIsRefusedWithItsPath() throws Exception {
        Files.writeString(
                file, "{\"endpoints\":[],\"shards\":{\"epoch\":8,\"count\":3,\"move\":{\"epoch\":8,\"count\":5}}}");
        resolver.start(recorder);
        assertThat(recorder.errors)
                .singleElement()
                .asString()
                .contains("file " + file + ": shards: the epoch of the move was 8, expected 9 to ");
    }

    @Test
    void anEmptyArrayMeansThatNobodyIsThere() throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        Files.writeString(file, "{\"endpoints\":[]}");
        poll();
        assertThat(recorder.last().endpoints()).isEmpty();
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aWriteInPlaceOfTheSameLengthAndTimeIsSeen() throws Exception {
        FileTime then = FileTime.fromMillis(1_700_000_000_000L);
        Files.writeString(file, ONE);
        Files.setLastModifiedTime(file, then);
        resolver.start(recorder);
        Files.writeString(file, ONE.replace("10.0.0.1", "10.0.0.9"));
        Files.setLastModifiedTime(file, then);
        poll();
        assertThat(ids()).containsExactly("10.0.0.9:8080");
        assertThat(recorder.last().version()).isEqualTo(2);
    }

    @Test
    void anAtomicRenameIsSeen() throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        Path next = Files.writeString(directory.resolve("next"), TWO);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        poll();
        assertThat(ids()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
    }

    @Test
    void theLinkSwapOfAMountedConfigMapIsSeen() throws Exception {
        Path first = Files.createDirectory(directory.resolve("..2026_01"));
        Path second = Files.createDirectory(directory.resolve("..2026_02"));
        Files.writeString(first.resolve("endpoints.json"), ONE);
        Files.writeString(second.resolve("endpoints.json"), TWO);
        Files.createSymbolicLink(directory.resolve("..data"), first.getFileName());
        Files.createSymbolicLink(file, Path.of("..data", "endpoints.json"));
        resolver.start(recorder);
        assertThat(ids()).containsExactly("10.0.0.1:8080");
        Files.createSymbolicLink(directory.resolve("..data_tmp"), second.getFileName());
        Files.move(
                directory.resolve("..data_tmp"),
                directory.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        Files.delete(first.resolve("endpoints.json"));
        poll();
        assertThat(ids()).containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aMissingFileIsOneErrorAndThenWorksWhenItComes() throws Exception {
        resolver.start(recorder);
        poll();
        poll();
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0)).hasMessage("file " + file + " does not exist");
        Files.writeString(file, ONE);
        poll();
        assertThat(ids()).containsExactly("10.0.0.1:8080");
    }

    @Test
    void eachDistinctProblemIsReportedOnceAndTheRepairedFileIsTakenAlthoughItIsTheOldOne() throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        Files.writeString(file, "");
        poll();
        poll();
        Files.writeString(file, ONE.substring(0, ONE.length() - 5));
        poll();
        poll();
        Files.delete(file);
        poll();
        poll();
        assertThat(recorder.errors).hasSize(3);
        assertThat(recorder.errors.get(0)).hasMessageEndingWith("found an empty text, expected a JSON object");
        assertThat(recorder.errors.get(1)).hasMessageContaining("not valid JSON: ends too early at line 1, column");
        assertThat(recorder.errors.get(2)).hasMessageEndingWith("does not exist");
        assertThat(recorder.sets).hasSize(1);
        Files.writeString(file, ONE);
        poll();
        assertThat(recorder.sets).hasSize(2);
        assertThat(recorder.last().stale()).isFalse();
        Files.delete(file);
        poll();
        assertThat(recorder.errors).hasSize(4);
    }

    @Test
    void anUnchangedFileConfirmsItsAge() throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.confirmations).hasSizeBetween(15, 25).isSorted();
        assertThat(Duration.between(recorder.confirmations.get(recorder.confirmations.size() - 1), time.now()))
                .isLessThan(Duration.ofMillis(600));
    }

    @Test
    void thePollingIsJittered() throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        time.advance(Duration.ofSeconds(60));
        List<Long> gaps = new ArrayList<>();
        for (int i = 1; i < recorder.confirmations.size(); i++) {
            gaps.add(Duration.between(recorder.confirmations.get(i - 1), recorder.confirmations.get(i))
                    .toMillis());
        }
        assertThat(gaps).allMatch(gap -> gap >= 425 && gap <= 575);
        assertThat(gaps.stream().distinct().count()).isGreaterThan(20);
    }

    @Test
    void aChangedConfigurationIsGivenOnceAndARemovedOneIsTakenBack() throws Exception {
        Files.writeString(file, ONE.replace("}]}", "}],\"config\":{\"policy\":\"random\"}}"));
        resolver.start(recorder);
        poll();
        Files.writeString(file, ONE.replace("}]}", "}],\"config\":{\"policy\":\"rendezvous\"}}"));
        poll();
        Files.writeString(file, ONE);
        poll();
        assertThat(recorder.configurations)
                .containsExactly("{\"policy\":\"random\"}", "{\"policy\":\"rendezvous\"}", "");
        assertThat(recorder.sets).hasSize(1);
    }

    @Test
    void aDirectoryIsNotAFile() throws Exception {
        Files.createDirectory(file);
        resolver.start(recorder);
        assertThat(recorder.errors.get(0)).hasMessage("file " + file + " is not a regular file, expected a JSON text");
    }

    @Test
    void aTextThatWouldSteerATerminalIsRefusedInOneLineAndTheLastGoodSetStays() throws Exception {
        Files.writeString(file, "{\"endpoints\": [{\"id\": \"a\", \"host\": \"10.0.0.1\", \"port\": 80}]}");
        resolver.start(recorder);
        for (String field : List.of("id", "zone", "node")) {
            Files.writeString(
                    file,
                    "{\"endpoints\": [{\"host\": \"10.0.0.1\", \"port\": 80, \"" + field
                            + "\": \"x\\u001b]52;c;aGk=\\u0007\\nERROR forged\"}]}");
            poll();
            assertThat(recorder.errors.get(recorder.errors.size() - 1).getMessage())
                    .startsWith("file " + file + ": endpoints[0]: endpoint ")
                    .contains(field
                            + " was 'x\\u001b]52;c;aGk=\\u0007\\u000aERROR forged', expected a text without control")
                    .doesNotContain("\n", "\u001b", "\u0007");
        }
        Files.writeString(file, "{\"endpoints\": [], \"x\\u009b31m\\n\": 1}");
        poll();
        assertThat(recorder.errors.get(recorder.errors.size() - 1).getMessage())
                .startsWith("file " + file + ": x\\u009b31m ")
                .endsWith("is not known, expected endpoints, shards, slices or config");
        assertThat(ids()).containsExactly("a");
    }

    /** Far below the limit on the file's size, and too much for the memory of a small process if it were read to the end. */
    @Test
    void aFileOfTooManyEndpointsIsRefusedWhileItIsRead() throws Exception {
        Files.writeString(file, "{\"endpoints\": [{\"id\": \"a\", \"host\": \"10.0.0.1\", \"port\": 80}]}");
        resolver.start(recorder);
        StringBuilder many = new StringBuilder("{\"endpoints\": [");
        for (int i = 0; i <= EndpointSet.MAX_ENDPOINTS; i++) {
            many.append("{\"host\":\"h").append(i).append("\",\"port\":1},");
        }
        // Never reached: what is behind the limit is no JSON.
        Files.writeString(file, many.append("]]]"));
        poll();
        assertThat(recorder.errors)
                .singleElement()
                .asString()
                .contains("endpoints had more than 200000 elements, expected at most so many");
        assertThat(ids()).containsExactly("a");
    }

    @Test
    void tenThousandEndpointsAreRead() throws Exception {
        StringBuilder json = new StringBuilder("{\"endpoints\":[");
        for (int i = 0; i < 10_000; i++) {
            json.append(i == 0 ? "" : ",")
                    .append("{\"id\":\"orders-")
                    .append(i)
                    .append("\",\"host\":\"10.1.")
                    .append(i / 250)
                    .append('.')
                    .append(i % 250)
                    .append("\",\"port\":80}");
        }
        Files.writeString(file, json.append("]}"));
        resolver.start(recorder);
        assertThat(recorder.last().endpoints()).hasSize(10_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | the document was an array, expected an object",
                "7 | the document was 7, expected an object",
                "{} | endpoints was missing, expected an array (an empty one if there is no endpoint)",
                "{\"endpoints\":{}} | endpoints was an object, expected an array",
                "{\"endpoints\":null} | endpoints was null, expected an array",
                "{\"endpoints\":[],\"shard\":3} | shard is not known, expected endpoints, shards, slices or config",
                "{\"endpoints\":[]} {} | found { behind the JSON object, expected nothing",
                "{\"endpoints\":[1]} | endpoints[0] was 1, expected an object",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":1},{}]} | endpoints[1].host was missing, expected host and"
                        + " port, or address",
                "{\"endpoints\":[{\"host\":\"a\"}]} | endpoints[0].port was missing, expected host and port, or"
                        + " address",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":\"80\"}]} | endpoints[0].port was \"80\", expected a whole"
                        + " number from 1 to 65535",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":0}]} | endpoints[0].port was 0, expected a whole number from"
                        + " 1 to 65535",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":70000}]} | endpoints[0].port was 70000, expected a whole"
                        + " number from 1 to 65535",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":80.5}]} | endpoints[0].port was 80.5, expected a whole"
                        + " number from 1 to 65535",
                "{\"endpoints\":[{\"host\":\"a\",\"port\":99999999999}]} | endpoints[0].port was 99999999999, expected"
                        + " a whole number from 1 to 65535",
                "{\"endpoints\":[{\"host\":\"a:b\",\"port\":1}]} | endpoints[0].host was \"a:b\", expected a host:"
                        + " found 'a:b', expected a host name of letters, digits, '-', '_' and single dots",
                "{\"endpoints\":[{\"host\":\"[::1]\",\"port\":1}]} | endpoints[0].host was \"[::1]\", expected a host:"
                        + " found '[::1]', expected a host name of letters, digits, '-', '_' and single dots",
                "{\"endpoints\":[{\"address\":\"a\"}]} | endpoints[0].address was \"a\", expected host:port: found 'a'"
                        + " without a port, expected host:port",
                "{\"endpoints\":[{\"address\":\"a:1\",\"port\":1}]} | endpoints[0] has an address and a host or port,"
                        + " expected one or the other",
                "{\"endpoints\":[{\"address\":\"a:1\",\"weigth\":1}]} | endpoints[0].weigth is not known, expected id,"
                        + " host, port, address, weight, zone, node, ordinal, ready, draining or attributes",
                "{\"endpoints\":[{\"address\":\"a:1\",\"weight\":-1}]} | endpoints[0].weight was -1, expected a whole"
                        + " number from 0 to 1000000",
                "{\"endpoints\":[{\"address\":\"a:1\",\"ordinal\":-1}]} | endpoints[0].ordinal was -1, expected a"
                        + " whole number from 0 to 2147483647",
                "{\"endpoints\":[{\"address\":\"a:1\",\"ready\":\"yes\"}]} | endpoints[0].ready was \"yes\", expected"
                        + " true or false",
                "{\"endpoints\":[{\"address\":\"a:1\",\"id\":\"\"}]} | endpoints[0].id was \"\", expected a text that"
                        + " is not blank",
                "{\"endpoints\":[{\"address\":\"a:1\",\"zone\":null}]} | endpoints[0].zone was null, expected a text"
                        + " that is not blank",
                "{\"endpoints\":[{\"address\":\"a:1\",\"attributes\":{\"x\":1}}]} | endpoints[0].attributes.x was 1,"
                        + " expected a text",
                "{\"endpoints\":[{\"address\":\"a:1\"},{\"address\":\"a:1\"}]} | endpoints[1].id was \"a:1\" as in"
                        + " endpoints[0], expected unique ids",
                "{\"endpoints\":[],\"shards\":0} | shards: was 0, expected an integer from 1 to 1000000",
                "{\"endpoints\":[],\"shards\":{}} | shards.count: was missing, expected an integer of 1 or more",
                "{\"endpoints\":[],\"shards\":{\"count\":1,\"first\":0}} | shards.first is not known, expected epoch,"
                        + " highestEpoch, move, count, firstOrdinal, strategy",
                "{\"endpoints\":[],\"shards\":\"5\"} | shards was \"5\", expected an object",
                "{\"endpoints\":[],\"config\":[]} | config was an array, expected an object",
                "{\"endpoints\":[],\"endpoints\":[]} | not valid JSON at line 1, column 28: Duplicate field"
                        + " 'endpoints'",
                "{\"endpoints\":[{\"address\":\"a:1\" | not valid JSON: ends too early at line 1, column 31",
            })
    void aBadFileIsRefusedWholeWithPathValueAndWhatWasExpected(String json, String message) throws Exception {
        Files.writeString(file, ONE);
        resolver.start(recorder);
        Files.write(file, json.getBytes(StandardCharsets.UTF_8));
        poll();
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0)).hasMessageStartingWith("file " + file + ": " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "file://endpoints.json | 7 | found 'endpoints.json' between // and the next slash, expected nothing"
                        + " there: file:///path/endpoints.json",
                "file:/// | 8 | found path '/', expected a file as in file:///path/endpoints.json",
                "file:// | 7 | found path '/', expected a file as in file:///path/endpoints.json",
                "file:///etc/ | 8 | found path '/etc/', expected a file as in file:///path/endpoints.json",
                "file:///a.json?poll=1s | 14 | found '?poll=1s', expected no query: file targets have no such"
                        + " parameters",
                "file:///a%2.json | 9 | found '%2.', expected a percent sign and two hexadecimal digits such as %5B",
                "file:///a%00 | 8 | found path '/a\\u0000', expected the path of a file: Nul character not allowed",
            })
    void aBadTargetIsRefusedWithPositionValueAndWhatWasExpected(String target, int position, String message) {
        assertThatThrownBy(() -> Target.parse(target).newResolver(env))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target '" + target + "' at position " + position + ": " + message);
    }

    @Test
    void thePathIsDecoded() throws Exception {
        Files.writeString(directory.resolve("end points.json"), ONE);
        try (Resolver spaced =
                Target.parse("file://" + directory + "/end%20points.json").newResolver(env)) {
            spaced.start(recorder);
            assertThat(ids()).hasSize(1);
        }
    }

    @Test
    void aPathNeedsNoTarget() throws Exception {
        Files.writeString(file, ONE);
        try (Resolver plain = Resolvers.file(file, env)) {
            plain.start(recorder);
            assertThat(recorder.last().source()).isEqualTo("file " + file);
        }
    }
}
