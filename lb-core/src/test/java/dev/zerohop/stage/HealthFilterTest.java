package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthFilterTest {
    private final HealthFilter filter = new HealthFilter();

    private static Snapshot snapshot(Status... statuses) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < statuses.length; i++) {
            nodes.add(FakeNode.named("a-" + i).health(statuses[i]));
        }
        return Snapshot.of(nodes);
    }

    private static List<String> left(HealthFilter filter, Status... statuses) {
        return filter.apply(snapshot(statuses), 0).candidates().stream()
                .map(candidate -> candidate.node().endpoint().id())
                .toList();
    }

    private static String note(HealthFilter filter, Status... statuses) {
        return filter.apply(snapshot(statuses), 0).trail().get(0);
    }

    @ParameterizedTest
    @EnumSource(Status.class)
    void onlyTheUsableStayWhileThereAreEnough(Status status) {
        List<String> expected = status.usable() ? List.of("a-0", "a-1", "a-2") : List.of("a-0", "a-1");
        assertThat(left(filter, Status.HEALTHY, Status.UNKNOWN, status)).isEqualTo(expected);
    }

    @Test
    void belowTheThresholdVerdictsAreLifted() {
        assertThat(left(filter, Status.HEALTHY, Status.EJECTED, Status.UNHEALTHY, Status.EJECTED))
                .containsExactly("a-0", "a-1", "a-2", "a-3");
        assertThat(note(filter, Status.HEALTHY, Status.EJECTED, Status.EJECTED, Status.EJECTED))
                .isEqualTo("health: panic: 1 of 4 usable is below 50 %, using 3 ejected as well");
    }

    @Test
    void whoCouldNotBeConnectedToIsNoReasonToPanicAndNotUsedByIt() {
        assertThat(left(filter, Status.HEALTHY, Status.UNREACHABLE, Status.UNREACHABLE))
                .containsExactly("a-0");
        assertThat(left(filter, Status.EJECTED, Status.UNREACHABLE, Status.UNREACHABLE))
                .containsExactly("a-0");
    }

    @Test
    void whoCouldNotBeConnectedToIsUsedWhenNobodyElseIsLeft() {
        assertThat(left(filter, Status.NOT_READY, Status.UNREACHABLE, Status.UNREACHABLE))
                .containsExactly("a-1", "a-2");
        assertThat(note(filter, Status.UNREACHABLE, Status.UNREACHABLE))
                .isEqualTo("health: no other endpoint is left, using 2 that could not be connected to");
        assertThat(left(new HealthFilter(0), Status.UNREACHABLE)).isEmpty();
    }

    @Test
    void exactlyAtTheThresholdThereIsNoPanic() {
        assertThat(left(filter, Status.HEALTHY, Status.EJECTED)).containsExactly("a-0");
        assertThat(note(filter, Status.HEALTHY, Status.EJECTED)).isEqualTo("health: 1 of 2 stay, out are 1 ejected");
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.class,
            names = {"CONNECTING", "DISCONNECTED", "NOT_READY"})
    void factsAreNeitherLiftedNorCounted(Status fact) {
        assertThat(left(filter, Status.HEALTHY, fact, fact, fact)).containsExactly("a-0");
        assertThat(left(filter, Status.HEALTHY, Status.EJECTED, fact, fact, fact))
                .as("1 of 2 that count: no panic")
                .containsExactly("a-0");
        assertThat(left(filter, Status.EJECTED, fact)).containsExactly("a-0");
        assertThat(left(filter, fact, fact)).isEmpty();
    }

    @Test
    void drainingEndpointsAreUsedOnlyWhileNoOtherIsWell() {
        assertThat(left(filter, Status.DRAINING, Status.HEALTHY)).containsExactly("a-1");
        assertThat(note(filter, Status.DRAINING, Status.HEALTHY)).isEqualTo("health: 1 of 2 stay, out are 1 draining");
        assertThat(left(filter, Status.DRAINING, Status.DRAINING)).containsExactly("a-0", "a-1");
        assertThat(note(filter, Status.DRAINING, Status.NOT_READY))
                .isEqualTo(
                        "health: no other endpoint is well, using 1 draining as the last resort, without 1 not ready");
        assertThat(left(filter, Status.DISCONNECTED, Status.DRAINING, Status.UNREACHABLE))
                .as("one that serves goes before one that could not be connected to")
                .containsExactly("a-1");
        assertThat(left(filter, Status.HALF_OPEN, Status.DRAINING))
                .as("a single probe call is no capacity")
                .containsExactly("a-0", "a-1");
    }

    @Test
    void drainingEndpointsHelpInAPanicInWhichNoOtherIsWell() {
        assertThat(left(filter, Status.EJECTED, Status.DRAINING)).containsExactly("a-0", "a-1");
        assertThat(note(filter, Status.EJECTED, Status.DRAINING))
                .isEqualTo("health: panic: 0 of 1 usable is below 50 %, using 1 ejected as well,"
                        + " and 1 draining as the last resort");
        assertThat(left(filter, Status.HEALTHY, Status.EJECTED, Status.EJECTED, Status.DRAINING))
                .containsExactly("a-0", "a-1", "a-2");
        HealthFilter calm = new HealthFilter(0);
        assertThat(left(calm, Status.EJECTED, Status.DRAINING)).containsExactly("a-1");
        assertThat(note(calm, Status.EJECTED, Status.DRAINING))
                .isEqualTo("health: no other endpoint is well, using 1 draining as the last resort, without 1 ejected");
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.class,
            names = {"EJECTED", "UNHEALTHY", "UNREACHABLE", "CONNECTING", "DISCONNECTED", "NOT_READY"})
    void aDrainingEndpointThatIsNotWellIsNeverUsed(Status status) {
        FakeNode leaving = new FakeNode(Endpoint.builder("127.0.0.1", 80)
                        .readiness(Endpoint.Readiness.DRAINING)
                        .build())
                .health(status);
        assertThat(filter.apply(Snapshot.of(List.of(leaving)), 0).candidates()).isEmpty();
        assertThat(filter.apply(Snapshot.of(List.of(leaving)), 0).trail())
                .containsExactly("health: 0 of 1 stay, out are 1 draining");
    }

    @Test
    void aHalfOpenEndpointStaysButIsNoCapacity() {
        assertThat(left(filter, Status.HALF_OPEN, Status.HEALTHY, Status.EJECTED))
                .containsExactly("a-0", "a-1", "a-2");
        assertThat(left(filter, Status.HALF_OPEN, Status.HEALTHY, Status.HEALTHY, Status.EJECTED))
                .containsExactly("a-0", "a-1", "a-2");
    }

    @Test
    void zeroNeverPanics() {
        HealthFilter calm = new HealthFilter(0);
        assertThat(left(calm, Status.EJECTED, Status.UNHEALTHY)).isEmpty();
    }

    @Test
    void theNoteTellsVerdictsFromFacts() {
        assertThat(note(filter, Status.HEALTHY, Status.EJECTED, Status.UNHEALTHY, Status.NOT_READY))
                .isEqualTo(
                        "health: panic: 1 of 3 usable is below 50 %, using 1 ejected and 1 unhealthy as well, without"
                                + " 1 not ready");
        assertThat(note(filter, Status.HEALTHY, Status.EJECTED, Status.CONNECTING))
                .isEqualTo("health: 1 of 3 stay, out are 1 ejected, without 1 connecting");
        assertThat(note(filter, Status.HEALTHY)).isEqualTo("health: 1 of 1 stay");
    }

    @Test
    void theReviewOfAnEarlierStageIsKept() {
        Snapshot in = snapshot(Status.HEALTHY);
        Snapshot asked = in.with(in.candidates(), 7, "earlier");
        assertThat(filter.apply(asked, 0).reviewInNanos()).isEqualTo(7);
    }

    @Test
    void aBadThresholdIsRefused() {
        assertThatThrownBy(() -> new HealthFilter(101))
                .hasMessage("panic threshold was 101 %, expected 0 (never) to 100");
    }

    /** What the filter leaves depends on the statuses alone: not on who stands beside whom, and not on what a stage before it took out. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void thoseOfOneStatusStayTogether(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<FakeNode> nodes = new ArrayList<>();
            Status[] statuses = Status.values();
            int kinds = 1 + random.nextInt(statuses.length);
            int count = random.nextInt(40);
            for (int i = 0; i < count; i++) {
                // In an order that is not that of the ids.
                nodes.add(FakeNode.named("a-" + i, random.nextInt(3)).health(statuses[random.nextInt(kinds)]));
            }
            Snapshot members = Snapshot.of(nodes);
            List<Candidate> given = members.candidates().stream()
                    .filter(candidate -> random.nextInt(5) > 0)
                    .toList();
            List<Candidate> shuffled = new ArrayList<>(given);
            if (round % 2 == 0) {
                Collections.shuffle(shuffled, random);
            }
            List<Candidate> left = filter.apply(members.with(shuffled, Long.MAX_VALUE, "a stage"), 0)
                    .candidates();
            EnumSet<Status> staying = EnumSet.noneOf(Status.class);
            left.forEach(candidate -> staying.add(candidate.node().health().status()));
            assertThat(left)
                    .isEqualTo(shuffled.stream()
                            .filter(candidate ->
                                    staying.contains(candidate.node().health().status()))
                            .toList());
            assertThat(given.stream()
                            .map(candidate -> candidate.node().health().status())
                            .filter(Status::usable))
                    .allMatch(staying::contains);
        }
    }
}
