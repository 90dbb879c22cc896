package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.internal.Mix64;
import dev.zerohop.internal.Xxh64;
import dev.zerohop.picker.HashPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeNode;
import java.util.Arrays;
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

/**
 * From the hash of a key, another one each time, to its endpoint: the whole pick of a policy, beside a plain binary search of the same ring and the bare jump hash. {@code nothing} is what the
 * hashes themselves cost.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KeyLookup {
    private static final int ENTRIES = 100;

    @Param({"nothing", "binary_search", "ring_hash", "ring_hash_bounded", "maglev", "jump"})
    String policy;

    @Param({"1000", "10000"})
    int n;

    private LookUp lookUp;

    /** What is measured. */
    private interface LookUp {
        Object of(Key key);
    }

    /** One thread's keys: all share a context, whose key is another one each time. */
    @State(Scope.Thread)
    public static class Key implements EndpointSelector {
        private final PickContext context = PickContext.of(this);
        private long count;
        private long hash;

        Key next() {
            hash = Mix64.mix(++count * Mix64.GOLDEN);
            return this;
        }

        @Override
        public int hashableIdentifier() {
            return (int) hash;
        }

        @Override
        public long hash() {
            return hash;
        }
    }

    @Setup
    public void build() {
        lookUp = switch (policy) {
            case "nothing" -> key -> key;
            case "binary_search" -> binarySearch(FakeNode.numbered("orders", n));
            case "ring_hash" -> picks(Pickers.ringHash(ENTRIES * n, 8 * 1024 * 1024));
            case "ring_hash_bounded" ->
                picks(Pickers.ringHash(ENTRIES * n, 8 * 1024 * 1024).boundedLoad());
            case "maglev" -> picks(Pickers.maglev());
            case "jump" -> jump(FakeNode.numbered("orders", n).toArray(FakeNode[]::new));
            default -> throw new IllegalArgumentException(policy);
        };
    }

    private LookUp picks(HashPolicy hashing) {
        Picker picker = hashing.newPicker(Snapshot.of(FakeNode.numbered("orders", n)), Env.system());
        return key -> picker.pick(key.context);
    }

    private static LookUp jump(FakeNode[] nodes) {
        return key -> nodes[JumpHash.bucket(key.context.selector().hash(), nodes.length)];
    }

    private LookUp binarySearch(List<FakeNode> nodes) {
        long[] hashes = new long[ENTRIES * n];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = Xxh64.hashUtf8(nodes.get(i / ENTRIES).endpoint().id() + "_" + i % ENTRIES);
        }
        Arrays.sort(hashes);
        FakeNode[] owners = new FakeNode[hashes.length];
        for (int i = 0; i < owners.length; i++) {
            owners[i] = nodes.get(i % n);
        }
        return key -> {
            int position = Arrays.binarySearch(hashes, key.context.selector().hash());
            position = position < 0 ? -position - 1 : position;
            return owners[position == owners.length ? 0 : position];
        };
    }

    @Benchmark
    public Object find(Key key) {
        return lookUp.of(key.next());
    }
}
