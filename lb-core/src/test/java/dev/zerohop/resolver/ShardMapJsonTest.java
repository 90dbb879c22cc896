package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardMapJsonTest {

    private static ShardMap parse(String json) {
        return ShardMapJson.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everyFormIsRead() {
        assertThat(parse("{\"epoch\": 7, \"count\": 5, \"firstOrdinal\": 2}"))
                .isEqualTo(ShardMap.of(7, new ShardCount(5, 2)));
        assertThat(parse("{\"count\": 5}")).isEqualTo(ShardMap.of(new ShardCount(5, 0)));
        assertThat(parse("{\"move\": {\"count\": 5, \"epoch\": 8}, \"count\": 3, \"epoch\": 7}"))
                .as("any order, and the old owner by default")
                .isEqualTo(ShardMap.of(7, new ShardCount(3, 0))
                        .movingTo(8, new ShardCount(5, 0), MovingKeys.OLD_UNTIL_CUTOVER));
        assertThat(parse("{\"epoch\": 1, \"strategy\": \"ranges\", \"slots\": 4, \"ranges\": [{\"from\": 2, \"to\": 3,"
                                + " \"ordinal\": 1}, {\"from\": 0, \"to\": 0, \"ordinal\": 0}], \"default\": 2}")
                        .placement())
                .isEqualTo(new Ranges(4, List.of(new Range(0, 0, 0), new Range(2, 3, 1)), Optional.of(2)));
        assertThat(parse("{\"strategy\": \"ranges\", \"ranges\": [{\"from\": 0, \"to\": 16383, \"ordinal\": 1}]}")
                        .placement())
                .isEqualTo(new Ranges(16_384, List.of(new Range(0, 16_383, 1)), Optional.empty()));
        assertThat(parse("{\"strategy\": \"lookup\", \"table\": {\"\": 0, \"a\": 1}}")
                        .placement())
                .isEqualTo(new Lookup(Map.of("", 0, "a", 1), Optional.empty()));
        assertThat(parse("{\"epoch\": 7, \"strategy\": \"prefix\", \"prefixes\": {\"eu-\": 0}, \"default\": 1,"
                        + " \"move\": {\"epoch\": 9007199254740991, \"strategy\": \"lookup\", \"table\": {\"x\": 3},"
                        + " \"keys\": \"NEW_AT_ONCE\"}}"))
                .isEqualTo(ShardMap.of(7, new Prefixes(Map.of("eu-", 0), Optional.of(1)))
                        .movingTo(
                                ShardMap.MAX_EPOCH,
                                new Lookup(Map.of("x", 3), Optional.empty()),
                                MovingKeys.NEW_AT_ONCE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"count\":5,\"firstOrdinal\":2}",
                "{\"epoch\":7,\"count\":3,\"firstOrdinal\":0,\"move\":{\"epoch\":8,\"count\":5,\"firstOrdinal\":0,\"keys\":\"NEW_AT_ONCE\"}}",
                "{\"epoch\":7,\"strategy\":\"ranges\",\"slots\":4,\"ranges\":[{\"from\":0,\"to\":2,\"ordinal\":1}],\"default\":2}",
                "{\"epoch\":7,\"count\":3,\"firstOrdinal\":0,\"highestEpoch\":9}",
                "{\"epoch\":0,\"strategy\":\"lookup\",\"table\":{\"a\":1,\"b\":0}}",
                "{\"epoch\":7,\"strategy\":\"prefix\",\"prefixes\":{\"eu-\":0},\"default\":1}",
            })
    void whatIsWrittenIsWhatWasRead(String json) {
        assertThat(ShardMapJson.write(parse(json))).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "[] | the document was an array, expected an object",
                "{ | not valid JSON: ends too early at line 1, column 2",
                "{\"count\": 1} x | not valid JSON at line 1",
                "{} | count: was missing, expected an integer of 1 or more, or a strategy",
                "{\"epoch\": 1} | count: was missing, expected an integer of 1 or more, or a strategy",
                "{\"epoch\": -1, \"count\": 1} | epoch: was -1, expected an integer from 0 to 9007199254740991",
                "{\"epoch\": 9007199254740992, \"count\": 1} | epoch: was 9007199254740992, expected an integer from 0",
                "{\"epoch\": \"7\", \"count\": 1} | epoch: was \"7\", expected an integer",
                "{\"epoch\": 1.5, \"count\": 1} | epoch: was 1.5, expected an integer",
                "{\"epoch\": null, \"count\": 1} | epoch: was null, expected a value (leave the field out for its"
                        + " default)",
                "{\"epoch\": 1, \"epoch\": 2, \"count\": 1} | not valid JSON at line 1",
                "{\"count\": 0} | count: was 0, expected an integer from 1 to 1000000",
                "{\"count\": 3000000000} | count: was 3000000000, expected an integer from 1 to 1000000",
                "{\"count\": 1000001} | count: was 1000001, expected an integer from 1 to 1000000",
                "{\"count\": 1, \"firstOrdinal\": 1000001} | firstOrdinal: was 1000001, expected an integer from 0 to"
                        + " 1000000",
                "{\"count\": {\"a\": 1}} | count: was an object, expected an integer from 1 to 1000000",
                "{\"count\": {}} | count: was an empty object, expected an integer from 1 to 1000000",
                "{\"count\": 3.5} | count: was 3.5, expected an integer from 1 to 1000000",
                "{\"count\": 1, \"firstOrdinal\": -1} | firstOrdinal: was -1, expected an integer from 0",
                "{\"count\": 1, \"shards\": 2} | shards is not known, expected epoch, highestEpoch, move, count,"
                        + " firstOrdinal, strategy",
                "{\"strategy\": \"jump\", \"count\": 3} | strategy: was \"jump\", expected lookup, prefix, ranges, or"
                        + " a count",
                "{\"strategy\": \"lookup\", \"table\": {\"a\": 0}, \"count\": 1} | count: was 1, expected nothing: the"
                        + " strategy is lookup, whose fields are table, default",
                "{\"count\": 1, \"table\": {\"a\": 0}} | table: was an object, expected nothing: no strategy is"
                        + " stated, so this is a count, whose fields are count, firstOrdinal",
                "{\"count\": 1, \"default\": 0} | default: was 0, expected nothing: no strategy is stated, so this is"
                        + " a count, whose fields are count, firstOrdinal",
                "{\"strategy\": \"lookup\"} | table: was missing, expected an object of keys and their ordinals with"
                        + " at least one entry",
                "{\"strategy\": \"lookup\", \"table\": {\"a\": -1}} | table.a: was -1, expected an integer from 0 to"
                        + " 1000000",
                "{\"strategy\": \"lookup\", \"table\": [1]} | table: was a list, expected an object of keys and their"
                        + " ordinals with at least one entry",
                "{\"strategy\": \"lookup\", \"table\": {\"a\": 1}, \"default\": 1000001} | default: was 1000001,"
                        + " expected an integer from 0 to 1000000",
                "{\"strategy\": \"prefix\", \"prefixes\": {\"\": 1}} | prefixes: prefix table had an empty prefix,"
                        + " expected a default instead",
                "{\"strategy\": \"prefix\"} | prefixes: was missing, expected an object of prefixes and their ordinals"
                        + " with at least one entry",
                "{\"strategy\": \"ranges\"} | ranges: was missing, expected a list of {\"from\", \"to\", \"ordinal\"}"
                        + " that covers all slots",
                "{\"strategy\": \"ranges\", \"slots\": 0, \"ranges\": []} | slots: was 0, expected an integer from 1"
                        + " to 1048576",
                "{\"strategy\": \"ranges\", \"ranges\": {}} | ranges: was an empty object, expected a list of"
                        + " {\"from\", \"to\", \"ordinal\"} that covers all slots",
                "{\"strategy\": \"ranges\", \"ranges\": [{\"from\": 0, \"to\": 1}]} | ranges[0].ordinal: was missing,"
                        + " expected an integer from 0 to 1000000",
                "{\"strategy\": \"ranges\", \"ranges\": [{\"from\": 0, \"till\": 1}]} | ranges[0].till is not known,"
                        + " expected from, to, ordinal",
                "{\"strategy\": \"ranges\", \"slots\": 4, \"ranges\": [{\"from\": 0, \"to\": 2, \"ordinal\": 0}]} |"
                        + " ranges: slots 3-3 belong to no range",
                "{\"strategy\": \"ranges\", \"slots\": 4, \"ranges\": [{\"from\": 0, \"to\": 2, \"ordinal\": 0},"
                        + " {\"from\": 2, \"to\": 3, \"ordinal\": 1}]} | ranges: range 2-3: slot 2 belongs to another"
                        + " range as well",
                "{\"strategy\": \"ranges\", \"slots\": 4, \"ranges\": [{\"from\": 3, \"to\": 2, \"ordinal\": 0}]} |"
                        + " ranges[0].to: was 2, expected an integer from 3 to 3",
                "{\"strategy\": \"ranges\", \"slots\": 4, \"ranges\": [{\"from\": 0, \"to\": 4, \"ordinal\": 0}]} |"
                        + " ranges[0].to: was 4, expected an integer from 0 to 3",
                "{\"strategy\": \"ranges\", \"ranges\": [{\"from\": 0, \"to\": 4, \"ordinal\": 0}], \"slots\": 4} |"
                        + " ranges[0].to: was 4, expected an integer from 0 to 3",
                "{\"strategy\": \"ranges\", \"ranges\": [{\"from\": 4, \"to\": 4, \"ordinal\": 0}], \"slots\": 4} |"
                        + " ranges[0].from: was 4, expected an integer from 0 to 3",
                "{\"strategy\": \"ranges\", \"slots\": 0, \"ranges\": [{\"from\": 0, \"to\": 4, \"ordinal\": 0}]} |"
                        + " slots: was 0, expected an integer from 1 to 1048576",
                "{\"count\": 1, \"move\": {\"epoch\": 2, \"count\": 2}} | a move was stated without an epoch",
                "{\"epoch\": 2, \"count\": 1, \"move\": {\"epoch\": 2, \"count\": 2}} | the epoch of the move was 2,"
                        + " expected 3 to 9007199254740991, above the present one",
                "{\"epoch\": 1, \"count\": 1, \"move\": {\"count\": 2}} | move.epoch: was missing, expected the epoch"
                        + " that comes",
                "{\"epoch\": 1, \"count\": 1, \"move\": {\"epoch\": 2}} | move.count: was missing",
                "{\"epoch\": 1, \"count\": 1, \"move\": {\"epoch\": 2, \"count\": 2, \"keys\": \"NOW\"}} | move.keys:"
                        + " was \"NOW\", expected one of NEW_AT_ONCE, OLD_UNTIL_CUTOVER",
                "{\"epoch\": 1, \"count\": 1, \"move\": {\"epoch\": 2, \"count\": 2, \"move\": {}}} | move.move is not"
                        + " known, expected epoch, keys, count",
                "{\"epoch\": 1, \"count\": 1, \"move\": 2} | move: was 2, expected an object",
                "{\"epoch\": 1, \"count\": 1, \"move\": {\"epoch\": 2, \"strategy\": \"lookup\", \"table\": {\"a\":"
                        + " -1}}} | move.table.a: was -1",
            })
    void aBadValueIsRefusedWithItsPathAndWhatWasExpected(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(json))
                .satisfies(refused -> assertThat(refused.getMessage()).startsWith(message));
    }
}
