package dev.zerohop.sim;

import dev.zerohop.Env;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** One run: one scenario, one policy, one seed. Gives the same result for the same three, on every machine. For one thread, {@link OneThread}'s. */
final class Simulation {
    private static final int SAMPLES = 1_000;
    private static final int STEPS_BETWEEN_LOOKS = (1 << 16) - 1;

    private final Scenario scenario;
    private final Policy policy;
    private final long seed;
    private final Events events = new Events(VirtualTime.START_NANOS);
    private final VirtualTime time = new VirtualTime(events);
    private final World world;
    private final ControlPlane control;
    private final Client[] clients;
    private long steps;

    Simulation(Scenario scenario, Policy policy, long seed, @Nullable EventLog log) {
        this.scenario = scenario;
        this.seed = seed;
        this.world = new World(scenario, events, new Recorder(scenario, events, log));
        this.policy = IdealShortestQueue.in(world, policy);
        this.control = new ControlPlane(world, scenario, seed);
        this.clients = clients();
    }

    private Client[] clients() {
        Load.Clients given = scenario.load().clients();
        Stream starts = Stream.of(seed, Stream.Purpose.STARTS);
        List<Client> all = new ArrayList<>();
        for (int i = 0; i < given.count(); i++) {
            String zone = given.zones().isEmpty()
                    ? null
                    : given.zones().get(i % given.zones().size());
            Env env = new Env(
                    time,
                    Stream.of(seed, Stream.Purpose.BALANCERS, i),
                    Runnable::run,
                    LoadProbe.of(world, Stream.of(seed, Stream.Purpose.PROBES, i), zone));
            Client client = new Client(i, zone, policy.balancers().create(i, zone, env, world), world);
            all.add(client);
            events.at(VirtualTime.START_NANOS + (long) (starts.nextDouble() * given.startWithinNanos()), new Event() {
                @Override
                void fire() {
                    client.start();
                }
            });
        }
        return all.toArray(new Client[0]);
    }

    RunResult run() {
        control.publishTo(clients);
        new Traffic(world, scenario, seed, clients).start();
        Scenario.Span span = scenario.span();
        new Sampler(span).start();
        long arrivalsEnd = VirtualTime.START_NANOS + span.durationNanos();
        while (events.step(arrivalsEnd)) {
            stopIfInterrupted();
        }
        // Every call that has begun ends at its deadline at the latest.
        while (world.calls().underWay() > 0 && events.step(Long.MAX_VALUE)) {
            stopIfInterrupted();
        }
        RunResult result = world.recorder().result(world);
        for (Client client : clients) {
            client.close();
        }
        return result;
    }

    private void stopIfInterrupted() {
        if ((++steps & STEPS_BETWEEN_LOOKS) == 0 && Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }

    /** Looks at regular instants how many calls each server has. */
    private final class Sampler extends Event {
        private final long stepNanos;
        private final long firstNanos;
        private int taken;

        Sampler(Scenario.Span span) {
            this.stepNanos = (span.durationNanos() - span.measureFromNanos()) / SAMPLES;
            this.firstNanos = VirtualTime.START_NANOS + span.measureFromNanos();
        }

        void start() {
            events.at(firstNanos, this);
        }

        @Override
        void fire() {
            control.running().forEach(world.recorder()::sampleInFlight);
            if (++taken < SAMPLES) {
                events.at(firstNanos + taken * stepNanos, this);
            }
        }
    }
}
