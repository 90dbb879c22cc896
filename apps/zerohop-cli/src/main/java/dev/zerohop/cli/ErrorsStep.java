package dev.zerohop.cli;

import java.time.Duration;
import java.util.List;

/** A server that fails fast does not become a black hole: its quick answers attract no calls. */
final class ErrorsStep implements DemoStep<FileWorld> {
    static final String EJECTING =
            "{\"policy\": \"weighted_round_robin\", \"health\": {\"ejection\": {\"errorResponses\": true}}}";

    @Override
    public String title() {
        return "One server returns errors fast";
    }

    @Override
    public String story() {
        return "One of three servers answers every call with an error, at once, while the good ones need 20 ms. A policy that only looked at"
                + " latency would send it everything. peak_ewma counts an error as a very slow answer; and ejection, where error answers are"
                + " configured to count (HTTP here), takes the server out.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = world.cluster(3);
        for (EchoServer server : servers) {
            server.behaviour().delay(Duration.ofMillis(20));
        }
        DemoTraffic aware = world.stream("gRPC, peak_ewma", "grpc", "{\"policy\": \"peak_ewma\"}");
        DemoTraffic ejecting = world.stream("HTTP, ejection by error answers", "http", EJECTING);
        long begin = System.nanoTime();
        world.pass(400);
        long broken = System.nanoTime();
        servers.get(2).behaviour().delay(Duration.ZERO).failPercent(100);
        world.pass(1_600);
        long end = System.nanoTime();
        DemoPlot.Mark mark = DemoPlot.mark(begin, broken, "orders-2 fails fast");
        for (DemoTraffic traffic : List.of(aware, ejecting)) {
            DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
            notes.atMost(traffic.name() + ": share of the failing server", settled.share("orders-2"), 100.0 / 9);
            notes.plot(DemoPlot.rates(traffic, begin, end, mark));
        }
        DemoTraffic.Window before = ejecting.between(begin, broken);
        notes.noneFailed("HTTP, before", before);
    }
}
