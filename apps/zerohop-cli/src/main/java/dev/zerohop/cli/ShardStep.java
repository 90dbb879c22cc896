package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A key belongs to an ordinal, not to an address. */
final class ShardStep implements DemoStep<FileWorld> {
    static final String SHARDED = "{\"policy\": {\"shard\": {\"shards\": 3, \"ownerDown\": \"WAIT\"}}}";

    private static final int KEYS = 30;

    @Override
    public String title() {
        return "A key stays where it is through a restart";
    }

    @Override
    public String story() {
        return "Each of 30 keys has one owner among three numbered servers. One server announces that it leaves, stops, and comes back on another port. Calls for its"
                + " keys wait for it (ownerDown WAIT), no key moves, and the keys of other servers are not affected.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        List<EchoServer> servers = world.cluster(3);
        LongFunction<@Nullable EndpointSelector> keys = number -> EndpointSelector.of(number % KEYS);
        List<DemoTraffic> both =
                List.of(world.stream("gRPC", "grpc", SHARDED, keys), world.stream("HTTP", "http", SHARDED, keys));
        long begin = System.nanoTime();
        world.pass(400);
        EchoServer old = servers.get(1);
        long stopped = System.nanoTime();
        world.announceLeave(servers, old);
        world.pass(800);
        world.stop(old);
        EchoServer fresh = world.startServer(old.id());
        world.publish(List.of(servers.get(0), fresh, servers.get(2)));
        long restarted = System.nanoTime();
        world.pass(1_400);
        long end = System.nanoTime();
        notes.check(
                "port of orders-1",
                old.httpPort() + " -> " + fresh.httpPort(),
                "another one",
                old.httpPort() != fresh.httpPort());
        for (DemoTraffic traffic : both) {
            Map<Long, Set<String>> owners = traffic.serversByKey(KEYS);
            long moved =
                    owners.values().stream().filter(each -> each.size() > 1).count();
            notes.check(
                    traffic.name() + ": keys answered by one server only",
                    owners.size() - moved + " of " + KEYS,
                    "all " + KEYS,
                    moved == 0 && owners.size() == KEYS);
            notes.check(
                    traffic.name() + ": orders-1 answers again",
                    traffic.between(restarted, end).byServer().getOrDefault("orders-1", 0L) + " calls",
                    "more than 0",
                    traffic.between(restarted, end).byServer().containsKey("orders-1"));
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(
                    traffic,
                    begin,
                    end,
                    DemoPlot.mark(begin, stopped, "orders-1 leaves"),
                    DemoPlot.mark(begin, restarted, "back on a new port")));
        }
    }
}
