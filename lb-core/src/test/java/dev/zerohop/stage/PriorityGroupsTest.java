package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriorityGroupsTest {
    private static final PriorityGroups STAGE = PriorityGroups.ofZones(List.of("a", "b", "c"));

    private final List<FakeNode> nodes = new ArrayList<>();

    /** So many of the zone, of which so many are well and the others as the status says. */
    private void zone(String zone, int count, int well, Status others) {
        for (int i = 0; i < count; i++) {
            FakeNode node = new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                    .id(String.format("%s-%03d", zone, i))
                    .zone(zone)
                    .build());
            if (i >= well) {
                node.health(others);
            }
            nodes.add(node);
        }
    }

    private Snapshot apply(PriorityGroups stage) {
        return stage.apply(Snapshot.of(nodes), 0);
    }

    private static double share(Snapshot snapshot, String zone) {
        double all =
                snapshot.candidates().stream().mapToDouble(Candidate::weight).sum();
        return snapshot.candidates().stream()
                        .filter(candidate ->
                                zone.equals(candidate.node().endpoint().zone()))
                        .mapToDouble(Candidate::weight)
                        .sum()
                / all;
    }

    private static long count(Snapshot snapshot, String zone) {
        return snapshot.candidates().stream()
                .filter(candidate -> zone.equals(candidate.node().endpoint().zone()))
                .count();
    }

    private static String note(Snapshot snapshot) {
        return snapshot.trail().get(snapshot.trail().size() - 1);
    }

    /** Envoy's tables of priority levels and of their panic, to a percent: of 100 endpoints in each, so many are healthy; which of them panic. */
    @ParameterizedTest
    @CsvSource({
        "72,  100, 100, 0,  ''",
        "71,  100, 99,  1,  ''",
        "50,  100, 70,  30, ''",
        "25,  100, 35,  65, ''",
        "0,   100, 0,   100, ''",
        "25,  25,  50,  50, ab",
        "5,   65,  7,   93, a",
        "100, 0,   100, 0,  ''"
    })
    void trafficGoesWhereThePublishedTableSendsIt(int first, int second, int toFirst, int toSecond, String panicking) {
        zone("a", 100, first, Status.UNHEALTHY);
        zone("b", 100, second, Status.UNHEALTHY);
        Snapshot after = apply(STAGE);
        assertThat(100 * share(after, "a")).isCloseTo(toFirst, within(0.7));
        assertThat(100 * share(after, "b")).isCloseTo(toSecond, within(0.7));
        assertThat(count(after, "a")).isEqualTo(panicking.contains("a") ? 100 : toFirst == 0 ? 0 : first);
        assertThat(count(after, "b")).isEqualTo(panicking.contains("b") ? 100 : toSecond == 0 ? 0 : second);
    }

    @ParameterizedTest
    @CsvSource({"25, 25, 100, 35, 35, 30", "25, 25, 20, 36, 36, 28", "50, 40, 100, 70, 30, 0"})
    void threeLevelsToo(int a, int b, int c, int toA, int toB, int toC) {
        zone("a", 100, a, Status.UNHEALTHY);
        zone("b", 100, b, Status.UNHEALTHY);
        zone("c", 100, c, Status.UNHEALTHY);
        Snapshot after = apply(STAGE);
        assertThat(100 * share(after, "a")).isCloseTo(toA, within(1.0));
        assertThat(100 * share(after, "b")).isCloseTo(toB, within(1.0));
        assertThat(100 * share(after, "c")).isCloseTo(toC, within(1.0));
    }

    @Test
    void whileTheFirstGroupIsWellItsCandidatesStayAsTheyAreAndTheOthersRest() {
        zone("a", 10, 8, Status.EJECTED);
        zone("b", 10, 10, Status.EJECTED);
        Snapshot before = Snapshot.of(nodes);
        Snapshot after = STAGE.apply(before, 0);
        assertThat(after.candidates()).hasSize(8);
        for (int i = 0; i < 8; i++) {
            assertThat(after.candidates().get(i)).isSameAs(before.candidates().get(i));
        }
        assertThat(note(after)).isEqualTo("priority: 100 % to a with 8 of 10");
        assertThat(after.reviewInNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aSmallFallbackDoesNotMakeALargeGroupPanic() {
        zone("a", 10, 3, Status.EJECTED);
        zone("b", 2, 2, Status.EJECTED);
        Snapshot after = apply(STAGE);
        assertThat(count(after, "a")).isEqualTo(3);
        assertThat(share(after, "a")).isCloseTo(0.42, within(1e-9));
        assertThat(note(after)).isEqualTo("priority: 42.0 % to a with 3 of 10, 58.0 % to b with 2 of 2");
    }

    @Test
    void whenNoGroupIsWellTheFilterDecidesForAll() {
        zone("a", 3, 0, Status.EJECTED);
        zone("b", 3, 0, Status.DISCONNECTED);
        Snapshot after = apply(STAGE);
        assertThat(count(after, "a")).isEqualTo(3);
        assertThat(count(after, "b")).isZero();
        assertThat(note(after))
                .isEqualTo(
                        "priority: no group has an endpoint that is in order; health: panic: 0 of 3 usable is below 50"
                                + " %, using 3 ejected as well, without 3 disconnected");
    }

    @Test
    void factsCountAsWellAsVerdicts() {
        zone("a", 10, 5, Status.NOT_READY);
        zone("b", 10, 10, Status.NOT_READY);
        assertThat(share(apply(STAGE), "a")).isCloseTo(0.7, within(1e-9));
    }

    @Test
    void oneGroupIsFilteredAsIfThereWereNone() {
        zone("b", 10, 4, Status.EJECTED);
        Snapshot after = apply(STAGE.filteredBy(new HealthFilter(40)));
        assertThat(after.candidates()).hasSize(4);
        assertThat(apply(STAGE).candidates()).as("panic below 50 %").hasSize(10);
    }

    /** All are connecting since instant 0. */
    @Test
    void aClientThatStartsWaitsForItsFirstGroup() {
        zone("a", 4, 0, Status.CONNECTING);
        zone("b", 4, 4, Status.CONNECTING);
        Snapshot atFirst = STAGE.apply(Snapshot.of(nodes), Duration.ofSeconds(4).toNanos());
        assertThat(atFirst.candidates()).isEmpty();
        assertThat(atFirst.reviewInNanos()).isEqualTo(Duration.ofSeconds(6).toNanos());
        nodes.get(2).health(Status.HEALTHY);
        Snapshot connected =
                STAGE.apply(Snapshot.of(nodes), Duration.ofSeconds(5).toNanos());
        assertThat(share(connected, "a")).isEqualTo(1);
        nodes.get(2).health(Status.CONNECTING);
        Snapshot later = STAGE.apply(Snapshot.of(nodes), Duration.ofSeconds(10).toNanos());
        assertThat(share(later, "b")).isEqualTo(1);
        assertThat(count(later, "a")).isZero();
    }

    private Snapshot later() {
        return STAGE.apply(Snapshot.of(nodes), Duration.ofMinutes(1).toNanos());
    }

    @Test
    void aLostConnectionCountsAsOneThatIsOut() {
        zone("a", 10, 10, Status.CONNECTING);
        zone("b", 10, 10, Status.CONNECTING);
        long since = Duration.ofSeconds(59).toNanos();
        nodes.subList(1, 10).forEach(node -> node.health(Status.CONNECTING, since));
        assertThat(share(later(), "a")).isCloseTo(0.14, within(1e-9));
        nodes.get(0).health(Status.CONNECTING, since);
        assertThat(share(later(), "b")).isEqualTo(1);
        nodes.subList(10, 20).forEach(node -> node.health(Status.CONNECTING, since));
        assertThat(later().candidates()).isEmpty();
    }

    @Test
    void aGroupThatIsWaitedForDoesNotHelpOutTheOneBefore() {
        zone("a", 10, 1, Status.EJECTED);
        zone("b", 10, 0, Status.CONNECTING);
        Snapshot after = apply(STAGE);
        assertThat(note(after)).startsWith("priority: 100 % to a with 1 of 10, too few in all; a: health: panic");
        assertThat(count(after, "a")).isEqualTo(10);
    }

    @Test
    void drainingOnesAreTheLastResortWhileOthersConnect() {
        zone("a", 2, 0, Status.CONNECTING);
        zone("b", 2, 0, Status.CONNECTING);
        Endpoint leaving = nodes.get(0).endpoint().toBuilder()
                .readiness(Endpoint.Readiness.DRAINING)
                .build();
        nodes.set(0, new FakeNode(leaving).health(Status.DRAINING));
        assertThat(apply(STAGE).candidates()).hasSize(1);
        assertThat(later().candidates()).hasSize(1);
        nodes.get(2).health(Status.HEALTHY);
        assertThat(share(later(), "b")).isEqualTo(1);
    }

    @Test
    void asManyNewcomersAsOthersCountNeitherWay() {
        zone("a", 10, 10, Status.EJECTED);
        zone("a", 10, 0, Status.NOT_READY);
        zone("b", 10, 10, Status.EJECTED);
        nodes.subList(10, 20).forEach(node -> node.wasUsable(false));
        assertThat(share(later(), "a")).isEqualTo(1);
        zone("a", 10, 0, Status.CONNECTING);
        nodes.subList(30, 40)
                .forEach(node -> node.wasUsable(false)
                        .health(Status.CONNECTING, Duration.ofSeconds(59).toNanos()));
        assertThat(share(later(), "a")).as("10 of 20").isCloseTo(0.7, within(1e-9));
        assertThat(later().reviewInNanos()).isEqualTo(Duration.ofSeconds(9).toNanos());
        nodes.subList(10, 20).forEach(node -> node.health(Status.HEALTHY));
        assertThat(share(later(), "a")).as("20 of 20").isEqualTo(1);
        nodes.subList(30, 40).forEach(node -> node.health(Status.CONNECTING));
        assertThat(share(later(), "a")).as("20 of 30: they had their time").isCloseTo(14 / 15.0, within(1e-9));
    }

    @Test
    void halfOpenOnesOfAGroupThatGetsNothingStayForTheirProbe() {
        zone("a", 3, 0, Status.HALF_OPEN);
        zone("b", 2, 1, Status.EJECTED);
        zone("c", 2, 2, Status.EJECTED);
        zone("d", 2, 0, Status.HALF_OPEN);
        Snapshot after = later();
        assertThat(count(after, "a")).isEqualTo(3);
        assertThat(count(after, "b")).isEqualTo(1);
        assertThat(count(after, "d")).as("no call would need it").isZero();
        assertThat(share(after, "c")).isCloseTo(0.3, within(1e-9));
        assertThat(after.candidates()).allMatch(candidate -> candidate.group() == 1 || candidate.group() == 2);
        assertThat(note(after)).endsWith(", a probe call to each of 3 half-open of a group that gets no other");
        nodes.subList(3, 7).forEach(node -> node.health(Status.UNREACHABLE));
        nodes.get(3).health(Status.HEALTHY);
        nodes.get(4).health(Status.NOT_READY);
        assertThat(count(later(), "d")).as("too few in all").isEqualTo(2);
    }

    @Test
    void thoseThatLeaveDoNotCount() {
        zone("a", 4, 4, Status.CONNECTING);
        zone("b", 4, 4, Status.CONNECTING);
        for (int i = 0; i < 2; i++) {
            Endpoint leaving = nodes.get(i).endpoint().toBuilder()
                    .readiness(Endpoint.Readiness.DRAINING)
                    .build();
            nodes.set(i, new FakeNode(leaving).health(Status.DRAINING));
        }
        Snapshot after = apply(STAGE);
        assertThat(share(after, "a")).isEqualTo(1);
        assertThat(count(after, "a")).isEqualTo(2);
    }

    @Test
    void whateverTheHealthTheSumIsKeptAndGroupsGetTheirLoads() {
        Random random = new Random(17);
        for (int round = 0; round < 1_000; round++) {
            nodes.clear();
            int[] all = {1 + random.nextInt(20), 1 + random.nextInt(20)};
            int[] well = {random.nextInt(all[0] + 1), random.nextInt(all[1] + 1)};
            zone("a", all[0], well[0], Status.EJECTED);
            zone("b", all[1], well[1], Status.EJECTED);
            Snapshot after = apply(STAGE);
            double first = Math.min(1, 1.4 * well[0] / all[0]);
            double second = Math.min(1, 1.4 * well[1] / all[1]);
            if (well[0] + well[1] == 0) {
                assertThat(after.candidates()).hasSize(all[0] + all[1]);
                continue;
            }
            assertThat(share(after, "a")).isCloseTo(first / Math.max(first, Math.min(1, first + second)), within(1e-9));
            if (first + second >= 1) {
                assertThat(after.candidates())
                        .allMatch(candidate -> candidate.node().health().usable());
            }
            boolean divided = count(after, "a") > 0 && count(after, "b") > 0;
            for (Candidate candidate : after.candidates()) {
                assertThat(candidate.group())
                        .isEqualTo(
                                divided
                                                && "b"
                                                        .equals(candidate
                                                                .node()
                                                                .endpoint()
                                                                .zone())
                                        ? 1
                                        : 0);
            }
            assertThat(after.candidates().stream()
                            .mapToDouble(Candidate::weight)
                            .sum())
                    .isCloseTo(after.candidates().size(), within(1e-6));
        }
    }

    @Test
    void groupsByAnAttributeAndByItsNumber() {
        PriorityGroups clusters = PriorityGroups.ofAttribute("cluster", List.of("blue", "green"));
        assertThat(clusters.group(with("cluster", "green"))).isEqualTo(1);
        assertThat(clusters.group(with("cluster", "red"))).isEqualTo(2);
        assertThat(clusters.group(with("other", "blue"))).isEqualTo(2);
        assertThat(PriorityGroups.numbered().group(with("priority", "3"))).isEqualTo(3);
        assertThat(PriorityGroups.numbered().group(with("other", "3"))).isZero();
        assertThat(PriorityGroups.numbered().group(with("priority", "low"))).isEqualTo(15);
    }

    private static Endpoint with(String attribute, String value) {
        return Endpoint.builder("127.0.0.1", 80)
                .attributes(Map.of(attribute, value))
                .build();
    }

    @Test
    void theZoneStageLeavesDividedTrafficAlone() {
        zone("a", 10, 5, Status.EJECTED);
        zone("b", 10, 10, Status.EJECTED);
        Snapshot divided = apply(STAGE);
        Snapshot after = ZonePreference.builder()
                .prefer(ZonePreference.Prefer.OWN)
                .client(new dev.zerohop.Locality("b", null))
                .build()
                .apply(divided, 0);
        assertThat(after.candidates()).isSameAs(divided.candidates());
        assertThat(note(after)).isEqualTo("zone: all are used: the traffic is divided between groups already");
    }

    @Test
    void valuesOutOfRangeAreRejected() {
        assertThatThrownBy(() -> PriorityGroups.ofZones(List.of()))
                .hasMessage("groups were [], expected 1 to 15 different names");
        assertThatThrownBy(() -> PriorityGroups.ofZones(List.of("a", "a")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> STAGE.overProvisioned(99))
                .hasMessage("over-provisioning was 99 %, expected 100 to 1000");
        assertThat(STAGE)
                .isEqualTo(PriorityGroups.ofZones(List.of("a", "b", "c")))
                .isNotEqualTo(STAGE.overProvisioned(150));
        assertThat(STAGE)
                .hasToString("priority (zones [a, b, c], overProvisioningPercent 140, within each panic"
                        + " (thresholdPercent 50))");
    }
}
