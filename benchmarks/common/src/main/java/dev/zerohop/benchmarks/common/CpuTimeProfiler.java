package dev.zerohop.benchmarks.common;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Measures the CPU time that the worker threads spend on one operation, in nanoseconds: {@code cpu}. Unlike the wall clock it does not count the
 * time for which a busy machine takes the CPU away. Use it as {@code -prof dev.zerohop.benchmarks.common.CpuTimeProfiler}.
 */
public final class CpuTimeProfiler implements InternalProfiler {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private long before;

    @Override
    public String getDescription() {
        return "CPU time of the worker threads per operation";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = workersNanos();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long spent = workersNanos() - before;
        long operations = result.getMetadata().getAllOps();
        return List.of(new ScalarResult("cpu", (double) spent / operations, "ns/op", AggregationPolicy.AVG));
    }

    private static long workersNanos() {
        long[] ids = THREADS.getAllThreadIds();
        long sum = 0;
        for (int i = 0; i < ids.length; i++) {
            var info = THREADS.getThreadInfo(ids[i]);
            if (info != null && info.getThreadName().contains("-jmh-worker-")) {
                sum += Math.max(0, THREADS.getThreadCpuTime(ids[i]));
            }
        }
        return sum;
    }
}
