package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.Locality;
import dev.zerohop.Snapshot;
import dev.zerohop.stage.ZonePreference.Prefer;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZonePreferenceTest {
    private static final Locality IN_A = new Locality("a", "node-1");

    private final List<FakeNode> nodes = new ArrayList<>();

    private FakeNode add(String id, String zone, String... attributes) {
        Map<String, String> facts = new HashMap<>();
        for (int i = 0; i < attributes.length; i += 2) {
            facts.put(attributes[i], attributes[i + 1]);
        }
        FakeNode node = new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                .id(id)
                .zone(zone)
                .attributes(facts)
                .build());
        nodes.add(node);
        return node;
    }

    /** {@code a:1 b:3} is one endpoint in zone a and three in b. */
    private void zones(String counts) {
        for (String zone : counts.split(" ")) {
            String name = zone.substring(0, zone.indexOf(':'));
            for (int i = 0; i < Integer.parseInt(zone.substring(zone.indexOf(':') + 1)); i++) {
                add("pod-" + name + i, name.equals("-") ? null : name);
            }
        }
    }

    private static ZonePreference.Builder own(String zone) {
        return ZonePreference.builder().prefer(Prefer.OWN).minEndpoints(0).client(new Locality(zone, null));
    }

    private Snapshot apply(ZonePreference stage) {
        return stage.apply(Snapshot.of(nodes), 0);
    }

    private static Map<String, Double> byZone(Snapshot snapshot) {
        Map<String, Double> shares = new TreeMap<>();
        double total = sum(snapshot);
        for (Candidate candidate : snapshot.candidates()) {
            String zone = candidate.node().endpoint().zone();
            shares.merge(zone == null ? "-" : zone, candidate.weight() / total, Double::sum);
        }
        return shares;
    }

    private static double sum(Snapshot snapshot) {
        return snapshot.candidates().stream().mapToDouble(Candidate::weight).sum();
    }

    private static List<String> ids(Snapshot snapshot) {
        return snapshot.candidates().stream()
                .map(candidate -> candidate.node().endpoint().id())
                .toList();
    }

    private static String note(Snapshot snapshot) {
        return snapshot.trail().get(snapshot.trail().size() - 1);
    }

    /** Worked by hand: kept = min(1, 1.4 u/o) with o = 1/zones, the rest by surplus u - 1/zones. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    a:3 b:3 c:3 | a=1.0
                    a:2 b:2     | a=1.0
                    a:5 b:2 c:2 | a=1.0
                    a:2 b:3 c:3 | a=1.0
                    a:2 b:4 c:4 | a=0.84 b=0.08 c=0.08
                    a:2 b:4 c:2 | a=1.0
                    a:1 b:3     | a=0.7 b=0.3
                    a:2 b:3 c:7 | a=0.7 c=0.3
                    a:2 -:6     | -=0.65 a=0.35
                    b:2 c:6     | c=1.0
                    """)
    void theOwnZoneKeepsWhatItCanBearAndTheSurplusOfTheOthersTakesTheRest(String counts, String expected) {
        zones(counts);
        Map<String, Double> shares = byZone(apply(own("a").build()));
        StringBuilder text = new StringBuilder();
        shares.forEach((zone, share) ->
                text.append(text.isEmpty() ? "" : " ").append(zone).append('=').append(Math.round(share * 1e6) / 1e6));
        assertThat(text.toString()).isEqualTo(expected);
    }

    @Test
    void aSinglePodLeftInAZoneIsNotBuried() {
        zones("a:1 b:3 c:3");
        Snapshot after = apply(own("a").build());
        // A third of the clients send 60 % to it: a fifth of all traffic, 1.4 times its even share of a seventh.
        assertThat(byZone(after).get("a")).isCloseTo(0.6, within(1e-9));
        assertThat(byZone(after).get("a") / 3).isCloseTo(1.4 / 7, within(1e-9));
        assertThat(note(after)).isEqualTo("zone: 60.0 % in own zone a with 1 of 7, spilling 20.0 % to b, 20.0 % to c");
    }

    @Test
    void aZoneThatIsOutStillHasClients() {
        zones("a:2 b:4 c:4");
        nodes.stream()
                .filter(node -> "c".equals(node.endpoint().zone()))
                .forEach(node -> node.health(Status.UNREACHABLE));
        Snapshot healthy = new HealthFilter(50).apply(Snapshot.of(nodes), 0);
        // A third of the clients, a third of what is left. By two zones of clients it would be too little for half of
        // them.
        assertThat(byZone(own("a").build().apply(healthy, 0))).containsOnlyKeys("a");
        assertThat(byZone(own("c").build().apply(healthy, 0))).containsOnlyKeys("b");
    }

    @Test
    void moreClientsInAZoneMeanThatLessOfTheirTrafficStays() {
        zones("a:3 b:3");
        assertThat(byZone(apply(own("a").clients(Map.of("a", 3.0)).build())).get("a"))
                .isCloseTo(1.4 * 0.5 / 0.75, within(1e-9));
        assertThat(byZone(apply(own("b").clients(Map.of("a", 3.0)).build()))).containsOnlyKeys("b");
    }

    /** Random clusters: what every client does, all clients together bear. */
    @Test
    void noZoneIsLoadedAboveTheFactorAndTheSumOfWeightsIsKept() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            nodes.clear();
            List<String> zones = List.of("a", "b", "c", "d").subList(0, 1 + random.nextInt(4));
            int count = 2 + random.nextInt(12);
            for (int i = 0; i < count; i++) {
                String zone = random.nextInt(12) == 0 ? null : zones.get(random.nextInt(zones.size()));
                Endpoint endpoint = add("pod-" + (100 + i), zone).endpoint();
                nodes.set(
                        i,
                        new FakeNode(endpoint.toBuilder()
                                .weight(1 + random.nextInt(5))
                                .build()));
            }
            Map<String, Double> clients = new HashMap<>();
            zones.forEach(zone -> clients.put(zone, 0.5 + random.nextInt(4)));
            double everybody =
                    clients.values().stream().mapToDouble(Double::doubleValue).sum();
            Snapshot before = Snapshot.of(nodes);
            Map<String, Double> load = new HashMap<>();
            for (String zone : zones) {
                Snapshot after = own(zone).clients(clients).build().apply(before, 0);
                assertThat(after.candidates()).isNotEmpty();
                assertThat(after.candidates().size())
                        .isGreaterThan(Math.min(1, before.candidates().size() - 1));
                assertThat(sum(after)).isCloseTo(sum(before), within(1e-6));
                assertThat(ids(after)).isSubsetOf(ids(before)).isSorted();
                byZone(after)
                        .forEach((to, share) -> load.merge(to, share * clients.get(zone) / everybody, Double::sum));
            }
            Map<String, Double> even = byZone(before);
            load.forEach((zone, share) -> assertThat(share)
                    .as("load of %s among %s with clients %s", zone, even, clients)
                    .isLessThanOrEqualTo(1.4 * even.get(zone) + 0.002));
        }
    }

    @Test
    void aSingleCandidateLeavesAThousandthForRetries() {
        zones("a:1 b:1 c:1");
        Snapshot after = apply(own("a").build());
        assertThat(ids(after)).containsExactly("pod-a0", "pod-b0", "pod-c0");
        assertThat(byZone(after).get("a")).isCloseTo(0.999 + 0.001 / 3, within(1e-9));
        assertThat(sum(after)).isCloseTo(3, within(1e-9));
        assertThat(note(after)).endsWith("100 % in own zone a with 1 of 3, a thousandth anywhere for retries");
    }

    @Test
    void anUnknownZoneChangesNothingAndSaysSo() {
        zones("a:3 b:3");
        Snapshot after = apply(own(null).build());
        assertThat(after.candidates()).isEqualTo(Snapshot.of(nodes).candidates());
        assertThat(note(after)).isEqualTo("zone: all are used: the zone of this client is unknown");
    }

    @Test
    void theSourceTellsWhatTheConfigurationLeavesOpen() {
        zones("a:3 b:3");
        Snapshot told = Snapshot.of(nodes).at(new Locality("b", null));
        assertThat(byZone(own(null).build().apply(told, 0))).containsOnlyKeys("b");
        assertThat(byZone(own("a").build().apply(told, 0))).containsOnlyKeys("a");
    }

    @Test
    void tooFewEndpointsAreUsedAlike() {
        zones("a:2 b:3");
        Snapshot after =
                apply(ZonePreference.builder().prefer(Prefer.OWN).client(IN_A).build());
        assertThat(after.candidates()).hasSize(5);
        assertThat(note(after))
                .isEqualTo("zone: all are used: 5 candidates are fewer than the 6 from which on a zone is preferred");
        zones("c:1");
        assertThat(ids(apply(
                        ZonePreference.builder().prefer(Prefer.OWN).client(IN_A).build())))
                .containsExactly("pod-a0", "pod-a1");
    }

    @ParameterizedTest
    @EnumSource(
            value = Status.class,
            names = {"EJECTED", "UNHEALTHY", "UNREACHABLE"})
    void inPanicAllAreUsed(Status lifted) {
        zones("a:3 b:3");
        nodes.get(5).health(lifted);
        Snapshot after = apply(own("a").build());
        assertThat(after.candidates()).hasSize(6);
        assertThat(note(after)).isEqualTo("zone: all are used: endpoints that are out of order are in use as well");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HINTED", "ANY"})
    void withoutHintsAndUnaskedNothingIsPreferredOrSaid(Prefer prefer) {
        zones("a:3 b:3");
        Snapshot before = Snapshot.of(nodes);
        assertThat(ZonePreference.builder().prefer(prefer).client(IN_A).build().apply(before, 0))
                .isSameAs(before);
    }

    @Test
    void anEmptyListStaysEmpty() {
        assertThat(own("a").build().apply(Snapshot.EMPTY, 0)).isSameAs(Snapshot.EMPTY);
    }

    /** As kube-proxy decides; hints are {@code zones/nodes}, one for each endpoint. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "?", textBlock = """
                    a/ a/ b/            | a | n1 | 0 1   | 100 % in own zone a with 2 of 3
                    a/ a/ b/ b/         | c | n1 | 0 1 2 3 | all are used: no candidate is meant for zone c
                    a/ a/ /             | a | n1 | 0 1 2 | all are used: only 2 of 3 candidates have hints for zones
                    a/ a/ b/            | ? | ?  | 0 1 2 | all are used: neither zone nor node of this client is known
                    a/ a/ b/            | ? | n1 | 0 1 2 | all are used: no candidate is meant for zone (unknown)
                    a/n1 a/n1 a/n2 b/n3 | a | n1 | 0 1   | 100 % in own node n1 with 2 of 4
                    a/n1 a/n2 b/n3 b/n4 | a | n9 | 0 1   | 100 % in own zone a with 2 of 4
                    a/n1 a/n1 b/ b/     | a | n1 | 0 1   | 100 % in own zone a with 2 of 4
                    /n1 /n1 /n2         | a | n1 | 0 1   | 100 % in own node n1 with 2 of 3
                    /n1 /n1 /n2         | a | n3 | 0 1 2 | all are used: no candidate is meant for node n3
                    /n1 /n1 /           | a | n1 | 0 1 2 | all are used: only 2 of 3 candidates have hints for nodes
                    a,b/ a/ b/ b/       | b | n1 | 0 2 3 | 100 % in own zone b with 3 of 4
                    """)
    void hintsAreFollowedAsKubeProxyDoes(String hints, String zone, String node, String expected, String why) {
        String[] each = hints.trim().split(" ");
        for (int i = 0; i < each.length; i++) {
            String[] parts = each[i].split("/", -1);
            add("" + i, "elsewhere", ZonePreference.ZONE_HINTS, parts[0], ZonePreference.NODE_HINTS, parts[1]);
        }
        Snapshot after =
                apply(ZonePreference.builder().client(new Locality(zone, node)).build());
        assertThat(String.join(" ", ids(after))).isEqualTo(expected);
        assertThat(note(after)).isEqualTo("zone: " + why);
        assertThat(sum(after)).isCloseTo(each.length, within(1e-9));
    }

    @Test
    void zonesByHintsSpillAsZonesDo() {
        add("0", "x", ZonePreference.ZONE_HINTS, "a");
        for (int i = 1; i < 4; i++) {
            add("" + i, "x", ZonePreference.ZONE_HINTS, "b");
        }
        Snapshot after = apply(ZonePreference.builder().client(IN_A).build());
        assertThat(after.candidates().get(0).weight() / 4).isCloseTo(0.7, within(1e-9));
    }

    @Test
    void wrongOptionsAreRefused() {
        assertThatThrownBy(() -> ZonePreference.builder().minEndpoints(-1).build())
                .hasMessage("minEndpoints was -1, expected 0 or more");
        assertThatThrownBy(() ->
                        ZonePreference.builder().overProvisioningPercent(99).build())
                .hasMessage("over-provisioning was 99 %, expected 100 to 1000");
        assertThatThrownBy(
                        () -> ZonePreference.builder().clients(Map.of("a", 0.0)).build())
                .hasMessageContaining("clients of zone 'a' was 0.0, expected a finite number above 0");
    }

    /** Slow start takes from the traffic only; keys stay where they are, whether the zone spills by it or stops to. */
    @Test
    void whatStartsSlowlyMovesTrafficAndNoKey() {
        zones("a:4 b:6");
        Snapshot before = Snapshot.of(nodes);
        for (String starting : List.of("a", "b")) {
            List<Candidate> reduced = before.candidates().stream()
                    .map(candidate ->
                            starting.equals(candidate.node().endpoint().zone()) ? candidate.reduced(0.1) : candidate)
                    .toList();
            ZonePreference stage = own("a").overProvisioningPercent(100).build();
            Snapshot without = stage.apply(before, 0);
            Snapshot with = stage.apply(Snapshot.of(nodes, reduced), 0);
            Map<String, Double> keys = new HashMap<>();
            without.candidates().forEach(each -> keys.put(each.node().endpoint().id(), each.keyWeight()));
            for (Candidate candidate : with.candidates()) {
                assertThat(candidate.keyWeight())
                        .isCloseTo(keys.getOrDefault(candidate.node().endpoint().id(), 0.0), within(1e-6));
            }
            assertThat(with.candidates().stream()
                            .map(each -> each.node().endpoint().id()))
                    .containsAll(keys.keySet());
            assertThat(byZone(with).get("a")).isCloseTo(starting.equals("a") ? 2 * 0.4 / 6.4 : 1, within(1e-6));
        }
    }
}
