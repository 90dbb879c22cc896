package dev.zerohop.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class BalancerMetricsTest {
    private static final int THREADS = 4;

    /** Knows what is published. A service of this name is registered as slowly as the test wants. */
    private static final class Backend implements MeterBackend {
        final Set<Map<String, String>> published = ConcurrentHashMap.newKeySet();
        final AtomicInteger twice = new AtomicInteger();
        final CountDownLatch slowBegan = new CountDownLatch(1);
        final CountDownLatch slowMayEnd = new CountDownLatch(1);

        private Recorder publish(Meter meter, Map<String, String> tags) {
            if ("slow".equals(tags.get(Meter.SERVICE))) {
                slowBegan.countDown();
                await(slowMayEnd);
            }
            Map<String, String> series = new ConcurrentHashMap<>(tags);
            series.put("meter", meter.name());
            if (!published.add(series)) {
                twice.incrementAndGet();
            }
            return new Recorder() {
                @Override
                public void record(long nanos) {
                    // Nobody reads it.
                }

                @Override
                public void cancel() {
                    published.remove(series);
                }
            };
        }

        @Override
        public Cancellable counter(Meter meter, Map<String, String> tags, DoubleSupplier total) {
            return publish(meter, tags);
        }

        @Override
        public Cancellable gauge(Meter meter, Map<String, String> tags, DoubleSupplier value) {
            return publish(meter, tags);
        }

        @Override
        public Recorder recorder(Meter meter, Map<String, String> tags) {
            return publish(meter, tags);
        }
    }

    private final FakeTime time = new FakeTime();
    private final Backend backend = new Backend();
    private final BalancerMetrics metrics = new BalancerMetrics(backend, time, 0);

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
    }

    private Balancer balancer(String service, BalancerListener.Factory listener) {
        return Balancer.builder(service)
                .env(time.env())
                .resolver(new ScriptedResolver())
                .settings(BalancerSettings.of(Pickers.leastRequest()))
                .listener(listener)
                .build();
    }

    @Test
    void aServiceThatIsRegisteredSlowlyKeepsNoOtherWaiting() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Future<Balancer> slow = other.submit(() -> balancer("slow", metrics));
            await(backend.slowBegan);
            balancer("orders", metrics).close();
            assertThat(backend.published).as("those of the slow one come later").isEmpty();
            backend.slowMayEnd.countDown();
            slow.get(60, TimeUnit.SECONDS).close();
        } finally {
            backend.slowMayEnd.countDown();
            other.shutdownNow();
        }
        assertThat(backend.published).isEmpty();
    }

    @Test
    void balancersOfOneNameThatComeAndGoAtOnceShareTheMetersAndTheLastTakesThemBack() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CountDownLatch begin = new CountDownLatch(1);
            Future<?>[] all = new Future<?>[THREADS];
            for (int i = 0; i < THREADS; i++) {
                all[i] = threads.submit(() -> {
                    await(begin);
                    for (int round = 0; round < 200; round++) {
                        BalancerListener[] made = {null};
                        Balancer balancer = balancer("orders", one -> made[0] = metrics.forBalancer(one));
                        assertThat(made[0]).isInstanceOf(ObservedBalancer.class);
                        assertThat(backend.published).isNotEmpty();
                        balancer.close();
                    }
                });
            }
            begin.countDown();
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(backend.twice).hasValue(0);
        assertThat(backend.published).isEmpty();
    }
}
