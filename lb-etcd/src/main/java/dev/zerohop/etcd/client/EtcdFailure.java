package dev.zerohop.etcd.client;

import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.SourceFailure.Kind;
import io.grpc.Status;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;

/** Turns etcd's answers into {@link SourceFailure}s. Pure functions. */
public final class EtcdFailure {
    private EtcdFailure() {}

    /** The {@link SourceFailure} of a future, itself or as a cause. */
    public static SourceFailure of(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return of("", cause, Access.PLAIN);
    }

    /** Why a call to {@code server} with {@code access} failed. */
    public static SourceFailure of(String server, Throwable thrown, Access access) {
        if (thrown instanceof SourceFailure failure) {
            return failure;
        }
        Status status = Status.fromThrowable(thrown);
        if (status.getCause() instanceof AuthTokens.StaleToken) {
            return new SourceFailure(
                    Kind.STALE_TOKEN,
                    "etcd " + server + " no longer accepts the token of " + access.login() + ": "
                            + status.getDescription());
        }
        if (isTooLong(status)) {
            return new SourceFailure(Kind.TOO_MUCH, tooMuch("etcd " + server + " has"), thrown);
        }
        Throwable root = thrown;
        boolean handshake = false;
        while (root.getCause() != null) {
            root = root.getCause();
            handshake |= root instanceof SSLException;
        }
        if (handshake) {
            return new SourceFailure(
                    Kind.UNREACHABLE,
                    "etcd " + server + ": TLS failed, " + root.getClass().getSimpleName() + ": " + root.getMessage()
                            + (access.tls() == null ? "" : "; " + access.tls()),
                    thrown);
        }
        if (root instanceof ConnectException || root instanceof UnknownHostException) {
            return new SourceFailure(
                    Kind.UNREACHABLE,
                    "etcd " + server + " cannot be connected to, " + root.getMessage()
                            + ": check that it listens there, and that no network policy is in between",
                    thrown);
        }
        String description = status.getDescription() == null
                ? ""
                : ": " + status.getDescription().replace("\n", "; ");
        String because = root == thrown || root.getMessage() == null ? "" : " (" + root.getMessage() + ")";
        return new SourceFailure(
                kind(status), "etcd " + server + " answered " + status.getCode() + description + because, thrown);
    }

    /** A watch that the server cancelled. */
    static SourceFailure cancelled(String server, String reason, long compactRevision, Access access) {
        if (compactRevision != 0) {
            return new SourceFailure(
                    Kind.EXPIRED,
                    "etcd " + server + " has compacted its history up to revision " + compactRevision
                            + ", past the revision from which the watch was to start");
        }
        // The ranges were read just before, so either the token was lost or the next read reports the missing
        // permission.
        Kind kind = !isDenial(reason) ? Kind.EXPIRED : access.login() == null ? Kind.DENIED : Kind.STALE_TOKEN;
        return new SourceFailure(
                kind, "etcd " + server + " cancelled the watch: " + (reason.isEmpty() ? "no reason given" : reason));
    }

    /** The message when etcd did not answer in time. {@code verb} is "list" or "watch". */
    public static String overdue(String verb, String what, Duration limit) {
        return "etcd did not " + (verb.equals("watch") ? "begin to watch " : "answer a read of ") + what + " within "
                + limit.toSeconds() + " s";
    }

    /** The message about more than fits into a copy; {@code subject} begins it. */
    static String tooMuch(String subject) {
        return subject + " more than " + EtcdConnection.MAX_MESSAGE_BYTES
                + " bytes of keys and values there, expected at most so many";
    }

    /** A limit of the gRPC client, which checks the length before it reads a message. */
    private static boolean isTooLong(Status status) {
        return status.getCode() == Status.Code.RESOURCE_EXHAUSTED
                && String.valueOf(status.getDescription())
                        .contains("exceeds maximum size " + EtcdConnection.MAX_MESSAGE_BYTES);
    }

    private static Kind kind(Status status) {
        String description = String.valueOf(status.getDescription());
        return switch (status.getCode()) {
            case PERMISSION_DENIED, UNAUTHENTICATED -> Kind.DENIED;
            case INVALID_ARGUMENT -> isDenial(description) ? Kind.DENIED : Kind.EXPIRED;
            case UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN, INTERNAL -> Kind.UNREACHABLE;
            default -> Kind.EXPIRED;
        };
    }

    /** etcd answers a caller without a user name with an invalid argument. */
    static boolean isDenial(String text) {
        return text.contains("permission denied") || AuthTokens.concernsToken(text);
    }
}
