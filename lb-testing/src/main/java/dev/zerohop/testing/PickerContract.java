package dev.zerohop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zerohop.Candidate;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every picker must do, whatever its algorithm. A picker's test extends this in a few lines. */
public abstract class PickerContract {

    /** The policy under test. */
    protected abstract PickPolicy policy();

    /** Contexts to pick with: a keyed policy gets a new key at each step, others ignore it. */
    protected PickContext context(int step) {
        return PickContext.of(EndpointSelector.of("key-" + step));
    }

    /** Whether the key has one owner only, so that a wish to avoid it cannot be granted and a lost candidate is not replaced. */
    protected boolean oneOwnerOnly() {
        return false;
    }

    /**
     * Whether calls are meant to spread over all candidates. Default: no, as for a policy that goes on to the next endpoint only when the first is down. If so,
     * each candidate must get a share, and retries must spread evenly over the others.
     */
    protected boolean spreads() {
        return false;
    }

    /** What the policy needs of a snapshot beyond members and candidates. Default: nothing. */
    protected Snapshot prepared(Snapshot snapshot) {
        return snapshot;
    }

    /** The first picker over a snapshot, with fake time and seeded dice. */
    protected final Picker picker(Snapshot snapshot) {
        return policy().newPicker(prepared(snapshot), new FakeTime().env());
    }

    @Test
    void nobodyIsPickedFromNobody() {
        Picker picker = picker(Snapshot.EMPTY);
        Node picked = picker.pick(context(0));
        assertNull(picked, () -> "of a snapshot without members " + picked + " was picked, expected null");
        assertNotNull(
                picker.refusal(context(0)), "refusal() was null after a pick of null, expected why there is none");
    }

    @Test
    void theOnlyOneIsAlwaysPicked() {
        Picker picker = picker(Snapshot.of(FakeNode.numbered("a", 1)));
        for (int i = 0; i < 100; i++) {
            assertEquals("a-0", idOf(picker.pick(context(i))), "the pick of a snapshot with one member");
        }
    }

    @Test
    void everyCandidateGetsAShare() {
        if (!spreads()) {
            return;
        }
        Picker picker = picker(Snapshot.of(FakeNode.numbered("a", 7)));
        Set<String> picked = picked(picker, 2_000);
        assertEquals(
                7,
                picked.size(),
                () -> "2,000 picks over 7 candidates went to " + picked
                        + ", expected all of them, since the policy says that it spreads");
    }

    @Test
    void onlyCandidatesArePicked() {
        List<FakeNode> nodes = FakeNode.numbered("a", 5);
        nodes.get(1).health(Health.Status.EJECTED);
        nodes.get(3).health(Health.Status.EJECTED);
        Picker picker = picker(without(Snapshot.of(nodes), "a-1", "a-3"));
        Set<String> picked = picked(picker, 2_000);
        assertFalse(
                picked.contains("a-1") || picked.contains("a-3"),
                () -> "a-1 and a-3 are no candidates, but the picks went to " + picked);
        if (spreads()) {
            assertEquals(
                    Set.of("a-0", "a-2", "a-4"),
                    picked,
                    "the candidates that were picked, since the policy says that it spreads");
        }
    }

    @Test
    void weightZeroTakesNothing() {
        List<FakeNode> nodes = new ArrayList<>(FakeNode.numbered("a", 3));
        nodes.add(FakeNode.named("a-3", 0));
        Set<String> picked = picked(picker(Snapshot.of(nodes)), 2_000);
        assertFalse(picked.contains("a-3"), () -> "a-3 has weight 0, but the picks went to " + picked);
    }

    @Test
    void rebuildLeavesTheOldPickerAsItWas() {
        Picker old = picker(Snapshot.of(FakeNode.numbered("a", 2)));
        Picker next = old.rebuild(prepared(Snapshot.of(FakeNode.numbered("b", 2))));
        assertPicksAmong(Set.of("a-0", "a-1"), old, "the old picker, after rebuild()");
        assertPicksAmong(Set.of("b-0", "b-1"), next, "the picker that rebuild() gave");
        assertPicksAmong(Set.of("a-0", "a-1"), old, "the old picker, after the new one was used");
    }

    /** A service may begin without endpoints, lose them all and get them back, and versions that say the same may follow each other. */
    @Test
    void versionsWithoutCandidatesInBetweenCostNothing() {
        Snapshot full = prepared(Snapshot.of(FakeNode.numbered("a", 2)));
        Snapshot empty = prepared(Snapshot.EMPTY);
        Picker picker = picker(Snapshot.EMPTY);
        for (Snapshot next : List.of(empty, full, full, empty, empty, full)) {
            picker = picker.rebuild(next);
            Node picked = picker.pick(context(0));
            if (next == empty) {
                assertNull(picked, () -> "of a snapshot without members " + picked + " was picked, expected null");
            } else {
                assertPicksAmong(Set.of("a-0", "a-1"), picker, "the picker of endpoints that have come back");
            }
        }
    }

    @Test
    void whatWasTriedIsAvoidedWhileAnotherIsLeft() {
        if (oneOwnerOnly()) {
            return;
        }
        Picker picker = picker(Snapshot.of(FakeNode.numbered("a", 3)));
        for (int i = 0; i < 500; i++) {
            PickContext context = context(i);
            Node first = picked(picker, context);
            context = context.retryAfter(first.endpoint());
            Node second = picked(picker, context);
            assertNotEquals(
                    first.endpoint().id(),
                    second.endpoint().id(),
                    "a retry went to the endpoint that had just failed, although two others were left");
            context = context.retryAfter(second.endpoint());
            Node third = picked(picker, context);
            assertFalse(
                    third == first || third == second,
                    () -> "the third attempt went to " + third + " again, although one endpoint was not tried yet");
        }
    }

    @Test
    void callsThatComeBackFromOneEndpointSpreadOverTheOthers() {
        if (oneOwnerOnly() || !spreads()) {
            return;
        }
        List<FakeNode> nodes = FakeNode.numbered("a", 4);
        Picker picker = picker(Snapshot.of(nodes));
        int retries = 20_000;
        Map<String, Integer> got = new HashMap<>();
        for (int i = 0; i < retries; i++) {
            got.merge(idOf(picker.pick(context(i).retryAfter(nodes.get(1).endpoint()))), 1, Integer::sum);
        }
        assertEquals(
                Set.of("a-0", "a-2", "a-3"),
                got.keySet(),
                "the endpoints that took the retries of calls that failed at a-1");
        // A neighbour that takes more than its part of what the broken one leaves over has 3/8 or more.
        got.forEach((id, count) -> assertTrue(
                count > 0.31 * retries && count < 0.355 * retries,
                () -> id + " got " + count + " of " + retries + " retries, expected about a third: " + got));
    }

    @Test
    void whatWasTriedIsTakenAgainWhenNobodyElseIsLeft() {
        List<FakeNode> nodes = FakeNode.numbered("a", 2);
        Picker picker = picker(Snapshot.of(nodes));
        for (int i = 0; i < 200; i++) {
            PickContext context = context(i)
                    .retryAfter(nodes.get(0).endpoint())
                    .retryAfter(nodes.get(1).endpoint());
            assertNotNull(picker.pick(context), "every endpoint was tried: a wish, not a ban");
        }
    }

    @Test
    void aRefusalSaysWhy() {
        List<FakeNode> nodes = FakeNode.numbered("a", 2);
        nodes.forEach(node -> node.health(Health.Status.EJECTED));
        Picker picker = picker(without(Snapshot.of(nodes), "a-0", "a-1"));
        assertNull(picker.pick(context(0)), "the pick when no member is a candidate");
        Refusal refusal = picker.refusal(context(0));
        assertTrue(
                refusal.kind() == Refusal.Kind.NONE_USABLE || refusal.kind() == Refusal.Kind.OWNER_DOWN,
                () -> "of two ejected endpoints the refusal was " + refusal
                        + ", expected the kind NONE_USABLE or OWNER_DOWN, as Snapshot.refusal gives it");
        assertTrue(
                refusal.message().contains("ejected") || refusal.message().contains("EJECTED"),
                () -> "of two ejected endpoints the refusal said '" + refusal.message()
                        + "', expected that it says they are ejected, as Snapshot.refusal does");
    }

    @Test
    void refusalTellsConnectingFromBroken() {
        List<FakeNode> nodes = FakeNode.numbered("a", 2);
        nodes.forEach(node -> node.health(Health.Status.CONNECTING));
        Picker picker = picker(without(Snapshot.of(nodes), "a-0", "a-1"));
        Refusal refusal = picker.refusal(context(0));
        assertEquals(
                Refusal.Kind.CONNECTING,
                refusal.kind(),
                "the kind of the refusal while connections are being made, as Snapshot.refusal gives it");
        assertTrue(refusal.waits(), "while connections are being made the refusal did not say that the call waits");
    }

    @Test
    void explainChangesNothing() {
        Picker explained = picker(Snapshot.of(FakeNode.numbered("a", 5)));
        Picker left = picker(Snapshot.of(FakeNode.numbered("a", 5)));
        for (int i = 0; i < 50; i++) {
            explained.explain(context(i));
            explained.explain(context(i));
            assertEquals(
                    idOf(left.pick(context(i))),
                    idOf(explained.pick(context(i))),
                    "the pick after explain(), beside that of a picker that was not asked to explain");
        }
    }

    /** The snapshot without these nodes among the candidates, as a health filter would leave it. */
    protected static Snapshot without(Snapshot snapshot, String... ids) {
        Set<String> out = Set.of(ids);
        List<Candidate> left = new ArrayList<>();
        for (Candidate candidate : snapshot.candidates()) {
            if (!out.contains(candidate.node().endpoint().id())) {
                left.add(candidate);
            }
        }
        return snapshot.with(left, Long.MAX_VALUE, "test: without " + out).withAvailable(left);
    }

    private void assertPicksAmong(Set<String> members, Picker picker, String which) {
        Set<String> picked = picked(picker, 500);
        assertTrue(
                spreads() ? picked.equals(members) : members.containsAll(picked),
                () -> which + " picked " + picked + ", expected " + members + " as its snapshot has them");
    }

    private Set<String> picked(Picker picker, int times) {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < times; i++) {
            Node node = picker.pick(context(i));
            if (node == null) {
                assertTrue(oneOwnerOnly(), "a candidate was left but none was picked");
            } else {
                ids.add(node.endpoint().id());
            }
        }
        return ids;
    }

    private static Node picked(Picker picker, PickContext context) {
        Node node = picker.pick(context);
        assertNotNull(node, "a candidate was left but none was picked");
        return node;
    }

    private static String idOf(@org.jspecify.annotations.Nullable Node node) {
        assertNotNull(node, "a candidate was left but none was picked");
        return node.endpoint().id();
    }
}
