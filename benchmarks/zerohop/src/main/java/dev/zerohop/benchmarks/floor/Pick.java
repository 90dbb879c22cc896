package dev.zerohop.benchmarks.floor;

import dev.zerohop.benchmarks.common.Fleet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Bare arrays with nothing around them: what no balancer can undercut by much. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Pick {
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STRIPES = 64;

    /** 128 bytes: two cache lines, since lines are fetched in pairs. */
    private static final int SPACING = 16;

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    @Param({"10", "1000", "10000"})
    int n;

    private final AtomicInteger shared = new AtomicInteger();
    private final long[] stripes = new long[STRIPES * SPACING];
    private long[] loads;
    private String[] endpoints;

    @Setup
    public void open() {
        loads = new long[n * SPACING];
        endpoints = new String[n];
        for (int i = 0; i < n; i++) {
            endpoints[i] = Fleet.host(i);
        }
    }

    /** Always the first. */
    @Benchmark
    public Object nothing() {
        return endpoints[0];
    }

    /** One counter for all threads, as most libraries do it. */
    @Benchmark
    public Object sharedCounter() {
        return endpoints[(shared.getAndIncrement() & Integer.MAX_VALUE) % endpoints.length];
    }

    /** A cursor for each of a few groups of threads. */
    @Benchmark
    public Object stripedCursor() {
        int slot = (int) (Thread.currentThread().getId() & STRIPES - 1) * SPACING;
        long position = (long) SLOTS.getOpaque(stripes, slot) + GOLDEN;
        SLOTS.setOpaque(stripes, slot, position);
        return endpoints[(int) ((position >>> 32) * endpoints.length >>> 32)];
    }

    /** The less loaded of two, drawn from one random number; each load has cache lines of its own. */
    @Benchmark
    public Object p2cPadded() {
        long random = ThreadLocalRandom.current().nextLong();
        int first = (int) ((random >>> 32) * endpoints.length >>> 32);
        int second = (int) ((random & 0xFFFFFFFFL) * endpoints.length >>> 32);
        return endpoints[load(first) <= load(second) ? first : second];
    }

    private long load(int endpoint) {
        return (long) SLOTS.getOpaque(loads, endpoint * SPACING);
    }
}
