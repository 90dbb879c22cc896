package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonBodyKeyTest {
    private static final String TEXT = "{\"id\":\"a\"}";

    /** A body that says of itself what a test wants, and counts how often it is written. */
    private static final class Body extends RequestBody {
        private final long length;
        private final boolean duplex;
        private int written;

        Body(long length, boolean duplex) {
            this.length = length;
            this.duplex = duplex;
        }

        @Override
        public @Nullable MediaType contentType() {
            return null;
        }

        @Override
        public long contentLength() {
            return length;
        }

        @Override
        public boolean isDuplex() {
            return duplex;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            written++;
            sink.writeUtf8(TEXT);
        }
    }

    private static @Nullable String read(Body body, long limit) throws IOException, UnusableKeyException {
        return JsonBodyKey.read(body, JsonPointer.compile("/id"), limit, false);
    }

    @Test
    void aBodyMayBeAsLongAsTheLimit() throws Exception {
        int size = TEXT.length();
        for (long said : new long[] {size, -1}) {
            assertThat(read(new Body(said, false), size)).isEqualTo("a");
            assertThatThrownBy(() -> read(new Body(said, false), size - 1))
                    .isInstanceOf(UnusableKeyException.class)
                    .hasMessageContaining("the body is longer than " + (size - 1) + " bytes");
        }
    }

    @Test
    void aBodyThatSaysThatItIsTooLongIsNotWritten() {
        Body body = new Body(TEXT.length(), false);
        assertThatThrownBy(() -> read(body, TEXT.length() - 1)).isInstanceOf(UnusableKeyException.class);
        assertThat(body.written).isZero();
    }

    private static @Nullable String structure(byte[] body) throws IOException, UnusableKeyException {
        return JsonBodyKey.read(RequestBody.create(body), JsonPointer.compile("/messages"), 1_000, true);
    }

    @Test
    void anArrayOrAnObjectCountsAsItIsWrittenWhereAPrefixIsWanted() throws Exception {
        String messages = "[ {\"role\":\"system\", \"content\":\"ключ \\n\"} ,{}]";
        String body = "{\"model\":\"m\",\"messages\": " + messages + " , \"n\":1}";
        assertThat(structure(body.getBytes(StandardCharsets.UTF_8))).isEqualTo(messages);
        assertThat(structure("{\"messages\":{\"a\":[1]}}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("{\"a\":[1]}");
        assertThat(structure("{\"messages\":\"hello\\n\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("hello\n");
        assertThat(structure("{\"messages\":null}".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThatThrownBy(() -> structure("{\"messages\":true}".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("was VALUE_TRUE, expected a text, a number, an array or an object");
        assertThatThrownBy(() -> structure(body.getBytes(StandardCharsets.UTF_16)))
                .hasMessageContaining("the body is not valid JSON");
    }

    @Test
    void nothingOfATextIsShownWhereAPrefixIsWanted() {
        for (String body :
                List.of("{\"messages\": secretly}", "{\"messages\": \"secretly", "{\"messages\": [secretly]}")) {
            assertThatThrownBy(() -> structure(body.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(UnusableKeyException.class)
                    .hasMessageContaining("the body is not valid JSON")
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void aDuplexBodyIsNotWritten() {
        Body body = new Body(-1, true);
        assertThatThrownBy(() -> read(body, 1_000))
                .isInstanceOf(UnusableKeyException.class)
                .hasMessageContaining("the body can be sent only once");
        assertThat(body.written).isZero();
    }
}
