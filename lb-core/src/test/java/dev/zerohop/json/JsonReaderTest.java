package dev.zerohop.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    private static final String RICH =
            "{\"a\": [1, -2.5, {\"b\": \"\\u00e9\\n\\uD83D\\uDE00\"}], \"c\": {}, \"d\": null, \"e\": true,\n \"f\": 1e3}";

    /** Every way in which a text can be cut, whether it is read or passed over. */
    @Test
    void aTextThatEndsTooEarlySaysSoAndWhere() {
        for (int length = 1; length < RICH.length(); length++) {
            String cut = RICH.substring(0, length);
            for (Throwable refused : List.of(refusal(() -> tree(cut)), refusal(() -> skip(cut)))) {
                assertThat(refused)
                        .as(cut)
                        .isInstanceOf(IOException.class)
                        .hasMessageMatching("not valid JSON(: ends too early at line [12], column [0-9]+"
                                // A word or a number that is cut is a wrong one.
                                + "| at line [12], column [0-9]+: (Unrecognized token|.* not followed by a digit).*)");
                assertThat(refused.getMessage())
                        .as(cut)
                        .doesNotContain("Source")
                        .doesNotContain("REDACTED");
            }
        }
        assertThat(refusal(() -> skip("{\n  \"a\": [1,")))
                .hasMessage("not valid JSON: ends too early at line 2, column 11");
    }

    @Test
    void aWrongBracketIsNamedWithTheOneThatItShouldClose() {
        assertThat(refusal(() -> skip("{\"a\": [1}}")))
                .hasMessage("not valid JSON at line 1, column 9: Unexpected close marker '}': expected ']' (for Array"
                        + " starting at line 1, column 7)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | found an empty text, expected a JSON object",
                "{} [] | found [ behind the JSON object, expected nothing",
                "{\"a\": 1, \"a\": 2} | not valid JSON at line 1, column 13: Duplicate field 'a'",
                "{\"a\": 1,} | not valid JSON at line 1, column 9: Unexpected character ('}'",
                "7 | the document was 7, expected an object",
                "{\"a\": \"3\"} | a was \"3\", expected a whole number from -5 to 5",
                "{\"a\": 3.5} | a was 3.5, expected a whole number from -5 to 5",
                "{\"a\": 6.0} | a was 6.0, expected a whole number from -5 to 5",
                "{\"a\": 1e400} | a was 1e400, expected a whole number from -5 to 5",
                "{\"a\": 99999999999999999999} | a was 99999999999999999999, expected a whole number from -5 to 5",
                "{\"a\": [3]} | a was an array, expected a whole number from -5 to 5",
                "{\"b\": 3} | b is not known, expected a",
            })
    void whatIsNotExpectedIsRejectedWithItsPathAndValue(String json, String message) {
        assertThatThrownBy(() -> read(json)).isInstanceOf(IOException.class).hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "3.0", "3e0", "0.3e1", "30e-1"})
    void aNumberThatIsWholeIsAnInteger(String number) throws IOException {
        assertThat(read("{\"a\": " + number + "}")).isEqualTo(3);
    }

    @Test
    void largeIntegersAreExact() throws IOException {
        long[] read = new long[1];
        byte[] most = ("{\"a\": " + Long.MAX_VALUE + "}").getBytes(StandardCharsets.UTF_8);
        JsonReader.object(most, (in, name) -> read[0] = in.integer(name, 0, Long.MAX_VALUE));
        assertThat(read[0]).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aTreeHasTheTypesThatGrpcHas() throws IOException {
        assertThat(tree("{\"a\": [1, \"b\", true], \"c\": {\"d\": 2.5}}"))
                .isEqualTo(Map.of("a", List.of(1.0, "b", true), "c", Map.of("d", 2.5)));
        assertThat(tree("[null]")).isEqualTo(Arrays.asList((Object) null));
    }

    @Test
    void aConstantIsReadByItsName() {
        assertThatThrownBy(() -> JsonReader.object("{\"a\": \"days\"}".getBytes(StandardCharsets.UTF_8), (in, name) -> {
                    throw new AssertionError(in.oneOf(name, List.of(TimeUnit.DAYS, TimeUnit.HOURS)));
                }))
                .hasMessage("a was \"days\", expected DAYS or HOURS");
    }

    private static Object tree(String json) throws IOException {
        return JsonReader.tree(json, 1_000);
    }

    private static void skip(String json) throws IOException {
        JsonReader.object(json.getBytes(StandardCharsets.UTF_8), (in, name) -> in.skip());
    }

    private static int read(String json) throws IOException {
        int[] read = new int[1];
        JsonReader.object(json.getBytes(StandardCharsets.UTF_8), (in, name) -> {
            if (name.equals("a")) {
                read[0] = in.integer(name, -5, 5);
            } else {
                throw JsonReader.unknown(name, "a");
            }
        });
        return read[0];
    }

    private static Throwable refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable work) {
        return org.assertj.core.api.Assertions.catchThrowable(work);
    }

    @Test
    void ofALongValueTheBeginningIsShown() {
        String json = "{\"port\": \"" + "x".repeat(81) + "\"}";
        assertThatThrownBy(() -> JsonReader.object(
                        json.getBytes(StandardCharsets.UTF_8), (in, name) -> in.integer(name, 1, 65_535)))
                .hasMessage("port was \"" + "x".repeat(80) + "...\", expected a whole number from 1 to 65535");
    }
}
