package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Time;
import dev.zerohop.micrometer.ZerohopMetrics;
import dev.zerohop.monitor.Meters;
import dev.zerohop.monitor.RecentAttempts;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ScriptedResolver;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
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

/** What metrics add to an attempt, beside one record of a timer with the same buckets: `acquire` with `micrometer` less `acquire` with `clock`, which is a listener that does nothing; `recent` is the part of it that counts by endpoint. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Metered {
    private static final BalancerListener DOES_NOTHING = new BalancerListener() {
        @Override
        public void onPick(String service, Endpoint endpoint) {
            // The balancer reads the clock for it.
        }
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Timer timer = Timer.builder("alone")
            .serviceLevelObjectives(Meters.BUCKETS.toArray(new Duration[0]))
            .register(registry);

    /** With one of these listeners. */
    @State(Scope.Benchmark)
    public static class Client {
        @Param({"none", "clock", "recent", "micrometer", "endpoints"})
        String listener;

        private Balancer balancer;

        @Setup
        public void open(Metered owner) {
            ScriptedResolver source = new ScriptedResolver();
            Balancer.Builder builder = Balancer.builder("benchmark")
                    .resolver(source)
                    .settings(BalancerSettings.of(Pickers.leastRequest()))
                    .serialExecutor(Runnable::run);
            switch (listener) {
                case "none" -> {}
                case "clock" -> builder.listener(DOES_NOTHING);
                case "recent" -> builder.listener(new RecentAttempts(Time.system()));
                case "micrometer" ->
                    builder.listener(ZerohopMetrics.builder(owner.registry).build());
                case "endpoints" ->
                    builder.listener(ZerohopMetrics.builder(owner.registry)
                            .endpointMeters()
                            .build());
                default -> throw new IllegalArgumentException("listener was " + listener);
            }
            balancer = builder.build();
            balancer.start();
            source.push(Subject.endpoints(100));
        }

        @TearDown
        public void close() {
            balancer.close();
        }
    }

    @TearDown
    public void close() {
        registry.close();
    }

    @Benchmark
    public boolean acquire(Client client) {
        return client.balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
    }

    @Benchmark
    public void record() {
        timer.record(150, TimeUnit.NANOSECONDS);
    }
}
