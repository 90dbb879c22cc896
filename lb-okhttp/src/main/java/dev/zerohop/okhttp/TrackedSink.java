package dev.zerohop.okhttp;

import java.io.IOException;
import okio.Buffer;
import okio.ForwardingSink;
import okio.Sink;

/** What is sent of an attempt: bytes that move are progress. */
final class TrackedSink extends ForwardingSink {
    private final OpenLease lease;

    TrackedSink(Sink delegate, OpenLease lease) {
        super(delegate);
        this.lease = lease;
    }

    @Override
    public void write(Buffer source, long byteCount) throws IOException {
        super.write(source, byteCount);
        lease.progress();
    }
}
