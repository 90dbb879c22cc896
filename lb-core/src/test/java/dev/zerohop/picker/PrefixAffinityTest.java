package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.zerohop.Candidate;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrefixAffinityTest {
    private static final PrefixKey.Cut CUT = new PrefixKey.Cut(64, 4);

    private final FakeTime time = new FakeTime();
    private final List<FakeNode> nodes = FakeNode.numbered("model", 8);
    private Picker picker = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), time.env());

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
    void clientsThatKnowNothingAgreeOnAFirstBlock() {
        Picker other = Pickers.prefixAffinity().newPicker(Snapshot.of(nodes), new FakeTime().env());
        Map<Node, Integer> share = new HashMap<>();
        for (int i = 0; i < 800; i++) {
            String prompt = String.format("%04d, and %d", i, i);
            FakeNode picked = pick(prompt);
            assertThat(other.pick(prompt(String.format("%04d, but %d", i, i)))).isSameAs(picked);
            share.merge(picked, 1, Integer::sum);
        }
        assertThat(share).hasSize(8);
        assertThat(share.values()).allMatch(count -> count > 60 && count < 150);
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
        // What neither has seen goes where the first block was last.
        assertThat(pick("systdddd")).isSameAs(second);
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
    void whatALeavingEndpointHadGoesByTheFirstBlockAgain() {
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
                .matches("goes to model-\\d\\S+, the best for the first block of the key " + key);
        assertThat(picker.explain(context).get(1)).doesNotContain(quoted(warm));
    }

    private static String quoted(FakeNode node) {
        return java.util.regex.Pattern.quote(node.endpoint().toString());
    }

    @Test
    void explainingRemembersNothing() {
        picker.explain(prompt("abcdefgh"));
        assertThat(picker.explain(prompt("abcdefgh"))).singleElement(STRING).contains("the best for the first block");
    }

    @Test
    void configurations() {
        assertThat(policy("\"prefix_affinity\"")).isEqualTo(Pickers.prefixAffinity());
        assertThat(policy(
                        "{\"prefix_affinity\": {\"boundedLoad\": 2, \"tableSize\": 1000, \"withoutKey\": \"random\"}}"))
                .isEqualTo(Pickers.prefixAffinity(2, 1000, Pickers.random()))
                .hasToString("prefix_affinity (boundedLoad 2, tableSize 1000, withoutKey random)");
        assertThatThrownBy(() -> policy("{\"prefix_affinity\": {\"boundedLoad\": 0.5}}"))
                .hasMessageContaining("boundedLoad: was 0.5, expected true, false or a number from 1 to 100");
        assertThatThrownBy(() -> policy("{\"prefix_affinity\": {\"tableSize\": 0}}"))
                .hasMessageContaining("tableSize: was 0, expected an integer from 1 to 16777216");
        assertThatThrownBy(() -> Pickers.prefixAffinity(1.25, 1 << 25, null))
                .hasMessageContaining("tableSize was 33554432");
        assertThatThrownBy(() -> Pickers.prefixAffinity(0, 1, null)).hasMessageContaining("boundedLoad was 0.0");
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
        java.util.Random random = new java.util.Random(7);
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
