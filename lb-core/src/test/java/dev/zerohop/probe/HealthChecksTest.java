package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Health.Status;
import dev.zerohop.HealthCheckPolicy;
import dev.zerohop.HealthSource;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Active checks through the whole balancer. */
class HealthChecksTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final ScriptedProber prober = new ScriptedProber(time);
    private final List<String> flips = new ArrayList<>();
    private final Balancer balancer = balancer(settings(HealthChecks.grpc("orders")));

    private static BalancerSettings settings(HealthChecks.Builder checks) {
        return BalancerSettings.builder(Pickers.roundRobin())
                .stages(List.of(new HealthFilter(50)))
                .checks(checks.build())
                .build();
    }

    private Balancer balancer(BalancerSettings settings) {
        return Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(settings)
                .defaults(BalancerSettings.of(Pickers.roundRobin()))
                .followSourceConfiguration()
                .probeTransport(prober)
                .listener(new BalancerListener() {
                    @Override
                    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
                        flips.add(endpoint.id() + " " + before.status() + " -> " + after.status());
                    }
                })
                .build();
    }

    private static Endpoint endpoint(int number) {
        return Endpoint.builder("10.0.0." + number % 250, 80).id("e-" + number).build();
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count).mapToObj(HealthChecksTest::endpoint).toList();
    }

    private void startWith(int count) {
        balancer.start();
        resolver.push(endpoints(count));
    }

    private Health health(String id) {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .map(Node::health)
                .findFirst()
                .orElseThrow();
    }

    private Set<String> picked() {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 20; i++) {
            ids.add(balancer.acquire(PickContext.NONE).endpoint().id());
        }
        return ids;
    }

    private void intervals(int count) {
        time.advance(INTERVAL.multipliedBy(count * 115L).dividedBy(100));
    }

    /** Until an endpoint has been checked so many times in all. */
    private void until(String id, int probes) {
        while (prober.probes(id) < probes) {
            time.advance(Duration.ofMillis(100));
        }
        time.advance(Duration.ofMillis(10));
    }

    @Test
    void anEndpointThatWasNotCheckedServes() {
        startWith(3);
        assertThat(health("e-0").status()).isEqualTo(Status.UNKNOWN);
        assertThat(picked()).containsExactly("e-0", "e-1", "e-2");
    }

    @Test
    void threeFailuresInARowTakeItOutTwoSuccessesBringItBack() {
        startWith(3);
        prober.failures.put("e-1", "NOT_SERVING");
        until("e-1", 2);
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        assertThat(picked()).contains("e-1");
        until("e-1", 3);
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);
        assertThat(picked()).containsExactly("e-0", "e-2");

        prober.failures.clear();
        until("e-1", 4);
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);
        until("e-1", 5);
        assertThat(health("e-1").status()).isEqualTo(Status.HEALTHY);
        assertThat(health("e-1").reason()).isEqualTo("the grpc check of 10.0.0.1:80 succeeds");
        assertThat(picked()).containsExactly("e-0", "e-1", "e-2");

        prober.failures.put("e-1", "NOT_SERVING");
        until("e-1", 8);
        assertThat(health("e-1").status()).as("for the same reason as before").isEqualTo(Status.UNHEALTHY);
    }

    @Test
    void successesInBetweenKeepItIn() {
        startWith(1);
        for (int probe = 1; probe <= 20; probe++) {
            if (probe % 3 == 0) {
                prober.failures.clear();
            } else {
                prober.failures.put("e-0", "NOT_SERVING");
            }
            until("e-0", probe);
            assertThat(health("e-0").status()).isNotEqualTo(Status.UNHEALTHY);
        }
    }

    @Test
    void theReasonSaysWhatFailedWhereHowOftenAndSinceWhen() {
        startWith(3);
        prober.failures.put("e-1", "NOT_SERVING");
        until("e-1", 1);
        String first = time.now().toString().substring(0, 19);
        until("e-1", 3);
        assertThat(health("e-1").source()).isEqualTo("check");
        assertThat(health("e-1").reason())
                .startsWith("the grpc check of 10.0.0.1:80 failed 3 times in a row since " + first)
                .endsWith(": NOT_SERVING");
        prober.failures.put("e-1", "UNAVAILABLE: refused");
        until("e-1", 5);
        assertThat(health("e-1").reason())
                .as("another failure is another reason")
                .contains("failed 4 times in a row since " + first)
                .endsWith(": UNAVAILABLE: refused");
        assertThat(flips).filteredOn(flip -> flip.startsWith("e-1")).containsExactly("e-1 UNKNOWN -> UNHEALTHY");
        assertThat(balancer.explain(PickContext.NONE).toString())
                .contains("the grpc check of 10.0.0.1:80 failed 4 times");
    }

    @Test
    void panicLiftsWhatChecksSay() {
        startWith(4);
        for (int i = 0; i < 3; i++) {
            prober.failures.put("e-" + i, "NOT_SERVING");
        }
        intervals(4);
        assertThat(health("e-0").status()).isEqualTo(Status.UNHEALTHY);
        assertThat(picked()).containsExactly("e-0", "e-1", "e-2", "e-3");
    }

    @Test
    void anEndpointThatLeavesAndReturnsBeginsAnew() {
        startWith(3);
        prober.failures.put("e-1", "NOT_SERVING");
        intervals(4);
        resolver.push(endpoint(0), endpoint(2));
        int probes = prober.probes("e-1");
        intervals(3);
        assertThat(prober.probes("e-1")).isEqualTo(probes);
        resolver.push(endpoints(3));
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        intervals(4);
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);
    }

    @Test
    void anEndpointWithAnotherAddressBeginsAnew() {
        startWith(3);
        prober.failures.put("10.0.0.1:80", "NOT_SERVING");
        intervals(4);
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);
        Endpoint moved = Endpoint.builder("10.9.9.9", 80).id("e-1").build();
        resolver.push(endpoint(0), moved, endpoint(2));
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        intervals(3);
        assertThat(health("e-1").status()).isEqualTo(Status.HEALTHY);
    }

    @Test
    void closingEndsAllChecks() {
        startWith(3);
        prober.silent = true;
        time.advance(INTERVAL);
        balancer.close();
        assertThat(prober.closed).isEqualTo(3);
        assertThat(prober.underWay).isZero();
        assertThat(time.pendingTasks()).isZero();
        int probes = prober.probes();
        prober.answer(Prober.Result.OK);
        intervals(3);
        assertThat(prober.probes()).isEqualTo(probes);
    }

    @Test
    void aBalancerThatWasNeverStartedChecksNothing() {
        balancer.apply(settings(HealthChecks.grpc("others")));
        intervals(3);
        balancer.close();
        assertThat(prober.connected).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void equalChecksAreNotRestarted() {
        startWith(3);
        prober.failures.put("e-1", "NOT_SERVING");
        intervals(4);
        balancer.apply(settings(HealthChecks.grpc("orders")).withPolicy(Pickers.random()));
        assertThat(prober.connected).isEqualTo(3);
        assertThat(prober.closed).isZero();
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);
    }

    @Test
    void otherChecksBeginAnewAndNoneAtAllWithdrawsWhatWasFound() {
        startWith(3);
        prober.failures.put("e-1", "NOT_SERVING");
        intervals(4);
        balancer.apply(settings(HealthChecks.grpc("orders").healthyThreshold(1)));
        assertThat(prober.closed).isEqualTo(3);
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        intervals(4);
        assertThat(health("e-1").status()).isEqualTo(Status.UNHEALTHY);

        prober.silent = true;
        intervals(1);
        balancer.apply(BalancerSettings.of(Pickers.roundRobin()));
        assertThat(prober.closed).isEqualTo(6);
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        prober.answer(Prober.Result.failure("too late"));
        time.advance(Duration.ofMillis(10));
        assertThat(health("e-1").status()).isEqualTo(Status.UNKNOWN);
        assertThat(health("e-0").status()).isEqualTo(Status.UNKNOWN);
    }

    /** Checks of an application's own, whose last word was on its way when they were replaced. */
    private static final class OwnChecks implements HealthCheckPolicy, HealthSource {
        private Sink sink;
        private int followed;
        private boolean closed;

        @Override
        public HealthSource newSource(Env env, ProbeTransport transport) {
            return this;
        }

        @Override
        public String name() {
            return "own";
        }

        @Override
        public void start(Sink into) {
            sink = into;
        }

        @Override
        public void follow(Snapshot made) {
            followed = made.members().size();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Test
    void whatChecksReportAfterTheyWereReplacedCountsForNothing() {
        OwnChecks own = new OwnChecks();
        startWith(2);
        balancer.apply(
                BalancerSettings.builder(Pickers.roundRobin()).checks(own).build());
        assertThat(own.followed).isEqualTo(2);
        own.sink.report("e-0", HealthSource.Verdict.lasting(Status.UNHEALTHY, "own words"));
        time.advance(Duration.ofMillis(10));
        assertThat(health("e-0").reason()).isEqualTo("own words");
        balancer.apply(BalancerSettings.of(Pickers.roundRobin()));
        assertThat(own.closed).isTrue();
        own.sink.report("e-0", HealthSource.Verdict.lasting(Status.UNHEALTHY, "late words"));
        time.advance(Duration.ofMillis(10));
        assertThat(health("e-0").status()).isEqualTo(Status.UNKNOWN);
    }

    @Test
    void aSourceMayAskForThem() {
        startWith(1);
        resolver.configure(
                "{\"health\": {\"checks\": {\"grpc\": {}, \"unhealthyThreshold\": 1, \"interval\": \"2s\"}}}");
        prober.failures.put("e-0", "NOT_SERVING");
        time.advance(Duration.ofSeconds(3));
        assertThat(health("e-0").status()).isEqualTo(Status.UNHEALTHY);
        assertThat(balancer.explain(PickContext.NONE).toString()).contains("checks grpc every 2s");
    }

    /** A check that the calls' transport cannot carry is a bad configuration, not a reason to take endpoints out. */
    @Test
    void aKindWhoseTransportIsNotThereIsRejectedWithWordsUnlessItIsASourceThatAsksForIt() {
        String words = "health.checks.grpc: was given, expected http or tcp: these calls are not gRPC's";
        Balancer.Builder plain = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .defaults(Configurations.defaults())
                .followSourceConfiguration();
        Balancer other = plain.build();
        other.start();
        resolver.configure("{\"policy\": \"random\", \"health\": {\"checks\": {\"grpc\": {}}}}");
        resolver.push(endpoints(1));
        assertThat(other.explain(PickContext.NONE).toString())
                .as("its other clients' calls may be gRPC's")
                .contains("random")
                .doesNotContain(words);
        assertThat(other.current().settings().checks()).isSameAs(HealthCheckPolicy.NONE);
        assertThat(other.acquire(PickContext.NONE).endpoint().id()).isEqualTo("e-0");
        Balancer.Builder bad = plain.settings(settings(HealthChecks.grpc("orders")));
        assertThatThrownBy(bad::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words);
    }

    @Test
    void ofAThousandAHundredAreCheckedAndThoseThatAreOut() {
        startWith(1_000);
        intervals(2);
        assertThat(prober.at).hasSize(100);
        // One of the sample and, by the word of another source, one that is not of it.
        String sampled = prober.at.keySet().iterator().next();
        String other = endpoints(1_000).stream()
                .map(Endpoint::id)
                .filter(id -> !prober.at.containsKey(id))
                .findFirst()
                .orElseThrow();
        prober.failures.put(sampled, "NOT_SERVING");
        resolver.judge(
                Map.of(other, HealthSource.Verdict.lasting(Status.UNHEALTHY, "the orchestrator says so")),
                time.nanoTime());
        intervals(5);
        assertThat(health(sampled).status()).isEqualTo(Status.UNHEALTHY);
        assertThat(prober.probes(other)).isGreaterThan(2);
        assertThat(prober.at).hasSize(101);
        resolver.judge(Map.of(), time.nanoTime());
        int probes = prober.probes(other);
        intervals(5);
        assertThat(prober.probes(other)).as("well again, and not of the sample").isLessThanOrEqualTo(probes + 1);
        assertThat(health(other).status()).isEqualTo(Status.UNKNOWN);
        prober.failures.clear();
        intervals(4);
        assertThat(health(sampled).status()).isEqualTo(Status.HEALTHY);
    }

    @Test
    void oneThatBeganToFailIsCheckedUntilThatIsSettled() {
        startWith(1_000);
        intervals(2);
        String other = endpoints(1_000).stream()
                .map(Endpoint::id)
                .filter(id -> !prober.at.containsKey(id))
                .findFirst()
                .orElseThrow();
        prober.failures.put(other, "NOT_SERVING");
        resolver.judge(
                Map.of(other, HealthSource.Verdict.lasting(Status.UNHEALTHY, "the orchestrator says so")),
                time.nanoTime());
        until(other, 1);
        resolver.judge(Map.of(), time.nanoTime());
        intervals(4);
        assertThat(health(other).status()).isEqualTo(Status.UNHEALTHY);
        assertThat(health(other).source()).isEqualTo("check");
    }

    @Test
    void whatComesAfterTheEndIsNotFollowed() {
        HealthSource source = HealthChecks.grpc("orders").build().newSource(time.env(), prober);
        source.close();
        source.follow(Snapshot.of(List.of(FakeNode.named("a"))));
        assertThat(prober.connected).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    /** The arithmetic of the docs: a thousand endpoints cost a client ten checks a second, and twice that while all of them are down. */
    @Test
    void theCostIsThatOfTheSampleEvenInAnOutageOfAll() {
        startWith(1_000);
        intervals(5);
        int before = prober.probes();
        time.advance(Duration.ofSeconds(100));
        assertThat(prober.probes() - before).isBetween(950, 1_050);
        endpoints(1_000).forEach(endpoint -> prober.failures.put(endpoint.id(), "NOT_SERVING"));
        resolver.judge(
                endpoints(1_000).stream()
                        .collect(Collectors.toMap(
                                Endpoint::id,
                                endpoint -> HealthSource.Verdict.lasting(Status.UNHEALTHY, "all are down"))),
                time.nanoTime());
        intervals(5);
        before = prober.probes();
        time.advance(Duration.ofSeconds(100));
        assertThat(prober.probes() - before).isBetween(1_900, 2_100);
    }
}
