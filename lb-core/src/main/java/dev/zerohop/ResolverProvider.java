package dev.zerohop;

/**
 * Makes resolvers for the targets of one scheme. Found by {@link java.util.ServiceLoader}, through this library's class loader and that of the thread that reads a target; the scheme then works in the API, under
 * gRPC, under OkHttp and on the command line. A scheme that two providers have is rejected where it is used. Thread-safe.
 */
public interface ResolverProvider {

    /** The scheme, in lower case, for example {@code static}. */
    String scheme();

    /**
     * Makes a resolver that has not been started.
     *
     * @throws IllegalArgumentException if the target does not say what this scheme needs; the message names the position, the
     *     value and what was expected
     */
    Resolver newResolver(Target target, Env env);

    /**
     * The name that TLS certificates are checked against when the caller states none, or an empty string when the target does
     * not determine one.
     */
    default String tlsName(Target target) {
        return "";
    }
}
