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
 * A user of etcd. The password is read whenever a token is needed, so it may change; no message contains it.
 *
 * @param password may block, may throw
 */
public record Login(String user, Supplier<String> password) {
    private static final Log LOG = Log.of(Login.class);

    /** Files for which a warning was logged. */
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

    /** A password in a file of its own, without white space around it. */
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

        /** Warns once per file, if the file system has POSIX permissions. */
        private void warnOfReaders() {
            try {
                if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ)
                        && READABLE.add(path)) {
                    LOG.warn(
                            "password file {} can be read by every user of this machine; remove that permission (chmod"
                                    + " o-rwx; for a volume of Kubernetes, defaultMode: 0400 in its secret)",
                            path);
                }
            } catch (IOException | UnsupportedOperationException unknown) {
                // An unreadable file fails in the read that follows.
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
