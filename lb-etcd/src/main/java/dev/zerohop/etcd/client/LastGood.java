package dev.zerohop.etcd.client;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One key's value: the last one that was good, for as long as the key exists. Each value is parsed once. */
public final class LastGood<T> {

    /** Reads a value. */
    @FunctionalInterface
    public interface Parser<T> {
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
    private @Nullable RejectedValue refused;

    public LastGood(Parser<T> parser) {
        this.parser = parser;
    }

    /** The value that was refused when it was read last; null if it was good or there was none. */
    @Nullable
    public RejectedValue refused() {
        return refused;
    }

    /** The value in force; null if there is no key, or nothing good under it yet. What is refused at present is added to {@code rejections}. */
    @Nullable
    public T read(KeyStore.@Nullable Entry entry, List<RejectedValue> rejections) {
        if (entry == null) {
            good = null;
            refused = null;
        } else if (!entry.equals(seen)) {
            try {
                good = parser.parse(entry.value().toByteArray());
                refused = null;
            } catch (IOException | IllegalArgumentException bad) {
                refused = new RejectedValue(entry.key(), entry.modRevision(), String.valueOf(bad.getMessage()), good != null);
            }
        }
        seen = entry;
        if (refused != null) {
            rejections.add(refused);
        }
        return good;
    }
}
