package dev.zerohop.etcd;

import io.grpc.Status;
import java.io.IOException;

/** Why etcd could not be asked. */
final class EtcdFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** What to do about it. */
    enum Kind {
        /** No answer: try again soon, over another connection. */
        UNREACHABLE,
        /** An answer that cannot be used (compacted, cancelled): try again soon. */
        INTERRUPTED,
        /** Not allowed: somebody has to change something, so try again late. */
        DENIED,
        /** The client was closed: do not try again. */
        CLOSED
    }

    private final Kind kind;

    EtcdFailure(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    private EtcdFailure(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** What a call to {@code server} ended with. */
    static EtcdFailure of(String server, Throwable thrown) {
        if (thrown instanceof EtcdFailure failure) {
            return failure;
        }
        Status status = Status.fromThrowable(thrown);
        String description = status.getDescription() == null ? "" : ": " + status.getDescription();
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String because = root == thrown || root.getMessage() == null ? "" : " (" + root.getMessage() + ")";
        return new EtcdFailure(
                kind(status), "etcd " + server + " answered " + status.getCode() + description + because, thrown);
    }

    /** A watch that the server cancelled. */
    static EtcdFailure cancelled(String server, String reason, long compactRevision) {
        if (compactRevision != 0) {
            return new EtcdFailure(
                    Kind.INTERRUPTED,
                    "etcd " + server + " has compacted its history up to revision " + compactRevision
                            + ", past the point from which it was to be followed");
        }
        return new EtcdFailure(
                isDenial(reason) ? Kind.DENIED : Kind.INTERRUPTED,
                "etcd " + server + " cancelled the watch: " + (reason.isEmpty() ? "no reason given" : reason));
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
    private static boolean isDenial(String text) {
        return text.contains("permission denied")
                || text.contains("user name is empty")
                || text.contains("invalid auth token");
    }
}
