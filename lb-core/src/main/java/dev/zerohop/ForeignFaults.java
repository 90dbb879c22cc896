package dev.zerohop;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what parts throw that others wrote: stages, policies, guards, sources. The first failure of a part is logged, and then each power of two, so that
 * a part that stays broken is seen and does not flood. Thread-safe.
 */
final class ForeignFaults {
    private static final Logger LOG = LoggerFactory.getLogger(ForeignFaults.class);

    private final String service;
    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

    ForeignFaults(String service) {
        this.service = service;
    }

    /**
     * Reports one failure.
     *
     * @param part what threw, one of few texts
     * @param consequence what holds in its place
     */
    void report(String part, String consequence, Throwable thrown) {
        long count = counts.computeIfAbsent(part, none -> new AtomicLong()).incrementAndGet();
        if (Long.bitCount(count) == 1) {
            LOG.error("{}: {} threw ({} times so far); {}", service, part, count, consequence, thrown);
        }
    }

    /** A part's name, for a part whose code may throw that as well. */
    static String nameOf(Object part) {
        try {
            return String.valueOf(part);
        } catch (Throwable unnamed) {
            return part.getClass().getName();
        }
    }
}
