package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The environment of the steps of a demo: real servers, a real source of endpoints, and streams of calls. Used by one thread. */
public abstract class DemoWorld implements AutoCloseable {
    private static final long CALL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Callers callers;
    private final Ticker ticker;
    private final TreeMap<String, EchoServer> servers = new TreeMap<>();
    private final List<DemoTraffic> streams = new ArrayList<>();

    /** Is called ten times a second while a step waits. */
    interface Ticker {
        void tick() throws InterruptedException;
    }

    /** The resources that the program provides to every world. */
    public static final class Opening {
        private final Callers callers;
        private final Ticker ticker;

        Opening(Callers callers, Ticker ticker) {
            this.callers = callers;
            this.ticker = ticker;
        }
    }

    /** A world without servers. */
    protected DemoWorld(Opening opening) {
        this.callers = opening.callers;
        this.ticker = opening.ticker;
    }

    /** The target that names the source for a transport, {@code grpc} or {@code http}. */
    protected abstract Target target(String transport);

    /** Starts a server; one of the same id must have been stopped. */
    public final EchoServer startServer(String id, String host, int grpcPort, int httpPort) {
        try {
            EchoServer server = EchoServer.start(id, host, grpcPort, httpPort, new EchoServer.Behaviour());
            servers.put(id, server);
            return server;
        } catch (IOException busy) {
            throw new Failure(String.valueOf(busy.getMessage()));
        }
    }

    /** Cuts all connections of a server, as the death of its process would. */
    public final void kill(EchoServer server) {
        server.close();
        servers.remove(server.id());
    }

    /** Drains and stops a server. */
    public final void stop(EchoServer server) throws InterruptedException {
        server.drain(Duration.ofMillis(500));
        servers.remove(server.id());
    }

    /** Begins a stream of calls without keys. */
    public final DemoTraffic stream(String name, String transport, String configuration) throws InterruptedException {
        return stream(name, transport, configuration, number -> null);
    }

    /** Begins a stream of calls, each with the key of its number. */
    public final DemoTraffic stream(
            String name, String transport, String configuration, LongFunction<@Nullable EndpointSelector> keys)
            throws InterruptedException {
        Settings settings = Settings.parse("demo", configuration);
        Caller caller = transport.equals("grpc")
                ? callers.grpc(target(transport), settings, CALL_TIMEOUT_NANOS, EchoGrpc.SERVICE + "/Order")
                : callers.http(target(transport), settings, CALL_TIMEOUT_NANOS, "/order");
        DemoTraffic stream = DemoTraffic.start(name, caller, keys::apply);
        streams.add(stream);
        return stream;
    }

    /** Waits. */
    public final void pass(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() - end < 0) {
            ticker.tick();
            Thread.sleep(Math.max(1, Math.min(100, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()))));
        }
    }

    /** Ends all streams and servers. */
    @Override
    public void close() {
        streams.forEach(DemoTraffic::close);
        streams.clear();
        List.copyOf(servers.values()).forEach(this::kill);
    }
}
