package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Probes the health of endpoints. Thread-safe. */
interface Prober {

    /** Prepares to probe an endpoint; sends nothing yet. */
    Target connect(Endpoint endpoint);

    /** One endpoint, with the state that is kept between probes. */
    @FunctionalInterface
    interface Target extends AutoCloseable {
        /**
         * Probes once. May block to look a name up; the caller limits its time by cancelling.
         *
         * @param answer receives null if the endpoint is healthy, else the reason; called once, unless cancelled
         */
        Cancellable probe(Consumer<@Nullable String> answer);

        @Override
        default void close() {}
    }

    /** The address of an endpoint, its name looked up. */
    static InetSocketAddress addressOf(Endpoint endpoint) throws UnknownHostException {
        InetSocketAddress address = new InetSocketAddress(endpoint.host(), endpoint.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException("its host name " + endpoint.host() + " cannot be resolved");
        }
        return address;
    }

    /** Closes a resource of a probe; a failure to close is ignored. */
    static void close(Closeable opened) {
        try {
            opened.close();
        } catch (IOException gone) {
            // A failure to close does not affect the result.
        }
    }

    /** The message of the deepest cause that has one. */
    static String reason(Throwable thrown) {
        String reason = null;
        boolean connecting = false;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            // A wrapper often only repeats its cause.
            boolean own =
                    cause.getCause() == null || !cause.getCause().toString().equals(message);
            if (own && message != null && !message.isBlank()) {
                reason = Printable.text(message);
            }
            connecting |= cause instanceof ConnectException;
        }
        if (reason != null) {
            return reason;
        }
        return connecting ? "no connection could be made" : thrown.getClass().getSimpleName();
    }
}
