package dev.zerohop.grpc;

import dev.zerohop.Log;
import java.util.concurrent.atomic.AtomicLong;

/** Logs what code of others throws on the request path: the first time and then at each power of two, so that a broken policy does not flood. */
final class FaultLog {
    private static final Log LOG = Log.of(FaultLog.class);

    private final AtomicLong faults = new AtomicLong();

    void log(String service, String effect, Throwable thrown) {
        long count = faults.incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.warn("{}: {} ({} times so far); the channel works on", service, effect, count, thrown);
        }
    }
}
