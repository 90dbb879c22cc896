package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.CallTracer;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class UnsampledTest {
    private static final int CALLS = 100_000;

    private static long allocatedBy(CallTracer tracer) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        int interested = 0;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
            interested += tracer.start("okhttp", "GET", "orders", 80) == null ? 0 : 1;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(interested).isZero();
        return allocated;
    }

    @Test
    void aCallThatIsNotSampledAllocatesNothing() throws Exception {
        try (Traces traces = new Traces(Sampler.alwaysOff())) {
            long allocated = traces.below("call", SpanKind.CLIENT, () -> {
                CallTracer tracer =
                        dev.zerohop.BalancerRegistry.tracer(java.util.List.of(OpenTelemetryTracer.create()));
                allocatedBy(tracer);
                return allocatedBy(tracer);
            });
            // Reading the counter may itself allocate a little; one object for each call would be 16 times as many.
            assertThat(allocated).isLessThan(CALLS);
            assertThat(traces.finished()).isEmpty();
        }
    }
}
