package dev.zerohop.okhttp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.ForwardingSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** Reads one value out of a request body that can be written again. */
final class JsonBodyKey {
    /** Names are not kept: they are the callers', and a table of them would be shared by all. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final JsonParser parser;

    /** What the parser reads, where objects and arrays count as well, as they are written; else null. */
    private final @Nullable String written;

    private JsonBodyKey(JsonParser parser, @Nullable String written) {
        this.parser = parser;
        this.written = written;
    }

    /**
     * The text or number at {@code pointer} (RFC 6901), or null if there is no body, no such value, or it is null. The body is read to its end: one that is
     * cut, or that has another value behind the first, or a name twice on the way to the key, may mean something else to the server.
     *
     * @param structures whether an object or an array counts as well, as the body writes it
     */
    static @Nullable String read(
            @Nullable RequestBody body, @Nullable JsonPointer pointer, long limit, boolean structures)
            throws IOException, UnusableKeyException {
        if (body == null || pointer == null) {
            return null;
        }
        if (body.isOneShot() || body.isDuplex()) {
            throw new UnusableKeyException(
                    "cannot be read: the body can be sent only once, expected one that can be sent again");
        }
        Buffer copy = copy(body, limit);
        if (copy.exhausted()) {
            return null;
        }
        String written = structures ? copy.readUtf8() : null;
        try (JsonParser parser = written == null ? JSON.createParser(copy.inputStream()) : JSON.createParser(written)) {
            if (parser.nextToken() == null) {
                throw new UnusableKeyException("cannot be read: the body is white space, expected JSON");
            }
            String found = new JsonBodyKey(parser, written).find(pointer);
            if (parser.nextToken() != null) {
                throw new UnusableKeyException("cannot be read: the body has more than one JSON value, expected one");
            }
            return found;
        } catch (JsonProcessingException notJson) {
            JsonReader.MalformedException malformed = JsonReader.malformed(notJson);
            // What is to be a prefix is a text of the user's, and no name of something.
            throw new UnusableKeyException(
                    "cannot be read: the body is " + (structures ? malformed.withoutText() : malformed.getMessage()));
        } catch (IOException notText) {
            // Not the network's: the body is in memory.
            throw new UnusableKeyException("cannot be read: the body is not valid JSON: " + notText.getMessage());
        }
    }

    /** Reads the value at which the parser stands to its end. The depth of the calls is that of the pointer. */
    private @Nullable String find(JsonPointer pointer) throws IOException, UnusableKeyException {
        if (pointer.matches()) {
            return value();
        }
        JsonToken token = parser.currentToken();
        String found = null;
        if (token == JsonToken.START_OBJECT) {
            String wanted = pointer.getMatchingProperty();
            boolean seen = false;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                boolean here = parser.currentName().equals(wanted);
                parser.nextToken();
                if (!here) {
                    parser.skipChildren();
                    continue;
                }
                if (seen) {
                    throw new UnusableKeyException(
                            "cannot be read: the body has a name on the way to it twice, expected once");
                }
                seen = true;
                found = find(pointer.tail());
            }
        } else if (token == JsonToken.START_ARRAY) {
            int wanted = pointer.getMatchingIndex();
            for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
                if (index == wanted) {
                    found = find(pointer.tail());
                } else {
                    parser.skipChildren();
                }
            }
        }
        return found;
    }

    private @Nullable String value() throws IOException, UnusableKeyException {
        JsonToken token = parser.currentToken();
        if (written != null && token.isStructStart()) {
            int from = (int) parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            return written.substring(from, (int) parser.currentLocation().getCharOffset());
        }
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (token == JsonToken.VALUE_STRING || token.isNumeric()) {
            return parser.getText();
        }
        throw new UnusableKeyException("was " + token + ", expected a text"
                + (written != null ? ", a number, an array or an object" : " or a number"));
    }

    private static Buffer copy(RequestBody body, long limit) throws IOException, UnusableKeyException {
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
            throw new UnusableKeyException("cannot be read: the body is longer than " + limit + " bytes");
        }
        return copy;
    }
}
