package dev.zerohop.benchmarks.grpc;

import io.grpc.LoadBalancer;
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

/** {@code SubchannelPicker.pickSubchannel} with every subchannel ready. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Pick {
    @Param({"round_robin", "weighted_round_robin", "least_request"})
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private final FakeCall call = new FakeCall();
    private FakeChannel channel;
    private LoadBalancer.SubchannelPicker picker;

    @Setup
    public void open() {
        channel = Policies.ready(policy, n);
        picker = channel.picker();
    }

    @TearDown
    public void close() {
        channel.close();
    }

    @Benchmark
    public LoadBalancer.PickResult pick() {
        return picker.pickSubchannel(call);
    }
}
