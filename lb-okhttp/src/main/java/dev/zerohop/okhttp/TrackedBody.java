package dev.zerohop.okhttp;

import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** A response body whose end is the end of the lease. */
final class TrackedBody extends ResponseBody {
    private final @Nullable MediaType contentType;
    private final long contentLength;
    private final BufferedSource source;

    TrackedBody(ResponseBody body, TrackedSource source) {
        this.contentType = body.contentType();
        this.contentLength = body.contentLength();
        this.source = Okio.buffer(source);
    }

    @Override
    public @Nullable MediaType contentType() {
        return contentType;
    }

    @Override
    public long contentLength() {
        return contentLength;
    }

    @Override
    public BufferedSource source() {
        return source;
    }
}
