package dev.zerohop.testing;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports at which nothing listens: for a server that a test starts later or again at the same place, and for an endpoint that refuses connections. Thread-safe.
 *
 * <p>They lie below those that operating systems give to connections (Linux from 32768 on). A port of that range, as {@code new ServerSocket(0)} gives it, can be
 * taken by any connection of any process once it was closed: the server does not start then, or the refused connection is made.
 */
public final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int COUNT = 12_000;

    // Processes that run side by side begin at different places.
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

    private FreePorts() {}

    /**
     * The next one; none is given twice before all were.
     *
     * @throws IllegalStateException if there is none
     */
    public static int next() {
        for (int i = 0; i < COUNT; i++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (BindException taken) {
                // The next one may be free.
            } catch (IOException failed) {
                throw new IllegalStateException("port " + port + " could not be tried: " + failed.getMessage(), failed);
            }
        }
        throw new IllegalStateException(
                "all ports from " + FIRST + " to " + (FIRST + COUNT - 1) + " are taken, expected a free one");
    }
}
