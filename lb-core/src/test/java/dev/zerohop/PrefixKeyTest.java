package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.KeySource.Place;
import dev.zerohop.config.Configurations;
import dev.zerohop.internal.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefixKeyTest {
    private static final PrefixKey.Cut CUT = new PrefixKey.Cut(12, 4);

    private static PrefixKey key(String text) {
        return PrefixKey.of(text, CUT);
    }

    @Test
    void aBlockIsHashedWithTheHashOfTheBlockBeforeAsSeed() {
        PrefixKey key = key("abcdefgh");
        long first = Xxh64.hash("abcd".getBytes(StandardCharsets.UTF_8), 0);
        assertThat(key.blocks()).isEqualTo(2);
        assertThat(key.blockHash(0)).isEqualTo(first);
        assertThat(key.blockHash(1)).isEqualTo(Xxh64.hash("efgh".getBytes(StandardCharsets.UTF_8), first));
    }

    @Test
    void aLastBlockThatIsNotFullIsLeftOutUnlessItIsTheOnlyOne() {
        assertThat(key("abcdefg").blocks()).isEqualTo(1);
        assertThat(key("abcdefg").blockHash(0)).isEqualTo(key("abcdxyz").blockHash(0));
        assertThat(key("ab").blocks()).isEqualTo(1);
        assertThat(key("ab").blockHash(0)).isNotEqualTo(key("abc").blockHash(0));
    }

    @Test
    void aTextThatGoesOnHasTheSameBlocksAtItsBeginning() {
        PrefixKey turn = key("system: ");
        PrefixKey next = key("system: yes");
        assertThat(next.blockHash(0)).isEqualTo(turn.blockHash(0));
        assertThat(next.blockHash(1)).isEqualTo(turn.blockHash(1));
        assertThat(key("System: ").blockHash(1)).isNotEqualTo(turn.blockHash(1));
    }

    @Test
    void whatIsBehindTheLastByteDoesNotCount() {
        assertThat(key("abcdefghijklmnop")).isEqualTo(key("abcdefghijklXYZ"));
        assertThat(key("abcdefghijkX")).isNotEqualTo(key("abcdefghijkl"));
        // Two bytes for each character: half as many count, also where the cut is within one.
        assertThat(key("ключик").blocks()).isEqualTo(3);
        assertThat(PrefixKey.of("ключ", new PrefixKey.Cut(5, 5)).blockHash(0))
                .isEqualTo(Xxh64.hash("ключ".getBytes(StandardCharsets.UTF_8), 0, 5, 0));
    }

    /** To policies that know no prefixes, and in every message. */
    @Test
    void itIsATextKeyThatDoesNotShowTheText() {
        PrefixKey key = key("my secret");
        String text = String.format("prefix-%016x", Xxh64.hashUtf8("my secret"));
        assertThat(key.text()).isEqualTo(text);
        assertThat(key.hash()).isEqualTo(EndpointSelector.of(text).hash());
        assertThat(key.hashableIdentifier()).isEqualTo(EndpointSelector.of(text).hashableIdentifier());
        assertThat(key).hasToString(text + " (2 blocks)").hasSameHashCodeAs(key("my secret"));
        assertThat(key).isNotEqualTo(EndpointSelector.of(text));
    }

    @Test
    void anEmptyTextIsNoKey() {
        assertThatThrownBy(() -> key(""))
                .hasMessage("the text of a prefix key was empty, expected 1 character or more");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 'maxBytes was 0, expected 1 to 1048576'",
        "1048577, 1024, 'maxBytes was 1048577, expected 1 to 1048576'",
        "1025, 1, 'blockBytes was 1, expected 2 to 1025'",
        "1048576, 1023, 'blockBytes was 1023, expected 1024 to 1048576'",
        "16, 0, 'blockBytes was 0, expected 1 to 16'",
        "16, 17, 'blockBytes was 17, expected 1 to 16'",
    })
    void aCutHasLimits(int maxBytes, int blockBytes, String message) {
        assertThatThrownBy(() -> new PrefixKey.Cut(maxBytes, blockBytes)).hasMessage(message);
    }

    @Test
    void aSourceOfPrefixesTakesAnyText() {
        KeySource source = new KeySource(Place.HEADER, "x-prompt", false, CUT);
        String prompt = "Was?\n" + "x".repeat(KeyText.MAX_LENGTH);
        KeySource body = new KeySource(Place.JSON_POINTER, "/prompt", false, CUT);
        assertThat(body.selector("models", List.of("", prompt))).isEqualTo(key(prompt));
        assertThat(source.selector("models", List.of("x-42"))).isEqualTo(key("x-42"));
        // It may have been written in another script: then all keys would be one.
        assertThatThrownBy(() -> source.selector("models", List.of("my secret????")))
                .hasMessageContaining("expected at most 4096 characters of printable ASCII without '?'")
                .hasMessageNotContaining("secret");
        assertThat(source.selector("models", List.of(" "))).isNull();
        assertThatThrownBy(() -> source.selector("models", List.of("secret", "another")))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("models: the key (header 'x-prompt') was given more than once, expected one value");
        assertThatThrownBy(() -> new KeySource(Place.HEADER, "x", true, CUT))
                .hasMessage("the key was an integer and a prefix, expected one of them");
    }

    @Test
    void configurationsStateThem() {
        assertThat(source("{\"key\": {\"jsonPointer\": \"/messages\", \"as\": \"prefix\"}}"))
                .isEqualTo(new KeySource(Place.JSON_POINTER, "/messages", false, new PrefixKey.Cut(16_384, 256)));
        assertThat(source("{\"key\": {\"header\": \"x\", \"as\": \"prefix\", \"maxBytes\": 100, \"blockBytes\": 10}}"))
                .isEqualTo(new KeySource(Place.HEADER, "x", false, new PrefixKey.Cut(100, 10)));
        assertThat(source("{\"key\": {\"header\": \"x\", \"as\": \"prefix\", \"maxBytes\": 100}}"))
                .isEqualTo(new KeySource(Place.HEADER, "x", false, new PrefixKey.Cut(100, 100)));
        assertThat(source("{\"key\": {\"header\": \"x\", \"as\": \"prefix\", \"maxBytes\": 1048576}}"))
                .isEqualTo(new KeySource(Place.HEADER, "x", false, new PrefixKey.Cut(1 << 20, 1024)));
        assertThatThrownBy(() -> source("{\"key\": {\"header\": \"x\", \"maxBytes\": 100}}"))
                .hasMessageContaining("key.maxBytes: was 100, expected none unless \"as\" is \"prefix\"");
        assertThatThrownBy(() -> source(
                        "{\"key\": {\"header\": \"x\", \"as\": \"prefix\", \"maxBytes\": 100, \"blockBytes\": 101}}"))
                .hasMessageContaining("key.blockBytes: was 101, expected an integer from 1 to 100");
    }

    private static KeySource source(String json) {
        return Configurations.parse(json).key();
    }
}
