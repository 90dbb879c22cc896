package dev.zerohop.cli;

import dev.zerohop.server.LoadReportInterceptor;
import dev.zerohop.server.LoadReportService;
import dev.zerohop.server.LoadReporter;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A backend that answers everything with its own id: any HTTP path, and any unary method of the gRPC service {@value EchoGrpc#SERVICE}. It
 * can be made slow and faulty while it runs. It reports its load with each answer and to probes. Thread-safe.
 */
public final class EchoServer implements AutoCloseable {

    /** Requests that clients sent before they noticed the drain are still answered if they arrive within this time. */
    private static final long LINGER_MILLIS = 100;

    private final String id;
    private final Server grpc;
    private final Channel http;
    private final EchoHttp.Connections connections;
    private final Behaviour behaviour;
    private final LoadReportService reports;

    /** How the server answers; may be changed at any time. */
    static final class Behaviour {
        private final AtomicLong answers = new AtomicLong();
        private final AtomicLong failures = new AtomicLong();
        private final AtomicLong freeAtNanos = new AtomicLong(System.nanoTime());
        private volatile long delayMillis;
        private volatile boolean oneAtATime;
        private volatile double failPercent;

        /** Sets how long each call waits for its answer. */
        Behaviour delay(Duration delay) {
            this.delayMillis = delay.toMillis();
            return this;
        }

        /** Makes the server process one call at a time, each for the configured delay; the others wait. */
        Behaviour oneAtATime() {
            this.oneAtATime = true;
            return this;
        }

        /** Sets the share of calls that is answered with an error. */
        Behaviour failPercent(double percent) {
            this.failPercent = percent;
            return this;
        }

        /** The delay of the next answer. */
        long nextDelayMillis() {
            if (!oneAtATime) {
                return delayMillis;
            }
            long now = System.nanoTime();
            long work = TimeUnit.MILLISECONDS.toNanos(delayMillis);
            long done = freeAtNanos.updateAndGet(free -> (free - now > 0 ? free : now) + work);
            return TimeUnit.NANOSECONDS.toMillis(done - now);
        }

        /** Whether the next call fails. Failures are spread evenly, not randomly, so the share is exact after a few calls. */
        boolean nextFails() {
            double percent = failPercent;
            long n = answers.getAndIncrement() % 10_000;
            boolean fails = Math.floor((n + 1) * percent / 100) > Math.floor(n * percent / 100);
            if (fails) {
                failures.incrementAndGet();
            }
            return fails;
        }

        /** Calls that were answered, with an error or not. */
        long answers() {
            return answers.get();
        }
    }

    private EchoServer(
            String id,
            Server grpc,
            Channel http,
            EchoHttp.Connections connections,
            Behaviour behaviour,
            LoadReportService reports) {
        this.id = id;
        this.grpc = grpc;
        this.http = http;
        this.connections = connections;
        this.behaviour = behaviour;
        this.reports = reports;
    }

    /**
     * Starts to listen.
     *
     * @param grpcPort 0 for any
     * @param httpPort 0 for any
     * @throws IOException if a port is not available; the message names it
     */
    static EchoServer start(String id, String host, int grpcPort, int httpPort, Behaviour behaviour)
            throws IOException {
        LoadReporter reporter = LoadReporter.create();
        LoadReportService reports = new LoadReportService(reporter);
        Server grpc = NettyServerBuilder.forAddress(address(host, grpcPort), InsecureServerCredentials.create())
                .bossEventLoopGroup(Loops.GROUP)
                .workerEventLoopGroup(Loops.GROUP)
                .channelType(NioServerSocketChannel.class)
                .directExecutor()
                .intercept(new LoadReportInterceptor(reporter))
                .addService(reports)
                .fallbackHandlerRegistry(new EchoGrpc(id, behaviour, Loops.GROUP))
                .build();
        try {
            grpc.start();
        } catch (IOException busy) {
            throw new IOException("cannot listen for gRPC on " + host + ":" + grpcPort + ": " + cause(busy), busy);
        }
        EchoHttp.Connections connections = new EchoHttp.Connections();
        try {
            Channel http = new ServerBootstrap()
                    .group(Loops.GROUP)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channel.pipeline()
                                    .addLast(new HttpServerCodec())
                                    .addLast(new HttpObjectAggregator(EchoHttp.MAX_BODY_BYTES))
                                    .addLast(new EchoHttp(id, behaviour, connections, reporter));
                        }
                    })
                    .bind(address(host, httpPort))
                    .syncUninterruptibly()
                    .channel();
            return new EchoServer(id, grpc, http, connections, behaviour, reports);
        } catch (Exception busy) {
            grpc.shutdownNow();
            throw new IOException("cannot listen for HTTP on " + host + ":" + httpPort + ": " + cause(busy), busy);
        }
    }

    private static InetSocketAddress address(String host, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IOException("host was '" + host + "', expected an address or a name that resolves");
        }
        return address;
    }

    private static String cause(Throwable thrown) {
        Throwable deepest = thrown;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return String.valueOf(deepest.getMessage());
    }

    public String id() {
        return id;
    }

    Behaviour behaviour() {
        return behaviour;
    }

    /** The address it listens on. */
    public String host() {
        return ((InetSocketAddress) http.localAddress()).getAddress().getHostAddress();
    }

    public int grpcPort() {
        return grpc.getPort();
    }

    public int httpPort() {
        return ((InetSocketAddress) http.localAddress()).getPort();
    }

    /** Accepts no new calls, waits at most {@code patience} for running ones, then cuts the rest. */
    void drain(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        http.close().await();
        reports.close();
        grpc.shutdown();
        connections.drain(Math.min(LINGER_MILLIS, patience.toMillis()));
        grpc.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        connections.awaitNone(end - System.nanoTime());
        close();
    }

    /** Cuts every connection at once, as a crash of the process would. */
    @Override
    public void close() {
        http.close().awaitUninterruptibly();
        grpc.shutdownNow();
        connections.cut();
        try {
            grpc.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Two threads for all servers of the process; no call ever blocks one. */
    private static final class Loops {
        static final EventLoopGroup GROUP = new MultiThreadIoEventLoopGroup(
                2, new DefaultThreadFactory("zerohop-echo", true), NioIoHandler.newFactory());
    }
}
