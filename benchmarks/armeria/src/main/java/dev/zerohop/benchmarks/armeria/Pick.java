package dev.zerohop.benchmarks.armeria;

import com.linecorp.armeria.client.ClientRequestContext;
import com.linecorp.armeria.client.Endpoint;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** {@code EndpointGroup.selectNow}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Pick {
    @Param({"round_robin", "weighted_round_robin"})
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private final ClientRequestContext request = Group.REQUEST;
    private Group group;

    @Setup
    public void open() {
        group = new Group(policy);
        group.set(Group.endpoints(n));
        group.selectNow(request);
    }

    @Benchmark
    public Endpoint pick() {
        return group.selectNow(request);
    }
}
