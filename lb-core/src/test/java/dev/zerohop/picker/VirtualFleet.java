package dev.zerohop.picker;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Dice;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Many clients, each with a balancer of its own, and servers with a queue each, in virtual time. A server works on some calls at once, each for an exponential time; the rest waits in
 * order. It reports how many calls it has under way, how many it answers in a second, and how much of its time it works.
 */
final class VirtualFleet implements AutoCloseable {
    private final FakeTime time = new FakeTime();
    private final Dice traffic;
    private final List<Balancer> clients = new ArrayList<>();
    private final Server[] servers;
    private final long[] latencies = new long[1 << 20];
    private int ended;
    private int[] calls;

    /** A server with its speed. */
    private final class Server {
        final int workers;
        double serviceNanos;
        int busy;
        double busyNanos;
        int answered;
        long sampledNanos = time.nanoTime();
        double utilization;
        double rate;
        final Deque<Runnable> queue = new ArrayDeque<>();

        Server(int workers, double serviceNanos) {
            this.workers = workers;
            this.serviceNanos = serviceNanos;
        }

        void arrive(Lease lease) {
            long start = time.nanoTime();
            queue.add(() -> {
                busy++;
                long work = (long) (-Math.log(1 - traffic.nextDouble()) * serviceNanos);
                busyNanos += work;
                time.schedule(work, () -> end(lease, start));
            });
            serve();
        }

        void serve() {
            while (busy < workers && !queue.isEmpty()) {
                queue.remove().run();
            }
        }

        void end(Lease lease, long start) {
            busy--;
            answered++;
            sample();
            int others = busy + queue.size();
            lease.answered();
            if (lease.wantsLoadReport()) {
                lease.report(() -> LoadReport.builder()
                        .namedMetric("requests_in_flight", others)
                        .applicationUtilization(utilization)
                        .requestsPerSecond(rate)
                        .build());
            }
            lease.complete(Outcome.SUCCESS);
            latencies[ended++] = time.nanoTime() - start;
            serve();
        }

        /** As lb-server measures: each second, averaged over about five. */
        void sample() {
            double elapsed = time.nanoTime() - sampledNanos;
            if (elapsed >= 1e9) {
                double kept = rate == 0 ? 0 : Math.exp(-elapsed / 5e9);
                utilization = utilization * kept + busyNanos / elapsed / workers * (1 - kept);
                rate = rate * kept + answered * 1e9 / elapsed * (1 - kept);
                sampledNanos = time.nanoTime();
                busyNanos = 0;
                answered = 0;
            }
        }
    }

    VirtualFleet(PickPolicy policy, int clientCount, int serverCount, int workers, Duration service) {
        this.traffic = ScriptedDice.seeded(11);
        this.servers = new Server[serverCount];
        this.calls = new int[serverCount];
        Endpoint[] endpoints = new Endpoint[serverCount];
        for (int i = 0; i < serverCount; i++) {
            servers[i] = new Server(workers, service.toNanos());
            endpoints[i] = Endpoint.of("127.0.0.1", i + 1);
        }
        for (int i = 0; i < clientCount; i++) {
            ScriptedResolver resolver = new ScriptedResolver();
            Balancer client = Balancer.builder("client-" + i)
                    .env(time.env(ScriptedDice.seeded(1_000 + i)))
                    .resolver(resolver)
                    .settings(BalancerSettings.of(policy))
                    .build();
            client.start();
            resolver.push(endpoints);
            clients.add(client);
        }
    }

    /** A server needs so long for a call on average from now on. */
    void change(int server, Duration service) {
        servers[server].serviceNanos = service.toNanos();
    }

    /** Lets calls of all clients together arrive for a while; what is asked then speaks of these. */
    void run(double callsPerSecond, Duration duration) {
        ended = 0;
        calls = new int[servers.length];
        long end = time.nanoTime() + duration.toNanos();
        while (true) {
            long gap = (long) (-Math.log(1 - traffic.nextDouble()) * 1e9 / callsPerSecond);
            if (time.nanoTime() + gap >= end) {
                time.advance(Duration.ofNanos(end - time.nanoTime()));
                return;
            }
            time.advance(Duration.ofNanos(gap));
            Lease lease = clients.get(traffic.nextInt(clients.size())).acquire(PickContext.NONE);
            int server = lease.endpoint().port() - 1;
            calls[server]++;
            servers[server].arrive(lease);
        }
    }

    double millis(double quantile) {
        long[] sorted = Arrays.copyOf(latencies, ended);
        Arrays.sort(sorted);
        return sorted[(int) (quantile * (ended - 1))] / 1e6;
    }

    double share(int server) {
        return (double) calls[server] / Arrays.stream(calls).sum();
    }

    int calls(int server) {
        return calls[server];
    }

    @Override
    public void close() {
        clients.forEach(Balancer::close);
    }
}
