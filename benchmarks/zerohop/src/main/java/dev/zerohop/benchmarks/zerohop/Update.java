package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import java.util.Comparator;
import java.util.List;
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

/**
 * One endpoint is added: from the new list, through guard, health and stages of the default configuration, to the picker that has it. Every endpoint of the new
 * list is another object than before, and the list is sorted by id, as etcd's keys are.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Update {
    @Param({"weighted_round_robin", "round_robin"})
    String policy;

    @Param("1000")
    int n;

    private Subject subject;
    private List<Endpoint> before;
    private List<Endpoint> after;

    @Setup
    public void open() {
        before = sorted(Subject.endpoints(n));
        after = sorted(Subject.endpoints(n + 1));
        BalancerSettings settings = Configurations.defaults().withPolicy(Pickers.byName(policy));
        subject = Subject.of(settings);
        subject.source().push(before);
    }

    private static List<Endpoint> sorted(List<Endpoint> endpoints) {
        endpoints.sort(Comparator.comparing(Endpoint::id));
        return endpoints;
    }

    @Setup(Level.Invocation)
    public void remove() {
        subject.source().push(before);
        Subject.expectCandidates(subject.balancer(), n);
    }

    @TearDown(Level.Invocation)
    public void published() {
        Subject.expectCandidates(subject.balancer(), n + 1);
    }

    @TearDown
    public void close() {
        subject.close();
    }

    @Benchmark
    public void add() {
        subject.source().push(after);
    }
}
