package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint.Readiness;
import dev.zerohop.config.Configurations;
import dev.zerohop.picker.OwnerDown;
import dev.zerohop.picker.PlacementExplanation;
import dev.zerohop.picker.ShardPolicy;
import dev.zerohop.resolver.Resolvers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No number of shards is stated, and endpoints go: a guess must not shrink because an endpoint is away. */
class MissingOrdinalTest {
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
    private static final int KEYS = 5_000;

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver().asOf(NOON);

    private Balancer started(ShardPolicy policy) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(Configurations.defaults().withPolicy(policy))
                .build();
        balancer.start();
        return balancer;
    }

    private static ShardPolicy policy(OwnerDown ownerDown) {
        return ShardPolicy.builder().ownerDown(ownerDown).build();
    }

    private static Endpoint endpoint(int ordinal, Readiness readiness) {
        return Endpoint.builder("10.0.0." + ordinal, 80)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .readiness(readiness)
                .build();
    }

    private static Endpoint ready(int ordinal) {
        return endpoint(ordinal, Readiness.READY);
    }

    private static List<Endpoint> upTo(int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            endpoints.add(ready(ordinal));
        }
        return endpoints;
    }

    private static PickContext key(int number) {
        return PickContext.of(EndpointSelector.of("customer-" + number));
    }

    /** The ordinal that each key's call goes to; -1 for a call that is refused. */
    private static Map<Integer, Integer> owners(Balancer balancer) {
        Map<Integer, Integer> owners = new TreeMap<>();
        for (int number = 0; number < KEYS; number++) {
            Node node = balancer.current().pick(key(number));
            owners.put(number, node == null ? -1 : node.endpoint().ordinal());
        }
        return owners;
    }

    private static int keyOf(Map<Integer, Integer> owners, int ordinal) {
        return owners.entrySet().stream()
                .filter(entry -> entry.getValue() == ordinal)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    @ParameterizedTest
    @EnumSource(OwnerDown.class)
    void noKeyOfTheOthersMovesAndTheKeysOfTheMissingOneGetWhatThePolicySays(OwnerDown ownerDown) {
        Balancer balancer = started(policy(ownerDown));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        resolver.push(upTo(4));
        Map<Integer, Integer> after = owners(balancer);
        for (int number = 0; number < KEYS; number++) {
            if (before.get(number) != 4) {
                assertThat(after.get(number)).as("key %s", number).isEqualTo(before.get(number));
            } else if (ownerDown != OwnerDown.SPILL) {
                assertThat(after.get(number)).isEqualTo(-1);
            }
        }
        PickContext lost = key(keyOf(before, 4));
        if (ownerDown == OwnerDown.SPILL) {
            Node standIn = balancer.current().pick(lost);
            assertThat(standIn).isNotNull();
            assertThat(balancer.current().spilled(lost, standIn)).isTrue();
        } else {
            Refusal refusal = balancer.current().refusal(lost);
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.OWNER_DOWN);
            assertThat(refusal.waits()).isEqualTo(ownerDown == OwnerDown.WAIT);
            assertThat(refusal.message())
                    .isEqualTo("orders: ordinal 4 has no endpoint; ordinals known: 0-3; it counts since no number of"
                            + " shards is stated and the highest ordinal seen is 4 (orders-4, last named " + NOON
                            + "): wait for it, or state the number that is meant (\"shards\" of the shard policy, of"
                            + " the endpoints file, or the key shards in etcd)");
        }
        assertThat(balancer.explain(lost).toString())
                .contains("5 shards, a guess: none are stated, and the highest ordinal seen is 4 (orders-4, last named "
                        + NOON + ")");
        resolver.push(upTo(5));
        assertThat(owners(balancer)).isEqualTo(before);
    }

    /** An explicit list that lacks its last line may be one shard less, or one machine less: the same everywhere. */
    @ParameterizedTest
    @EnumSource(EndpointSet.Removals.class)
    void aRemovalThatIsMeantSaysNothingOfTheNumber(EndpointSet.Removals removals) {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        for (int count = 5; count >= 3; count--) {
            resolver.push(EndpointSet.builder("scripted")
                    .endpoints(upTo(count))
                    .removals(removals)
                    .build());
        }
        assertThat(balancer.current().snapshot().missingOrdinals())
                .extracting(MissingOrdinal::ordinal)
                .containsExactly(3, 4);
    }

    @Test
    void aStatedCountEndsItAndItDoesNotComeBackWhenTheCountGoes() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(upTo(4));
        resolver.shards(4);
        resolver.push(upTo(4));
        assertThat(owners(balancer)).doesNotContainValue(-1);
        assertThat(balancer.explain(key(1)).toString()).contains("4 shards as the source says");
        resolver.push(EndpointSet.builder("scripted").endpoints(upTo(4)).build());
        assertThat(owners(balancer)).doesNotContainValue(-1);
    }

    @Test
    void aCountOfThePolicyGoesBeforeIt() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(upTo(4));
        balancer.apply(Configurations.defaults()
                .withPolicy(ShardPolicy.builder().shards(4).build()));
        assertThat(owners(balancer)).doesNotContainValue(-1);
    }

    @Test
    void anotherPolicyRemembersIt() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        resolver.push(upTo(4));
        balancer.apply(Configurations.defaults().withPolicy(policy(OwnerDown.WAIT)));
        owners(balancer)
                .forEach((number, owner) ->
                        assertThat(owner).isEqualTo(before.get(number) == 4 ? -1 : before.get(number)));
    }

    @Test
    void theHighestThatIsAnnouncedToLeaveEndsIt() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        List<Endpoint> leaving = upTo(4);
        leaving.add(endpoint(4, Readiness.DRAINING));
        resolver.push(leaving);
        assertThat(owners(balancer)).as("it keeps its keys while it serves").isEqualTo(before);
        resolver.push(upTo(4));
        assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
        assertThat(owners(balancer)).doesNotContainValue(-1);
    }

    @Test
    void anAnnouncedOneLeavesTheOneBelowThatIsMissing() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(ready(0), ready(1), ready(2), endpoint(4, Readiness.DRAINING));
        resolver.push(upTo(3));
        assertThat(balancer.current().snapshot().missingOrdinals())
                .extracting(MissingOrdinal::ordinal)
                .containsExactly(3);
        assertThat(owners(balancer))
                .as("four shards, of which the last is away")
                .containsValue(-1);
    }

    @Test
    void oneReplicaThatIsAnnouncedDoesNotSpeakForTheOther() {
        Endpoint twin = ready(1).toBuilder().id("twin-1").build();
        EndpointSet both = EndpointSet.builder("s")
                .endpoints(List.of(ready(0), endpoint(1, Readiness.DRAINING), twin))
                .build();
        assertThat(EndpointSet.builder("s")
                        .endpoints(upTo(1))
                        .build()
                        .rememberingOrdinals(both)
                        .missingOrdinals())
                .extracting(MissingOrdinal::endpointId)
                .containsExactly("twin-1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void membersThatAnotherSourceReplacesOnPurposeAreForgotten(boolean meant) {
        EndpointSet all = EndpointSet.builder("one").endpoints(upTo(3)).build();
        EndpointSet other = EndpointSet.builder("other")
                .endpoints(upTo(2))
                .removals(meant ? EndpointSet.Removals.MEANT : EndpointSet.Removals.GUARDED)
                .build()
                .rememberingOrdinals(all);
        assertThat(other.missingOrdinals()).hasSize(meant ? 0 : 1);
    }

    @Test
    void theFirstOrdinalOfThePolicyIsNoShardBeforeIt() {
        Balancer balancer = started(ShardPolicy.builder().firstOrdinal(3).build());
        resolver.push(ready(3), ready(4), ready(5));
        resolver.push(ready(3), ready(4));
        PlacementExplanation placement = ((ShardPolicy)
                        balancer.current().settings().policy())
                .place(EndpointSelector.of("customer-1"), balancer.current().snapshot());
        assertThat(placement.shards()).isEqualTo(3);
    }

    @Test
    void allGoneIsRememberedToo() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        resolver.push(List.of());
        time.advance(Duration.ofMinutes(2));
        assertThat(balancer.current().snapshot().members()).isEmpty();
        resolver.push(ready(1));
        owners(balancer).forEach((number, owner) -> assertThat(owner).isEqualTo(before.get(number) == 1 ? 1 : -1));
    }

    /** Whatever comes and goes unannounced: a call goes to the owner under all that were ever seen, or nowhere. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noKeyEverMovesAmongTheOthers(long seed) {
        Random random = new Random(seed);
        int count = 2 + random.nextInt(9);
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(count));
        Map<Integer, Integer> before = owners(balancer);
        for (int step = 0; step < 30; step++) {
            TreeSet<Integer> here = new TreeSet<>();
            for (int ordinal = 0; ordinal < count; ordinal++) {
                if (random.nextInt(3) > 0) {
                    here.add(ordinal);
                }
            }
            resolver.push(here.stream().map(MissingOrdinalTest::ready).toList());
            time.advance(Duration.ofMinutes(2));
            for (int number = 0; number < 200; number++) {
                Node node = balancer.current().pick(key(number));
                int owner = before.get(number);
                assertThat(node == null ? -1 : node.endpoint().ordinal()).isEqualTo(here.contains(owner) ? owner : -1);
            }
        }
    }

    @Test
    void theHighestIsFoundInWhateverOrderTheMissingAreGiven() {
        EndpointSet set = EndpointSet.builder("s")
                .endpoints(upTo(2))
                .missingOrdinals(List.of(
                        new MissingOrdinal(7, "orders-7", NOON),
                        new MissingOrdinal(2, "orders-2", NOON),
                        new MissingOrdinal(4, "orders-4", NOON)))
                .build();
        assertThat(set.missingOrdinals()).extracting(MissingOrdinal::ordinal).containsExactly(2, 4, 7);
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(set);
        assertThat(((ShardPolicy) balancer.current().settings().policy())
                        .place(
                                EndpointSelector.of("customer-1"),
                                balancer.current().snapshot())
                        .shards())
                .isEqualTo(8);
    }

    /** Another source stands in, and states no more than the first one did. */
    @Test
    void aFallbackKeepsThePlacesOfTheSourceThatItStandsInFor() {
        ScriptedResolver second = new ScriptedResolver();
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(Resolvers.fallback(List.of(resolver, second), time.env(), Duration.ofSeconds(5)))
                .settings(Configurations.defaults().withPolicy(policy(OwnerDown.FAIL_FAST)))
                .build();
        balancer.start();
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        second.push(EndpointSet.builder("second")
                .endpoints(upTo(4))
                .removals(EndpointSet.Removals.MEANT)
                .build());
        resolver.fail(new IOException("down"));
        time.advance(Duration.ofMinutes(5));
        assertThat(balancer.current().snapshot().members()).hasSize(4);
        assertKeptBut(4, before, balancer);
        // Both ways, and with a set of the stand-in's own.
        second.push(EndpointSet.builder("second")
                .endpoints(upTo(3))
                .removals(EndpointSet.Removals.MEANT)
                .build());
        resolver.push(upTo(4));
        assertKeptBut(4, before, balancer);
    }

    private static void assertKeptBut(int missing, Map<Integer, Integer> before, Balancer balancer) {
        owners(balancer)
                .forEach((number, owner) ->
                        assertThat(owner).isEqualTo(before.get(number) == missing ? -1 : before.get(number)));
    }

    @Test
    void aSetThatIsGivenTwiceOrStaleChangesNothing() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        EndpointSet four = EndpointSet.builder("scripted").endpoints(upTo(4)).build();
        for (EndpointSet next :
                List.of(four, four, four.asStale(), four.toBuilder().build(), four)) {
            resolver.push(next);
            assertKeptBut(4, before, balancer);
        }
        assertThat(balancer.current().snapshot().missingOrdinals())
                .containsExactly(new MissingOrdinal(4, "orders-4", NOON));
    }

    @Test
    void aHoleIsNotMissingUntilItWasNamed() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(ready(0), ready(1), ready(4));
        assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
        Map<Integer, Integer> before = owners(balancer);
        assertThat(before).as("keys of the holes").containsValue(-1);
        PickContext lost = key(keyOf(before, -1));
        assertThat(balancer.current().refusal(lost).message()).doesNotContain("it counts since");
        resolver.push(ready(0), ready(4));
        assertThat(balancer.current().snapshot().missingOrdinals())
                .extracting(MissingOrdinal::ordinal)
                .containsExactly(1);
        assertKeptBut(1, before, balancer);
        assertThat(balancer.current().refusal(key(keyOf(before, 1))).message())
                .as("below the highest that is there: the guess is the same without it")
                .endsWith("ordinal 1 has no endpoint; ordinals known: 0,4");
    }

    @Test
    void aStatedNumberEndsItForGood() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(upTo(4));
        EndpointSet stated = EndpointSet.builder("scripted")
                .endpoints(upTo(4))
                .shards(new ShardCount(4, 0))
                .missingOrdinals(List.of(new MissingOrdinal(4, "orders-4", NOON)))
                .build();
        resolver.push(stated);
        assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
        resolver.push(upTo(4));
        assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
        assertThat(owners(balancer)).doesNotContainValue(-1);
    }

    @Test
    void anOrdinalThatIsBackIsMissingNoMore() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(upTo(3));
        resolver.push(upTo(4));
        assertThat(balancer.current().snapshot().missingOrdinals())
                .extracting(MissingOrdinal::ordinal)
                .containsExactly(4);
        resolver.push(upTo(5));
        assertThat(balancer.current().snapshot().missingOrdinals()).isEmpty();
    }

    /** A source that keeps its own memory, as that of pods does. */
    @Test
    void whatTheSourceItselfMissesCounts() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(3));
        MissingOrdinal gone = new MissingOrdinal(4, "orders-4", NOON);
        resolver.push(EndpointSet.builder("scripted")
                .endpoints(upTo(3))
                .missingOrdinals(List.of(gone))
                .build());
        assertThat(balancer.current().snapshot().missingOrdinals()).containsExactly(gone);
    }

    /** The highest that is there has not changed, the guess has. */
    @Test
    void theGuessFollowsWhenTheMemoryEndsWithoutAnyChangeOfTheEndpoints() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        resolver.push(upTo(4));
        assertThat(owners(balancer)).containsValue(-1);
        resolver.push(EndpointSet.builder("another")
                .endpoints(upTo(4))
                .removals(EndpointSet.Removals.MEANT)
                .build());
        assertThat(owners(balancer)).doesNotContainValue(-1);
    }

    @Test
    void onlyAGuessFromWhatIsMissingSaysSo() {
        Balancer balancer = started(policy(OwnerDown.FAIL_FAST));
        resolver.push(upTo(5));
        Map<Integer, Integer> before = owners(balancer);
        resolver.push(ready(0), ready(2), ready(3));
        assertThat(balancer.current().refusal(key(keyOf(before, 4))).message()).contains("it counts since");
        assertThat(balancer.current().refusal(key(keyOf(before, 1))).message())
                .as("a shard with and without the guess")
                .doesNotContain("it counts since");
        balancer.apply(Configurations.defaults()
                .withPolicy(ShardPolicy.builder().shards(5).build()));
        assertThat(balancer.current().refusal(key(keyOf(before, 4))).message())
                .as("stated")
                .doesNotContain("it counts since");
    }
}
