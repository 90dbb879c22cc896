package dev.zerohop.cli;

/** The user's input is rejected: one line on stderr, exit code 2. The message names the input, its value, and what was expected. */
final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadInput(String message) {
        super(message);
    }
}
