package dev.zerohop.benchmarks.grpc;

import io.grpc.EquivalentAddressGroup;
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
 * One endpoint is added: from the new list to the picker that has it, its connection included (which opens at once). The
 * address groups that the list names again are the same objects as before, or all are others.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Update {
    @Param({"round_robin", "weighted_round_robin", "least_request"})
    String policy;

    @Param({"same", "fresh"})
    String objects;

    @Param("1000")
    int n;

    private FakeChannel channel;
    private List<EquivalentAddressGroup> before;
    private List<EquivalentAddressGroup> after;

    @Setup
    public void open() {
        after = FakeChannel.addresses(n + 1);
        before = objects.equals("same") ? List.copyOf(after.subList(0, n)) : FakeChannel.addresses(n);
        channel = Policies.ready(policy, n);
    }

    @Setup(Level.Invocation)
    public void remove() {
        channel.accept(before);
    }

    @TearDown
    public void close() {
        channel.close();
    }

    @Benchmark
    public Object add() {
        channel.accept(after);
        return channel.picker();
    }
}
