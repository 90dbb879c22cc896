package dev.zerohop.cli;

import java.time.Duration;
import java.util.List;

/** Load-aware policies send few calls to a slow server. */
final class SlowStep implements DemoStep<FileWorld> {
    private static final Duration SLOW = Duration.ofMillis(150);

    @Override
    public String title() {
        return "One server becomes slow";
    }

    @Override
    public String story() {
        return "One of three servers takes 150 ms for each answer. Policies that look at the load (peak_ewma here for gRPC, least_request for"
                + " HTTP) send it a small part of its former share.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = world.cluster(3);
        List<DemoTraffic> both = List.of(
                world.stream("gRPC, peak_ewma", "grpc", "{\"policy\": \"peak_ewma\"}"),
                world.stream("HTTP, least_request", "http", "{\"policy\": \"least_request\"}"));
        long begin = System.nanoTime();
        world.pass(400);
        long slowed = System.nanoTime();
        servers.get(2).behaviour().delay(SLOW);
        world.pass(1_600);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
            notes.atMost(traffic.name() + ": share of the slow server", settled.share("orders-2"), 100.0 / 9);
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, slowed, "orders-2 becomes slow")));
        }
    }
}
