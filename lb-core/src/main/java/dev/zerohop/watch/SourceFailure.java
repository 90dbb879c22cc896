package dev.zerohop.watch;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Printable;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a read of a store failed, and what to do next. Its message is made printable. Immutable. */
public final class SourceFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** What to do about it. */
    public enum Kind {
        /** No answer, or one that says "later": try again soon, over another connection. */
        UNREACHABLE,
        /** An answer that cannot be gone on from (compacted, expired, cancelled): read everything again soon. */
        EXPIRED,
        /** The token of this client was not known, for example after a restart of the server: try again at once, with a new one. */
        STALE_TOKEN,
        /** Not allowed: a permission has to be granted first, so try again late. */
        DENIED,
        /** The store has no such thing: it has to be installed first, so try again late. */
        MISSING,
        /** More than is taken in: less has to be stored or chosen, so try again late. */
        TOO_MUCH,
        /** The client was closed: do not try again. */
        CLOSED
    }

    private final Kind kind;
    private final int code;
    private final Duration retryAfter;

    /** A failure without a status code or a wish of the server's. */
    public SourceFailure(Kind kind, String message) {
        this(kind, message, null);
    }

    /** The same with the exception that shows it. */
    public SourceFailure(Kind kind, String message, @Nullable Throwable cause) {
        super(Printable.text(message), cause);
        this.kind = requireNonNull(kind, "kind");
        this.code = 0;
        this.retryAfter = Duration.ZERO;
    }

    /**
     * An answer other than success.
     *
     * @param code the answer's status; 0 for none
     * @param retryAfter how long the server wants to be left alone; zero if it did not say
     */
    public SourceFailure(Kind kind, String message, int code, Duration retryAfter) {
        super(Printable.text(message));
        this.kind = requireNonNull(kind, "kind");
        this.code = code;
        this.retryAfter = requireNonNull(retryAfter, "retryAfter");
    }

    /** What to do about it. */
    public Kind kind() {
        return kind;
    }

    /** The status of the answer; 0 without one. */
    public int code() {
        return code;
    }

    /** How long the server wants to be left alone; zero if it did not say. */
    public Duration retryAfter() {
        return retryAfter;
    }

    /** Whether an operator has to change something before it can end: asking again soon does not help. */
    public boolean needsAnOperator() {
        return kind == Kind.DENIED || kind == Kind.MISSING || kind == Kind.TOO_MUCH;
    }

    /** Whether it has the same remedy as another: it need not be reported again after that. */
    public boolean isLike(SourceFailure other) {
        return kind == other.kind && code == other.code;
    }
}
