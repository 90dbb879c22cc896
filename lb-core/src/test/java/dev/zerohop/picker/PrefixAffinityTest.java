package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.zerohop.Candidate;
import dev.zerohop.Dice;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PrefixKey;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PrefixAffinityTest {
    private static final PrefixKey.Cut CUT = new PrefixKey.Cut(64, 4);

    private static final Dice NEVER_FORGIVES = ScriptedDice.of(1);
    private static final Dice ALWAYS_FORGIVES = ScriptedDice.of(0);

    private final FakeTime time = new FakeTime();
    private final List<FakeNode> nodes = FakeNode.numbered("model", 8);
    private static final PrefixAffinityPolicy FROM_THE_FIRST_CALL =
            new PrefixAffinityPolicy(50, 1.25, 1, 1 << 18, null);

    private Picker picker = FROM_THE_FIRST_CALL.newPicker(Snapshot.of(nodes), time.env());

    private static PickContext prompt(String text) {
        return PickContext.of(PrefixKey.of(text, CUT));
    }

    private FakeNode pick(String prompt) {
        return node(picker.pick(prompt(prompt)));
    }

    private static FakeNode node(Node picked) {
        return (FakeNode) picked;
    }

    private static Snapshot without(List<FakeNode> nodes, FakeNode out) {
        return Snapshot.of(
                nodes,
                nodes.stream()
                        .filter(node -> node != out)
                        .map(node -> new Candidate(node, 1))
                        .toList());
    }

    @Test
    void aConversationStaysWhereItsBeginningWas() {
        FakeNode first = pick("abcdefgh");
        String turn = "abcdefgh";
        for (int i = 0; i < 12; i++) {
            turn += "turn";
            assertThat(pick(turn)).isSameAs(first);
        }
    }

    @Test
    void aKeyThatIsNotKnownGoesByItsHash() {
        Picker other = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), new FakeTime().env());
        Map<Node, Integer> share = new HashMap<>();
        for (int i = 0; i < 800; i++) {
            String prompt = String.format("%04d", i);
            FakeNode picked = pick(prompt);
            assertThat(other.pick(prompt(prompt))).isSameAs(picked);
            share.merge(picked, 1, Integer::sum);
        }
        assertThat(share).hasSize(8);
        assertThat(share.values()).allMatch(count -> count > 60 && count < 150);
    }

    /** Or a system prompt would send all conversations, and those of all clients, to one endpoint. */
    @Test
    void aBeginningThatManyHaveInCommonIsNotFollowedIfItIsASmallPart() {
        Set<Node> picked = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            picked.add(pick(String.format("syst%04d%04d", i, i)));
        }
        assertThat(picked).hasSize(8);
        FakeNode last = pick("systabcd");
        assertThat(pick("systxyzw")).as("one block of two is half of it").isSameAs(last);
        picker = new PrefixAffinityPolicy(51, 1.25, 1, 1 << 18, null).newPicker(Snapshot.of(nodes), time.env());
        picked.clear();
        for (int i = 0; i < 100; i++) {
            picked.add(pick(String.format("syst%04d", i)));
        }
        assertThat(picked).hasSize(8);
    }

    @Test
    void theLongestBeginningGoesBeforeAShorterOneThatAnotherHas() {
        FakeNode first = pick("systaaaa");
        // The same first block, but its endpoint is busy: another one takes the call, and has both blocks from then on.
        first.inFlight(20);
        FakeNode second = pick("systbbbb");
        assertThat(second).isNotSameAs(first);
        first.inFlight(0);
        assertThat(pick("systaaaacccc")).isSameAs(first);
        assertThat(pick("systbbbbcccc")).isSameAs(second);
        assertThat(pick("systdddd"))
                .as("what neither has had goes where its beginning was last")
                .isSameAs(second);
    }

    /** c = 1.25, 8 endpoints, 15 calls under way and this one: the bound is 2.5, rounded up. */
    @Test
    void anEndpointIsLeftAsLongAsItHasItsBoundOfCalls() {
        FakeNode warm = pick("abcdefgh");
        nodes.forEach(node -> node.inFlight(2));
        nodes.get(0).inFlight(nodes.get(0) == warm ? 2 : 1);
        warm.inFlight(2);
        int others = nodes.stream().mapToInt(FakeNode::inFlight).sum();
        assertThat(others).isBetween(15, 16);
        assertThat(pick("abcdefgh")).isSameAs(warm);
        warm.inFlight(4);
        FakeNode other = pick("abcdefgh");
        assertThat(other).isNotSameAs(warm);
        warm.inFlight(0);
        assertThat(pick("abcdefgh")).as("it has this beginning now").isSameAs(other);
    }

    /** With 8 endpoints and 3 calls under way its share is half a call. */
    @Test
    void fewCallsAreWithinTheBoundWhateverTheirShare() {
        picker = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), time.env());
        FakeNode warm = pick("abcdefgh");
        warm.inFlight(3);
        assertThat(pick("abcdefgh")).isSameAs(warm);
        warm.inFlight(4);
        assertThat(pick("abcdefgh")).isNotSameAs(warm);
    }

    /** Or one that fails at once would be within its bound for ever, and keep what it is sent. */
    @Test
    void failuresCountAsCallsUnderWay() {
        FakeNode warm = pick("abcdefgh");
        warm.penalty(31);
        int there = 0;
        for (int i = 0; i < 1_000; i++) {
            there += pick("abcdefgh") == warm ? 1 : 0;
        }
        assertThat(there).as("one look in sixteen, as long as it is remembered").isBetween(0, 100);
        picker = FROM_THE_FIRST_CALL.newPicker(Snapshot.of(nodes), time.env());
        warm.penalty(0);
        assertThat(pick("abcdefgh")).isSameAs(warm);
    }

    /** What is picked at once is what comparing all would have given: explanations always compare. */
    @Test
    void whatIsTakenWithoutComparingIsWhatComparingGives() {
        Random random = new Random(5);
        int atOnce = 0;
        for (Dice dice : List.of(NEVER_FORGIVES, ALWAYS_FORGIVES)) {
            Picker given = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), time.env(dice));
            for (int i = 0; i < 3_000; i++) {
                for (FakeNode node : nodes) {
                    node.inFlight(random.nextInt(4)).penalty(random.nextInt(3));
                }
                FakeNode out = nodes.get(random.nextInt(nodes.size()));
                given = given.rebuild(random.nextInt(3) == 0 ? without(nodes, out) : Snapshot.of(nodes));
                PickContext context = prompt("abcdefghijkl".substring(0, 4 * (1 + random.nextInt(3))));
                if (random.nextInt(4) == 0) {
                    context = context.retryAfter(
                            nodes.get(random.nextInt(nodes.size())).endpoint());
                }
                List<String> explained = given.explain(context);
                String last = explained.get(explained.size() - 1);
                Node picked = given.pick(context);
                boolean first = explained.size() == 1 && !last.contains("by hash");
                if (first || dice == NEVER_FORGIVES) {
                    assertThat(last).startsWith("goes to " + picked.endpoint() + ", ");
                }
                atOnce += first ? 1 : 0;
            }
        }
        assertThat(atOnce).isBetween(1_000, 5_000);
    }

    /** Else each pick would read the counts of all endpoints. */
    @Test
    void nothingIsComparedWhileTheEndpointIsBelowWhatAnyMayHave() {
        AtomicInteger throwsOfDice = new AtomicInteger();
        picker = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), time.env(() -> throwsOfDice.incrementAndGet()));
        FakeNode warm = pick("abcdefgh");
        throwsOfDice.set(0);
        warm.inFlight(3);
        assertThat(pick("abcdefgh")).isSameAs(warm);
        assertThat(throwsOfDice).hasValue(0);
        warm.inFlight(4);
        pick("abcdefgh");
        assertThat(throwsOfDice).hasValue(1);
    }

    @Test
    void withoutABoundAHotBeginningStays() {
        picker = policy("{\"prefix_affinity\": {\"boundedLoad\": false}}").newPicker(Snapshot.of(nodes), time.env());
        FakeNode warm = pick("abcdefgh");
        warm.inFlight(1_000);
        assertThat(pick("abcdefgh")).isSameAs(warm);
    }

    @Test
    void oneThatIsOutIsPassedOverAndFoundAgain() {
        FakeNode warm = pick("abcdefgh");
        warm.health(Health.Status.EJECTED);
        Picker without = picker.rebuild(without(nodes, warm));
        FakeNode other = node(without.pick(prompt("abcdxxxx")));
        assertThat(other).isNotSameAs(warm);
        warm.health(Health.Status.UNKNOWN);
        Picker again = without.rebuild(Snapshot.of(nodes));
        assertThat(again.pick(prompt("abcdefgh"))).as("the longer beginning").isSameAs(warm);
        assertThat(again.pick(prompt("abcdxxxx"))).isSameAs(other);
    }

    @Test
    void whatALeavingEndpointHadGoesByHashAgain() {
        FakeNode warm = pick("abcdefgh");
        List<FakeNode> left = new ArrayList<>(nodes);
        left.remove(warm);
        picker = picker.rebuild(Snapshot.of(left));
        FakeNode next = pick("abcdefgh");
        assertThat(next).isNotSameAs(warm);
        assertThat(pick("abcdefgh")).isSameAs(next);
    }

    @Test
    void aRetryGoesElsewhereAndComesBackOnlyIfItHasTriedAll() {
        FakeNode warm = pick("abcdefgh");
        Set<Node> tried = new HashSet<>();
        PickContext context = prompt("abcdefgh");
        for (int i = 0; i < 8; i++) {
            FakeNode picked = node(picker.pick(context));
            assertThat(tried.add(picked)).isTrue();
            context = context.retryAfter(picked.endpoint());
        }
        assertThat(tried).contains(warm).hasSize(8);
        assertThat(picker.pick(context)).isNotNull();
    }

    @Test
    void anyOtherKeyIsOneBlock() {
        FakeNode first = node(picker.pick(PickContext.of(EndpointSelector.of("session-7"))));
        first.inFlight(20);
        FakeNode second = node(picker.pick(PickContext.of(EndpointSelector.of("session-7"))));
        first.inFlight(0);
        assertThat(second).isNotSameAs(first);
        assertThat(picker.pick(PickContext.of(EndpointSelector.of("session-7"))))
                .isSameAs(second);
    }

    @Test
    void ofTwoWithOneNameTheFirstIsRemembered() {
        List<FakeNode> twins = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            twins.add(new FakeNode(Endpoint.builder("127.0.0.1", 1 + i)
                    .attributes(Map.of(Endpoint.HASH_KEY, "same"))
                    .build()));
        }
        picker = FROM_THE_FIRST_CALL.newPicker(Snapshot.of(twins), time.env());
        pick("abcdefgh");
        assertThat(pick("abcdefgh")).isSameAs(twins.get(0));
    }

    @Test
    void nothingIsPickedWhereThereIsNoCandidate() {
        assertThat(picker.rebuild(Snapshot.of(nodes, List.of())).pick(prompt("abcd")))
                .isNull();
    }

    @Test
    void itIsExplained() {
        PickContext context = prompt("abcdefghijkl");
        FakeNode warm = pick("abcdefgh");
        String key = "prefix-[0-9a-f]{16} \\(3 blocks\\)";
        assertThat(picker.explain(context))
                .singleElement(STRING)
                .matches("goes to " + quoted(warm) + ", which last had the first 2 of the 3 blocks of the key " + key);
        warm.inFlight(9);
        assertThat(picker.explain(context)).hasSize(2);
        assertThat(picker.explain(context).get(0))
                .isEqualTo("passes over " + warm.endpoint()
                        + ", which last had the first 2 blocks: it has 9 calls under way, and its bound is 2");
        assertThat(picker.explain(context).get(1))
                .matches("goes to model-\\d\\S+, the best by hash for the key " + key);
        assertThat(picker.explain(context).get(1)).doesNotContain(quoted(warm));
    }

    private static String quoted(FakeNode node) {
        return Pattern.quote(node.endpoint().toString());
    }

    @Test
    void explainingRemembersNothing() {
        picker.explain(prompt("abcdefgh"));
        assertThat(picker.explain(prompt("abcdefgh"))).singleElement(STRING).contains("the best by hash");
    }

    @Test
    void configurations() {
        assertThat(policy("\"prefix_affinity\"")).isEqualTo(Pickers.prefixAffinity());
        assertThat(policy("{\"prefix_affinity\": {\"minMatchPercent\": 60, \"boundedLoad\": 2, \"boundedFrom\": 8,"
                        + " \"tableSize\": 1000, \"withoutKey\": \"random\"}}"))
                .isEqualTo(new PrefixAffinityPolicy(60, 2, 8, 1000, Pickers.random()))
                .hasToString(
                        "prefix_affinity (minMatchPercent 60, boundedLoad 2, boundedFrom 8, tableSize 1000, withoutKey"
                                + " random)");
        assertThatThrownBy(() -> policy("{\"prefix_affinity\": {\"boundedLoad\": 0.5}}"))
                .hasMessageContaining("boundedLoad: was 0.5, expected true, false or a number from 1 to 100");
        assertThatThrownBy(() -> policy("{\"prefix_affinity\": {\"tableSize\": 0}}"))
                .hasMessageContaining("tableSize: was 0, expected an integer from 1 to 16777216");
        assertThatThrownBy(() -> new PrefixAffinityPolicy(101, 1.25, 1, 1, null))
                .hasMessage("minMatchPercent was 101, expected 0 to 100");
        assertThatThrownBy(() -> new PrefixAffinityPolicy(50, 0, 1, 1, null))
                .hasMessageContaining("boundedLoad was 0.0");
        assertThatThrownBy(() -> new PrefixAffinityPolicy(50, 1.25, 0, 1, null))
                .hasMessage("boundedFrom was 0, expected 1 to 1000000");
        assertThatThrownBy(() -> new PrefixAffinityPolicy(50, 1.25, 1, 1 << 25, null))
                .hasMessage("tableSize was 33554432, expected 1 to 16777216");
    }

    private static PickPolicy policy(String json) {
        return Configurations.parse("{\"policy\": " + json + "}").policy();
    }

    // ---- the table ----

    @Test
    void theTableRemembersWhatWasPutLast() {
        PrefixTable table = new PrefixTable(1 << 10);
        for (long i = 1; i <= 200; i++) {
            table.put(i * 0x9E3779B97F4A7C15L, (int) i);
        }
        for (long i = 1; i <= 200; i++) {
            assertThat(table.get(i * 0x9E3779B97F4A7C15L)).isIn((int) i, 0);
        }
        table.put(1, 5);
        table.put(1, -7);
        assertThat(table.get(1)).isEqualTo(-7);
        assertThat(table.get(1L << 32 | 1)).as("another prefix of the same set").isZero();
    }

    /** 1,024 entries hold nearly all of 512 random prefixes, and half of 2,048. */
    @Test
    void theTableForgetsByChanceWhenItIsFull() {
        assertThat(known(512)).isGreaterThan(480);
        assertThat(known(2_048)).isBetween(850L, 1_024L);
    }

    private static long known(int prefixes) {
        PrefixTable table = new PrefixTable(1 << 10);
        Random random = new Random(7);
        long[] all = random.longs(prefixes).toArray();
        for (int i = 0; i < all.length; i++) {
            table.put(all[i], i + 1);
        }
        long known = 0;
        for (int i = 0; i < all.length; i++) {
            known += table.get(all[i]) == i + 1 ? 1 : 0;
        }
        return known;
    }

    @Test
    void theSmallestTableWorks() {
        PrefixTable table = new PrefixTable(1);
        for (int i = 1; i < 100; i++) {
            table.put((long) i << 32, i);
            assertThat(table.get((long) i << 32)).isEqualTo(i);
        }
    }
}
