package dev.zerohop.okhttp;

import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** A request body that may take long to send, so that what is written of it has to count as progress. */
final class TrackedRequestBody extends RequestBody {
    /** Shorter ones are left as they are: interceptors may look for their type. */
    private static final long LONG = 1 << 20;

    private final RequestBody body;
    private final OpenLease lease;

    private TrackedRequestBody(RequestBody body, OpenLease lease) {
        this.body = body;
        this.lease = lease;
    }

    static RequestBody of(RequestBody body, OpenLease lease) throws IOException {
        long length = body.contentLength();
        return length >= 0 && length < LONG ? body : new TrackedRequestBody(body, lease);
    }

    @Override
    public @Nullable MediaType contentType() {
        return body.contentType();
    }

    @Override
    public long contentLength() throws IOException {
        return body.contentLength();
    }

    @Override
    public boolean isDuplex() {
        return body.isDuplex();
    }

    @Override
    public boolean isOneShot() {
        return body.isOneShot();
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        BufferedSink tracked = Okio.buffer(new TrackedSink(sink, lease));
        body.writeTo(tracked);
        if (!body.isDuplex()) {
            tracked.emit();
        }
    }
}
