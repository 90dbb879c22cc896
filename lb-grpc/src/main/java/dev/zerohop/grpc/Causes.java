package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Why connections fail, for the error of a call: a few are enough to see a pattern.
 *
 * @param text one cause for each endpoint, up to five; empty if no connection has failed
 * @param first what the transport threw at the first of them, or the source where there is no endpoint
 */
record Causes(String text, @Nullable Throwable first) {
    static final Causes NONE = new Causes("", null);

    private static final int NAMED = 5;

    static Causes of(Collection<Link> links, @Nullable Status sourceError) {
        StringBuilder text = new StringBuilder();
        Throwable first = links.isEmpty() && sourceError != null ? sourceError.getCause() : null;
        int failed = 0;
        for (Link link : links) {
            if (link.state() == ConnectivityState.TRANSIENT_FAILURE && failed++ < NAMED) {
                text.append(failed == 1 ? "" : ", ")
                        .append(link.node().endpoint())
                        .append(": ")
                        .append(describe(link.cause()));
                first = first == null ? link.cause().getCause() : first;
            }
        }
        return new Causes(failed <= NAMED ? text.toString() : text + " and " + (failed - NAMED) + " more", first);
    }

    /** How an attempt at this endpoint ended. */
    static String describe(Endpoint endpoint, Status status) {
        boolean withCode = status.getCode() != Status.Code.UNAVAILABLE && status.getDescription() != null;
        return endpoint + ": " + (withCode ? status.getCode() + ": " : "") + describe(status);
    }

    /** A transport's words, and those of the exception behind it, which has the address and "Connection refused". */
    static String describe(Status status) {
        String text = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        Throwable cause = status.getCause();
        return cause == null || cause.getMessage() == null ? text : text + ": " + cause.getMessage();
    }
}
