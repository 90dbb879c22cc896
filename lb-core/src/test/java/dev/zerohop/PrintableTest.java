package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from outside neither writes lines of its own into a log nor steers a terminal. */
class PrintableTest {
    /** A clipboard write, a colour by a C1 character, a line of its own, and text that runs the other way. */
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\r\nERROR forged\u202eb\u2028";

    @Test
    void whatSteersIsEscapedAndLinesAreJoined() {
        assertThat(Printable.text(HOSTILE))
                .isEqualTo("a\\u001b]52;c;aGk=\\u0007\\u009b31m ERROR forged\\u202eb\\u2028");
        assertThat(Printable.text("one\n  two\tthree ")).isEqualTo("one two three ");
        assertThat(Printable.text("\ud83d\ude00 \u00e9 \u65e5")).isEqualTo("\ud83d\ude00 \u00e9 \u65e5");
        assertThat(Printable.text("a\udb40\udc41b")).isEqualTo("a\\udb40\\udc41b");
        assertThat(Printable.problem("a\udb40\udc41b", 9)).contains("'a\\udb40\\udc41b'");
        assertThat(Printable.text("\ud83d \ude00")).isEqualTo("\\ud83d \\ude00");
        assertThat(Printable.text("\u007f")).isEqualTo("\\u007f");
        String clean = "orders-0(10.0.0.1:8080) is EJECTED";
        assertThat(Printable.text(clean)).isSameAs(clean);
    }

    /** Keys are the callers', and stand in explanations. */
    @Test
    void aKeyIsShownPrintably() {
        assertThat(EndpointSelector.of("a\u202eb\u001b")).hasToString("\"a\\u202eb\\u001b\"");
        assertThat(EndpointSelector.of("k".repeat(5_000)).toString()).hasSize(Printable.MAX_TEXT + 5);
    }

    @Test
    void noCharacterIsCutInTwo() {
        assertThat(Printable.quoted("a\ud83d\ude00b", 2)).isEqualTo("'a...'");
        assertThat(Printable.quoted("a\ud83d\ude00b", 3)).isEqualTo("'a\ud83d\ude00...'");
        assertThat(Printable.quoted("a\ud83d\ude00", 3)).isEqualTo("'a\ud83d\ude00'");
        assertThat(Printable.text("a\ud83d\ude00bcdef", 2)).isEqualTo("a...");
    }

    @Test
    void whatIsLongIsCut() {
        assertThat(Printable.text("abcdef", 3)).isEqualTo("abc...");
        assertThat(Printable.text("abc", 3)).isEqualTo("abc");
        assertThat(Printable.text("x".repeat(10_000)))
                .hasSize(Printable.MAX_TEXT + 3)
                .endsWith("x...");
    }

    @Test
    void whatIsShownFitsAndIsShownTheSameTheNextTime() {
        assertThat(Printable.text("ab\u001bcd", 7)).isEqualTo("ab...");
        assertThat(Printable.text("ab\u001b", 8)).isEqualTo("ab\\u001b");
        assertThat(Printable.text("ab\ud83d\ude00", 3)).isEqualTo("ab...");
        for (String text : List.of(
                HOSTILE.repeat(1_000),
                "\u001b".repeat(5_000),
                "\ud83d\ude00".repeat(5_000),
                "x\n ".repeat(5_000),
                "x....")) {
            for (int max : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 101, Printable.MAX_TEXT, Integer.MAX_VALUE}) {
                String shown = Printable.text(text, max);
                if (max < Integer.MAX_VALUE) {
                    assertThat(shown).hasSizeLessThanOrEqualTo(max + 3);
                }
                assertThat(Printable.text(shown, max)).isSameAs(shown);
            }
        }
    }

    @Test
    void severalLinesStaySeveral() {
        assertThat(Printable.lines("one\ntwo\u001b[2J\r")).isEqualTo("one\ntwo\\u001b[2J\\u000d");
        String clean = "one\ntwo";
        assertThat(Printable.lines(clean)).isEqualTo(clean);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\u001b[2J", "\u009b", "\u007f", "\u202e", "\u2029", "\ud800"})
    void noNameOfAnEndpointSteersAnything(String part) {
        String name = "a" + part + "b";
        Endpoint.Builder good = Endpoint.builder("10.0.0.1", 80).id("orders-0");
        String shown = "a"
                + part.chars()
                        .mapToObj(c -> c < 0x20 || c >= 0x7f ? String.format("\\u%04x", c) : "" + (char) c)
                        .collect(Collectors.joining())
                + "b";
        refused(Endpoint.builder("10.0.0.1", 80).id(name), "endpoint id was '" + shown + "', expected a text without");
        refused(Endpoint.builder(name, 80).id("orders-0"), "endpoint orders-0: host was '" + shown + "'");
        refused(good.build().toBuilder().zone(name), "endpoint orders-0: zone was '" + shown + "'");
        refused(good.build().toBuilder().node(name), "endpoint orders-0: node was '" + shown + "'");
        refused(
                good.build().toBuilder().attributes(Map.of(name, "x")),
                "endpoint orders-0: the name of an attribute was '" + shown + "'");
        refused(
                good.build().toBuilder().attributes(Map.of("x", name)),
                "endpoint orders-0: attribute x was '" + shown + "'");
    }

    @Test
    void namesValuesAndTheirNumberAreBounded() {
        String longest = "x".repeat(Printable.MAX_NAME);
        Endpoint most = Endpoint.builder(longest, 80)
                .id(longest)
                .zone(longest)
                .node(longest)
                .attributes(Map.of(longest, "y".repeat(Printable.MAX_VALUE)))
                .build();
        refused(most.toBuilder().id(longest + "x"), "endpoint id was 257 characters long, expected at most 256");
        refused(most.toBuilder().zone(longest + "x"), "zone was 257 characters long, expected at most 256");
        refused(
                most.toBuilder().attributes(Map.of("a", "y".repeat(Printable.MAX_VALUE + 1))),
                "attribute a was 1025 characters long, expected at most 1024");
        Map<String, String> attributes =
                IntStream.range(0, Endpoint.MAX_ATTRIBUTES).boxed().collect(Collectors.toMap(i -> "a" + i, i -> "v"));
        most.toBuilder().attributes(attributes).build();
        Map<String, String> more = new HashMap<>(attributes);
        more.put("more", "v");
        refused(most.toBuilder().attributes(more), "had 65 attributes, expected at most 64");
    }

    @Test
    void aSetHasAtMostTwoHundredThousandEndpoints() {
        List<Endpoint> many = Collections.nCopies(EndpointSet.MAX_ENDPOINTS + 1, Endpoint.of("10.0.0.1", 80));
        // Bounded before it is sorted, and before ids that are given twice are looked for.
        assertThatThrownBy(
                        () -> EndpointSet.builder("the source").endpoints(many).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the source: had 200001 endpoints, expected at most 200000");
    }

    @Test
    void verdictsRefusalsAndSetsHoldNothingThatSteers() {
        String shown = Printable.text(HOSTILE);
        assertThat(new HealthSource.Verdict(Health.Status.UNHEALTHY, HOSTILE, 1).reason())
                .isEqualTo(shown);
        assertThat(new Health(Health.Status.UNHEALTHY, HOSTILE, HOSTILE, 0).toString())
                .isEqualTo("UNHEALTHY (" + shown + ": " + shown + ")");
        assertThat(new Refusal(Refusal.Kind.BAD_KEY, false, HOSTILE).message()).isEqualTo(shown);
        assertThat(new KeyDirectory.Unknown(false, HOSTILE).reason()).isEqualTo(shown);
        EndpointSet set =
                EndpointSet.builder(HOSTILE).note(HOSTILE).unnumbered(HOSTILE).build();
        assertThat(List.of(set.source(), set.note(), String.valueOf(set.unnumbered())))
                .containsOnly(shown);
    }

    @Test
    void anExplanationHasTheLinesOfItsPartsAndNoOthers() {
        List<String> hostile = List.of(HOSTILE);
        Explanation explanation = new Explanation(HOSTILE, HOSTILE, hostile, hostile, hostile, hostile);
        String shown = Printable.text(HOSTILE);
        assertThat(explanation.toString().lines())
                .containsExactly(
                        shown + ": " + shown,
                        "  settings " + shown,
                        "  member " + shown,
                        "  stage " + shown,
                        "  pick " + shown);
    }

    private static void refused(Endpoint.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
