package dev.zerohop.grpc;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what code of others throws on the request path: the first time and then at each power of two, so that a broken policy does not flood. */
final class FaultLog {
    private static final Logger LOG = LoggerFactory.getLogger(FaultLog.class);

    private final AtomicLong faults = new AtomicLong();

    void log(String service, String effect, Throwable thrown) {
        long count = faults.incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.warn("{}: {} ({} times so far); the channel works on", service, effect, count, thrown);
        }
    }
}
