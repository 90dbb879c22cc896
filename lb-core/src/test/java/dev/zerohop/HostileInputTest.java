package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeySource.Place;
import dev.zerohop.config.Configurations;
import dev.zerohop.resolver.EndpointJson;
import dev.zerohop.resolver.HostPort;
import dev.zerohop.resolver.ShardMapJson;
import dev.zerohop.stage.ZonePreference;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names and texts from outside at each border of the core: what steers is refused in words that do not, and so is what is too long. */
class HostileInputTest {
    private static final String HOSTILE = "a\u001b]52;c;aGk=\u0007\u009b31m\nINJECTED line\u202e";
    private static final String SHOWN = "a\\u001b]52;c;aGk=\\u0007\\u009b31m\\u000aINJECTED line\\u202e";

    /** As it stands in JSON. */
    private static final String JSON = "\"a\\u001b]52;c;aGk=\\u0007\\u009b31m\\nINJECTED line\\u202e\"";

    private static final String TOO_LONG = "x".repeat(100_000);

    @ParameterizedTest
    @ValueSource(strings = {"\u001b]52;c;aGk=\u0007", "a\nINJECTED line", "\u009b31m", "\u202e", "\ud800"})
    void namesThatSteerAreRefused(String name) {
        refused(() -> Owner.endpoint(name), "the id of the owner was '");
        refused(() -> new Locality(name + "x", null), "the zone of this client was '");
        refused(() -> new Locality(null, name + "x"), "the node of this client was '");
        refused(() -> Locality.of(Map.of("ZEROHOP_ZONE", name + "x")), "ZEROHOP_ZONE was '");
        refused(() -> Locality.of(Map.of("ZEROHOP_NODE", name + "x")), "ZEROHOP_NODE was '");
        refused(() -> Locality.of(Map.of("NODE_NAME", name + "x")), "NODE_NAME was '");
        refused(() -> new MissingOrdinal(4, name, Instant.EPOCH), "the endpoint of ordinal 4 was '");
        refused(() -> ZonePreference.builder().clients(Map.of(name, 1.0)).build(), "clients: the name of a zone was '");
    }

    @Test
    void namesThatAreTooLongAreRefused() {
        String sentence = " was 100000 characters long, expected at most 256";
        refused(() -> Owner.endpoint(TOO_LONG), "the id of the owner" + sentence);
        refused(() -> new Locality(TOO_LONG, null), "the zone of this client" + sentence);
        refused(() -> new MissingOrdinal(4, TOO_LONG, Instant.EPOCH), "the endpoint of ordinal 4" + sentence);
        refused(() -> ZonePreference.builder().clients(Map.of(TOO_LONG, 1.0)).build(), sentence);
        new Locality("z".repeat(Printable.MAX_NAME), "n".repeat(Printable.MAX_NAME));
    }

    @Test
    void keysOfATableAreKeys() {
        for (boolean prefixes : new boolean[] {false, true}) {
            String what = prefixes ? "a key of the prefix table" : "a key of the lookup table";
            refused(() -> table(prefixes, HOSTILE, 1), what + " was 'a\\u001b]52;");
            refused(() -> table(prefixes, TOO_LONG, 1), what + " was 100000 characters long, expected at most 4096");
            refused(() -> table(prefixes, "a\u202eb", -1), "entry \"a\\u202eb\": ordinal was -1");
            // Keys of people have these: they join emoji and part the letters of some scripts.
            assertThatCode(() -> table(prefixes, "a\u200db", 1)).doesNotThrowAnyException();
        }
        refused(
                () -> ShardMapJson.parse(("{\"epoch\": 1, \"strategy\": \"lookup\", \"table\": {" + JSON + ": 1}}")
                        .getBytes(StandardCharsets.UTF_8)),
                "a key of the lookup table was 'a\\u001b]52;");
    }

    @Test
    void placesOfKeysHoldNothingThatSteers() {
        for (String name : new String[] {"/a\u001b]52;c;aGk=\u0007", "/a\nb", "/a\u202eb"}) {
            assertThat(new KeySource(Place.QUERY, name, false).expected()).contains("query parameter");
            assertThat(new KeySource(Place.JSON_POINTER, name, false).expected())
                    .contains("JSON pointer");
            assertThat(new KeySource(Place.PATH, "^" + name + "([^/]+)", false).expected())
                    .contains("without control characters");
        }
    }

    @Test
    void targetsAreRefusedAtTheCharacterThatSteers() {
        refused(
                () -> Target.parse("static:///10.0.0.1:80;zone=" + HOSTILE),
                "target 'static:///10.0.0.1:80;zone=a\\u001b]52;c;aGk=\\u0007\\u009b31m INJECTED line\\u202e' at position"
                        + " 28: found a control character");
        refused(() -> Target.parse("\u001b[2J"), "at position 0: found a control character");
        // Encoded, it is the scheme's to judge, and no message shows it raw.
        Target encoded = Target.parse("static:///10.0.0.1:80;zone=%1B%5D52");
        refused(() -> encoded.newResolver(Env.system()), "zone was '\\u001b]52'");
        refused(() -> Target.parse("static:///10.0.0.1%0A:80").newResolver(Env.system()), "'10.0.0.1 '");
    }

    @Test
    void refusalsOfConfigurationsShowNothingThatSteers() {
        for (String json : new String[] {
            "{" + JSON + ": 1}",
            "{\"policy\": {" + JSON + ": {}}}",
            "{\"policy\": {" + JSON + ": {}, \"random\": {}}}",
            "{\"policy\": {\"shard\": {\"strategy\": " + JSON + "}}}",
            "{\"policy\": {\"shard\": {\"strategy\": \"lookup\", \"table\": {" + JSON + ": 1}}}}",
            "{\"policy\": {\"shard\": {\"strategy\": \"lookup\", \"table\": {" + JSON + ": -1}}}}",
            "{\"stages\": {\"zone\": {\"zone\": " + JSON + "}}}",
            "{\"stages\": {\"zone\": {\"node\": " + JSON + "}}}",
            "{\"stages\": {\"zone\": {\"clients\": {" + JSON + ": 1}}}}",
            "{\"key\": {\"header\": " + JSON + "}}",
            "{\"key\": {\"query\": " + JSON + "}}",
            "{\"a\u001b]52;c;aGk=\u0007\u202e",
            "\u001b[2J"
        }) {
            refused(() -> Configurations.parse(json), ", expected ", "not valid JSON");
        }
        refused(
                () -> Configurations.parse("{\"stages\": {\"zone\": {\"zone\": " + JSON + "}}}"),
                "stages.zone.zone: was '" + SHOWN + "', expected a text without control characters");
    }

    @Test
    void refusalsOfAddressesAndValuesShowNothingThatSteers() {
        assertThat(problem(() -> HostPort.parse(HOSTILE))).startsWith("found 'a\\u001b]52;");
        refused(
                () -> EndpointJson.parse(
                        HOSTILE, "{\"id\": \"b\", \"address\": \"10.0.0.1:80\"}".getBytes(StandardCharsets.UTF_8)),
                ".id was \"b\", expected \"a\\u001b]52;");
        refused(
                () -> EndpointJson.parse(HOSTILE, "{\"address\": \"10.0.0.1:80\"}".getBytes(StandardCharsets.UTF_8)),
                "endpoint id was '" + SHOWN + "'");
    }

    private static ShardPlacement table(boolean prefixes, String key, int ordinal) {
        Map<String, Integer> table = Map.of(key, ordinal);
        return prefixes
                ? new ShardPlacement.Prefixes(table, Optional.empty())
                : new ShardPlacement.Lookup(table, Optional.empty());
    }

    private static void refused(ThrowingCallable work, String... parts) {
        assertThatIllegalArgumentException().isThrownBy(work).satisfies(refused -> {
            String message = String.valueOf(refused.getMessage());
            assertThat(parts).anySatisfy(part -> assertThat(message).contains(part));
            assertClean(message);
        });
    }

    private static String problem(ThrowingCallable work) {
        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(work);
        assertThat(thrown).isNotNull();
        assertClean(String.valueOf(thrown.getMessage()));
        return String.valueOf(thrown.getMessage());
    }

    private static void assertClean(String message) {
        assertThat(message).hasSizeLessThan(10_000).isEqualTo(Printable.text(message, Integer.MAX_VALUE));
    }
}
