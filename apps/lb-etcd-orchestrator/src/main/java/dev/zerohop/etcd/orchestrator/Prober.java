package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import java.net.ConnectException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks endpoints whether they are well. Thread-safe. */
interface Prober {

    /** Begins to probe an endpoint; asks nothing yet. */
    Target connect(Endpoint endpoint);

    /** What is kept for one endpoint from probe to probe. */
    interface Target extends AutoCloseable {
        /**
         * Probes once. May block to look a name up; how long it may take at most is the caller's to say, by cancelling.
         *
         * @param answer is told null if the endpoint is well, else what is wrong with it; once, unless it is cancelled
         */
        Cancellable probe(Consumer<@Nullable String> answer);

        @Override
        void close();
    }

    /** What went wrong, in the words of the deepest cause that has some. */
    static String reason(Throwable thrown) {
        String said = null;
        boolean connecting = false;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            // A wrapper often only repeats its cause.
            boolean own =
                    cause.getCause() == null || !cause.getCause().toString().equals(message);
            if (own && message != null && !message.isBlank()) {
                said = Printable.text(message);
            }
            connecting |= cause instanceof ConnectException;
        }
        if (said != null) {
            return said;
        }
        return connecting ? "no connection could be made" : thrown.getClass().getSimpleName();
    }
}
