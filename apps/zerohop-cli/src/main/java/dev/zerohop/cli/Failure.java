package dev.zerohop.cli;

/** The command could not do its work, and its input is not to blame: one line on stderr, exit code 1. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }
}
