package dev.zerohop.cli;

/** What the user gave cannot be used: one line on stderr, exit code 2. The message says what, the actual value, and what was expected. */
final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadInput(String message) {
        super(message);
    }
}
