package dev.zerohop.cli;

import java.util.List;

/** Three equal servers share the calls equally. */
final class SpreadStep implements DemoStep<FileWorld> {
    @Override
    public String title() {
        return "Spread over three servers";
    }

    @Override
    public String story() {
        return "Three servers, one gRPC channel and one HTTP client, no proxy between them. The client itself picks a server for each call,"
                + " and each server gets a third.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = List.of(
                world.stream("gRPC", "grpc", FileStory.WEIGHTED), world.stream("HTTP", "http", FileStory.WEIGHTED));
        long begin = System.nanoTime();
        world.pass(1_200);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window window = traffic.between(begin, end);
            for (int i = 0; i < 3; i++) {
                notes.share(traffic.name() + ": share of orders-" + i, window.share("orders-" + i), 100.0 / 3, 4);
            }
            notes.noneFailed(traffic.name(), window);
            notes.plot(DemoPlot.rates(traffic, begin, end));
        }
    }
}
