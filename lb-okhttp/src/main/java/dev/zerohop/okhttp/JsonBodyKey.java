package dev.zerohop.okhttp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter;
import java.io.IOException;
import java.io.Serial;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.ForwardingSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** Reads one value out of a request body that can be written again. */
final class JsonBodyKey {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonBodyKey() {}

    /** Why a body has no usable key. */
    static final class UnusableException extends Exception {
        @Serial
        private static final long serialVersionUID = 1;

        UnusableException(String problem) {
            super(problem);
        }
    }

    /** The text or number at {@code pointer} (RFC 6901), or null if there is no body, no such value, or it is null. */
    static @Nullable String read(@Nullable RequestBody body, @Nullable JsonPointer pointer, long limit)
            throws IOException, UnusableException {
        if (body == null || pointer == null) {
            return null;
        }
        if (body.isOneShot() || body.isDuplex()) {
            throw new UnusableException(
                    "cannot be read: the body can be sent only once, expected one that can be sent again");
        }
        try (JsonParser parser = new FilteringParserDelegate(
                JSON.createParser(copy(body, limit).inputStream()),
                new JsonPointerBasedFilter(pointer),
                TokenFilter.Inclusion.ONLY_INCLUDE_ALL,
                false)) {
            JsonToken token = parser.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (token == JsonToken.VALUE_STRING || token.isNumeric()) {
                return parser.getText();
            }
            throw new UnusableException("was " + token + ", expected a text or a number");
        } catch (JsonProcessingException notJson) {
            throw new UnusableException("cannot be read: the body is not JSON: " + notJson.getOriginalMessage());
        }
    }

    private static Buffer copy(RequestBody body, long limit) throws IOException, UnusableException {
        Buffer copy = new Buffer();
        boolean[] tooLong = {body.contentLength() > limit};
        if (!tooLong[0]) {
            BufferedSink sink = Okio.buffer(new ForwardingSink(copy) {
                @Override
                public void write(Buffer source, long byteCount) throws IOException {
                    if (copy.size() + byteCount > limit) {
                        tooLong[0] = true;
                        throw new IOException("body longer than " + limit + " bytes");
                    }
                    super.write(source, byteCount);
                }
            });
            try {
                body.writeTo(sink);
                sink.flush();
            } catch (IOException failure) {
                if (!tooLong[0]) {
                    throw failure;
                }
            }
        }
        if (tooLong[0]) {
            throw new UnusableException("cannot be read: the body is longer than " + limit + " bytes");
        }
        return copy;
    }
}
