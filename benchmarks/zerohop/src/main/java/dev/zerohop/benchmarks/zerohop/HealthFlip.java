package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A probe finds one endpoint down: from its verdict, through the stages of the default configuration, to the picker without it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class HealthFlip {
    private static final HealthSource.Verdict DOWN =
            new HealthSource.Verdict(Health.Status.UNHEALTHY, "the probe failed", Long.MAX_VALUE);

    /** More than the time in which reports are gathered. */
    private static final Duration APART = Duration.ofMillis(10);

    @Param({"round_robin", "random", "least_request", "weighted_round_robin"})
    String policy;

    @Param("10000")
    int n;

    private final JumpingTime time = new JumpingTime();
    private final Probes probes = new Probes();
    private Balancer balancer;
    private int next;
    private String id;

    private static final class Probes implements HealthSource {
        private Sink sink;

        @Override
        public String name() {
            return "probes";
        }

        @Override
        public void start(Sink sink) {
            this.sink = sink;
        }

        @Override
        public void close() {}
    }

    @Setup
    public void open() {
        ScriptedResolver source = new ScriptedResolver();
        BalancerSettings settings = Configurations.defaults().withPolicy(Pickers.byName(policy));
        Env system = Env.system();
        balancer = Balancer.builder("benchmark")
                .env(new Env(time, system.dice(), system.blocking()))
                .resolver(source)
                .settings(settings)
                .healthSource(probes)
                .serialExecutor(Runnable::run)
                .build();
        balancer.start();
        source.push(Subject.endpoints(n));
    }

    @Setup(Level.Invocation)
    public void wellAgain() {
        if (id != null) {
            time.jump(APART);
            probes.sink.withdraw(id);
        }
        Subject.expectCandidates(balancer, n);
        next = (next + 7_919) % n;
        id = "orders-" + next;
        time.jump(APART);
    }

    @TearDown(Level.Invocation)
    public void published() {
        Subject.expectCandidates(balancer, n - 1);
    }

    @TearDown
    public void close() {
        balancer.close();
    }

    @Benchmark
    public void flip() {
        probes.sink.report(id, DOWN);
    }
}
