package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.security.cert.CertificateException;
import java.util.Collection;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why connections and attempts fail, in words. */
final class Causes {
    /** A few are enough to see a pattern. */
    private static final int NAMED = 5;

    private static final int MAX_CAUSES = 20;
    private static final String NO_NAME =
            " (the target states no name for TLS: state the one in the servers' certificates with overrideAuthority)";

    private Causes() {}

    /** One cause for each endpoint that cannot be connected, up to five; empty if there is none. */
    static String text(Collection<SubchannelHandle> subchannels) {
        StringBuilder text = new StringBuilder();
        int failed = 0;
        for (SubchannelHandle link : subchannels) {
            if (link.state() == ConnectivityState.TRANSIENT_FAILURE && failed++ < NAMED) {
                text.append(failed == 1 ? "" : ", ")
                        .append(link.node().endpoint())
                        .append(": ")
                        .append(describe(link.cause()));
            }
        }
        return failed <= NAMED ? text.toString() : text + " and " + (failed - NAMED) + " more";
    }

    /** What the transport threw at the first endpoint that cannot be connected, or the source where there is no endpoint. */
    static @Nullable Throwable first(Collection<SubchannelHandle> subchannels, @Nullable Status sourceError) {
        for (SubchannelHandle link : subchannels) {
            if (link.state() == ConnectivityState.TRANSIENT_FAILURE
                    && link.cause().getCause() != null) {
                return link.cause().getCause();
            }
        }
        return subchannels.isEmpty() && sourceError != null ? sourceError.getCause() : null;
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
        return Printable.text(cause == null || cause.getMessage() == null ? text : text + ": " + cause.getMessage())
                + (lacksName(cause) ? NO_NAME : "");
    }

    /** Whether a handshake failed for the name that stands where no name was stated. */
    private static boolean lacksName(@Nullable Throwable cause) {
        Throwable each = cause;
        for (int i = 0; each != null && i < MAX_CAUSES; i++) {
            if ((each instanceof SSLException || each instanceof CertificateException)
                    && String.valueOf(each.getMessage()).contains(GrpcTargets.NOT_STATED)) {
                return true;
            }
            each = each.getCause();
        }
        return false;
    }
}
