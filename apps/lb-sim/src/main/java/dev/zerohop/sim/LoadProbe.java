package dev.zerohop.sim;

import dev.zerohop.Cancellable;
import dev.zerohop.LoadReport;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One probe of a server's load: a message there and one back, which takes no place at the server. For one thread. */
final class LoadProbe extends Event {
    private final World world;
    private final Stream chance;
    private final @Nullable String zone;
    private final Server server;
    private final Consumer<Prober.Result> answer;
    private Prober.@Nullable Result result;

    private LoadProbe(
            World world, Stream chance, @Nullable String zone, Server server, Consumer<Prober.Result> answer) {
        this.world = world;
        this.chance = chance;
        this.zone = zone;
        this.server = server;
        this.answer = answer;
    }

    /** The probes of one client; none where servers report nothing. */
    static ProbeTransport of(World world, Stream chance, @Nullable String zone) {
        return new ProbeTransport() {
            @Override
            public @Nullable Prober load(String path) {
                return !world.reports()
                        ? null
                        : endpoint -> (blocking, answer) -> {
                            LoadProbe probe = new LoadProbe(world, chance, zone, world.server(endpoint.port()), answer);
                            return probe.begin();
                        };
            }
        };
    }

    private Cancellable begin() {
        world.recorder().probed();
        next(zone, server.zone);
        return () -> world.events().cancel(this);
    }

    private void next(@Nullable String from, @Nullable String to) {
        long delay = world.delay(chance, from, to);
        world.events().at(world.events().nowNanos() + delay, this);
    }

    @Override
    void fire() {
        Prober.Result known = result;
        if (known != null) {
            answer.accept(known);
            return;
        }
        Prober.Result reached = arrive();
        if (reached != null) {
            result = reached;
            next(server.zone, zone);
        }
    }

    /** What comes back from the server; null if nothing does. One whose calls fail still reports. */
    private Prober.@Nullable Result arrive() {
        LoadReport report = server.report();
        return switch (server.probed(chance)) {
            case WELL, ILL -> report == null ? null : Prober.Result.load(report);
            case BROKEN -> Prober.Result.failure("the connection was refused, or has broken");
            case SILENT -> null;
        };
    }
}
