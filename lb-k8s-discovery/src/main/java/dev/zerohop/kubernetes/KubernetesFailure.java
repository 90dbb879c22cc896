package dev.zerohop.kubernetes;

import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.SourceFailure.Kind;
import java.time.Duration;

/** Turns answers of the API server into {@link SourceFailure}s. Pure functions. */
final class KubernetesFailure {
    private KubernetesFailure() {}

    /** The failure of a request to {@code verb} that got no answer. */
    static SourceFailure unanswered(String server, String verb, Selection<?> what, Throwable thrown) {
        return unanswered(server, verb + " " + what, thrown);
    }

    /** The same for a request in words. */
    static SourceFailure unanswered(String server, String doing, Throwable thrown) {
        if (thrown instanceof SourceFailure failure) {
            return failure;
        }
        String failed = server + ": the request to " + doing + " failed: ";
        String secret = FailureWords.secret(thrown);
        return secret != null
                ? new SourceFailure(Kind.UNREACHABLE, failed + secret)
                : new SourceFailure(Kind.UNREACHABLE, failed + FailureWords.of(thrown), thrown);
    }

    /** An answer other than success. {@code message} is the server's own explanation and may be empty. */
    static SourceFailure answered(
            String server, String verb, Selection<?> what, int code, String message, Duration retryAfter) {
        return answered(server, verb + " " + what, permission(what), code, message, retryAfter);
    }

    /** The permission that a 403 lacks. */
    static String permission(Selection<?> what) {
        String role = what.namespace() == null ? "a ClusterRole" : "a Role in namespace " + what.namespace();
        return "; expected " + role + " of this client's service account to hold: {apiGroups: [\""
                + what.kind().group() + "\"], resources: [\"" + what.kind().plural()
                + "\"], verbs: [\"list\", \"watch\"]}";
    }

    /** The same for a request in words. */
    static SourceFailure answered(
            String server, String doing, String permission, int code, String message, Duration retryAfter) {
        String answer =
                server + " answered " + code + " when asked to " + doing + (message.isEmpty() ? "" : ": " + message);
        return switch (code) {
            case 401 ->
                new SourceFailure(
                        Kind.UNREACHABLE,
                        answer
                                + "; it does not accept the token or certificate of this client, expected a valid one:"
                                + " it may have expired, or be of another cluster",
                        code,
                        retryAfter);
            case 403 -> new SourceFailure(Kind.DENIED, answer + permission, code, retryAfter);
            case 404 -> new SourceFailure(Kind.MISSING, answer + "; expected a server that has them", code, retryAfter);
            case 410 -> new SourceFailure(Kind.EXPIRED, answer, code, retryAfter);
            case 301, 302, 303, 307, 308 ->
                new SourceFailure(
                        Kind.UNREACHABLE,
                        answer + "; redirects are not followed, expected the address of the API server itself",
                        code,
                        retryAfter);
            default -> new SourceFailure(Kind.UNREACHABLE, answer, code, retryAfter);
        };
    }
}
