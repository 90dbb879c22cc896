package dev.zerohop.sim.sockets;

import dev.zerohop.Time;
import dev.zerohop.server.LoadReportInterceptor;
import dev.zerohop.server.LoadReportService;
import dev.zerohop.server.LoadReporter;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The program of one server. It names its ports in one line, {@code GRPC HTTP}, then takes commands from its input, a line each, and answers each with a line when it is in force. It ends with its input, and so
 * with the process that started it, however that ends.
 */
public final class ServerMain {
    /** A run begins; behind it, from when on it is measured, in nanoseconds. */
    static final String BEGIN = "begin ";

    /** The run is over. */
    static final String END = "end";

    /** The answer to both; behind it, how many probes were counted. */
    static final String DONE = "done ";

    private static final int BACKLOG = 1024;

    private ServerMain() {}

    /** Serves until its input ends; the arguments are those of {@link ServerSpec}. */
    public static void main(String[] args) throws IOException {
        try {
            Places places = new Places(ServerSpec.parse(List.of(args)), Time.system());
            say(serve(places));
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String command = commands.readLine();
            while (command != null) {
                long probes = 0;
                if (command.startsWith(BEGIN)) {
                    places.begin(Long.parseLong(command.substring(BEGIN.length())));
                } else {
                    probes = places.end();
                }
                say(DONE + probes);
                command = commands.readLine();
            }
        } finally {
            // Nobody waits for calls under way: who made them is gone.
            Runtime.getRuntime().halt(0);
        }
    }

    @SuppressWarnings("SystemOut")
    private static void say(String line) {
        System.out.println(line);
    }

    private static String serve(Places places) throws IOException {
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("zerohop-sim-server", true), NioIoHandler.newFactory());
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        // Work is a timer here: the processors say nothing of it.
        LoadReporter reporter =
                LoadReporter.builder().cpuUtilization(places::utilization).build();
        Server grpc = NettyServerBuilder.forAddress(any, InsecureServerCredentials.create())
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .channelType(NioServerSocketChannel.class)
                .directExecutor()
                .intercept(new LoadReportInterceptor(reporter))
                .intercept(new ProbeCount(places))
                .addService(GrpcFront.of(places))
                .addService(new LoadReportService(reporter))
                .build()
                .start();
        InetSocketAddress http = (InetSocketAddress) new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(HttpFront.of(places, reporter))
                .bind(any)
                .syncUninterruptibly()
                .channel()
                .localAddress();
        return grpc.getPort() + " " + http.getPort();
    }
}
