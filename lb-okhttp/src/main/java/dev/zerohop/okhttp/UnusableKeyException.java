package dev.zerohop.okhttp;

import dev.zerohop.Printable;
import java.io.Serial;

/** What stands where the key should be cannot be one. The message says what it was and what was expected. Has no stack trace: callers can cause it. */
final class UnusableKeyException extends Exception {
    @Serial
    private static final long serialVersionUID = 1;

    UnusableKeyException(String problem) {
        super(Printable.text(problem), null, false, false);
    }
}
