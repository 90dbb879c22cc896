package dev.zerohop.cli;

import dev.zerohop.Printable;
import org.jspecify.annotations.Nullable;

/**
 * How one call ended.
 *
 * @param error null when it succeeded, else the kind of failure: {@code HTTP_503}, a gRPC code, {@code CONNECT}, {@code TIMEOUT}, {@code NO_ENDPOINT}
 * @param endpoint id of the endpoint that the last attempt went to, or null when there was none
 * @param server the id in the server's answer, or null when none answered
 * @param retries attempts after the first
 * @param cause why the call failed; null when it succeeded
 */
public record CallResult(
        @Nullable String error,
        @Nullable String endpoint,
        @Nullable String server,
        int retries,
        @Nullable String cause) {

    /** Makes texts of servers printable, since each is one line of the output. */
    public CallResult {
        server = server == null ? null : Printable.text(server, Printable.MAX_NAME);
        cause = cause == null ? null : Printable.text(cause);
    }

    /** Without a cause. */
    public CallResult(@Nullable String error, @Nullable String endpoint, @Nullable String server, int retries) {
        this(error, endpoint, server, retries, null);
    }
}
