package dev.zerohop.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Looks up hosts that a source names rather than numbers; gRPC's transports want addresses. Asking blocks, so an executor does it. */
final class HostNames {
    /** A failing endpoint asks for a refresh at each failure; the JDK itself caches failures for 10 s. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();

    private final Executor executor;
    private boolean asked;
    private long lastNanos;

    HostNames(Executor executor) {
        this.executor = executor;
    }

    boolean mayAskAgain(long nowNanos) {
        return !asked || nowNanos - lastNanos >= PAUSE_NANOS;
    }

    /** Looks all of them up; those that cannot be found are missing from the answer. */
    void lookUp(Set<String> names, Consumer<Map<String, List<InetAddress>>> then) {
        asked = true;
        lastNanos = System.nanoTime();
        executor.execute(() -> {
            Map<String, List<InetAddress>> found = new HashMap<>();
            for (String name : names) {
                try {
                    found.put(name, List.of(InetAddress.getAllByName(name)));
                } catch (UnknownHostException unknown) {
                    found.put(name, List.of());
                }
            }
            then.accept(Map.copyOf(found));
        });
    }

    /** Whether the host is an IP address, so that nobody need be asked. */
    static boolean isLiteral(String host) {
        if (host.indexOf(':') >= 0) {
            return true;
        }
        int octets = 0;
        int value = -1;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c >= '0' && c <= '9') {
                value = Math.max(value, 0) * 10 + (c - '0');
                if (value > 255) {
                    return false;
                }
            } else if (c == '.' && value >= 0) {
                octets++;
                value = -1;
            } else {
                return false;
            }
        }
        return octets == 3 && value >= 0;
    }
}
