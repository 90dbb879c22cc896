package dev.zerohop.spring;

import dev.zerohop.EndpointSelector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.StreamingHttpOutputMessage;
import org.springframework.http.client.AbstractClientHttpRequest;
import org.springframework.http.client.ClientHttpResponse;

/**
 * A request of Spring as a call of OkHttp. One class file for Spring 6.2 and 7: of headers it uses only what both have, since those of 7 are no map any more, and it stands on the one base class that is public in both.
 */
final class OkHttpRequest extends AbstractClientHttpRequest implements StreamingHttpOutputMessage {
    /** OkHttp refuses these without a body. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "PROPPATCH", "REPORT", "QUERY");

    private final Call.Factory client;
    private final URI uri;
    private final HttpMethod method;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private @Nullable Body streamed;

    OkHttpRequest(Call.Factory client, URI uri, HttpMethod method) {
        this.client = client;
        this.uri = uri;
        this.method = method;
    }

    @Override
    public HttpMethod getMethod() {
        return method;
    }

    @Override
    public URI getURI() {
        return uri;
    }

    @Override
    public void setBody(Body body) {
        assertNotExecuted();
        streamed = body;
    }

    @Override
    protected OutputStream getBodyInternal(HttpHeaders headers) {
        return buffer;
    }

    @Override
    protected ClientHttpResponse executeInternal(HttpHeaders headers) throws IOException {
        HttpUrl url = HttpUrl.get(uri.toString());
        Request.Builder request = new Request.Builder().url(url);
        headers.forEach((name, values) -> {
            // OkHttp states the length by the body, which it is given.
            if (!name.toLowerCase(Locale.ROOT).equals("content-length")) {
                values.forEach(value -> request.addHeader(name, value == null ? "" : value));
            }
        });
        request.method(method.name(), body(headers));
        Object key = getAttributes().get(ZerohopRequestFactory.KEY);
        if (key != null) {
            request.tag(EndpointSelector.class, selector(key));
        }
        return new OkHttpResponse(client.newCall(request.build()).execute());
    }

    private static EndpointSelector selector(Object key) {
        if (key instanceof EndpointSelector selector) {
            return selector;
        }
        return key instanceof Long || key instanceof Integer
                ? EndpointSelector.of(((Number) key).longValue())
                : EndpointSelector.of(key.toString());
    }

    private @Nullable RequestBody body(HttpHeaders headers) {
        String stated = headers.getFirst("Content-Type");
        MediaType type = stated == null ? null : MediaType.parse(stated);
        Body stream = streamed;
        if (stream != null) {
            return new StreamedBody(stream, type, headers.getContentLength());
        }
        return buffer.size() > 0 || WITH_BODY.contains(method.name())
                ? RequestBody.create(buffer.toByteArray(), type)
                : null;
    }

    private static final class StreamedBody extends RequestBody {
        private final Body body;
        private final @Nullable MediaType type;
        private final long length;

        StreamedBody(Body body, @Nullable MediaType type, long length) {
            this.body = body;
            this.type = type;
            this.length = length;
        }

        @Override
        public @Nullable MediaType contentType() {
            return type;
        }

        @Override
        public long contentLength() {
            return length;
        }

        /** What cannot be written twice is not repeated elsewhere once it was begun. */
        @Override
        public boolean isOneShot() {
            return !body.repeatable();
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            body.writeTo(sink.outputStream());
        }
    }
}
