package dev.zerohop.grpc;

import io.grpc.Attributes;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The connections of one endpoint, so that a lost one counts as one failure, however many streams it carried. Lock-free. */
final class Connections {
    private final AtomicReference<@Nullable Connection> latest = new AtomicReference<>();

    /** The connection that has these attributes: each has an instance of its own, the same for all its streams. */
    Connection of(Attributes transport) {
        while (true) {
            Connection known = latest.get();
            if (known != null && known.transport == transport) {
                return known;
            }
            Connection next = new Connection(transport);
            if (latest.compareAndSet(known, next)) {
                return next;
            }
        }
    }

    /** One connection. */
    static final class Connection {
        private final Attributes transport;
        private final AtomicInteger losses = new AtomicInteger();

        private Connection(Attributes transport) {
            this.transport = transport;
        }

        /** To be kept from the start of a stream to its end. */
        int losses() {
            return losses.get();
        }

        /**
         * Whether a stream that was lost with its connection is the first one to say so. A server that is stopped hard resets its streams one by one, before the
         * connection goes: of the streams that were open together, one counts.
         *
         * @param seen the {@link #losses} at the start of the stream
         */
        boolean isFirstLoss(int seen) {
            return losses.compareAndSet(seen, seen + 1);
        }
    }
}
