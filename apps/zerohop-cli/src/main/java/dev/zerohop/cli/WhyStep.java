package dev.zerohop.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The same load through zerohop and through the alternatives: gRPC's own {@code pick_first}, and a proxy that balances connections. */
final class WhyStep implements DemoStep<FileWorld> {
    private static final long CALL_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final String HOST = LOOPBACK.getHostAddress();
    private static final Duration WORK = Duration.ofMillis(8);
    private static final int SERVERS = 5;

    @Override
    public String title() {
        return "Why it matters: the same load, three ways";
    }

    @Override
    public String story() {
        return "Three times the same: 200 gRPC calls a second over one channel, to three servers that work on one call at a time for 8 ms, so that one of them"
                + " manages 125 a second; then two servers join. gRPC alone, by default (pick_first over DNS), sends everything to the first address and queries DNS"
                + " again only when that connection breaks. A proxy that balances connections (as a Kubernetes service does) has one connection to balance."
                + " zerohop gives each call to the server whose turn it is. gRPC's round_robin would use the three servers, but not notice the two new ones; a proxy that reads"
                + " HTTP/2 would spread the calls as well, for one hop more.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> zerohopServers = new ArrayList<>(world.cluster(3));
        zerohopServers.forEach(server -> server.behaviour().delay(WORK).oneAtATime());
        try (Servers direct = new Servers();
                Servers proxied = new Servers();
                DemoDns dns = new DemoDns();
                ConnectionProxy proxy = new ConnectionProxy(HOST, proxied.grow(3))) {
            dns.publish(direct.grow(3));
            try (DemoTraffic first = plain("gRPC alone: pick_first over DNS", DemoDns.target());
                    DemoTraffic through =
                            plain("gRPC through a proxy of connections", "dns:///" + HOST + ":" + proxy.port())) {
                DemoTraffic zerohop = world.stream("gRPC with zerohop", "grpc", FileStory.WEIGHTED);
                List<DemoTraffic> ways = List.of(first, through, zerohop);
                long begin = System.nanoTime();
                world.pass(400);
                for (int i = 3; i < SERVERS; i++) {
                    EchoServer server = world.startServer("orders-" + i);
                    server.behaviour().delay(WORK).oneAtATime();
                    zerohopServers.add(server);
                }
                dns.publish(direct.grow(SERVERS));
                proxy.publish(proxied.grow(SERVERS));
                world.publish(zerohopServers);
                long scaled = System.nanoTime();
                world.pass(2_200);
                long end = System.nanoTime();
                // The calls that queue at the busy servers end meanwhile.
                ways.forEach(DemoTraffic::stop);
                judge(notes, ways, end);
                DemoPlot.Mark mark = DemoPlot.mark(begin, scaled, "two servers added");
                ways.forEach(way -> notes.plot(DemoPlot.rates(way, begin, end, mark)));
                notes.plot(DemoPlot.latencies("What 99 % of the calls took at most", ways, begin, end, mark));
            }
        }
    }

    private static void judge(Notes notes, List<DemoTraffic> ways, long end) {
        List<DemoTraffic.Window> settled =
                ways.stream().map(way -> way.between(end - 1_000_000_000L, end)).toList();
        for (int i = 0; i < 2; i++) {
            notes.check(
                    ways.get(i).name() + ": servers that answer at the end",
                    settled.get(i).byServer().size() + " of " + SERVERS,
                    "1: its connection stays",
                    settled.get(i).byServer().size() == 1);
        }
        notes.check(
                ways.get(2).name() + ": servers that answer at the end",
                settled.get(2).byServer().size() + " of " + SERVERS,
                "all " + SERVERS,
                settled.get(2).byServer().size() == SERVERS);
        double zerohop = settled.get(2).latencyMillis(99);
        for (int i = 0; i < 2; i++) {
            notes.check(
                    ways.get(i).name() + ": half of the calls take at most",
                    millis(settled.get(i).latencyMillis(50)),
                    "more than 99 % of zerohop's: " + millis(zerohop),
                    settled.get(i).latencyMillis(50) > zerohop);
        }
        notes.noneFailed(ways.get(2).name(), settled.get(2));
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.1f ms", value);
    }

    private static DemoTraffic plain(String name, String target) throws InterruptedException {
        return DemoTraffic.start(name, new PlainGrpcCaller(target, CALL_TIMEOUT_NANOS), number -> null);
    }

    /** Servers outside of zerohop's source. */
    private static final class Servers implements AutoCloseable {
        private final List<EchoServer> all = new ArrayList<>();

        /** Starts the missing servers and returns the addresses of all. */
        List<InetSocketAddress> grow(int size) {
            try {
                while (all.size() < size) {
                    EchoServer.Behaviour behaviour =
                            new EchoServer.Behaviour().delay(WORK).oneAtATime();
                    all.add(EchoServer.start("orders-" + all.size(), HOST, 0, 0, behaviour));
                }
            } catch (IOException busy) {
                throw new Failure(String.valueOf(busy.getMessage()));
            }
            return all.stream()
                    .map(server -> new InetSocketAddress(LOOPBACK, server.grpcPort()))
                    .toList();
        }

        @Override
        public void close() {
            all.forEach(EchoServer::close);
        }
    }
}
