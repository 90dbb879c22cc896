package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health;
import dev.zerohop.etcd.service.HealthVerdict;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who is marked down. */
class QuorumDecisionTest {
    private static final long REVISION = 50;
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Set<String> members = new TreeSet<>(Set.of("e0", "e1", "e2", "e3", "e4", "e5"));
    private final Map<String, Observation> observations = new HashMap<>();
    private final Map<String, HealthVerdict> standing = new HashMap<>();
    private Assignment assignment = new Assignment(9, "a", List.of("a", "b"));
    private int maxDownPercent = 50;

    private void sees(String worker, String... down) {
        sees(worker, REVISION, Set.of(), down);
    }

    private void sees(String worker, long revision, Set<String> pending, String... down) {
        Map<String, Observation.Down> seen = new TreeMap<>();
        for (int i = 0; i < down.length; i++) {
            seen.put(down[i], new Observation.Down("connection refused", START.plusSeconds(i)));
        }
        observations.put(worker, new Observation(revision, seen, pending));
    }

    private void marked(String id) {
        standing.put(
                id, new HealthVerdict(Health.Status.UNHEALTHY, "was", "z", 5, 30, List.of("z"), START.minusSeconds(9)));
    }

    private QuorumDecision judge() {
        return QuorumDecision.of(members, assignment, REVISION, observations, standing, maxDownPercent);
    }

    @Test
    void bothWorkersMustSeeItDown() {
        sees("a", "e1", "e2");
        sees("b", "e2", "e3");
        QuorumDecision decision = judge();
        assertThat(decision.down()).containsOnlyKeys("e2");
        assertThat(decision.down().get("e2").agreed()).containsExactly("a", "b");
        assertThat(decision.down().get("e2").reason()).isEqualTo("connection refused (a, b)");
        assertThat(decision.down().get("e2").since()).isEqualTo(START);
    }

    @Test
    void aMissingVoteIsNoAgreement() {
        sees("a", "e1");
        assertThat(judge().down()).isEmpty();
        sees("b", REVISION, Set.of("e1"));
        assertThat(judge().down()).isEmpty();
        sees("b", REVISION - 1, Set.of());
        assertThat(judge().down()).isEmpty();
    }

    @Test
    void theOnlyWorkerSufficesAndTheVerdictSaysSo() {
        assignment = new Assignment(9, "a", List.of("a"));
        sees("a", "e1");
        sees("b");
        assertThat(judge().down().get("e1").reason()).isEqualTo("connection refused (a); seen by the only worker");
    }

    @Test
    void aWorkerThatIsNotAssignedHasNoVote() {
        assignment = new Assignment(9, "a", List.of("a", "b", "c", "d"));
        List<String> others = new ArrayList<>(assignment.workers());
        others.removeAll(assignment.workersOf("e1"));
        others.forEach(worker -> sees(worker, "e1"));
        assertThat(judge().down()).isEmpty();
        assignment.workersOf("e1").forEach(worker -> sees(worker, "e1"));
        assertThat(judge().down()).containsOnlyKeys("e1");
    }

    @Test
    void itStaysDownWhileOneSeesItDownAndNoneSeesItUp() {
        marked("e1");
        sees("a", "e1");
        assertThat(judge().down()).containsOnlyKeys("e1");
        assertThat(judge().down().get("e1").since()).as("since it was marked").isEqualTo(START.minusSeconds(9));
        sees("b", REVISION, Set.of("e1"));
        assertThat(judge().down()).containsOnlyKeys("e1");
        // Under another assignment it was not asked about e1, so it does not say that e1 is up.
        sees("b", REVISION - 1, Set.of());
        assertThat(judge().down()).containsOnlyKeys("e1");
        sees("b");
        assertThat(judge().down()).isEmpty();
        assertThat(judge().undecided()).isEmpty();
    }

    @Test
    void aMarkWithoutAResultIsNeitherRenewedNorLifted() {
        marked("e1");
        sees("a", REVISION, Set.of("e1"));
        assertThat(judge().down()).isEmpty();
        assertThat(judge().undecided()).containsExactly("e1");
    }

    @Test
    void anEndpointThatIsNoMemberIsForgotten() {
        marked("gone");
        sees("a", "gone");
        sees("b", "gone");
        assertThat(judge().down()).isEmpty();
        assertThat(judge().undecided()).isEmpty();
    }

    @Test
    void beyondTheShareTheLatestStayUnmarked() {
        sees("a", "e5", "e4", "e3", "e2");
        sees("b", "e2", "e3", "e4", "e5");
        assertThat(judge().limit()).isEqualTo(3);
        QuorumDecision decision = judge();
        // e5 and e2 were seen first by one of the two each, e4 and e3 a second later.
        assertThat(decision.down()).containsOnlyKeys("e2", "e5", "e3");
        assertThat(decision.overLimit()).containsExactly("e4");
        marked("e4");
        assertThat(judge().down()).as("who is marked stays so").containsOnlyKeys("e4", "e2", "e5");
    }

    @Test
    void anEndpointThatIsAloneIsNeverMarked() {
        members.retainAll(Set.of("e1"));
        sees("a", "e1");
        sees("b", "e1");
        assertThat(judge().down()).isEmpty();
        assertThat(judge().overLimit()).containsExactly("e1");
        maxDownPercent = 100;
        assertThat(judge().down()).containsOnlyKeys("e1");
    }

    /** Whatever the workers say: nobody is marked anew without both, nobody stays marked against one, and never too many. */
    @Test
    void theRulesHoldForAnyObservations() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            observations.clear();
            standing.clear();
            List<String> workers = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                workers.add("w" + i);
            }
            assignment = new Assignment(9, "w0", workers);
            maxDownPercent = random.nextInt(101);
            for (String worker : workers) {
                Set<String> pending = new TreeSet<>();
                List<String> down = new ArrayList<>();
                for (String member : members) {
                    int draw = random.nextInt(4);
                    if (draw == 0) {
                        pending.add(member);
                    } else if (draw < 3) {
                        down.add(member);
                    }
                }
                if (random.nextInt(8) > 0) {
                    sees(worker, REVISION - random.nextInt(2), pending, down.toArray(String[]::new));
                }
            }
            members.stream().filter(member -> random.nextInt(3) == 0).forEach(this::marked);
            QuorumDecision decision = judge();
            assertThat(decision.down().size() + decision.undecided().size())
                    .isLessThanOrEqualTo(
                            Math.max(decision.limit(), decision.undecided().size()));
            for (String id : decision.down().keySet()) {
                List<Observation.Vote> votes = assignment.workersOf(id).stream()
                        .map(worker -> observations.containsKey(worker)
                                ? observations.get(worker).vote(id, REVISION)
                                : Observation.Vote.UNKNOWN)
                        .toList();
                assertThat(votes).doesNotContain(Observation.Vote.UP).contains(Observation.Vote.DOWN);
                if (!standing.containsKey(id)) {
                    assertThat(votes).containsOnly(Observation.Vote.DOWN);
                }
            }
        }
    }

    @Test
    void anObservationIsReadAsItWasWritten() throws Exception {
        sees("a", REVISION, Set.of("e4"), "e1", "e2");
        Observation written = observations.get("a");
        assertThat(Observation.parse(written.toJson().getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(written);
    }
}
