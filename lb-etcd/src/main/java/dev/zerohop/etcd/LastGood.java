package dev.zerohop.etcd;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One key's value: the last one that was good, for as long as the key exists. Each value is parsed, and if bad refused, once. */
final class LastGood<T> {

    /** Reads a value. */
    @FunctionalInterface
    interface Parser<T> {
        /**
         * Reads a value.
         *
         * @throws IOException if it is refused
         * @throws IllegalArgumentException if it is refused
         */
        T parse(byte[] value) throws IOException;
    }

    private final Parser<T> parser;
    private KeyStore.@Nullable Entry seen;
    private @Nullable T good;

    LastGood(Parser<T> parser) {
        this.parser = parser;
    }

    /** The value in force; null if there is no key, or nothing good under it yet. A refusal is added to {@code refusals}. */
    @Nullable
    T read(KeyStore.@Nullable Entry entry, List<String> refusals) {
        if (entry == null) {
            good = null;
        } else if (!entry.equals(seen)) {
            try {
                good = parser.parse(entry.value().toByteArray());
            } catch (IOException | IllegalArgumentException refused) {
                refusals.add(entry.key() + " at revision " + entry.modRevision() + " is refused, "
                        + (good == null ? "there is no good value before it" : "the last good value stays") + ": "
                        + refused.getMessage());
            }
        }
        seen = entry;
        return good;
    }
}
