package dev.zerohop.cli;

import java.util.List;

/** A server that dies makes almost no call fail. */
final class KilledStep implements DemoStep<FileWorld> {
    @Override
    public String title() {
        return "One server is killed";
    }

    @Override
    public String story() {
        return "One of three servers dies without notice, and the source still lists it. Calls that could not be sent go to another server at"
                + " once; the dead one is left out until it comes back.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = world.cluster(3);
        List<DemoTraffic> both = List.of(
                world.stream("gRPC", "grpc", FileStory.WEIGHTED), world.stream("HTTP", "http", FileStory.WEIGHTED));
        long begin = System.nanoTime();
        world.pass(400);
        long killed = System.nanoTime();
        world.kill(servers.get(1));
        world.pass(1_600);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window after = traffic.between(killed, end);
            notes.atMost(traffic.name() + ": failed calls", 100.0 * after.failed() / Math.max(1, after.calls()), 1);
            DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
            notes.share(traffic.name() + ": share of orders-0 at the end", settled.share("orders-0"), 50, 6);
            notes.share(traffic.name() + ": share of orders-2 at the end", settled.share("orders-2"), 50, 6);
            notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, killed, "orders-1 killed")));
        }
    }
}
