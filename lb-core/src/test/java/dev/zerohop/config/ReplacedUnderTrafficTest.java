package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Lease;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.testing.ScriptedResolver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReplacedUnderTrafficTest {
    private static final List<String> POLICIES = List.of(
            "{\"policy\": \"peak_ewma\"}",
            "{\"policy\": \"least_request\"}",
            "{\"policy\": \"weighted_round_robin\", \"health\": {\"ejection\": {\"consecutiveFailures\": 3}}}",
            "{\"policy\": \"rendezvous\"}",
            "{\"policy\": {\"peak_ewma\": {\"decay\": \"1s\"}}}",
            "{\"policy\": {\"shard\": {\"shards\": 8}}}",
            "{\"policy\": \"random\", \"retry\": {\"maxAttempts\": 2}}");

    private static Endpoint endpoint(int number) {
        return Endpoint.builder("10.0.0." + (number + 1), 80)
                .id("a-" + number)
                .ordinal(number)
                .build();
    }

    @Test
    void noCallFailsWhilePoliciesAndMembersChangeAndNothingStaysInFlight() throws Exception {
        ScriptedResolver resolver = new ScriptedResolver();
        AtomicInteger configured = new AtomicInteger();
        List<BalancerSettings> settings =
                POLICIES.stream().map(Configurations::parse).toList();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Balancer balancer = Balancer.builder("orders")
                .resolver(resolver)
                .settings(settings.get(0))
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigured(String service, BalancerSettings next) {
                        configured.incrementAndGet();
                    }
                })
                .build()) {
            balancer.start();
            List<Endpoint> eight = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                eight.add(endpoint(i));
            }
            resolver.push(eight);
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<Integer>> callers = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int seed = t;
                callers.add(pool.submit(() -> {
                    int calls = 0;
                    for (int i = seed; !stop.get(); i += 4) {
                        // Throws if there is no endpoint.
                        Lease lease = balancer.acquire(PickContext.of(EndpointSelector.of(i)));
                        Lease second = balancer.acquire(PickContext.of(EndpointSelector.of(-i)));
                        lease.complete(Outcome.SUCCESS);
                        second.complete(Outcome.SUCCESS);
                        calls++;
                    }
                    return calls;
                }));
            }
            List<Endpoint> nine = new ArrayList<>(eight);
            nine.add(endpoint(8));
            List<Node> seen = new ArrayList<>();
            for (int i = 1; i <= 1_000; i++) {
                balancer.apply(settings.get(i % settings.size()));
                resolver.push(i % 2 == 0 ? eight : nine);
                seen.add(balancer.current()
                        .snapshot()
                        .members()
                        .get(balancer.current().snapshot().members().size() - 1));
            }
            stop.set(true);
            for (Future<Integer> caller : callers) {
                assertThat(caller.get(1, TimeUnit.MINUTES)).isPositive();
            }
            assertThat(configured).hasValue(1_000);
            assertThat(balancer.current().snapshot().members()).hasSize(8).allMatch(node -> node.inFlight() == 0);
            assertThat(seen).as("also those that left").allMatch(node -> node.inFlight() == 0);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void theSourceConfiguresAndABadConfigurationLeavesTheLastGoodOne() {
        ScriptedResolver resolver = new ScriptedResolver();
        List<String> refused = new ArrayList<>();
        try (Balancer balancer = Balancer.builder("orders")
                .resolver(resolver)
                .settings(Configurations.defaults())
                .followSourceConfiguration()
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigurationRejected(String service, String reason) {
                        refused.add(reason);
                    }
                })
                .build()) {
            balancer.start();
            resolver.push(endpoint(0));
            resolver.configure("{\"policy\": \"least_request\"}");
            assertThat(balancer.current().settings().policy().name()).isEqualTo("least_request");
            resolver.configure("{\"policy\": \"random\", \"health\": {\"ejection\": {\"maxPercent\": 120}}}");
            assertThat(refused)
                    .singleElement()
                    .asString()
                    .endsWith("health.ejection.maxPercent: was 120, expected an integer from 0 to 100");
            assertThat(balancer.current().settings().policy().name()).isEqualTo("least_request");
        }
    }

    @Test
    void whenTheSourceConfiguresNoMoreWhatTheApplicationConfiguredHoldsAgain() {
        ScriptedResolver resolver = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .resolver(resolver)
                .settings(Configurations.parse("{\"policy\": \"random\"}"))
                .followSourceConfiguration()
                .build()) {
            balancer.start();
            resolver.push(endpoint(0));
            resolver.configure("{\"policy\": \"least_request\"}");
            resolver.configure("");
            assertThat(balancer.current().settings().policy().name()).isEqualTo("random");
            resolver.configure("{\"policy\": \"least_request\"}");
            balancer.apply(Configurations.parse("{\"policy\": \"round_robin\"}"));
            resolver.configure("");
            assertThat(balancer.current().settings().policy().name()).isEqualTo("round_robin");
        }
    }
}
