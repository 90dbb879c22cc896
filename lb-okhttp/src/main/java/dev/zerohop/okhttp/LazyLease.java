package dev.zerohop.okhttp;

import dev.zerohop.Lease;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lease that begins when its call first needs the network: a call that the client's cache answers was never at the endpoint that was picked for it.
 * Thread-safe: a call can be cancelled at any moment.
 */
final class LazyLease implements Lease {
    private final CallEvents events;
    private final Node node;
    private final long shardEpoch;
    private final boolean spilled;
    private final AtomicReference<@Nullable Lease> begun = new AtomicReference<>();
    private volatile boolean ended;

    LazyLease(CallEvents events, Node node, long shardEpoch, boolean spilled) {
        this.events = events;
        this.node = node;
        this.shardEpoch = shardEpoch;
        this.spilled = spilled;
    }

    /** The call needs its endpoint. The first call counts. */
    void begin() {
        if (ended || begun.get() != null) {
            return;
        }
        Lease lease = events.balancer().begin(node);
        if (spilled) {
            events.spilled(node.endpoint());
        }
        if (!begun.compareAndSet(null, lease) || ended) {
            // It ended meanwhile, and may not have seen this one.
            lease.complete(Outcome.CANCELLED);
        }
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public long shardEpoch() {
        return shardEpoch;
    }

    @Override
    public void answered() {
        Lease lease = begun.get();
        if (lease != null) {
            lease.answered();
        }
    }

    @Override
    public void progress() {
        Lease lease = begun.get();
        if (lease != null) {
            lease.progress();
        }
    }

    @Override
    public boolean wantsLoadReport() {
        Lease lease = begun.get();
        return lease != null && lease.wantsLoadReport();
    }

    @Override
    public void report(Supplier<LoadReport> read) {
        Lease lease = begun.get();
        if (lease != null) {
            lease.report(read);
        }
    }

    @Override
    public boolean complete(Outcome outcome) {
        ended = true;
        Lease lease = begun.get();
        return lease != null && lease.complete(outcome);
    }
}
