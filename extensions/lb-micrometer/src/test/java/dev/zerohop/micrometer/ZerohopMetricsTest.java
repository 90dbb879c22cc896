package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Lease;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.RetryDecision;
import dev.zerohop.monitor.BalancerMetrics;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.ScriptedResolver;
import io.micrometer.core.instrument.HighCardinalityTagsDetector;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZerohopMetricsTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private void ejected(Rig.Client client) {
        Lease lease = client.begin();
        String id = lease.endpoint().id();
        lease.complete(Outcome.CONNECT_FAILURE);
        rig.time.advance(Duration.ofMillis(100));
        assertThat(client.balancer.current().snapshot().candidates())
                .noneMatch(candidate -> candidate.node().endpoint().id().equals(id));
    }

    @Test
    void whatHasNotHappenedYetIsThereAtZero() {
        Rig.Client client = new Rig.Client(rig, "orders", rig.metrics().build());
        try (client) {
            Scrape scrape = rig.scrape();
            assertThat(scrape.value("zerohop_configuration_total", "result", "rejected", "service", "orders"))
                    .isZero();
            assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", "timeout"))
                    .isZero();
            assertThat(scrape.value("zerohop_refusals_total", "kind", "none_usable"))
                    .isZero();
            assertThat(scrape.value("zerohop_endpoints", "state", "healthy")).isZero();
            assertThat(scrape.value("zerohop_source_age_seconds")).isNaN();
            assertThat(scrape.value("zerohop_info", "policy", "least_request", "adapter", "test"))
                    .isEqualTo(1);
        }
    }

    @Test
    void attemptsAreTimedByOutcome() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoint("a"));
        Lease lease = client.begin();
        assertThat(rig.scrape().value("zerohop_attempts_active")).isEqualTo(1);
        rig.time.advance(Duration.ofMillis(30));
        lease.complete(Outcome.SUCCESS);
        client.call(Outcome.ERROR_RESPONSE);
        Scrape scrape = rig.scrape();
        assertThat(scrape.value("zerohop_attempts_active")).isZero();
        assertThat(scrape.value("zerohop_attempts_seconds_sum", "outcome", "success"))
                .isEqualTo(0.03);
        assertThat(scrape.value("zerohop_attempts_seconds_bucket", "outcome", "success", "le", "0.025"))
                .isZero();
        assertThat(scrape.value("zerohop_attempts_seconds_bucket", "outcome", "success", "le", "0.05"))
                .isEqualTo(1);
        assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", "error_response"))
                .isEqualTo(1);
    }

    @Test
    void bucketsAreAnOption() {
        Rig.Client client =
                rig.client("orders", rig.metrics().buckets(List.of()).build());
        client.source.push(Rig.endpoint("a"));
        client.call(Outcome.SUCCESS);
        Scrape scrape = rig.scrape();
        assertThat(scrape.has("zerohop_attempts_seconds_bucket")).isFalse();
        assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", "success"))
                .isEqualTo(1);
        assertThatThrownBy(() -> rig.metrics().buckets(List.of(Duration.ZERO)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("bound of a bucket was PT0S, expected > 0");
        assertThatThrownBy(() -> rig.metrics().endpointMeters(1_001).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "endpoints with meters of their own were 1001, expected 0 to " + BalancerMetrics.MAX_ENDPOINTS);
    }

    @Test
    void whatTheListenerLearnsIsCounted() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        Balancer balancer = client.balancer;
        assertThatThrownBy(() -> {
                    balancer.refresh();
                    client.source.push(List.of());
                    client.begin();
                })
                .isInstanceOf(NoEndpointException.class);
        client.source.push(Rig.endpoint("a"), Rig.endpoint("b"));
        Endpoint a = Rig.endpoint("a");
        balancer.retryDecided(a, Outcome.TIMEOUT, RetryDecision.GRANTED);
        balancer.retryDecided(a, Outcome.TIMEOUT, RetryDecision.BUDGET_EXHAUSTED);
        balancer.hedgeDecided(RetryDecision.BUDGET_EXHAUSTED);
        balancer.waited(Duration.ofMillis(20).toNanos());
        balancer.spilled(a);
        balancer.leaked(client.begin(), Duration.ofMinutes(10));
        client.source.push(Rig.endpoint("b"));
        client.source.reject("weights: not a number");
        balancer.apply(BalancerSettings.of(Pickers.random()));
        Scrape scrape = rig.scrape();
        assertThat(scrape.value("zerohop_refusals_total", "kind", "none_known")).isEqualTo(1);
        assertThat(scrape.value("zerohop_retries_total", "result", "granted")).isEqualTo(1);
        assertThat(scrape.value("zerohop_retries_total", "result", "budget_exhausted"))
                .isEqualTo(1);
        assertThat(scrape.value("zerohop_hedges_total", "result", "budget_exhausted"))
                .isEqualTo(1);
        assertThat(scrape.sum("zerohop_hedges_total")).isEqualTo(1);
        assertThat(scrape.value("zerohop_attempts_wait_seconds_sum")).isEqualTo(0.02);
        assertThat(scrape.value("zerohop_spills_total")).isEqualTo(1);
        assertThat(scrape.value("zerohop_leaks_total")).isEqualTo(1);
        assertThat(scrape.value("zerohop_membership_changes_total", "change", "added"))
                .isEqualTo(2);
        assertThat(scrape.value("zerohop_membership_changes_total", "change", "removed"))
                .isEqualTo(1);
        assertThat(scrape.value("zerohop_configuration_total", "result", "value_rejected"))
                .isEqualTo(1);
        assertThat(scrape.value("zerohop_configuration_total", "result", "applied"))
                .isEqualTo(1);
        assertThat(scrape.value("zerohop_rebuilds_seconds_count")).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aRejectedConfigurationIsCounted() {
        ScriptedResolver source = new ScriptedResolver();
        Balancer balancer = Balancer.builder("orders")
                .env(rig.time.env())
                .resolver(source)
                .defaults(Rig.SETTINGS)
                .followSourceConfiguration()
                .listener(rig.metrics().build())
                .build();
        try (balancer) {
            balancer.start();
            source.configure("{\"policy\": \"no such\"}");
            assertThat(rig.scrape().value("zerohop_configuration_total", "result", "rejected"))
                    .isEqualTo(1);
        }
    }

    @Test
    void endpointsAreCountedByWhatIsBelievedOfThem() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoints(0, 10));
        Scrape before = rig.scrape();
        assertThat(before.value("zerohop_endpoints", "state", "unknown")).isEqualTo(10);
        assertThat(before.value("zerohop_endpoints_candidates")).isEqualTo(10);
        ejected(client);
        Scrape after = rig.scrape();
        assertThat(after.value("zerohop_endpoints", "state", "unknown")).isEqualTo(9);
        assertThat(after.value("zerohop_endpoints", "state", "unreachable")).isEqualTo(1);
        assertThat(after.sum("zerohop_endpoints")).isEqualTo(10);
        assertThat(after.value("zerohop_endpoints_candidates")).isEqualTo(9);
        assertThat(after.value("zerohop_health_changes_total", "to", "unreachable"))
                .isEqualTo(1);
    }

    @Test
    void theSourceHasAnAgeAndMayFail() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.asOf(rig.time.now()).push(Rig.endpoint("a"));
        rig.time.advance(Duration.ofSeconds(90));
        assertThat(rig.scrape().value("zerohop_source_age_seconds")).isEqualTo(90);
        assertThat(rig.scrape().value("zerohop_source_failing")).isZero();
        client.source.fail(new IllegalStateException("refused"));
        rig.time.advance(Duration.ofSeconds(10));
        assertThat(rig.scrape().value("zerohop_source_failing")).isEqualTo(1);
        assertThat(rig.scrape().value("zerohop_source_age_seconds")).isEqualTo(100);
        client.source.asOf(rig.time.now()).push(Rig.endpoint("a"));
        assertThat(rig.scrape().value("zerohop_source_failing")).isZero();
        assertThat(rig.scrape().value("zerohop_source_age_seconds")).isZero();
    }

    @Test
    void panicSkewBudgetEpochAndKindAreShown() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.shards(2).push(Rig.endpoint("a"), Rig.endpoint("b"));
        Scrape quiet = rig.scrape();
        assertThat(quiet.value("zerohop_panic")).isZero();
        assertThat(quiet.value("zerohop_endpoints_skew_ratio")).isNaN();
        assertThat(quiet.value("zerohop_retry_budget")).isEqualTo(100);
        assertThat(quiet.value("zerohop_shard_epoch")).isNaN();
        assertThat(quiet.value("zerohop_info", "policy", "least_request", "source", "other", "adapter", "test"))
                .isEqualTo(1);
        for (int i = 0; i < 200; i++) {
            client.call(Outcome.SUCCESS);
        }
        assertThat(rig.scrape().value("zerohop_endpoints_skew_ratio")).isBetween(1.0, 1.5);
        client.balancer.apply(BalancerSettings.of(Pickers.random()));
        Scrape random = rig.scrape();
        assertThat(random.value("zerohop_info", "policy", "random")).isEqualTo(1);
        assertThat(random.has("zerohop_info", "policy", "least_request")).isFalse();
        assertThat(random.value("zerohop_retry_budget"))
                .as("nothing is repeated by these settings")
                .isZero();
    }

    @Test
    void panicIsShownWhileItLasts() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoints(0, 4));
        client.source.judge(
                Map.of("orders-0", unhealthy(), "orders-1", unhealthy(), "orders-2", unhealthy()), rig.time.nanoTime());
        rig.time.advance(Duration.ofSeconds(1));
        assertThat(rig.scrape().value("zerohop_panic")).isEqualTo(1);
        client.source.judge(Map.of(), rig.time.nanoTime());
        rig.time.advance(Duration.ofSeconds(1));
        assertThat(rig.scrape().value("zerohop_panic")).isZero();
    }

    private static HealthSource.Verdict unhealthy() {
        return HealthSource.Verdict.lasting(Health.Status.UNHEALTHY, "503");
    }

    @Test
    void closingTakesEveryMeterOut() {
        Rig.Client client = rig.client("orders", rig.metrics().endpointMeters().build());
        client.source.push(Rig.endpoints(0, 5));
        client.call(Outcome.SUCCESS);
        assertThat(rig.registry.getMeters()).isNotEmpty();
        client.close();
        assertThat(rig.registry.getMeters()).isEmpty();
        assertThat(rig.scrape().samples()).isEmpty();
        assertThat(rig.time.pendingTasks()).isZero();
    }

    @Test
    void aRegistryThatThrowsHalfwayLeavesNothing() {
        rig.registry.config().meterFilter(new MeterFilter() {
            @Override
            public MeterFilterReply accept(Meter.Id id) {
                if (id.getName().equals("zerohop.info")) {
                    throw new IllegalStateException("full");
                }
                return MeterFilterReply.NEUTRAL;
            }
        });
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoint("a"));
        client.call(Outcome.SUCCESS);
        assertThat(rig.registry.getMeters()).isEmpty();
    }

    @Test
    void attemptsAtEndpointsThatHaveLeftAreUnderWayUntilTheyEnd() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoints(0, 10));
        Lease stream = client.begin();
        List<Endpoint> rest = new ArrayList<>(Rig.endpoints(0, 10));
        rest.removeIf(endpoint -> endpoint.id().equals(stream.endpoint().id()));
        client.source.push(rest);
        assertThat(client.balancer.current().snapshot().members()).hasSize(9);
        assertThat(rig.scrape().value("zerohop_attempts_active")).isEqualTo(1);
        client.source.push(rest.subList(0, 8));
        assertThat(rig.scrape().value("zerohop_attempts_active")).isEqualTo(1);
        stream.complete(Outcome.SUCCESS);
        assertThat(rig.scrape().value("zerohop_attempts_active")).isZero();
    }

    @Test
    void aBalancerThatCannotBeMadeLeavesNothing() {
        assertThatThrownBy(() -> Balancer.builder("orders")
                        .settings(Rig.SETTINGS)
                        .listener(rig.metrics().build())
                        .build())
                .isInstanceOf(NullPointerException.class);
        assertThat(rig.registry.getMeters()).isEmpty();
    }

    @Test
    void balancersOfOneNameShareTheirMeters() {
        ZerohopMetrics metrics = rig.metrics().build();
        Rig.Client first = rig.client("orders", metrics);
        Rig.Client second = rig.client("orders", metrics);
        Rig.Client other = rig.client("stock", metrics);
        first.source.push(Rig.endpoints(0, 4));
        second.source.push(Rig.endpoints(2, 4));
        other.source.push(Rig.endpoint("s"));
        first.call(Outcome.SUCCESS);
        second.call(Outcome.SUCCESS);
        ejected(second);
        Lease lease = second.begin();
        Scrape both = rig.scrape();
        String[] orders = {"service", "orders"};
        assertThat(both.value("zerohop_attempts_seconds_count", "service", "orders", "outcome", "success"))
                .isEqualTo(2);
        assertThat(both.value("zerohop_attempts_seconds_count", "service", "stock", "outcome", "success"))
                .isZero();
        assertThat(both.value("zerohop_attempts_active", orders)).isEqualTo(1);
        assertThat(both.value("zerohop_endpoints", "service", "orders", "state", "unknown"))
                .as("each once")
                .isEqualTo(5);
        assertThat(both.value("zerohop_endpoints", "service", "orders", "state", "unreachable"))
                .as("as the worst that one believes")
                .isEqualTo(1);
        assertThat(both.value("zerohop_endpoints_candidates", orders)).isBetween(5.0, 6.0);
        first.close();
        Scrape one = rig.scrape();
        assertThat(one.value("zerohop_attempts_seconds_count", "service", "orders", "outcome", "success"))
                .as("counts never shrink")
                .isEqualTo(2);
        assertThat(one.sum("zerohop_endpoints")).isEqualTo(5);
        lease.complete(Outcome.SUCCESS);
        second.close();
        assertThat(rig.scrape().has("zerohop_endpoints", orders)).isFalse();
        assertThat(rig.scrape().has("zerohop_endpoints", "service", "stock")).isTrue();
        Rig.Client again = rig.client("orders", metrics);
        again.source.push(Rig.endpoint("a"));
        assertThat(rig.scrape().value("zerohop_attempts_seconds_count", "service", "orders", "outcome", "success"))
                .as("a service that comes back begins anew")
                .isZero();
    }

    @Test
    void aBalancerThatIsGivenItTwiceIsCountedOnce() {
        ZerohopMetrics metrics = rig.metrics().build();
        Cancellable observed = BalancerRegistry.observe(metrics);
        try {
            Rig.Client client = rig.client("orders", metrics);
            client.source.push(Rig.endpoint("a"));
            client.call(Outcome.SUCCESS);
            assertThat(rig.scrape().value("zerohop_attempts_seconds_count", "outcome", "success"))
                    .isEqualTo(1);
            client.close();
            assertThat(rig.registry.getMeters()).isEmpty();
        } finally {
            observed.cancel();
        }
    }

    @Test
    void whatIsMadeOfOneRegistryWithoutOptionsIsOne() {
        Rig.Client first = rig.client("orders", ZerohopMetrics.of(rig.registry));
        Rig.Client second = rig.client("orders", ZerohopMetrics.of(rig.registry), ZerohopMetrics.of(rig.registry));
        for (Rig.Client client : List.of(first, second)) {
            client.source.push(Rig.endpoint("a"));
            client.call(Outcome.SUCCESS);
        }
        assertThat(rig.scrape().value("zerohop_attempts_seconds_count", "outcome", "success"))
                .isEqualTo(2);
        first.close();
        second.close();
        assertThat(rig.registry.getMeters()).isEmpty();
    }

    @Test
    void aSecondOneWithOptionsLeavesTheMetersOfTheFirstAlone() {
        Rig.Client first = rig.client("orders", rig.metrics().build());
        first.source.push(Rig.endpoint("a"));
        first.call(Outcome.SUCCESS);
        int meters = rig.registry.getMeters().size();
        ZerohopMetrics stranger = rig.metrics().endpointMeters().build();
        assertThatThrownBy(() -> stranger.forBalancer(first.balancer))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("make one ZerohopMetrics for a registry");
        Rig.Client second = rig.client("orders", stranger);
        second.source.push(Rig.endpoint("a"));
        second.call(Outcome.SUCCESS);
        second.close();
        assertThat(rig.registry.getMeters()).hasSize(meters);
        assertThat(rig.scrape().value("zerohop_attempts_seconds_count", "outcome", "success"))
                .isEqualTo(1);
    }

    @Test
    void countsOutliveAGarbageCollection() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoint("a"));
        rig.scrape();
        System.gc();
        client.balancer.spilled(Rig.endpoint("a"));
        assertThat(rig.scrape().value("zerohop_spills_total")).isEqualTo(1);
        assertThat(rig.scrape().value("zerohop_endpoints_candidates")).isEqualTo(1);
    }

    @Test
    void noTagGrowsWithTheEndpoints() {
        Rig.Client client = rig.client("orders", rig.metrics().build());
        client.source.push(Rig.endpoints(0, 1_000));
        client.call(Outcome.SUCCESS);
        try (HighCardinalityTagsDetector detector =
                new HighCardinalityTagsDetector(rig.registry, 20, Duration.ofMinutes(1))) {
            assertThat(detector.findFirst()).isEmpty();
        }
    }

    @Test
    void endpointsHaveMetersOfTheirOwnWhereThatIsWanted() {
        Rig.Client client = rig.client("orders", rig.metrics().endpointMeters(2).build());
        client.source.push(Rig.endpoints(0, 3));
        Lease slow = begin(client, "orders-0");
        rig.time.advance(Duration.ofMillis(40));
        slow.complete(Outcome.SUCCESS);
        begin(client, "orders-0").complete(Outcome.TIMEOUT);
        begin(client, "orders-0").complete(Outcome.CANCELLED);
        begin(client, "orders-2").complete(Outcome.SUCCESS);
        Lease open = begin(client, "orders-2");
        Scrape scrape = rig.scrape();
        String attempts = "zerohop_endpoint_attempts_total";
        assertThat(scrape.value(attempts, "endpoint", "orders-0", "result", "ok"))
                .isEqualTo(1);
        assertThat(scrape.value(attempts, "endpoint", "orders-0", "result", "failed"))
                .isEqualTo(1);
        assertThat(scrape.value(attempts, "endpoint", "orders-1", "result", "ok"))
                .isZero();
        assertThat(scrape.value(attempts, "endpoint", "other", "result", "ok")).isEqualTo(1);
        assertThat(scrape.has(attempts, "endpoint", "orders-2")).isFalse();
        assertThat(scrape.value("zerohop_endpoint_active", "endpoint", "other")).isEqualTo(1);
        assertThat(scrape.value("zerohop_endpoint_active", "endpoint", "orders-0"))
                .isZero();
        assertThat(scrape.value("zerohop_endpoint_latency_seconds", "endpoint", "orders-0"))
                .isEqualTo(0.04);
        assertThat(scrape.value("zerohop_endpoint_latency_seconds", "endpoint", "orders-1"))
                .isNaN();
        assertThat(scrape.value("zerohop_endpoint_latency_seconds", "endpoint", "other"))
                .isZero();
        open.complete(Outcome.SUCCESS);
        client.source.push(Rig.endpoint("orders-0"), Rig.endpoint("orders-2"));
        begin(client, "orders-2").complete(Outcome.SUCCESS);
        Scrape later = rig.scrape();
        assertThat(later.has(attempts, "endpoint", "orders-1")).isFalse();
        assertThat(later.value(attempts, "endpoint", "orders-2", "result", "ok"))
                .as("from where it has meters of its own")
                .isEqualTo(1);
        assertThat(later.value(attempts, "endpoint", "other", "result", "ok"))
                .as("never shrinks")
                .isEqualTo(2);
        assertThat(later.value(attempts, "endpoint", "orders-0", "result", "ok"))
                .isEqualTo(1);
    }

    private static Lease begin(Rig.Client client, String id) {
        return client.balancer.begin(client.balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow());
    }

    @Test
    void endpointMetersAreBoundedAndGoWithTheirEndpoints() {
        Rig.Client client = rig.client("orders", rig.metrics().endpointMeters().build());
        client.source.push(Rig.endpoints(0, 1_000));
        assertThat(rig.scrape().samples()).hasSizeLessThanOrEqualTo(250 + 404);
        client.source.push(Rig.endpoints(0, 50));
        int meters = rig.registry.getMeters().size();
        int samples = rig.scrape().samples().size();
        for (int i = 0; i < 200; i++) {
            client.source.push(Rig.endpoints(i * 50, 50));
            client.call(Outcome.SUCCESS);
        }
        assertThat(rig.registry.getMeters()).hasSize(meters);
        assertThat(rig.scrape().samples()).hasSize(samples);
        client.source.push(Rig.endpoint("other"));
        client.call(Outcome.SUCCESS);
        assertThat(rig.registry.getMeters()).hasSize(meters - 50 * 4);
    }

    @Test
    void scrapesWhileThreadsCallAreWhole() throws Exception {
        ZerohopMetrics metrics = rig.metrics().endpointMeters(2).build();
        Rig.Client client = rig.client("orders", metrics);
        client.source.push(Rig.endpoints(0, 4));
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> calls = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                calls.add(callers.submit(() -> {
                    for (int i = 0; i < 5_000; i++) {
                        client.call(i % 10 == 0 ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS);
                    }
                }));
            }
            double before = 0;
            while (calls.stream().anyMatch(call -> !call.isDone())) {
                double now = rig.scrape().sum("zerohop_attempts_seconds_count");
                assertThat(now).isBetween(before, 20_000.0);
                before = now;
            }
            for (Future<?> call : calls) {
                call.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        Scrape scrape = rig.scrape();
        assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", "success"))
                .isEqualTo(18_000);
        assertThat(scrape.value("zerohop_attempts_seconds_count", "outcome", "error_response"))
                .isEqualTo(2_000);
        assertThat(scrape.sum("zerohop_endpoint_attempts_total")).isEqualTo(20_000);
        assertThat(scrape.value("zerohop_attempts_active")).isZero();
    }

    @Test
    void aListenerOfTheUsersOwnIsHeardBesides() {
        List<Outcome> heard = new ArrayList<>();
        Rig.Client client = rig.client("orders", rig.metrics().build(), balancer -> new BalancerListener() {
            @Override
            public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                heard.add(outcome);
            }
        });
        client.source.push(Rig.endpoint("a"));
        client.balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
        assertThat(heard).containsExactly(Outcome.SUCCESS);
        assertThat(rig.scrape().value("zerohop_attempts_seconds_count", "outcome", "success"))
                .isEqualTo(1);
    }

    @Test
    void aLongNameIsCutAndStaysDifferentFromOthers() {
        String many = "static:///" + "10.0.0.1:8080,".repeat(50);
        ZerohopMetrics metrics = rig.metrics().build();
        rig.client(many + "10.0.0.2:8080", metrics);
        rig.client(many + "10.0.0.3:8080", metrics);
        List<String> services = rig.scrape().samples().stream()
                .map(sample -> sample.labels().get("service"))
                .distinct()
                .toList();
        assertThat(services)
                .hasSize(2)
                .allSatisfy(service -> assertThat(service)
                        .startsWith("static:///10.0.0.1:8080,")
                        .hasSizeLessThanOrEqualTo(120));
    }
}
