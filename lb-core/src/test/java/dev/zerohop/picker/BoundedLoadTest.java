package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No endpoint gets a call beyond its bound while another is below its own, and no call is moved that need not be. */
class BoundedLoadTest {
    private final FakeTime time = new FakeTime();

    static Stream<HashPolicy> policies() {
        return HashPolicyTest.policies().stream();
    }

    private Picker picker(HashPolicy policy, Snapshot snapshot) {
        return policy.newPicker(snapshot, time.env());
    }

    private static PickContext key(int number) {
        return PickContext.of(EndpointSelector.of("key-" + number));
    }

    private static List<FakeNode> weighted(int count) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(FakeNode.named("n-" + (10 + i), 1 + i % 3));
        }
        return nodes;
    }

    /** 5/4 times the share of all calls and this one, rounded up, in whole numbers. */
    private static long bound(Node node, long calls, long weights) {
        long times = 5 * calls * node.endpoint().weight();
        return (times + 4 * weights - 1) / (4 * weights);
    }

    /** One hot key and many others come and go at random; each pick is checked against the definition. */
    @ParameterizedTest
    @MethodSource("policies")
    void noCallGoesBeyondABoundAndNoneMovesWithoutNeed(HashPolicy policy) {
        for (int count : new int[] {1, 2, 3, 17, 60}) {
            List<FakeNode> nodes = weighted(count);
            long weights =
                    nodes.stream().mapToLong(node -> node.endpoint().weight()).sum();
            Snapshot all = Snapshot.of(nodes);
            Picker bounded = picker(policy.boundedLoad(), all);
            Picker free = picker(policy, all);
            Random random = new Random(count);
            Deque<FakeNode> under = new ArrayDeque<>();
            int moved = 0;
            for (int i = 0; i < 3_000; i++) {
                if (!under.isEmpty() && random.nextInt(300) < under.size()) {
                    FakeNode done = random.nextBoolean() ? under.pollFirst() : under.pollLast();
                    done.inFlight(done.inFlight() - 1);
                    continue;
                }
                PickContext context = key(random.nextInt(3) == 0 ? 0 : i);
                FakeNode picked = (FakeNode) bounded.pick(context);
                FakeNode owner = (FakeNode) free.pick(context);
                long calls = under.size() + 1L;
                assertThat((long) picked.inFlight()).isLessThan(bound(picked, calls, weights));
                if (picked != owner) {
                    moved++;
                    assertThat((long) owner.inFlight()).isGreaterThanOrEqualTo(bound(owner, calls, weights));
                }
                picked.inFlight(picked.inFlight() + 1);
                under.add(picked);
            }
            // Of two endpoints the lighter may never be asked for more.
            assertThat(moved > 0 || count < 3).isTrue();
        }
    }

    /** Where a key overflows to is the same each time, and the same as where it goes when its owner is out. */
    @ParameterizedTest
    @MethodSource("policies")
    void aHotKeyGoesOnToItsNextEndpoints(HashPolicy policy) {
        List<FakeNode> nodes = weighted(12);
        Snapshot all = Snapshot.of(nodes);
        Picker bounded = picker(policy.boundedLoad(), all);
        for (int i = 0; i < 50; i++) {
            FakeNode owner = (FakeNode) bounded.pick(key(i));
            owner.inFlight(50);
            Node second = bounded.pick(key(i));
            assertThat(second).isSameAs(picker(policy, without(all, owner)).pick(key(i)));
            assertThat(bounded.pick(key(i))).isSameAs(second);
            owner.inFlight(0);
            assertThat(bounded.pick(key(i))).isSameAs(owner);
        }
    }

    private static Snapshot without(Snapshot all, Node out) {
        return all.with(
                all.candidates().stream()
                        .filter(candidate -> candidate.node() != out)
                        .toList(),
                Long.MAX_VALUE,
                "test");
    }

    /** Calls that hang at an endpoint which is out say nothing about what the others can take. */
    @ParameterizedTest
    @MethodSource("policies")
    void callsAtEndpointsThatAreOutRaiseNoBound(HashPolicy policy) {
        List<FakeNode> nodes = FakeNode.numbered("n", 4);
        Snapshot all = Snapshot.of(nodes);
        nodes.get(0).inFlight(10_000).health(Health.Status.EJECTED);
        Picker bounded = picker(policy.boundedLoad(), without(all, nodes.get(0)));
        Set<Node> picked = new HashSet<>();
        for (int i = 0; i < 9; i++) {
            FakeNode node = (FakeNode) bounded.pick(key(0));
            node.inFlight(node.inFlight() + 1);
            picked.add(node);
        }
        assertThat(picked).hasSize(3);
        assertThat(nodes.subList(1, 4))
                .allSatisfy(node -> assertThat(node.inFlight()).isBetween(1, 4));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aRetryRatherExceedsABoundThanItGoesWhereItHasFailed(HashPolicy policy) {
        List<FakeNode> nodes = FakeNode.numbered("n", 3);
        Picker bounded = picker(policy.boundedLoad(), Snapshot.of(nodes));
        nodes.get(2).inFlight(100);
        PickContext context = key(7).retryAfter(nodes.get(0).endpoint())
                .retryAfter(nodes.get(1).endpoint());
        assertThat(bounded.pick(context)).isSameAs(nodes.get(2));
        assertThat(bounded.pick(context.retryAfter(nodes.get(2).endpoint()))).isIn(nodes.get(0), nodes.get(1));
    }

    @Test
    void explainSaysThatAnEndpointIsAtItsBound() {
        List<FakeNode> nodes = FakeNode.numbered("n", 4);
        Picker bounded = picker(Pickers.ringHash().boundedLoad(), Snapshot.of(nodes));
        FakeNode owner = (FakeNode) bounded.pick(key(3));
        owner.inFlight(5);
        assertThat(bounded.explain(key(3)))
                .contains("passes over " + owner.endpoint() + ": it has 5 calls under way, and its bound is 2");
    }

    @Test
    void optionsAreReadAndShown() {
        assertThat(read("ring_hash", Map.of("boundedLoad", true)))
                .isEqualTo(Pickers.ringHash().boundedLoad(1.25));
        assertThat(read("maglev", Map.of("boundedLoad", 2)))
                .isEqualTo(Pickers.maglev().boundedLoad(2));
        assertThat(read("rendezvous", Map.of("boundedLoad", false))).isEqualTo(Pickers.rendezvous());
        assertThat(Pickers.ringHash(100, 200).boundedLoad().withoutKey(Pickers.random()))
                .hasToString("ring_hash (minRingSize 100, maxRingSize 200, boundedLoad 1.25, withoutKey random)");
        assertThat(Pickers.maglev(7)).hasToString("maglev (tableSize 7, withoutKey FAIL)");
        assertThat(Pickers.maglev().boundedLoad(2)).isNotEqualTo(Pickers.maglev());
        for (Object wrong : List.of(0.99, 100.5, Double.NaN, "1.25")) {
            assertThatThrownBy(() -> read("maglev", Map.of("boundedLoad", wrong)))
                    .hasMessageMatching(
                            "policy.maglev.boundedLoad: was .*, expected true, false or a number from 1 to 100");
        }
        assertThatThrownBy(() -> Pickers.maglev().boundedLoad(0.5))
                .hasMessage("boundedLoad was 0.5, expected a number from 1 to 100");
    }

    private static Object read(String policy, Map<String, ?> options) {
        return Pickers.read(Options.anyOf("", Map.of("policy", Map.of(policy, options))), "policy");
    }
}
