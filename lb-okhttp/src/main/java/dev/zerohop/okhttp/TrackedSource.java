package dev.zerohop.okhttp;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.SocketTimeoutException;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Source;

/** The bytes of a response, whose end is the end of the lease: the last byte, a failure, or close. */
final class TrackedSource extends ForwardingSource {
    private final OpenLease lease;
    private final CallState call;
    private final Outcome whenRead;

    TrackedSource(Source delegate, OpenLease lease, CallState call, Outcome whenRead) {
        super(delegate);
        this.lease = lease;
        this.call = call;
        this.whenRead = whenRead;
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        long count;
        try {
            count = super.read(sink, byteCount);
        } catch (IOException failure) {
            lease.end(failedBy(failure));
            throw failure;
        }
        if (count == -1) {
            lease.end(whenRead);
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            lease.end(whenRead);
        }
    }

    private Outcome failedBy(IOException failure) {
        if (call.canceled()) {
            return call.cancelOutcome();
        }
        return failure instanceof SocketTimeoutException ? Outcome.TIMEOUT : Outcome.TRANSPORT_FAILURE;
    }
}
