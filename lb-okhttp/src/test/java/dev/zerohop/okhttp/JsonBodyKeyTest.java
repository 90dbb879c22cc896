package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import java.io.IOException;
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
        return JsonBodyKey.read(body, JsonPointer.compile("/id"), limit);
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

    @Test
    void aDuplexBodyIsNotWritten() {
        Body body = new Body(-1, true);
        assertThatThrownBy(() -> read(body, 1_000))
                .isInstanceOf(UnusableKeyException.class)
                .hasMessageContaining("the body can be sent only once");
        assertThat(body.written).isZero();
    }
}
