package dev.zerohop.monitor;

import dev.zerohop.Cancellable;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Where meters are published: implemented once for each metrics library. Meters are registered and cancelled on control paths, those of one service one at a time, those of several at once; the suppliers may be read from any thread at any
 * time, never throw, and are held by what is returned.
 *
 * <p>All tags are given in their order, {@link Meter#SERVICE} first. A cancelled meter is shown no more, as far as the library can forget one.
 */
public interface MeterBackend {

    /** Publishes a count that only grows, from 0. */
    Cancellable counter(Meter meter, Map<String, String> tags, DoubleSupplier total);

    /** Publishes a number; NaN is none. */
    Cancellable gauge(Meter meter, Map<String, String> tags, DoubleSupplier value);

    /**
     * Publishes durations, for a {@link Meter.Type#HISTOGRAM} or a {@link Meter.Type#TIMER}.
     *
     * @throws IllegalStateException if this meter of this service is published already, as far as the library knows
     */
    Recorder recorder(Meter meter, Map<String, String> tags);

    /** Takes durations. */
    interface Recorder extends Cancellable {

        /** Records one. Request path: does not block. */
        void record(long nanos);
    }
}
