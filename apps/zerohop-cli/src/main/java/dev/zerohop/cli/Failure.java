package dev.zerohop.cli;

/** The command failed, but not because of its input: one line on stderr, exit code 1. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }
}
