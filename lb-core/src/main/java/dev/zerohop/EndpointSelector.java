package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.Xxh64;
import org.jspecify.annotations.Nullable;

/**
 * The key of a call: the customer, order or session that it belongs to. Keyed policies (shard, rendezvous, ring_hash) send equal keys to the same endpoint.
 *
 * <p>A lambda is enough for an integer key: {@code () -> customer.hashCode()}. For text and long keys use {@link #of(String)} and
 * {@link #of(long)}. Implementations are immutable, or at least answer the same during one call.
 *
 * <p>Placement is a promise: {@link #hash} of equal keys is the same in every process and release ({@code zerohop-shard/v1}).
 */
@FunctionalInterface
public interface EndpointSelector {

    /** The integer key. Modulo placement uses this very number; for a text key it is the low half of {@link #hash}. */
    int hashableIdentifier();

    /** The text key, or null if this key is an integer. */
    default @Nullable String text() {
        return null;
    }

    /** The integer key as a long; meaningful only when {@link #text} is null. */
    default long number() {
        return hashableIdentifier();
    }

    /** XXH64 with seed 0 of the key: of its UTF-8 bytes, or of the integer sign-extended to int64, little-endian. */
    default long hash() {
        String text = text();
        return text != null ? Xxh64.hashUtf8(text) : Xxh64.hashLong(number());
    }

    /** A text key. */
    static EndpointSelector of(String key) {
        return new TextKey(requireNonNull(key, "key"));
    }

    /** An integer key of 64 bits. */
    static EndpointSelector of(long key) {
        return new LongKey(key);
    }

    /** An integer key. The same key as {@code of((long) key)}. */
    static EndpointSelector of(int key) {
        return new LongKey(key);
    }
}
