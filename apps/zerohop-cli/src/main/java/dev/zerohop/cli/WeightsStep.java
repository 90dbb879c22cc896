package dev.zerohop.cli;

import java.util.List;

/** Shares follow the weights. */
final class WeightsStep implements DemoStep<FileWorld> {
    @Override
    public String title() {
        return "Weights 3:1:1";
    }

    @Override
    public String story() {
        return "The source gives the first server three times the weight of the others. The shares follow: 60, 20 and 20 percent.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = world.cluster(3);
        List<DemoTraffic> both = List.of(
                world.stream("gRPC", "grpc", FileStory.WEIGHTED), world.stream("HTTP", "http", FileStory.WEIGHTED));
        long begin = System.nanoTime();
        world.pass(400);
        world.publish(servers, 3, 1, 1);
        long changed = System.nanoTime();
        world.pass(1_800);
        long end = System.nanoTime();
        double[] expected = {60, 20, 20};
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
            for (int i = 0; i < expected.length; i++) {
                notes.share(traffic.name() + ": share of orders-" + i, settled.share("orders-" + i), expected[i], 4);
            }
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, changed, "weights 3:1:1")));
        }
    }
}
