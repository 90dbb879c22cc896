package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures how long newcomers take to their fair share: servers that are announced during the run, and those whose fault has ended. One has it with the end of the first whole second since in which it got at
 * least 90 % of the attempts that a server got on average, of those that run and are announced to stay. What comes within the last second, or after the end, is none: there is no whole second to measure.
 */
final class FairShares {
    /** For {@link Newcomer#tookNanos}: it never had its share. */
    static final long NEVER = -1;

    private static final double FAIR = 0.9;

    private final Events events;
    private final long endNanos;
    private final List<Watch> watches = new ArrayList<>();
    private long[] picks = new long[16];
    private long all;
    private int open;

    /** Since when it was one, from the beginning of the run, and how long it took. */
    record Newcomer(String server, long sinceNanos, long tookNanos) {}

    FairShares(Events events, long endNanos) {
        this.events = events;
        this.endNanos = endNanos;
    }

    void picked(Server server) {
        if (open == 0) {
            return;
        }
        if (server.index >= picks.length) {
            picks = Arrays.copyOf(picks, Math.max(server.index + 1, picks.length * 2));
        }
        picks[server.index]++;
        all++;
    }

    /** It is one from now on; {@code servers} are all that there are. */
    void watch(Server server, List<Server> servers) {
        if (events.nowNanos() + Times.SECOND > endNanos) {
            return;
        }
        Watch watch = new Watch(server, servers);
        watches.add(watch);
        open++;
        watch.begin();
    }

    private long picks(Server server) {
        return server.index < picks.length ? picks[server.index] : 0;
    }

    List<Newcomer> result() {
        return watches.stream()
                .map(watch ->
                        new Newcomer(watch.server.id, watch.sinceNanos - VirtualTime.START_NANOS, watch.tookNanos))
                .toList();
    }

    private final class Watch extends Event {
        private final Server server;
        private final List<Server> servers;
        private final long sinceNanos = events.nowNanos();
        private long tookNanos = NEVER;
        private long ownBefore;
        private long allBefore;

        Watch(Server server, List<Server> servers) {
            this.server = server;
            this.servers = servers;
        }

        void begin() {
            ownBefore = picks(server);
            allBefore = all;
            long next = events.nowNanos() + Times.SECOND;
            if (next <= endNanos && !server.isDown()) {
                events.at(next, this);
            } else {
                open--;
            }
        }

        @Override
        void fire() {
            long own = picks(server) - ownBefore;
            long total = all - allBefore;
            long running = servers.stream().filter(Server::isOffered).count();
            if (total > 0 && own * running >= FAIR * total) {
                tookNanos = events.nowNanos() - sinceNanos;
                open--;
            } else {
                begin();
            }
        }
    }
}
