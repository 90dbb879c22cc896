package dev.zerohop.grpc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Looks up hosts that a source names rather than numbers; gRPC's transports want addresses. Each name on its own: a look-up blocks a thread of the executor,
 * several run at a time, and one that is slow or fails holds up no other and leaves the addresses that its name had. Not thread-safe: in the synchronization context
 * only.
 */
final class HostNames {
    /** A failing endpoint asks for a refresh at each failure; the JDK itself caches failures for 10 s. */
    private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();

    private static final int AT_ONCE = 16;

    private final LookUp lookUp;
    private final Executor blocking;
    private final Executor sync;
    private final Runnable onChange;
    private final Map<String, Name> names = new HashMap<>();
    private final Queue<Name> waiting = new ArrayDeque<>();
    private int running;

    /** The system's look-up. */
    interface LookUp {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    private static final class Name {
        final String host;

        @Nullable
        List<InetAddress> addresses;

        boolean asking;
        long askedNanos;

        Name(String host) {
            this.host = host;
        }
    }

    /**
     * @param blocking runs look-ups
     * @param sync runs everything else
     * @param onChange called when a name has other addresses than before
     */
    HostNames(LookUp lookUp, Executor blocking, Executor sync, Runnable onChange) {
        this.lookUp = lookUp;
        this.blocking = blocking;
        this.sync = sync;
        this.onChange = onChange;
    }

    /** From now on these are needed: new ones are looked up, others forgotten. */
    void follow(Set<String> hosts) {
        names.keySet().retainAll(hosts);
        for (String host : hosts) {
            if (!names.containsKey(host)) {
                Name name = new Name(host);
                names.put(host, name);
                ask(name);
            }
        }
    }

    /** Something looks wrong: asks again for each name, unless that was done just now. */
    void refresh() {
        long now = System.nanoTime();
        for (Name name : names.values()) {
            if (!name.asking && now - name.askedNanos >= PAUSE_NANOS) {
                ask(name);
            }
        }
    }

    /** The last good addresses; empty if there are none, null if the first look-up is still under way. */
    @Nullable
    List<InetAddress> addresses(String host) {
        Name name = names.get(host);
        return name == null ? null : name.addresses;
    }

    private void ask(Name name) {
        name.asking = true;
        waiting.add(name);
        runWaiting();
    }

    private void runWaiting() {
        while (running < AT_ONCE) {
            Name name = waiting.poll();
            if (name == null) {
                return;
            }
            if (names.get(name.host) != name) {
                continue;
            }
            running++;
            blocking.execute(() -> {
                List<InetAddress> found = find(name.host);
                sync.execute(() -> take(name, found));
            });
        }
    }

    private List<InetAddress> find(String host) {
        try {
            return List.of(lookUp.all(host));
        } catch (UnknownHostException unknown) {
            return List.of();
        }
    }

    private void take(Name name, List<InetAddress> found) {
        running--;
        name.asking = false;
        name.askedNanos = System.nanoTime();
        List<InetAddress> before = name.addresses;
        boolean keeps = found.isEmpty() && before != null;
        if (!keeps && !found.equals(before)) {
            name.addresses = found;
            if (names.get(name.host) == name) {
                onChange.run();
            }
        }
        runWaiting();
    }

    /** Whether the host is an IP address, so that nothing need be asked. */
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
