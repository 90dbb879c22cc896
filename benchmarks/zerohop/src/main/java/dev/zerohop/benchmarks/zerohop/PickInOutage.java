package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * {@code Balancer.pick} while all is well, and in an outage: all endpoints, or every other one, are half open after failed connections and their probe calls hang.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickInOutage {
    @Param({"round_robin", "least_request", "peak_ewma", "rendezvous", "shard"})
    String policy;

    @Param({"10", "100", "1000", "10000"})
    int n;

    @Param({"none", "half", "all"})
    String out;

    private final JumpingTime time = new JumpingTime();
    private Subject subject;
    private Balancer balancer;

    @Setup
    public void open() {
        subject = Subject.of(
                BalancerSettings.builder(Pickers.byName(policy))
                        .stages(List.of(new HealthFilter()))
                        .ejection(
                                OutlierEjection.builder().jitter(Duration.ZERO).build())
                        .leaseAgeLimit(Duration.ZERO)
                        .build(),
                new Env(time, Env.system().dice(), Runnable::run));
        balancer = subject.balancer();
        subject.source().push(Subject.endpoints(n));
        List<Node> members = balancer.current().snapshot().members();
        members.forEach(node -> balancer.begin(node).complete(Outcome.SUCCESS));
        int each = out.equals("none") ? n : out.equals("half") ? 2 : 1;
        for (int i = 0; i < n && !out.equals("none"); i += each) {
            balancer.begin(members.get(i)).complete(Outcome.CONNECT_FAILURE);
        }
        time.jump(Duration.ofMillis(10));
        time.jump(Duration.ofMillis(1_500));
        // Their calls hang, and those that pick their probes never begin.
        Keys keys = new Keys();
        for (int i = 0; i < 50 * n && probesLeft(members, i); i++) {
            balancer.current().pick(keys.next(policy));
            for (Node node : members) {
                if (i == 0 && node.health().status() == Health.Status.HALF_OPEN) {
                    balancer.begin(node);
                }
            }
        }
        long halfOpen = members.stream()
                .filter(node -> node.health().status() == Health.Status.HALF_OPEN)
                .count();
        long expected = out.equals("none") ? 0 : (n + each - 1) / each;
        if (halfOpen != expected) {
            throw new IllegalStateException(halfOpen + " of " + n + " endpoints are half open, expected " + expected);
        }
    }

    /** A half-open node has no load until its probe is taken. Looked at now and then only: it is slow for thousands. */
    private static boolean probesLeft(List<Node> members, int step) {
        return step % members.size() != 0
                || members.stream()
                        .anyMatch(node -> node.health().status() == Health.Status.HALF_OPEN && node.pressure() == 0);
    }

    @TearDown
    public void close() {
        subject.close();
    }

    /** One thread's keys; the same few, so that they are no part of the difference. */
    @State(Scope.Thread)
    public static class Keys {
        private final PickContext[] contexts = Subject.keys(1024);
        private int next;

        PickContext next(String policy) {
            boolean keyed = policy.equals("rendezvous") || policy.equals("shard");
            return keyed ? contexts[next++ & 1023] : PickContext.NONE;
        }
    }

    @Benchmark
    public Node pick(Keys keys) {
        return balancer.current().pick(keys.next(policy));
    }
}
