package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Balancers that their owner drops without closing them; collected by the real collector. */
class ForgottenBalancerTest {
    private static final String COUNT = "zerohop_attempts_seconds_count";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    @AfterEach
    void close() {
        registry.close();
    }

    /** One that runs, in a time of its own that is dropped with it; its metrics go by the system's. */
    private static Balancer balancer(String service, BalancerListener.Factory metrics) {
        ScriptedResolver source = new ScriptedResolver();
        Balancer balancer = Balancer.builder(service)
                .env(new FakeTime().env())
                .resolver(source)
                .settings(Rig.SETTINGS)
                .listener(metrics)
                .build();
        balancer.start();
        source.push(Rig.endpoints(0, 5));
        source.push(Rig.endpoints(1, 5));
        Lease lease = balancer.acquire(PickContext.NONE);
        balancer.acquire(PickContext.NONE).complete(Outcome.CONNECT_FAILURE);
        lease.complete(Outcome.SUCCESS);
        return balancer;
    }

    private WeakReference<Balancer> forgotten(String service, BalancerListener.Factory metrics) {
        Balancer balancer = balancer(service, metrics);
        // What a scrape remembers keeps nothing either.
        assertThat(Scrape.of(registry).value(COUNT, "service", service, "outcome", "success"))
                .isEqualTo(1);
        return new WeakReference<>(balancer);
    }

    private static void collected(Callable<Boolean> until) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            System.gc();
            return until.call();
        });
    }

    @Test
    void itIsCollectedAndItsMetersGo() {
        ZerohopMetrics metrics =
                ZerohopMetrics.builder(registry).endpointMeters().build();
        WeakReference<Balancer> forgotten = forgotten("orders", metrics);
        Balancer kept = balancer("stock", metrics);
        collected(() -> forgotten.get() == null && !Scrape.of(registry).has(COUNT, "service", "orders"));
        assertThat(registry.getMeters())
                .noneMatch(meter -> "orders".equals(meter.getId().getTag("service")));
        assertThat(Scrape.of(registry).value(COUNT, "service", "stock", "outcome", "success"))
                .isEqualTo(1);
        kept.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void itsMetersStayAsLongAsAnotherOfTheServiceLives() {
        ZerohopMetrics metrics = ZerohopMetrics.builder(registry).build();
        WeakReference<Balancer> forgotten = forgotten("orders", metrics);
        Balancer kept = balancer("orders", metrics);
        collected(() -> forgotten.get() == null);
        assertThat(Scrape.of(registry).value(COUNT, "outcome", "success"))
                .as("counts never shrink")
                .isEqualTo(2);
        assertThat(Scrape.of(registry).sum("zerohop_endpoints")).isEqualTo(5);
        kept.close();
        assertThat(registry.getMeters()).isEmpty();
    }

    /** Nothing but its balancers keeps what {@code of} has made: with them it goes, and the next one finds nothing of it in the registry. */
    @Test
    void whatWasMadeOfTheRegistryAloneGoesWithItAndTheNextBeginsAnew() {
        WeakReference<Balancer> forgotten = forgotten("orders", ZerohopMetrics.of(registry));
        collected(() -> forgotten.get() == null && registry.getMeters().isEmpty());
        Balancer next = balancer("orders", ZerohopMetrics.of(registry));
        assertThat(Scrape.of(registry).value(COUNT, "outcome", "success")).isEqualTo(1);
        next.close();
        assertThat(registry.getMeters()).isEmpty();
    }
}
