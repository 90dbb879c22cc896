package dev.zerohop.okhttp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** What the kernel knows of the connections to a port of this machine. */
final class Sockets {
    private static final String ESTABLISHED = "01";
    private static final String CLOSE_WAIT = "08";

    private Sockets() {}

    /** Waits until every connection to the port has been closed by its server, and the client's kernel knows. */
    static void awaitClosedByServer(int port) {
        Rig.await().until(() -> to(port, ESTABLISHED) == 0 && to(port, CLOSE_WAIT) > 0);
    }

    /** Waits until no connection to the port is left, also none that waits for the client to close it. */
    static void awaitReset(int port) {
        Rig.await().until(() -> to(port, ESTABLISHED) == 0 && to(port, CLOSE_WAIT) == 0);
    }

    /** Waits until no connection to the port is open. */
    static void awaitNoneOpen(int port) {
        Rig.await().until(() -> to(port, ESTABLISHED) == 0);
    }

    /** Waits until the client's kernel has something of the server that was not read. */
    static void awaitUnread(int port) {
        Rig.await().until(() -> count(port, fields -> !fields[4].endsWith(":00000000")) > 0);
    }

    private static long to(int port, String state) {
        return count(port, fields -> fields[3].equals(state));
    }

    private static long count(int port, Predicate<String[]> wanted) {
        String remote = String.format(":%04X", port);
        long count = 0;
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            Path path = Path.of(table);
            if (!Files.exists(path)) {
                continue;
            }
            try {
                count += Files.readAllLines(path).stream()
                        .map(line -> line.trim().split("\\s+"))
                        .filter(fields -> fields.length > 4 && fields[2].endsWith(remote) && wanted.test(fields))
                        .count();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return count;
    }
}
