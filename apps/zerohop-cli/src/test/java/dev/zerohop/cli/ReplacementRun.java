package dev.zerohop.cli;

import dev.zerohop.Target;
import dev.zerohop.config.Configurations;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Calls three servers over both transports without a pause, while the configuration of their source names one policy or stage of a library after the other. A process of its own, for its
 * class path says what there is. Prints the calls and those that failed.
 */
final class ReplacementRun {
    private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(60);

    private ReplacementRun() {}

    private record Step(String configuration, Set<String> servers) {}

    private static final List<Step> STEPS = List.of(
            new Step("{\"policy\": \"round_robin\"}", Set.of("a", "b", "c")),
            new Step("{\"policy\": {\"example.active_standby\": {\"active\": \"b\"}}}", Set.of("b")),
            new Step("{\"policy\": {\"example.active_standby\": {\"active\": \"c\"}}}", Set.of("c")),
            new Step(
                    "{\"policy\": \"round_robin\", \"stages\": {\"example.version\": {\"is\": \"2\"}}}",
                    Set.of("b", "c")),
            new Step(
                    "{\"policy\": {\"example.active_standby\": {\"active\": \"a\"}}, \"stages\": {\"example.version\": {\"is\": \"2\"}}}",
                    Set.of("b")),
            new Step("{\"policy\": {\"rendezvous\": {\"withoutKey\": \"random\"}}}", Set.of("a", "b", "c")));

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        List<EchoServer> servers = new ArrayList<>();
        for (String id : List.of("a", "b", "c")) {
            servers.add(EchoServer.start(id, "127.0.0.1", 0, 0, new EchoServer.Behaviour()));
        }
        write(directory, servers, STEPS.get(0));
        Settings settings = new Settings(null, Configurations.defaults());
        try (Caller grpc = new GrpcCaller(target(directory, "grpc"), settings, TIMEOUT, "zerohop.Echo/Call");
                Caller http = new HttpCaller(target(directory, "http"), settings, TIMEOUT, "/")) {
            List<Traffic> both = List.of(new Traffic("grpc", grpc), new Traffic("http", http));
            for (int round = 0; round < 2; round++) {
                for (Step step : STEPS) {
                    write(directory, servers, step);
                    for (Traffic traffic : both) {
                        traffic.await(step);
                    }
                }
            }
            for (Traffic traffic : both) {
                traffic.end();
            }
        }
        System.exit(0);
    }

    private static Target target(Path directory, String transport) {
        return Target.parse("file://" + directory.resolve(transport + ".json").toAbsolutePath());
    }

    private static void write(Path directory, List<EchoServer> servers, Step step) throws Exception {
        for (String transport : List.of("grpc", "http")) {
            List<String> endpoints = new ArrayList<>();
            for (EchoServer server : servers) {
                int port = transport.equals("grpc") ? server.grpcPort() : server.httpPort();
                endpoints.add("{\"id\": \"" + server.id() + "\", \"host\": \"" + server.host() + "\", \"port\": " + port
                        + ", \"attributes\": {\"version\": \"" + (server.id().equals("a") ? 1 : 2) + "\"}}");
            }
            Path next = Files.writeString(
                    directory.resolve(transport + ".next"),
                    "{\"endpoints\": " + endpoints + ", \"config\": " + step.configuration() + "}");
            Files.move(
                    next,
                    directory.resolve(transport + ".json"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Four calls at a time over one transport, each followed by the next. */
    private static final class Traffic {
        private static final int AT_ONCE = 4;
        private static final int LATEST = 40;

        private final String transport;
        private final Caller caller;
        private final ArrayDeque<String> latest = new ArrayDeque<>();
        private final List<String> failures = new ArrayList<>();
        private long calls;
        private int underWay = AT_ONCE;
        private boolean stopping;

        Traffic(String transport, Caller caller) throws InterruptedException {
            this.transport = transport;
            this.caller = caller;
            caller.awaitReady(TIMEOUT);
            for (int i = 0; i < AT_ONCE; i++) {
                caller.call(null, this::ended);
            }
        }

        private void ended(CallResult result) {
            synchronized (this) {
                calls++;
                if (result.error() != null) {
                    failures.add(result.error() + " " + result.cause());
                }
                latest.add(String.valueOf(result.server()));
                if (latest.size() > LATEST) {
                    latest.remove();
                }
                underWay -= stopping ? 1 : 0;
                notifyAll();
                if (stopping) {
                    return;
                }
            }
            caller.call(null, this::ended);
        }

        /** Until the latest calls went to those servers and no others. */
        synchronized void await(Step step) throws InterruptedException {
            long end = System.nanoTime() + TIMEOUT;
            while (latest.size() < LATEST || !new TreeSet<>(latest).equals(new TreeSet<>(step.servers()))) {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError(transport + " went to " + new TreeSet<>(latest) + " by " + step);
                }
                wait(1_000);
            }
        }

        /** Lets the calls under way end, and prints. */
        synchronized void end() throws InterruptedException {
            stopping = true;
            while (underWay > 0) {
                wait();
            }
            System.out.println(transport + " calls " + calls + " failed " + failures.size() + " "
                    + failures.stream().limit(3).toList());
        }
    }
}
