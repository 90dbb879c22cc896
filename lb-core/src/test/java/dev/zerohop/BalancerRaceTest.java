package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The three races that the request path must win: a lease ends once, a probe is one call, a swapped picker loses no call. */
class BalancerRaceTest {
    private static final int THREADS = 4;

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .settings(BalancerSettings.builder(new FirstPolicy())
                    .stages(List.of(new HealthFilter()))
                    .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
                    .build())
            .build();

    @AfterEach
    void end() {
        pool.shutdownNow();
        balancer.close();
    }

    /** Runs the same on all threads at once. */
    private <T> List<T> together(Callable<T> body) throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(THREADS);
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            futures.add(pool.submit(() -> {
                barrier.await();
                return body.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
            results.add(future.get(1, TimeUnit.MINUTES));
        }
        return results;
    }

    @Test
    void whoeverEndsALeaseFirstIsTheOnlyOne() throws Exception {
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1));
        for (int round = 0; round < 2_000; round++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(together(() -> lease.complete(Outcome.SUCCESS)))
                    .filteredOn(first -> first)
                    .hasSize(1);
            assertThat(lease.node().inFlight()).isZero();
        }
    }

    @Test
    void oneOfManyCallsGetsTheProbe() throws Exception {
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2), Endpoint.of("127.0.0.1", 3));
        Node sick = balancer.current().snapshot().members().get(0);
        balancer.begin(sick).complete(Outcome.CONNECT_FAILURE);
        time.runDue();
        for (int round = 0; round < 500; round++) {
            time.advance(Duration.ofSeconds(33));
            assertThat(sick.health().status()).isEqualTo(Health.Status.HALF_OPEN);
            List<Lease> leases = together(() -> balancer.acquire(PickContext.NONE));
            assertThat(leases).filteredOn(lease -> lease.node() == sick).hasSize(1);
            leases.forEach(lease -> lease.complete(lease.node() == sick ? Outcome.CONNECT_FAILURE : Outcome.SUCCESS));
            time.advance(Duration.ofMillis(5));
        }
    }

    @Test
    void callsFindAnEndpointWhilePickersAreSwappedUnderThem() throws Exception {
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2));
        List<Node> everybody = new ArrayList<>(balancer.current().snapshot().members());
        together(() -> {
            for (int i = 0; i < 2_000; i++) {
                Lease lease = balancer.acquire(PickContext.NONE);
                if (i % 10 == 0) {
                    synchronized (everybody) {
                        resolver.push(Endpoint.of("127.0.0.1", 1 + i % 3), Endpoint.of("127.0.0.1", 10));
                        everybody.addAll(balancer.current().snapshot().members());
                    }
                }
                assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            }
            return true;
        });
        assertThat(everybody).allMatch(node -> node.inFlight() == 0);
    }
}
