package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
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

/** {@code Picker.pick} over a balancer's own nodes. Under {@code prequal} probes are sent and answered beside the picks, as many as its limit allows. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Pick {
    @Param({"round_robin", "random", "weighted_random", "weighted_round_robin", "least_request", "peak_ewma", "prequal"
    })
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private Subject subject;
    private Picker picker;

    @Setup
    public void open() {
        subject = Subject.of(policy, n);
        for (int i = 0; i < 3 * n; i++) {
            subject.balancer().acquire(PickContext.NONE).complete(Outcome.SUCCESS);
        }
        Snapshot snapshot = subject.balancer().current().snapshot();
        picker = Pickers.byName(policy).newPicker(snapshot, Env.system().withProbes(new AnsweredLoads()));
    }

    @TearDown
    public void close() {
        subject.close();
    }

    @Benchmark
    public Node pick() {
        return picker.pick(PickContext.NONE);
    }
}
