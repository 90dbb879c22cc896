package dev.zerohop.benchmarks.grpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.xds.RingHashOptions;
import java.util.List;
import java.util.Map;
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

/** grpc-java's {@code ring_hash} with 100 entries for each endpoint: from a list with one endpoint more to the picker that has it. It connects to none until a call needs it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RingRebuild {
    @Param({"1000", "10000"})
    int n;

    private FakeChannel channel;
    private List<EquivalentAddressGroup> before;
    private List<EquivalentAddressGroup> after;

    @Setup
    public void open() {
        RingHashOptions.setRingSizeCap(8 * 1024 * 1024);
        after = FakeChannel.addresses(n + 1);
        before = List.copyOf(after.subList(0, n));
        channel = new FakeChannel(
                "ring_hash_experimental", Map.of("minRingSize", 100.0 * n, "maxRingSize", 8.0 * 1024 * 1024));
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
    public Object oneMore() {
        channel.accept(after);
        return channel.picker();
    }
}
