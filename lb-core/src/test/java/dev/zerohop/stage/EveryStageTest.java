package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.LoadReport;
import dev.zerohop.Locality;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import dev.zerohop.Stage;
import dev.zerohop.testing.FakeNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for each of zerohop's stages, alone and behind one another, whatever the members are. */
class EveryStageTest {
    private static final long NOW = Duration.ofSeconds(1_000).toNanos();

    private static ZonePreference.Builder zone() {
        return ZonePreference.builder()
                .prefer(ZonePreference.Prefer.OWN)
                .client(new Locality("a", null))
                .minEndpoints(0);
    }

    static Stream<Stage> stages() {
        return Stream.of(
                new HealthFilter(),
                new Subset(4),
                new Subset(4, 80, new Slice(2, 5)),
                PriorityGroups.ofZones(List.of("a", "b")),
                PriorityGroups.numbered(),
                new SlowStart(Duration.ofSeconds(60)),
                zone().build(),
                zone().reportedLoad(ZoneLoad.DEFAULTS).build());
    }

    private static Snapshot members(Random random) {
        List<FakeNode> nodes = new ArrayList<>();
        int count = random.nextInt(25);
        for (int i = 0; i < count; i++) {
            FakeNode node = new FakeNode(Endpoint.builder("127.0.0.1", 1 + i)
                    .id("pod-" + (100 + i))
                    .weight(random.nextInt(4))
                    .zone(random.nextInt(6) == 0 ? null : List.of("a", "b", "c").get(random.nextInt(3)))
                    .build());
            node.healthySince(
                    random.nextBoolean()
                            ? 0
                            : NOW - Duration.ofSeconds(random.nextInt(90)).toNanos());
            if (random.nextInt(4) > 0) {
                LoadReport report = LoadReport.builder()
                        .cpuUtilization(random.nextInt(4) / 3.0)
                        .build();
                node.reported(
                        report, NOW - Duration.ofSeconds(random.nextInt(200)).toNanos());
            }
            if (random.nextInt(3) == 0) {
                node.health(Status.values()[random.nextInt(Status.values().length)]);
            }
            nodes.add(node);
        }
        return Snapshot.of(nodes).seeded(random.nextLong());
    }

    /** The part before the stage in question: none, or any other ones. */
    private static Snapshot before(Stage stage, Random random) {
        Snapshot snapshot = members(random);
        for (Stage earlier : stages().toList()) {
            if (random.nextInt(3) == 0 && !earlier.name().equals(stage.name())) {
                snapshot = earlier.apply(snapshot, NOW);
            }
        }
        return snapshot;
    }

    /** And with what the stage lets versions carry, if it does. */
    private static Snapshot steppedBefore(Stage stage, Random random) {
        Snapshot snapshot = before(stage, random);
        for (int ago = 20 * random.nextInt(6); ago > 0; ago -= 20) {
            ZoneShift shift = stage.apply(
                            snapshot, NOW - Duration.ofSeconds(ago).toNanos())
                    .carried(ZoneShift.class);
            snapshot = shift == null ? snapshot : snapshot.carrying(shift);
        }
        return snapshot;
    }

    @ParameterizedTest
    @MethodSource("stages")
    void itIsAPureFunctionThatTakesAwayAndPutsNothingIn(Stage stage) {
        Random random = new Random(stage.name().hashCode());
        for (int round = 0; round < 2_000; round++) {
            Snapshot in = steppedBefore(stage, random);
            Snapshot out = stage.apply(in, NOW);
            Snapshot again = stage.apply(in, NOW);
            assertThat(again.candidates()).isEqualTo(out.candidates());
            assertThat(again.trail()).isEqualTo(out.trail());
            assertThat(again.carried(ZoneShift.class)).isEqualTo(out.carried(ZoneShift.class));
            assertThat(again.reviewInNanos()).isEqualTo(out.reviewInNanos());
            assertThat(out.members()).isSameAs(in.members());
            assertThat(out.reviewInNanos()).isLessThanOrEqualTo(in.reviewInNanos());
            assertThat(out.trail().subList(0, in.trail().size())).isEqualTo(in.trail());
            if (out.trail().size() > in.trail().size()) {
                assertThat(out.trail().get(in.trail().size())).startsWith(stage.name() + ": ");
                assertThat(out.trail()).hasSize(in.trail().size() + 1);
            } else {
                assertThat(out).as("without a line nothing is done").isSameAs(in);
            }
            List<Node> had = in.candidates().stream().map(Candidate::node).toList();
            List<Node> has = out.candidates().stream().map(Candidate::node).toList();
            assertThat(isPart(has, had)).isTrue();
            assertThat(isPart(out.reached(), in.reached())).isTrue();
            assertThat(out.reached()).containsAll(has);
            if (stage.keepsOwners()) {
                assertThat(owners(out)).as("who is well keeps its keys").containsAll(well(in));
                assertThat(isPart(owners(out), owners(in))).isTrue();
            }
        }
    }

    private static List<Node> owners(Snapshot snapshot) {
        return snapshot.available().stream().map(Candidate::node).toList();
    }

    private static List<Node> well(Snapshot snapshot) {
        return owners(snapshot).stream().filter(node -> node.health().usable()).toList();
    }

    /** Whether these are among those, in the same order. */
    private static boolean isPart(List<Node> some, List<Node> all) {
        int at = 0;
        for (Node node : all) {
            at += at < some.size() && some.get(at) == node ? 1 : 0;
        }
        return at == some.size();
    }

    @ParameterizedTest
    @MethodSource("stages")
    void itsTextIsThatOfAConfigurationAndItEqualsAnotherOfTheSameValues(Stage stage) {
        String name = stage.name().equals("health") ? "panic" : stage.name();
        assertThat(stage.toString()).startsWith(name + " (");
        Stage made = stages().filter(stage::equals).findFirst().orElseThrow();
        assertThat(made).isNotSameAs(stage).hasSameHashCodeAs(stage);
    }
}
