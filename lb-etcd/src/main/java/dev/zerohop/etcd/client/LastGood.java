package dev.zerohop.etcd.client;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last good value of one key, for as long as the key exists. Each value is parsed once. */
public final class LastGood<T> {

    /** Reads a value. */
    @FunctionalInterface
    public interface Parser<T> {
        /** Reads a value; throws either exception to reject it. */
        T parse(byte[] value) throws IOException;
    }

    private final Parser<T> parser;
    private KeyStore.@Nullable Entry seen;
    private @Nullable T good;
    private @Nullable RejectedValue rejected;

    public LastGood(Parser<T> parser) {
        this.parser = parser;
    }

    /** The last value, if it was rejected. */
    @Nullable
    public RejectedValue rejected() {
        return rejected;
    }

    /** The value in force; null if there is no key, or no good value yet. A rejected one is added to {@code rejections}. */
    @Nullable
    public T read(KeyStore.@Nullable Entry entry, List<RejectedValue> rejections) {
        if (entry == null) {
            good = null;
            rejected = null;
        } else if (!entry.equals(seen)) {
            try {
                good = parser.parse(entry.value().toByteArray());
                rejected = null;
            } catch (IOException | IllegalArgumentException bad) {
                rejected = new RejectedValue(
                        entry.key(), entry.modRevision(), String.valueOf(bad.getMessage()), good != null);
            }
        }
        seen = entry;
        if (rejected != null) {
            rejections.add(rejected);
        }
        return good;
    }
}
