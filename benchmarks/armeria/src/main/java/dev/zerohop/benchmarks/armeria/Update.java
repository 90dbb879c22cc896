package dev.zerohop.benchmarks.armeria;

import com.linecorp.armeria.client.Endpoint;
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

/** One endpoint is added: from the new list to the selector that has it. Those that it names again are the same objects as before, or all are others. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Update {
    @Param({"round_robin", "weighted_round_robin"})
    String policy;

    @Param({"same", "fresh"})
    String objects;

    @Param("1000")
    int n;

    private Group group;
    private List<Endpoint> before;
    private List<Endpoint> after;

    @Setup
    public void open() {
        after = Group.endpoints(n + 1);
        before = objects.equals("same") ? List.copyOf(after.subList(0, n)) : Group.endpoints(n);
        group = new Group(policy);
        group.set(before);
        group.selectNow(Group.REQUEST);
    }

    @Setup(Level.Invocation)
    public void remove() {
        group.set(before);
    }

    @Benchmark
    public Object add() {
        group.set(after);
        return group;
    }
}
