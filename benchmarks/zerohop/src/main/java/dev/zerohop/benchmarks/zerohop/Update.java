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
 * One endpoint is added: from the new list, through guard, health and stages of the default configuration, to the picker that has it. The list is sorted by id. Those
 * that it names again are the same objects as before, as zerohop's own sources keep them, or all are others.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Update {
    @Param({"weighted_round_robin", "round_robin"})
    String policy;

    @Param({"same", "fresh"})
    String objects;

    @Param("1000")
    int n;

    private Subject subject;
    private List<Endpoint> before;
    private List<Endpoint> after;

    @Setup
    public void open() {
        List<Endpoint> all = Subject.endpoints(n + 1);
        after = sorted(all);
        before = sorted(objects.equals("same") ? all.subList(0, n) : Subject.endpoints(n));
        BalancerSettings settings = Configurations.defaults().withPolicy(Pickers.byName(policy));
        subject = Subject.of(settings);
        subject.source().push(before);
    }

    private static List<Endpoint> sorted(List<Endpoint> endpoints) {
        return endpoints.stream().sorted(Comparator.comparing(Endpoint::id)).toList();
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
