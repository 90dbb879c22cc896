package dev.zerohop.kubernetes;

import dev.zerohop.Printable;
import java.io.IOException;
import java.time.Duration;

/** Why the API server could not be asked. */
final class KubernetesFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** What to do about it. */
    enum Kind {
        /** No answer, or one that says "later": try again soon. */
        UNREACHABLE,
        /** The state to follow from, or to read on from, is no longer kept: read everything again. */
        EXPIRED,
        /** Not allowed: somebody has to grant something, so try again late. */
        DENIED,
        /** There is no such resource at this server: somebody has to install something, so try again late. */
        MISSING,
        /** More than is taken in: somebody has to choose fewer, so try again late. */
        TOO_MUCH,
        /** The client was closed: do not try again. */
        CLOSED
    }

    private final Kind kind;
    private final Duration retryAfter;

    /** The status of the answer; 0 without one. */
    private int code;

    KubernetesFailure(Kind kind, String message) {
        this(kind, message, Duration.ZERO);
    }

    /** {@code retryAfter} is what the server asked for; zero if it did not. */
    KubernetesFailure(Kind kind, String message, Duration retryAfter) {
        super(Printable.text(message));
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    private KubernetesFailure(Kind kind, String message, Throwable cause) {
        super(Printable.text(message), cause);
        this.kind = kind;
        this.retryAfter = Duration.ZERO;
    }

    Kind kind() {
        return kind;
    }

    /** Whether it has the same remedy as another: it need not be reported again after that. */
    boolean isLike(KubernetesFailure other) {
        return kind == other.kind && code == other.code;
    }

    /** How long the server wants to be left alone; zero if it did not say. */
    Duration retryAfter() {
        return retryAfter;
    }

    /** What an attempt to {@code verb} ended with that brought no answer. */
    static KubernetesFailure unanswered(String server, String verb, Selection<?> what, Throwable thrown) {
        return unanswered(server, verb + " " + what, thrown);
    }

    /** The same; {@code doing} says what was asked for. */
    static KubernetesFailure unanswered(String server, String doing, Throwable thrown) {
        if (thrown instanceof KubernetesFailure failure) {
            return failure;
        }
        return new KubernetesFailure(
                Kind.UNREACHABLE, server + " cannot be asked to " + doing + ": " + FailureWords.of(thrown), thrown);
    }

    /** An answer other than success. {@code said} is the server's own explanation and may be empty. */
    static KubernetesFailure answered(
            String server, String verb, Selection<?> what, int code, String said, Duration retryAfter) {
        String expected = "; expected " + what.roleKind() + " of this client's service account to hold: " + what.rule();
        return answered(server, verb + " " + what, expected, code, said, retryAfter);
    }

    /** The same; {@code permission} is what a 403 lacks. */
    static KubernetesFailure answered(
            String server, String doing, String permission, int code, String said, Duration retryAfter) {
        String answer = server + " answered " + code + " when asked to " + doing + (said.isEmpty() ? "" : ": " + said);
        KubernetesFailure failure = switch (code) {
            case 401 ->
                new KubernetesFailure(
                        Kind.UNREACHABLE,
                        answer
                                + "; it does not accept the token or certificate of this client, expected a valid one:"
                                + " it may have expired, or be of another cluster",
                        retryAfter);
            case 403 -> new KubernetesFailure(Kind.DENIED, answer + permission, retryAfter);
            case 404 -> new KubernetesFailure(Kind.MISSING, answer + "; expected a server that has them", retryAfter);
            case 410 -> new KubernetesFailure(Kind.EXPIRED, answer, retryAfter);
            case 301, 302, 303, 307, 308 ->
                new KubernetesFailure(
                        Kind.UNREACHABLE,
                        answer + "; it is not followed elsewhere, expected the address of the API server itself",
                        retryAfter);
            default -> new KubernetesFailure(Kind.UNREACHABLE, answer, retryAfter);
        };
        failure.code = code;
        return failure;
    }
}
