package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.stage.PriorityGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a change of health costs the groups: a look at what is impaired, and at no other member. */
class PriorityFlipTest {
    private int looks;

    /** Counts who asks it anything. */
    private final class Counted implements Node {
        private final Endpoint endpoint;
        private Health health = Health.unknown(0);

        Counted(int number) {
            this.endpoint = Endpoint.builder("10.0.0.1", 1 + number)
                    .id(String.format("a-%06d", number))
                    .zone(number % 2 == 0 ? "near" : "far")
                    .attributes(Map.of(Endpoint.PRIORITY, number % 2 == 0 ? "0" : "1"))
                    .build();
        }

        @Override
        public Endpoint endpoint() {
            looks++;
            return endpoint;
        }

        @Override
        public Health health() {
            looks++;
            return health;
        }

        @Override
        public long healthySinceNanos() {
            looks++;
            return 0;
        }

        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public int pressure() {
            return 0;
        }

        @Override
        public double load(long nowNanos) {
            return 0;
        }
    }

    private final List<Node> nodes = new ArrayList<>();
    private Frozen<Candidate> weighted = new Frozen<>(new Candidate[0]);

    private void members(int count) {
        for (int i = 0; i < count; i++) {
            nodes.add(new Counted(i));
        }
        weighted = Frozen.copyOf(Snapshot.of(nodes).candidates());
    }

    /** As a balancer makes the next version for a change of health: over the same list of candidates, and with what is impaired known. */
    private Snapshot version() {
        List<Node> impaired = nodes.stream()
                .filter(node -> ((Counted) node).health.impaired())
                .toList();
        Snapshot.Origin origin = new Snapshot.Origin(0, 0, () -> 0);
        return Snapshot.of(new Snapshot.Members(nodes, weighted, impaired, true, true, origin), null);
    }

    private void flip(int number) {
        Counted node = (Counted) nodes.get(number);
        Health.Status next = node.health.impaired() ? Health.Status.UNKNOWN : Health.Status.EJECTED;
        node.health = new Health(next, "test", "flipped", 0);
    }

    static Stream<Stage> stages() {
        return Stream.of(PriorityGroups.ofZones(List.of("near")), PriorityGroups.numbered());
    }

    @ParameterizedTest
    @MethodSource("stages")
    void aFlipIsALookAtTheImpaired(Stage stage) {
        members(4_000);
        stage.apply(version(), 1);
        for (int out = 1; out <= 10; out++) {
            flip(17 * out);
            Snapshot next = version();
            looks = 0;
            stage.apply(next, 2);
            assertThat(looks).as("%s are out", out).isLessThan(100 * out);
        }
    }

    @ParameterizedTest
    @MethodSource("stages")
    void aFlipOfAGroupWithoutTrafficMakesNoListAnew(Stage stage) {
        members(100);
        Snapshot before = stage.apply(version(), 1);
        flip(1);
        assertThat(stage.apply(version(), 2).candidates()).hasSize(50).isSameAs(before.candidates());
    }

    @ParameterizedTest
    @MethodSource("stages")
    void whoIsLeftIsTheGroupWithoutThoseThatAreOut(Stage stage) {
        members(60);
        Random random = new Random(7);
        int moved = 0;
        for (int round = 0; round < 500; round++) {
            int number = random.nextInt(nodes.size());
            if (nodes.get(number).health().impaired() || random.nextInt(3) == 0) {
                flip(number);
            }
            List<Node> near = new ArrayList<>();
            int all = 0;
            for (int i = 0; i < nodes.size(); i += 2) {
                all++;
                if (!((Counted) nodes.get(i)).health.impaired()) {
                    near.add(nodes.get(i));
                }
            }
            Snapshot next = stage.apply(version(), round);
            boolean bears = 140 * near.size() >= 100 * all;
            moved += bears ? 0 : 1;
            if (bears) {
                assertThat(next.candidates()).extracting(Candidate::node).isEqualTo(near);
            } else if (!next.trail().get(0).contains("too few")) {
                assertThat(next.candidates()).extracting(Candidate::node).containsAll(near);
            }
        }
        assertThat(moved).as("rounds with other groups in use").isBetween(50, 450);
    }
}
