package dev.zerohop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Two more servers get their share quickly, without a reconnect or a restart. */
final class ScaleStep implements DemoStep<FileWorld> {
    private static final double SOON_SECONDS = 2;

    @Override
    public String title() {
        return "Scale from three to five";
    }

    @Override
    public String story() {
        return "Two more servers start and the source of endpoints names them. The running clients notice it: within "
                + "two seconds the newcomers answer, and soon each server gets a fifth.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = new ArrayList<>(world.cluster(3));
        List<DemoTraffic> both = List.of(
                world.stream("gRPC", "grpc", FileStory.WEIGHTED), world.stream("HTTP", "http", FileStory.WEIGHTED));
        long begin = System.nanoTime();
        world.pass(400);
        servers.add(world.startServer("orders-3"));
        servers.add(world.startServer("orders-4"));
        world.publish(servers);
        long scaled = System.nanoTime();
        world.pass(2_200);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
            for (String newcomer : List.of("orders-3", "orders-4")) {
                Double first = traffic.firstAnswer(newcomer, scaled);
                notes.check(
                        traffic.name() + ": first answer of " + newcomer,
                        first == null ? "never" : String.format(Locale.ROOT, "%.2f s", first),
                        "within 2 s",
                        first != null && first <= SOON_SECONDS);
                notes.share(traffic.name() + ": share of " + newcomer + " at the end", settled.share(newcomer), 20, 4);
            }
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, scaled, "two servers added")));
        }
    }
}
