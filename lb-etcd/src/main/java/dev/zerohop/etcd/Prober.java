package dev.zerohop.etcd;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks endpoints whether they are well. Thread-safe. */
interface Prober {

    /** Begins to probe an endpoint; asks nothing yet. */
    Line open(Endpoint endpoint);

    /** What is kept for one endpoint from probe to probe. */
    interface Line extends AutoCloseable {
        /**
         * Probes once. May block to look a name up; how long it may take at most is the caller's to say, by cancelling.
         *
         * @param answer is told null if the endpoint is well, else what is wrong with it; once, unless it is cancelled
         */
        Cancellable probe(Consumer<@Nullable String> answer);

        @Override
        void close();
    }

    /** What went wrong, in the words of whoever noticed it. */
    static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
