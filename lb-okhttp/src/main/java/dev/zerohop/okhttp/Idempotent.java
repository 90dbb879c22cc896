package dev.zerohop.okhttp;

/**
 * Tells whether a request may be repeated although the server may have run it; overrides the methods that the retry configuration lists. Set it as a
 * tag: {@code new Request.Builder().tag(Idempotent.class, Idempotent.YES)}.
 */
public enum Idempotent {
    /** Running it twice does no harm, for example because it carries an idempotency key that the server honours. */
    YES,
    /** It must not be run twice, whatever its method. */
    NO
}
