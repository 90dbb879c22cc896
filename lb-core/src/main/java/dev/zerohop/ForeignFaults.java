package dev.zerohop;

import dev.zerohop.internal.FaultCount;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reports what parts throw that others wrote: stages, policies, guards, sources. Logged as
 * {@link FaultCount} says. Thread-safe.
 */
final class ForeignFaults {
    private static final Log LOG = Log.of(ForeignFaults.class);

    private final String service;
    private final Map<String, FaultCount> counts = new ConcurrentHashMap<>();

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
        long count = counts.computeIfAbsent(part, none -> new FaultCount()).next();
        if (count != 0) {
            LOG.error("{}: {} threw ({} times so far); {}", service, part, count, consequence, thrown);
        }
    }

    /** Closes a part; one that cannot be closed must not keep the others open. */
    void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Throwable failed) {
            LOG.warn("{}: {} could not be closed; the rest is", service, nameOf(part), failed);
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
