package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
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

/** {@code Balancer.acquire} and {@code Lease.complete}: everything that a call costs. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Acquire {
    @Param({"least_request", "peak_ewma", "weighted_round_robin"})
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private Subject subject;
    private Balancer balancer;

    @Setup
    public void open() {
        subject = Subject.of(policy, n);
        balancer = subject.balancer();
        for (int i = 0; i < 3 * n; i++) {
            acquire();
        }
    }

    @TearDown
    public void close() {
        subject.close();
    }

    @Benchmark
    public boolean acquire() {
        return balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
    }
}
