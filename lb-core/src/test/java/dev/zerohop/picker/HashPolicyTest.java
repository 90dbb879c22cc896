package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the policies that hash endpoints have in common: what moves keys, and where those go whose owner cannot take them. */
class HashPolicyTest {
    private final FakeTime time = new FakeTime();

    static List<HashPolicy> policies() {
        return List.of(Pickers.ringHash(20_000, HashRing.MAX_SIZE), Pickers.maglev(), Pickers.rendezvous());
    }

    static List<HashPolicy> tables() {
        return policies().stream()
                .filter(policy -> !policy.equals(Pickers.rendezvous()))
                .toList();
    }

    /** As a balancer has them: in order of ids. */
    private static List<FakeNode> nodes(int count) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(FakeNode.named(String.format("n-%04d", i)));
        }
        return nodes;
    }

    private HashPicker picker(HashPolicy policy, Snapshot snapshot) {
        return (HashPicker) policy.newPicker(snapshot, time.env());
    }

    private static PickContext key(int number) {
        return PickContext.of(EndpointSelector.of("key-" + number));
    }

    private static Snapshot without(Snapshot snapshot, Set<? extends Node> out) {
        return snapshot.with(
                snapshot.candidates().stream()
                        .filter(candidate -> !out.contains(candidate.node()))
                        .toList(),
                Long.MAX_VALUE,
                "test");
    }

    private static Map<Node, Integer> shares(HashPicker picker, int keys) {
        Map<Node, Integer> shares = new HashMap<>();
        for (int i = 0; i < keys; i++) {
            shares.merge(picker.pick(key(i)), 1, Integer::sum);
        }
        return shares;
    }

    // ---- what lays out a table anew ----

    @ParameterizedTest
    @MethodSource("tables")
    void aHealthFlipOrAnotherAddressLeavesTheVeryTable(HashPolicy policy) {
        List<FakeNode> nodes = nodes(20);
        Snapshot all = Snapshot.of(nodes);
        HashPicker before = picker(policy, all);
        HashPicker flipped = (HashPicker) before.rebuild(without(all, Set.of(nodes.get(3), nodes.get(7))));
        HashPicker back = (HashPicker) flipped.rebuild(all);
        List<FakeNode> moved = new ArrayList<>(nodes);
        moved.set(
                5,
                new FakeNode(Endpoint.builder("10.9.9.9", 99)
                        .id(nodes.get(5).endpoint().id())
                        .build()));
        HashPicker elsewhere = (HashPicker) back.rebuild(Snapshot.of(moved));
        assertThat(before.table()).isNotNull();
        assertThat(flipped.table()).isSameAs(before.table());
        assertThat(back.table()).isSameAs(before.table());
        assertThat(elsewhere.table()).isSameAs(before.table());
        for (int i = 0; i < 500; i++) {
            Node was = before.pick(key(i));
            assertThat(elsewhere.pick(key(i))).isSameAs(was == nodes.get(5) ? moved.get(5) : was);
        }
    }

    @ParameterizedTest
    @MethodSource("tables")
    void aMemberOrAWeightLaysItOutAnew(HashPolicy policy) {
        List<FakeNode> nodes = nodes(5);
        HashPicker before = picker(policy, Snapshot.of(nodes));
        List<FakeNode> heavier = new ArrayList<>(nodes);
        heavier.set(0, FakeNode.named(nodes.get(0).endpoint().id(), 2));
        List<FakeNode> renamed = new ArrayList<>(nodes);
        renamed.set(
                0,
                new FakeNode(nodes.get(0).endpoint().toBuilder()
                        .attributes(Map.of(Endpoint.HASH_KEY, "other"))
                        .build()));
        for (List<FakeNode> next : List.of(nodes(6), nodes.subList(1, 5), heavier, renamed)) {
            HashPicker after = (HashPicker) before.rebuild(Snapshot.of(next));
            assertThat(after.table()).isNotSameAs(before.table());
            HashPicker fresh = picker(policy, Snapshot.of(next));
            for (int i = 0; i < 300; i++) {
                assertThat(after.pick(key(i))).isSameAs(fresh.pick(key(i)));
            }
        }
    }

    // ---- which keys move ----

    @ParameterizedTest
    @MethodSource("policies")
    void keysFollowTheWeights(HashPolicy policy) {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 1), FakeNode.named("b", 2), FakeNode.named("c", 5));
        Map<Node, Integer> shares = shares(picker(policy, Snapshot.of(nodes)), 20_000);
        for (FakeNode node : nodes) {
            double expected = node.endpoint().weight() / 8.0;
            assertThat(shares.get(node) / 20_000.0).isCloseTo(expected, within(0.15 * expected));
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void theKeysOfOneThatIsOutSpreadOverTheOthersAndNoOtherMoves(HashPolicy policy) {
        List<FakeNode> nodes = nodes(10);
        Snapshot all = Snapshot.of(nodes);
        HashPicker before = picker(policy, all);
        FakeNode out = nodes.get(4);
        HashPicker after = (HashPicker) before.rebuild(without(all, Set.of(out)));
        HashPicker back = (HashPicker) after.rebuild(all);
        Map<Node, Integer> taken = new HashMap<>();
        int lost = 0;
        for (int i = 0; i < 20_000; i++) {
            Node was = before.pick(key(i));
            Node is = after.pick(key(i));
            if (was == out) {
                lost++;
                taken.merge(is, 1, Integer::sum);
            } else {
                assertThat(is).isSameAs(was);
            }
            assertThat(back.pick(key(i))).isSameAs(was);
        }
        // A ninth each: the keys of one that is down must not all fall on its neighbour.
        assertThat(taken).hasSize(9);
        assertThat(taken.values()).allSatisfy(count -> assertThat(count).isBetween(150, 300));
        assertThat(lost).isBetween(1_700, 2_300);
    }

    /** Whatever is out, the keys of the others stay, and each pick goes to a candidate; with most of them out the ranking decides. */
    @ParameterizedTest
    @MethodSource("policies")
    void ofAThousandAllButThreeMayBeOut(HashPolicy policy) {
        List<FakeNode> nodes = nodes(1_000);
        Snapshot all = Snapshot.of(nodes);
        HashPicker before = picker(policy, all);
        Set<Node> out = new HashSet<>(nodes);
        List<FakeNode> left = List.of(nodes.get(10), nodes.get(500), nodes.get(900));
        left.forEach(out::remove);
        HashPicker after = (HashPicker) before.rebuild(without(all, out));
        Map<Node, Integer> shares = new HashMap<>();
        for (int i = 0; i < 3_000; i++) {
            Node is = after.pick(key(i));
            Node was = before.pick(key(i));
            shares.merge(is, 1, Integer::sum);
            assertThat(left).contains((FakeNode) is);
            if (!out.contains(was)) {
                assertThat(is).isSameAs(was);
            }
        }
        assertThat(shares.values()).allSatisfy(count -> assertThat(count).isBetween(850, 1_150));
    }

    /** A stage that prefers some, such as the own zone, gets the shares it wants; a change of its mind moves the keys of the difference and no others, and no table. */
    @ParameterizedTest
    @MethodSource("policies")
    void whatStagesPreferIsHonoured(HashPolicy policy) {
        List<FakeNode> nodes = nodes(8);
        Snapshot all = Snapshot.of(nodes);
        HashPicker before = picker(policy, all);
        HashPicker half = (HashPicker) before.rebuild(preferring(all, 0.5));
        HashPicker less = (HashPicker) half.rebuild(preferring(all, 0.25));
        assertThat(less.table()).isSameAs(before.table());
        assertThat(remote(half)).isCloseTo(2 / (6 + 2 * 0.5) * 0.5, within(0.02));
        assertThat(remote(less)).isCloseTo(2 / (6 + 2 * 0.25) * 0.25, within(0.02));
        for (int i = 0; i < 2_000; i++) {
            if (!isRemote(before.pick(key(i)))) {
                assertThat(half.pick(key(i))).isSameAs(before.pick(key(i)));
            }
            if (!isRemote(half.pick(key(i)))) {
                assertThat(less.pick(key(i))).isSameAs(half.pick(key(i)));
            }
        }
    }

    private static Snapshot preferring(Snapshot all, double remote) {
        List<Candidate> next = new ArrayList<>();
        for (Candidate candidate : all.candidates()) {
            next.add(isRemote(candidate.node()) ? new Candidate(candidate.node(), remote) : candidate);
        }
        return all.with(next, Long.MAX_VALUE, "test: zone");
    }

    private static boolean isRemote(Node node) {
        return node.endpoint().id().compareTo("n-0006") >= 0;
    }

    private static double remote(HashPicker picker) {
        int count = 0;
        for (int i = 0; i < 20_000; i++) {
            count += isRemote(picker.pick(key(i))) ? 1 : 0;
        }
        return count / 20_000.0;
    }

    @Test
    void theNextOnTheRingStandsInForAnOwnerThatIsOut() {
        List<FakeNode> nodes = nodes(6);
        Snapshot all = Snapshot.of(nodes);
        HashPicker before = picker(Pickers.ringHash(), all);
        KeyTable ring = before.table();
        for (int i = 0; i < 200; i++) {
            long hash = EndpointSelector.of("key-" + i).hash();
            int position = ring.find(hash);
            int owner = ring.owner(position);
            while (ring.owner(position) == owner) {
                position = (position + 1) % ring.size();
            }
            PickContext tried = key(i).retryAfter(nodes.get(owner).endpoint());
            HashPicker after = (HashPicker) before.rebuild(without(all, Set.of(nodes.get(owner))));
            assertThat(after.pick(key(i))).isSameAs(nodes.get(ring.owner(position)));
            assertThat(before.pick(tried)).isSameAs(nodes.get(ring.owner(position)));
        }
    }

    // ---- for people ----

    @Test
    void explainNamesTheOwnerAndWhoIsPassedOverAndWhy() {
        List<FakeNode> nodes = nodes(3);
        Snapshot all = Snapshot.of(nodes);
        HashPicker picker = picker(Pickers.ringHash(), all);
        FakeNode owner = (FakeNode) picker.pick(key(1));
        assertThat(picker.explain(key(1)))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("key \"key-1\" has hash dab069f200681a9e"),
                        line -> assertThat(line)
                                .matches("the first of 1026 entries at or after it is [0-9a-f]+ of n-000\\d\\(.*\\)")
                                .contains(owner.endpoint().toString()),
                        line -> assertThat(line).isEqualTo("goes to " + owner.endpoint()));
        owner.health(Health.Status.EJECTED);
        HashPicker after = (HashPicker) picker.rebuild(without(all, Set.of(owner)));
        Node second = after.pick(key(1));
        assertThat(after.explain(key(1)))
                .anySatisfy(line -> assertThat(line).startsWith("passes over " + owner.endpoint() + ": it is EJECTED"))
                .last()
                .isEqualTo("goes to " + second.endpoint());
        assertThat(after.explain(key(1).retryAfter(second.endpoint())))
                .contains("passes over " + second.endpoint() + ": this call has tried it");
        HashPicker zoned = picker(Pickers.ringHash(), preferring(Snapshot.of(nodes(8)), 0.25));
        Set<String> said = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            said.addAll(zoned.explain(key(i)));
        }
        assertThat(said)
                .anySatisfy(line -> assertThat(line)
                        .startsWith("passes over n-0007")
                        .endsWith(": stages leave it 25 % of its keys, and not this one"));
    }

    @Test
    void explainNamesATenOfThosePassedOver() {
        List<FakeNode> nodes = nodes(40);
        Snapshot all = Snapshot.of(nodes);
        HashPicker one = picker(Pickers.ringHash(), without(all, new HashSet<>(nodes.subList(1, 40))));
        assertThat(one.explain(key(0)))
                .hasSize(2 + 10 + 1 + 1)
                .anySatisfy(line -> assertThat(line).matches("and passes over \\d+ others"));
    }

    // ---- threads ----

    @ParameterizedTest
    @MethodSource("policies")
    void threadsThatPickWhileVersionsFollowEachOtherAgree(HashPolicy policy) throws Exception {
        List<FakeNode> nodes = nodes(12);
        Snapshot all = Snapshot.of(nodes);
        HashPicker first = picker(policy, all);
        List<Node> owners = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            owners.add(first.pick(key(i)));
        }
        AtomicInteger wrong = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(4);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int out = t;
            Thread thread = new Thread(() -> {
                try {
                    together.await();
                } catch (Exception broken) {
                    wrong.incrementAndGet();
                }
                HashPicker own = first;
                for (int round = 0; round < 200; round++) {
                    own = (HashPicker) own.rebuild(round % 2 == 0 ? without(all, Set.of(nodes.get(out))) : all);
                    for (int i = 0; i < 200; i++) {
                        boolean moved = own.pick(key(i)) != owners.get(i);
                        boolean wrongly = moved && (round % 2 == 1 || owners.get(i) != nodes.get(out));
                        wrong.addAndGet(wrongly || first.pick(key(i)) != owners.get(i) ? 1 : 0);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).hasValue(0);
    }
}
