package dev.zerohop.dns;

import dev.zerohop.Printable;
import java.io.IOException;

/** The name does not exist, or has no record of the type. This is a valid answer without endpoints. */
final class NoRecordsException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean nameExists;

    NoRecordsException(boolean nameExists, String message) {
        super(Printable.text(message));
        this.nameExists = nameExists;
    }

    boolean nameExists() {
        return nameExists;
    }
}
