package dev.zerohop.spring;

import org.jspecify.annotations.Nullable;

/** A property that cannot be used. The message is one sentence: the key, what it was and what was expected. */
final class InvalidPropertyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InvalidPropertyException(String key, @Nullable String problem) {
        super(key + ": " + problem);
    }
}
