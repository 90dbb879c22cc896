package dev.zerohop.etcd;

import dev.zerohop.Printable;
import io.grpc.Status;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why etcd could not be asked. */
final class EtcdFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** What to do about it. */
    enum Kind {
        /** No answer: try again soon, over another connection. */
        UNREACHABLE,
        /** An answer that cannot be used (compacted, cancelled): try again soon. */
        INTERRUPTED,
        /** The user's token was not known, for example after a restart: try again at once, with a new one. */
        STALE_TOKEN,
        /** Not allowed: somebody has to change something, so try again late. */
        DENIED,
        /** More than is taken in: somebody has to store less, so try again late. */
        TOO_MUCH,
        /** The client was closed: do not try again. */
        CLOSED
    }

    private final Kind kind;

    EtcdFailure(Kind kind, String message) {
        super(Printable.text(message));
        this.kind = kind;
    }

    private EtcdFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(Printable.text(message), cause);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** What a future failed with that carries an {@link EtcdFailure}, on its own or as a cause. */
    static EtcdFailure of(Throwable thrown) {
        return of("", thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
    }

    /** What a call to {@code server} ended with. */
    static EtcdFailure of(String server, Throwable thrown) {
        return of(server, thrown, Access.PLAIN);
    }

    /** What a call to {@code server}, which is reached by {@code access}, ended with. */
    static EtcdFailure of(String server, Throwable thrown, Access access) {
        if (thrown instanceof EtcdFailure failure) {
            return failure;
        }
        Status status = Status.fromThrowable(thrown);
        if (status.getCause() instanceof Session.StaleToken) {
            return new EtcdFailure(
                    Kind.STALE_TOKEN,
                    "etcd " + server + " does not know the token of " + access.login() + " any more: "
                            + status.getDescription());
        }
        if (isTooLong(status)) {
            return tooMuch("etcd " + server + " has", thrown);
        }
        Throwable root = thrown;
        boolean handshake = false;
        while (root.getCause() != null) {
            root = root.getCause();
            handshake |= root instanceof SSLException;
        }
        if (handshake) {
            return new EtcdFailure(
                    Kind.UNREACHABLE,
                    "etcd " + server + ": TLS failed, " + root.getClass().getSimpleName() + ": " + root.getMessage()
                            + (access.tls() == null ? "" : "; " + access.tls()),
                    thrown);
        }
        String description = status.getDescription() == null
                ? ""
                : ": " + status.getDescription().replace("\n", "; ");
        String because = root == thrown || root.getMessage() == null ? "" : " (" + root.getMessage() + ")";
        return new EtcdFailure(
                kind(status), "etcd " + server + " answered " + status.getCode() + description + because, thrown);
    }

    /** A watch that the server cancelled. */
    static EtcdFailure cancelled(String server, String reason, long compactRevision, Access access) {
        if (compactRevision != 0) {
            return new EtcdFailure(
                    Kind.INTERRUPTED,
                    "etcd " + server + " has compacted its history up to revision " + compactRevision
                            + ", past the point from which it was to be followed");
        }
        // What is watched was read just before, so a user who may not do so any more has lost the token, or learns from
        // the next
        // read what is missing.
        Kind kind = !isDenial(reason) ? Kind.INTERRUPTED : access.login() == null ? Kind.DENIED : Kind.STALE_TOKEN;
        return new EtcdFailure(
                kind, "etcd " + server + " cancelled the watch: " + (reason.isEmpty() ? "no reason given" : reason));
    }

    /** {@code who} has more than is taken in. */
    static EtcdFailure tooMuch(String who, @Nullable Throwable cause) {
        return new EtcdFailure(
                Kind.TOO_MUCH,
                who + " more than " + EtcdConnection.MAX_MESSAGE_BYTES
                        + " bytes of keys and values there, expected at most so many",
                cause);
    }

    /** Said by gRPC at this end, which knows the length before it takes anything in. */
    private static boolean isTooLong(Status status) {
        return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
                && String.valueOf(status.getDescription())
                        .contains("exceeds maximum size " + EtcdConnection.MAX_MESSAGE_BYTES);
    }

    private static Kind kind(Status status) {
        String description = String.valueOf(status.getDescription());
        return switch (status.getCode()) {
            case PERMISSION_DENIED, UNAUTHENTICATED -> Kind.DENIED;
            case INVALID_ARGUMENT -> isDenial(description) ? Kind.DENIED : Kind.INTERRUPTED;
            case UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN, INTERNAL -> Kind.UNREACHABLE;
            default -> Kind.INTERRUPTED;
        };
    }

    /** etcd tells a caller without a user name so, as an invalid argument. */
    static boolean isDenial(String text) {
        return text.contains("permission denied") || Session.concernsToken(text);
    }
}
