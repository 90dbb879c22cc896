package dev.zerohop.etcd.client;

import dev.zerohop.Log;
import dev.zerohop.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A user of etcd. The password is asked for whenever a token is needed, so it may change meanwhile; it is in no text that this makes.
 *
 * @param user its name
 * @param password gives the password; may block, may throw
 */
public record Login(String user, Supplier<String> password) {
    private static final Log LOG = Log.of(Login.class);

    /** Files that were warned of. */
    private static final Set<Path> READABLE = ConcurrentHashMap.newKeySet();

    public Login {
        if (user.isBlank()) {
            throw new IllegalArgumentException("user was blank, expected the name of an etcd user");
        }
        String problem = Printable.problem(user, Printable.MAX_NAME);
        if (problem != null) {
            throw new IllegalArgumentException("user " + problem);
        }
    }

    /** A password in a file of its own. A line break at its end is not a part of it. */
    public record PasswordFile(Path path) implements Supplier<String> {
        @Override
        public String get() {
            String password;
            warnOfReaders();
            try {
                password = Files.readString(path).strip();
            } catch (IOException unreadable) {
                throw new UncheckedIOException(
                        this + " cannot be read (" + unreadable.getClass().getSimpleName() + ")", unreadable);
            }
            if (password.isEmpty()) {
                throw new IllegalStateException(this + " was empty, expected a password");
            }
            return password;
        }

        /** Once for each file; where the file system knows no permissions of this kind there is nothing to say. */
        private void warnOfReaders() {
            try {
                if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ)
                        && READABLE.add(path)) {
                    LOG.warn(
                            "password file {} can be read by every user of this machine; take that right away (chmod"
                                    + " o-rwx; for a volume of Kubernetes, defaultMode: 0400 in its secret)",
                            path);
                }
            } catch (IOException | UnsupportedOperationException unknown) {
                // If it cannot be read at all, the read that follows says so.
            }
        }

        @Override
        public String toString() {
            return "password file " + Printable.text(path.toString());
        }
    }

    @Override
    public String toString() {
        return password instanceof PasswordFile file ? "user '" + user + "' with " + file : "user '" + user + "'";
    }
}
