package dev.zerohop;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health.Status;
import dev.zerohop.HealthSource.Verdict;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.DirectoryPolicy;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDirectory;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Through the whole balancer: health alone makes the owner of a key one that is down, whatever the stages make of the traffic. orders-0 to 3 are in the client's zone, 4 to 7 in another. */
class KeyOwnersTest {
    private static final String GROUPS = "{\"stages\": {\"priority\": {\"zones\": [\"a\"]}}}";
    private static final String ZONE = "{\"stages\": {\"zone\": {\"prefer\": \"OWN\", \"zone\": \"a\"}}}";
    private static final int ENDPOINTS = 8;
    private static final int ELSEWHERE = 5;

    private final FakeTime time = new FakeTime();
    private final ScriptedDirectory directory = new ScriptedDirectory();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private HealthSource.@Nullable Sink checks;

    KeyOwnersTest() {
        for (int i = 0; i < ENDPOINTS; i++) {
            endpoints.add(endpoint("orders-" + i, i, i < 4 ? "a" : "b"));
            directory.put(String.valueOf(i), KeyDirectory.Owner.endpoint("orders-" + i));
        }
        directory.put("by ordinal", KeyDirectory.Owner.ordinal(ELSEWHERE));
    }

    private static Endpoint endpoint(String id, int ordinal, String zone) {
        return Endpoint.builder("10.0.0." + (zone.equals("a") ? 1 : 2), 1000 + ordinal)
                .id(id)
                .zone(zone)
                .ordinal(ordinal)
                .build();
    }

    static Stream<String> stages() {
        return Stream.of(
                GROUPS,
                ZONE,
                "{\"stages\": {\"slow_start\": {}, \"zone\": {\"prefer\": \"OWN\", \"zone\": \"a\"}}}",
                "{\"stages\": {\"slow_start\": {}, \"priority\": {\"zones\": [\"a\"]}}}");
    }

    static Stream<Arguments> keyed() {
        return stages().flatMap(stages -> Stream.of("shard", "directory").map(policy -> Arguments.of(stages, policy)));
    }

    private static PickPolicy policy(String name, OwnerDown ownerDown) {
        return name.equals("shard")
                ? shard(ownerDown).build()
                : DirectoryPolicy.builder().ownerDown(ownerDown).build();
    }

    private static ShardPolicy.Builder shard(OwnerDown ownerDown) {
        return ShardPolicy.builder()
                .strategy(ShardPolicy.Strategy.MODULO)
                .shards(ENDPOINTS)
                .ownerDown(ownerDown);
    }

    private Balancer started(String configuration, PickPolicy policy) {
        ScriptedResolver resolver = new ScriptedResolver().directory(directory);
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .healthSource(new HealthSource() {
                    @Override
                    public String name() {
                        return "checks";
                    }

                    @Override
                    public void start(Sink sink) {
                        checks = sink;
                    }

                    @Override
                    public void close() {}
                })
                .settings(Configurations.parse(configuration).withPolicy(policy))
                .build();
        balancer.start();
        resolver.push(endpoints);
        return balancer;
    }

    private void report(String id, Status status) {
        requireNonNull(checks).report(id, Verdict.lasting(status, "as the test says"));
        time.advance(Duration.ofMillis(10));
    }

    private static PickContext key(int owner) {
        return PickContext.of(EndpointSelector.of(owner));
    }

    private static @Nullable String pick(Balancer balancer, PickContext key) {
        Node node = balancer.current().pick(key);
        return node == null ? null : node.endpoint().id();
    }

    private static List<String> candidates(Balancer balancer) {
        return balancer.current().snapshot().candidates().stream()
                .map(candidate -> candidate.node().endpoint().id())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("keyed")
    void anOwnerThatIsWellHasItsKeysWhereverTheTrafficGoes(String stages, String policy) {
        Balancer balancer = started(stages, policy(policy, OwnerDown.FAIL_FAST));
        assertThat(candidates(balancer)).containsExactly("orders-0", "orders-1", "orders-2", "orders-3");
        for (int i = 0; i < ENDPOINTS; i++) {
            assertThat(pick(balancer, key(i))).isEqualTo("orders-" + i);
        }
        assertThat(balancer.explain(key(ELSEWHERE)).toString())
                .contains("keeps its keys although stages send other calls elsewhere");
        assertThat(balancer.explain(key(1)).toString()).doesNotContain("keeps its keys");
    }

    @ParameterizedTest
    @MethodSource("keyed")
    void anOwnerThatIsOutIsDownWhereverItStands(String stages, String policy) {
        Balancer balancer = started(stages, policy(policy, OwnerDown.FAIL_FAST));
        for (int out : List.of(1, ELSEWHERE)) {
            report("orders-" + out, Status.UNHEALTHY);
            assertThat(pick(balancer, key(out))).isNull();
            Refusal refusal = balancer.current().refusal(key(out));
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
            assertThat(refusal.message()).contains("UNHEALTHY");
        }
        report("orders-" + ELSEWHERE, Status.HEALTHY);
        assertThat(pick(balancer, key(ELSEWHERE))).isEqualTo("orders-" + ELSEWHERE);
    }

    @ParameterizedTest
    @MethodSource("stages")
    void everyClientSpillsToTheSameStandIn(String stages) {
        Balancer staged = started(stages, policy("shard", OwnerDown.SPILL));
        for (int i = 0; i < ENDPOINTS; i++) {
            assertThat(pick(staged, key(i))).isEqualTo("orders-" + i);
            assertThat(staged.current()
                            .spilled(key(i), requireNonNull(staged.current().pick(key(i)))))
                    .isFalse();
        }
        report("orders-6", Status.UNHEALTHY);
        List<@Nullable String> there = new ArrayList<>();
        for (int i = 6; i < 200; i += ENDPOINTS) {
            there.add(pick(staged, key(i)));
        }
        Balancer plain = started("{}", policy("shard", OwnerDown.SPILL));
        report("orders-6", Status.UNHEALTHY);
        List<@Nullable String> here = new ArrayList<>();
        for (int i = 6; i < 200; i += ENDPOINTS) {
            here.add(pick(plain, key(i)));
        }
        assertThat(there).isEqualTo(here).contains("orders-7").doesNotContain("orders-6");
    }

    @ParameterizedTest
    @ValueSource(strings = {GROUPS, ZONE})
    void theDirectoryNamesOwnersByOrdinalToo(String stages) {
        Balancer balancer = started(stages, policy("directory", OwnerDown.SPILL));
        PickContext key = PickContext.of(EndpointSelector.of("by ordinal"));
        assertThat(pick(balancer, key)).isEqualTo("orders-" + ELSEWHERE);
        report("orders-" + ELSEWHERE, Status.NOT_READY);
        assertThat(pick(balancer, key)).as("a stand-in is any that takes calls").isIn(candidates(balancer));
    }

    @ParameterizedTest
    @MethodSource("keyed")
    void aDrainingOwnerKeepsItsKeysInAnotherZone(String stages, String policy) {
        endpoints.set(
                ELSEWHERE,
                endpoints.get(ELSEWHERE).toBuilder()
                        .readiness(Endpoint.Readiness.DRAINING)
                        .build());
        Balancer balancer = started(stages, policy(policy, OwnerDown.FAIL_FAST));
        assertThat(pick(balancer, key(ELSEWHERE))).isEqualTo("orders-" + ELSEWHERE);
        assertThat(balancer.explain(key(ELSEWHERE)).toString()).contains("keeps its keys while it serves");
        Balancer spilling = started(stages, policy(policy, OwnerDown.SPILL));
        assertThat(pick(spilling, key(ELSEWHERE))).as("the last resort").isNotEqualTo("orders-" + ELSEWHERE);
    }

    /** Panic lifts verdicts and no facts, over all endpoints that a key may belong to. */
    @ParameterizedTest
    @ValueSource(strings = {"{}", GROUPS, ZONE})
    void panicGivesAnOwnerItsKeysBack(String stages) {
        Balancer balancer = started(stages, policy("shard", OwnerDown.FAIL_FAST));
        report("orders-3", Status.NOT_READY);
        for (int out : List.of(2, 5, 6)) {
            report("orders-" + out, Status.UNHEALTHY);
        }
        assertThat(pick(balancer, key(5))).as("4 of 7").isNull();
        report("orders-7", Status.UNHEALTHY);
        assertThat(pick(balancer, key(5))).as("3 of 7").isEqualTo("orders-5");
        assertThat(pick(balancer, key(3))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {GROUPS, ZONE})
    void amongReplicasThePreferenceCountsWhileOneIsLeftThatItLeaves(String stages) {
        endpoints.add(endpoint("orders-far-1", 1, "b"));
        endpoints.add(endpoint("orders-far-5", ELSEWHERE, "b"));
        Balancer balancer = started(
                stages,
                shard(OwnerDown.FAIL_FAST).replicas(Pickers.roundRobin()).build());
        for (int i = 0; i < 10; i++) {
            assertThat(pick(balancer, key(1))).isEqualTo("orders-1");
        }
        assertThat(Stream.of(1, 2).map(i -> pick(balancer, key(ELSEWHERE))))
                .as("neither is near")
                .containsExactlyInAnyOrder("orders-5", "orders-far-5");
        report("orders-1", Status.UNHEALTHY);
        assertThat(pick(balancer, key(1))).isEqualTo("orders-far-1");
    }

    @Test
    void anOwnerThatIsProbedTakesOneCallAlsoInAnotherZone() {
        Balancer balancer = started(ZONE, policy("shard", OwnerDown.SPILL));
        balancer.acquire(key(ELSEWHERE)).complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(10));
        assertThat(pick(balancer, key(ELSEWHERE))).isNotEqualTo("orders-" + ELSEWHERE);
        time.advance(Duration.ofSeconds(10));
        assertThat(balancer.acquire(key(ELSEWHERE)).endpoint().id()).isEqualTo("orders-" + ELSEWHERE);
        assertThat(balancer.acquire(key(ELSEWHERE)).endpoint().id())
                .as("the probe is under way")
                .isNotEqualTo("orders-" + ELSEWHERE);
    }
}
