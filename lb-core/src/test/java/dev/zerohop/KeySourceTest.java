package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.KeySource.Place;
import dev.zerohop.testing.OddKey;
import dev.zerohop.testing.OddKeys;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeySourceTest {
    private static final KeySource QUERY = new KeySource(Place.QUERY, "id", false);

    static List<OddKey> inHeaders() {
        return OddKeys.inHeaders();
    }

    @ParameterizedTest
    @MethodSource("inHeaders")
    void anOddKeyIsItsKeyOrOneSentence(OddKey odd) {
        if (odd.problem() == null) {
            assertThat(odd.source().selector("orders", odd.carried())).isEqualTo(odd.key());
            return;
        }
        assertThatThrownBy(() -> odd.source().selector("orders", odd.carried()))
                .isInstanceOfSatisfying(
                        NoEndpointException.class,
                        refused -> assertThat(refused.refusal())
                                .isEqualTo(new Refusal(Refusal.Kind.BAD_KEY, false, "orders: " + odd.refusal())));
    }

    @Test
    void theTableHasAHundredKeysThatEveryTransportCanCarry() {
        assertThat(OddKeys.inHeaders()).hasSizeGreaterThan(100).doesNotHaveDuplicates();
        assertThat(OddKeys.inHttp()).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    }

    @Test
    void outsideOfHeadersATextKeyCanBeAnyUnicode() {
        for (String text : List.of("caf\u00e9", "cafe\u0301", "\ud83d\ude00", "what?", "\u0664\u0662")) {
            assertThat(QUERY.selector("orders", List.of(" " + text + "\t"))).isEqualTo(EndpointSelector.of(text));
            assertThat(KeyText.read(text, false)).isEqualTo(EndpointSelector.of(text));
        }
        for (String text : List.of("a\ufffd", "\ud83d", "\ude00\ud83d", "a\ud83d")) {
            assertThatThrownBy(() -> QUERY.selector("orders", List.of(text)))
                    .hasMessageStartingWith("orders: the key (query parameter 'id') was ")
                    .hasMessageEndingWith(", expected valid Unicode");
        }
    }

    @Test
    void nothingFoundIsNoKey() {
        assertThat(QUERY.selector("orders", List.of())).isNull();
        assertThat(QUERY.selector("orders", Collections.singletonList(null))).isNull();
        assertThat(QUERY.selector("orders", Arrays.asList(null, "", "a"))).isEqualTo(EndpointSelector.of("a"));
        assertThat(KeyText.read(" \t ", true)).isNull();
    }

    @Test
    void anErrorShowsNoControlCharacterAndNoEndlessText() {
        assertThatThrownBy(() -> KeyText.read("\u001b]52;c;\u0007", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("was '\\u001b]52;c;\\u0007', ");
        assertThatThrownBy(() -> KeyText.read("\u202e" + "x".repeat(100), true))
                .hasMessageStartingWith("was '\\u202e" + "x".repeat(63) + "...', ");
        KeySource broken = new KeySource(Place.HEADER, "a\nb", true);
        assertThat(broken).hasToString("header 'a\\u000ab'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HEADER       | x-user-id",
                "COOKIE       | sid",
                "QUERY        | user id",
                "JSON_POINTER | /user/id",
                "JSON_POINTER | /",
                "JSON_POINTER | /a~0b~1c",
            })
    void aNameThatCanBeUsedIsNotObjectedTo(Place place, String name) {
        assertThat(new KeySource(place, name, false).expected()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "user", "/a~", "/a~2b", "/~~0"})
    void aPointerThatIsNoneIsObjectedTo(String pointer) {
        assertThat(new KeySource(Place.JSON_POINTER, pointer, false).expected()).contains("/user/id");
    }

    @Test
    void aPatternThatWouldFillTheMemoryIsObjectedTo() {
        assertThat(OddKeys.patternsToRefuse())
                .hasSizeGreaterThan(10)
                .allSatisfy(pattern -> assertThat(new KeySource(Place.PATH, pattern, false).expected())
                        .startsWith("a regular expression with exactly one group"));
    }

    @Test
    void aNameOfAnyLengthIsJudgedWithoutAStackOverflow() {
        for (Place place : Place.values()) {
            for (String part : List.of("a", "(", "/", "~0", "[", "(?:a|b)*", "\\")) {
                assertThat(new KeySource(place, part.repeat(100_000), false).expected())
                        .as("%s of %s", place, part)
                        .isNotNull();
            }
        }
    }
}
