package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
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

/** {@code Picker.pick} with a text key, another one each time; the hash of the key is part of it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickByKey {
    @Param({"rendezvous", "shard"})
    String policy;

    @Param({"10", "1000", "10000"})
    int n;

    private Subject subject;
    private Picker picker;

    @Setup
    public void open() {
        subject = Subject.of(policy, n);
        picker = Pickers.byName(policy).newPicker(subject.balancer().current().snapshot(), Env.system());
    }

    @TearDown
    public void close() {
        subject.close();
    }

    /** One thread's keys. */
    @State(Scope.Thread)
    public static class Keys {
        private final PickContext[] contexts = Subject.keys(1024);
        private int next;

        PickContext next() {
            return contexts[next++ & 1023];
        }
    }

    @Benchmark
    public Node pick(Keys keys) {
        return picker.pick(keys.next());
    }
}
