package dev.zerohop.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A user of etcd. The password is asked for whenever a token is needed, so it may change meanwhile; it is in no text that this makes.
 *
 * @param user its name
 * @param password gives the password; may block, may throw
 */
record Login(String user, Supplier<String> password) {

    Login {
        if (user.isBlank()) {
            throw new IllegalArgumentException("user was blank, expected the name of an etcd user");
        }
    }

    /** A password in a file of its own. A line break at its end is not a part of it. */
    record PasswordFile(Path path) implements Supplier<String> {
        @Override
        public String get() {
            String password;
            try {
                password = Files.readString(path).strip();
            } catch (IOException unreadable) {
                throw new UncheckedIOException(
                        "password file " + path + " cannot be read ("
                                + unreadable.getClass().getSimpleName() + ")",
                        unreadable);
            }
            if (password.isEmpty()) {
                throw new IllegalStateException("password file " + path + " was empty, expected a password");
            }
            return password;
        }

        @Override
        public String toString() {
            return "password file " + path;
        }
    }

    @Override
    public String toString() {
        return password instanceof PasswordFile file ? "user '" + user + "' with " + file : "user '" + user + "'";
    }
}
