package dev.zerohop.kubernetes;

import dev.zerohop.Balancer;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.config.Configurations;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prints the figures of docs/performance.md and judges none. The API server is in memory and in the same process. */
@Tag("long")
class KubernetesFiguresTest {
    private static final int CHANGES = 200;

    /** From nothing to an endpoint that can be picked; the first of a process loads the client's classes. */
    @Test
    void start() throws Exception {
        try (MockApi api = new MockApi()) {
            api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
            for (int run = 1; run <= 5; run++) {
                long begun = System.nanoTime();
                try (KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
                        Balancer balancer = balancer(discovery)) {
                    while (balancer.current().snapshot().candidates().isEmpty()) {
                        LockSupport.parkNanos(50_000);
                    }
                    print("start to first pick, run " + run, System.nanoTime() - begun);
                }
            }
        }
    }

    /** From before the client's PUT of a changed slice until the balancer can pick the new endpoint. */
    @Test
    void changes() throws Exception {
        try (MockApi api = new MockApi();
                KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options())) {
            api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1")));
            try (Balancer balancer = balancer(discovery)) {
                long[] nanos = new long[CHANGES];
                for (int i = -50; i < CHANGES; i++) {
                    String pod = "orders-" + (i + 100);
                    long begun = System.nanoTime();
                    api.put(Slices.slice("orders-a", Slices.pod("orders-0", "10.0.0.1"), Slices.pod(pod, "10.0.1.1")));
                    while (balancer.current().snapshot().candidates().stream()
                            .noneMatch(candidate ->
                                    candidate.node().endpoint().id().equals(pod))) {
                        LockSupport.parkNanos(50_000);
                    }
                    if (i >= 0) {
                        nanos[i] = System.nanoTime() - begun;
                    }
                }
                Arrays.sort(nanos);
                print("change to first pick, p50", nanos[CHANGES / 2]);
                print("change to first pick, p99", nanos[CHANGES * 99 / 100]);
            }
        }
    }

    /** What 10,000 endpoints in 100 slices keep alive: the copy, and the resolver's set. */
    @Test
    void memory() throws Exception {
        try (MockApi api = new MockApi()) {
            for (int slice = 0; slice < 100; slice++) {
                int from = slice * 100;
                api.put(Slices.slice(
                        "orders-" + slice,
                        IntStream.range(from, from + 100)
                                .mapToObj(i -> Slices.pod("orders-" + i, "10.0." + i / 250 + "." + i % 250))
                                .toArray(io.fabric8.kubernetes.api.model.discovery.v1.Endpoint[]::new)));
            }
            KubernetesDiscovery warm = KubernetesDiscovery.of(api.options());
            follow(warm).close();
            warm.close();
            long before = used();
            KubernetesDiscovery discovery = KubernetesDiscovery.of(api.options());
            Resolver resolver = follow(discovery);
            System.out.printf(
                    Locale.ROOT, "memory of 10,000 endpoints: %.1f MiB%n", (used() - before) / 1024.0 / 1024.0);
            resolver.close();
            discovery.close();
        }
    }

    private static Resolver follow(KubernetesDiscovery discovery) throws InterruptedException {
        CountDownLatch all = new CountDownLatch(1);
        Resolver resolver = discovery.resolver("k8s:///shop/orders:grpc");
        resolver.start(now -> {
            EndpointSet set = now.endpoints();
            if (now.error() != null) {
                System.out.println(now.error());
            } else if (set != null && set.endpoints().size() == 10_000) {
                all.countDown();
            }
        });
        if (!all.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("10,000 endpoints did not come within 60 s");
        }
        return resolver;
    }

    /** What is left when collecting finds no more: what references hold on to is let go between one collection and the next. */
    private static long used() {
        long least = Long.MAX_VALUE;
        for (int unchanged = 0; unchanged < 5; ) {
            System.gc();
            long now = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            unchanged = now < least ? 0 : unchanged + 1;
            least = Math.min(least, now);
        }
        return least;
    }

    private static Balancer balancer(KubernetesDiscovery discovery) {
        Balancer balancer = Balancer.builder("orders")
                .settings(Configurations.defaults())
                .resolver(discovery.resolver("k8s:///shop/orders:grpc"))
                .build();
        balancer.start();
        return balancer;
    }

    private static void print(String what, long nanos) {
        System.out.printf(Locale.ROOT, "%s: %.1f ms%n", what, nanos / 1e6);
    }
}
