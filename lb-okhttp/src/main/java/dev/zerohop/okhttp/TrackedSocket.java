package dev.zerohop.okhttp;

import okio.Sink;
import okio.Socket;
import okio.Source;

/** The two streams of an upgraded connection (a WebSocket); the end of what comes in is the end of the lease. */
final class TrackedSocket implements Socket {
    private final Socket delegate;
    private final Source source;
    private final Sink sink;

    TrackedSocket(Socket delegate, Source source, OpenLease lease) {
        this.delegate = delegate;
        this.source = source;
        this.sink = new TrackedSink(delegate.getSink(), lease);
    }

    @Override
    public Source getSource() {
        return source;
    }

    @Override
    public Sink getSink() {
        return sink;
    }

    @Override
    public void cancel() {
        delegate.cancel();
    }
}
