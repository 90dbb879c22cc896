package dev.zerohop.cli;

import dev.zerohop.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of the demo act on: real servers on loopback ports, a real source of endpoints (one file for each transport), and streams of
 * calls. Used by one thread.
 */
final class DemoWorld implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    private static final long CALL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Callers callers;
    private final Ticker ticker;
    private final Path directory;
    private final TreeMap<String, EchoServer> servers = new TreeMap<>();
    private final List<DemoTraffic> streams = new ArrayList<>();

    /** Told ten times a second that time goes by. */
    interface Ticker {
        void tick() throws InterruptedException;
    }

    DemoWorld(Callers callers, Ticker ticker) {
        this.callers = callers;
        this.ticker = ticker;
        try {
            this.directory = Files.createTempDirectory("zerohop-demo");
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** Starts a server on ports of its own; a server of the same id must have been stopped. */
    EchoServer startServer(String id) {
        try {
            EchoServer server = EchoServer.start(id, HOST, 0, 0, new EchoServer.Behaviour());
            servers.put(id, server);
            return server;
        } catch (IOException busy) {
            throw new Failure(String.valueOf(busy.getMessage()));
        }
    }

    /** Cuts all connections of a server, as the death of its process would. */
    void kill(EchoServer server) {
        server.close();
        servers.remove(server.id());
    }

    /** Lets a server go in peace. */
    void stop(EchoServer server) throws InterruptedException {
        server.drain(Duration.ofMillis(500));
        servers.remove(server.id());
    }

    /** Starts {@code orders-0} and so on, and publishes them with weight 1 and their ordinals. */
    List<EchoServer> cluster(int size) {
        List<EchoServer> started = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            started.add(startServer("orders-" + i));
        }
        publish(started, 1);
        return started;
    }

    /** The source now names these servers, in the order of their ordinals; {@code weights} beyond the last are 1. */
    void publish(List<EchoServer> members, int... weights) {
        write("grpc", members, null, weights);
        write("http", members, null, weights);
    }

    /** The source still names all of these servers, and says that one of them is about to leave. */
    void announceLeave(List<EchoServer> members, EchoServer leaving) {
        write("grpc", members, leaving);
        write("http", members, leaving);
    }

    private void write(String transport, List<EchoServer> members, @Nullable EchoServer leaving, int... weights) {
        String text = Json.object(json -> {
            json.writeArrayFieldStart("endpoints");
            for (int i = 0; i < members.size(); i++) {
                EchoServer server = members.get(i);
                json.writeStartObject();
                json.writeStringField("id", server.id());
                json.writeStringField("host", HOST);
                json.writeNumberField("port", transport.equals("grpc") ? server.grpcPort() : server.httpPort());
                json.writeNumberField("weight", i < weights.length ? weights[i] : 1);
                json.writeNumberField("ordinal", i);
                json.writeBooleanField("draining", server == leaving);
                json.writeEndObject();
            }
            json.writeEndArray();
        });
        try {
            Path next = Files.writeString(directory.resolve(transport + ".next"), text);
            Files.move(next, file(transport), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** The source of endpoints goes away. */
    void loseSource() {
        try {
            Files.delete(file("grpc"));
            Files.delete(file("http"));
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }

    private Path file(String transport) {
        return directory.resolve(transport + ".json");
    }

    /** The target that names the source for one transport. */
    Target target(String transport) {
        return Target.parse(file(transport).toUri().toString());
    }

    /** Begins a stream of calls without keys. */
    DemoTraffic stream(String name, String transport, String configuration) throws InterruptedException {
        return stream(name, transport, configuration, number -> null);
    }

    /** Begins a stream of calls. */
    DemoTraffic stream(String name, String transport, String configuration, LoadPlan.Keys keys)
            throws InterruptedException {
        Settings settings = Settings.parse("demo", configuration);
        Caller caller = transport.equals("grpc")
                ? callers.grpc(target(transport), settings, CALL_TIMEOUT_NANOS, EchoGrpc.SERVICE + "/Order")
                : callers.http(target(transport), settings, CALL_TIMEOUT_NANOS, "/order");
        DemoTraffic stream = DemoTraffic.start(name, caller, keys);
        streams.add(stream);
        return stream;
    }

    /** Lets time go by. */
    void pass(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() - end < 0) {
            ticker.tick();
            Thread.sleep(Math.max(1, Math.min(100, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()))));
        }
    }

    /** Ends all streams and servers; the world can be used again. */
    void reset() {
        streams.forEach(DemoTraffic::close);
        streams.clear();
        List.copyOf(servers.values()).forEach(this::kill);
    }

    @Override
    public void close() {
        reset();
        try (Stream<Path> left = Files.walk(directory)) {
            for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException left) {
            // A temporary directory that stays behind does no harm.
        }
    }
}
