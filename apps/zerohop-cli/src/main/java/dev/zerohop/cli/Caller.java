package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends single calls to one target through zerohop. */
interface Caller extends AutoCloseable {

    /** Waits for the first answer of the source, and for connections if they are made before calls, but no longer than {@code nanos}. */
    void awaitReady(long nanos) throws InterruptedException;

    /**
     * Begins one call and returns at once.
     *
     * @param key the call's key, or null
     * @param done called once with the result, on any thread
     */
    void call(@Nullable EndpointSelector key, Consumer<CallResult> done);

    /** Why all calls fail: the source's first configuration is rejected; null if it is not. */
    @Nullable
    String unconfigured();

    /** Why no endpoint has an ordinal, if the source reports it; null if some have. */
    @Nullable
    String unnumbered();

    /** The values of the source that are rejected. */
    default RejectedValues rejected() {
        return new RejectedValues();
    }

    @Override
    void close();
}
