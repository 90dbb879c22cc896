package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.HashPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeNode;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The next version of a picker that hashes endpoints: with one endpoint more, or with one that is out. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TableRebuild {
    @Param({"ring_hash", "maglev", "rendezvous"})
    String policy;

    /** How many are out; with none, one joins. */
    @Param({"0", "1"})
    int out;

    @Param({"1000", "10000"})
    int n;

    private Picker picker;
    private Snapshot next;

    @Setup
    public void build() {
        HashPolicy hashing = switch (policy) {
            case "ring_hash" -> Pickers.ringHash(100 * n, 8 * 1024 * 1024);
            case "maglev" -> Pickers.maglev();
            default -> Pickers.rendezvous();
        };
        List<FakeNode> nodes = FakeNode.numbered("orders", n + 1);
        Snapshot now = Snapshot.of(nodes.subList(0, n));
        List<Candidate> candidates = now.candidates();
        next = out == 0 ? Snapshot.of(nodes) : now.with(candidates.subList(1, n), Long.MAX_VALUE, "one is out");
        picker = hashing.newPicker(now, Env.system());
    }

    @Benchmark
    public Picker rebuild() {
        return picker.rebuild(next);
    }
}
