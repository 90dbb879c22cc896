package dev.zerohop.okhttp;

import java.io.IOException;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Source;

/**
 * The bytes of a response. The last one ends the lease ({@link CallState} learns of it from OkHttp), and so does close, and a failure that did not come
 * from the transport.
 */
final class TrackedSource extends ForwardingSource {
    private final OpenLease lease;
    private final CallState call;

    TrackedSource(Source delegate, OpenLease lease, CallState call) {
        super(delegate);
        this.lease = lease;
        this.call = call;
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        lease.awaitsBytes(true);
        long count;
        try {
            count = super.read(sink, byteCount);
        } catch (IOException failure) {
            lease.end(Failure.of(failure, call).outcome());
            throw failure;
        } finally {
            lease.awaitsBytes(false);
        }
        if (count == -1) {
            lease.end(call.answer());
        } else {
            lease.progress();
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            lease.end(call.answer());
        }
    }
}
