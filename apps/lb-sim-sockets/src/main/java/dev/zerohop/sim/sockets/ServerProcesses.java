package dev.zerohop.sim.sockets;

import dev.zerohop.sim.Replay;
import dev.zerohop.sim.Replay.Backend;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The servers of a scenario, each a process. They end with this object, and with this process. For one thread. */
final class ServerProcesses implements AutoCloseable {
    private final List<ServerProcess> servers = new ArrayList<>();

    /** Starts all of them and waits until they serve. */
    ServerProcesses(Replay replay) throws IOException, InterruptedException {
        boolean ready = false;
        try {
            for (Backend backend : replay.backends()) {
                servers.add(ServerProcess.start(backend));
            }
            for (ServerProcess server : servers) {
                server.awaitReady();
            }
            ready = true;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    /** All servers as a target. */
    String target(Transport transport) {
        List<String> addresses = new ArrayList<>();
        for (ServerProcess server : servers) {
            addresses.add("127.0.0.1:" + server.port(transport) + ";weight="
                    + server.backend().weight());
        }
        return "static:///" + String.join(",", addresses);
    }

    /** The place of each server by its port. */
    Map<Integer, Integer> placeByPort(Transport transport) {
        Map<Integer, Integer> places = new HashMap<>();
        for (int i = 0; i < servers.size(); i++) {
            places.put(servers.get(i).port(transport), i);
        }
        return places;
    }

    /** Lets a run begin, or end, at all of them; gives how many probes of their load they have counted, at its end. */
    long command(String command) throws IOException, InterruptedException {
        for (ServerProcess server : servers) {
            server.command(command);
        }
        long probes = 0;
        for (ServerProcess server : servers) {
            probes += server.awaitDone();
        }
        return probes;
    }

    /** The processor time of all of them so far. */
    Duration cpuTime() {
        return servers.stream().map(ServerProcess::cpuTime).reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void close() {
        servers.forEach(ServerProcess::close);
    }
}
