package dev.zerohop.picker;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Dice;
import dev.zerohop.EjectionPolicy;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;

/**
 * Servers in virtual time behind a real balancer. Calls arrive at random with a given mean rate, go where the balancer says, and end as the server's behaviour at
 * that moment says; so a minute of traffic takes no minute, and the same seed gives the same calls.
 */
final class VirtualServers implements AutoCloseable {
    private static final double SECOND = 1e9;

    /** How one server answers a call that arrives now. */
    @FunctionalInterface
    interface Behaviour {
        Answer answer(Dice dice);

        /** Answers well after this time. */
        static Behaviour well(Duration latency) {
            return dice -> new Answer(latency.toNanos(), Outcome.SUCCESS);
        }

        /** Answers this share of the calls with a failure instead, after 1 ms. */
        default Behaviour failing(double share, Outcome outcome) {
            return dice -> dice.nextDouble() < share ? new Answer(1_000_000, outcome) : answer(dice);
        }

        /** Ends every call so after this time. */
        static Behaviour always(Outcome outcome, Duration after) {
            return dice -> new Answer(after.toNanos(), outcome);
        }
    }

    /** All calls from now on have this key. */
    VirtualServers keyed(EndpointSelector key) {
        context = PickContext.of(key);
        return this;
    }

    /** How a call ends. */
    record Answer(long nanos, Outcome outcome) {}

    private final FakeTime time = new FakeTime();
    private final Dice traffic;
    private final Behaviour[] servers;
    private final Balancer balancer;
    private PickContext context = PickContext.NONE;
    private int[] calls = new int[0];

    VirtualServers(PickPolicy policy, EjectionPolicy ejection, long seed, List<Behaviour> servers) {
        this.traffic = ScriptedDice.seeded(seed);
        this.servers = servers.toArray(new Behaviour[0]);
        ScriptedResolver resolver = new ScriptedResolver();
        this.balancer = Balancer.builder("orders")
                .env(time.env(ScriptedDice.seeded(seed + 1)))
                .resolver(resolver)
                .settings(BalancerSettings.builder(policy)
                        .stages(List.of(new HealthFilter()))
                        .ejection(ejection)
                        .build())
                .build();
        balancer.start();
        Endpoint[] endpoints = new Endpoint[this.servers.length];
        for (int i = 0; i < endpoints.length; i++) {
            endpoints[i] = Endpoint.of("127.0.0.1", i + 1);
        }
        resolver.push(endpoints);
    }

    Balancer balancer() {
        return balancer;
    }

    /** The server at this position answers so from now on. */
    void change(int server, Behaviour behaviour) {
        servers[server] = behaviour;
    }

    /** Lets calls arrive for a while; {@link #share} and {@link #calls} speak of these calls only. */
    void run(double callsPerSecond, Duration duration) {
        calls = new int[servers.length];
        long end = time.nanoTime() + duration.toNanos();
        while (true) {
            long gap = (long) (-Math.log(1 - traffic.nextDouble()) * SECOND / callsPerSecond);
            if (time.nanoTime() + gap >= end) {
                time.advance(Duration.ofNanos(end - time.nanoTime()));
                return;
            }
            time.advance(Duration.ofNanos(gap));
            call();
        }
    }

    private void call() {
        Lease lease = balancer.acquire(context);
        int server = lease.endpoint().port() - 1;
        calls[server]++;
        Answer answer = servers[server].answer(traffic);
        time.schedule(answer.nanos(), () -> {
            if (answer.outcome() == Outcome.SUCCESS) {
                lease.answered();
            }
            lease.complete(answer.outcome());
        });
    }

    int calls(int server) {
        return calls[server];
    }

    /** The share of the calls of the last run that went to this server. */
    double share(int server) {
        int all = 0;
        for (int count : calls) {
            all += count;
        }
        return (double) calls[server] / all;
    }

    @Override
    public void close() {
        balancer.close();
    }
}
