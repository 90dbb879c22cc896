package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SubsetTest {
    private static List<FakeNode> servers(int count) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(FakeNode.named(String.format("srv-%05d", i)));
        }
        return nodes;
    }

    private static Set<Node> taken(Subset stage, List<FakeNode> nodes, long seed) {
        Snapshot after = stage.apply(Snapshot.of(nodes).seeded(seed), 0);
        assertThat(after.reached())
                .containsExactlyElementsOf(
                        after.candidates().stream().map(Candidate::node).toList())
                .isSortedAccordingTo(
                        Comparator.comparing(node -> node.endpoint().id()));
        return new HashSet<>(after.reached());
    }

    private static String note(Snapshot snapshot) {
        return snapshot.trail().get(snapshot.trail().size() - 1);
    }

    // ---- rendezvous ----

    /** Connections for each server, by clients whose numbers are chance. */
    private static List<Integer> connections(int clients, int servers, int size, long seed) {
        List<FakeNode> nodes = servers(servers);
        SplittableRandom random = new SplittableRandom(seed);
        Map<Node, Integer> counts = new HashMap<>();
        nodes.forEach(node -> counts.put(node, 0));
        Subset stage = new Subset(size);
        for (int i = 0; i < clients; i++) {
            Set<Node> taken = taken(stage, nodes, random.nextLong());
            assertThat(taken).hasSize(Math.min(size, servers));
            taken.forEach(node -> counts.merge(node, 1, Integer::sum));
        }
        return List.copyOf(counts.values());
    }

    /** 300 clients, 300 servers, subsets of 90: of 2,000 such draws, none was outside of these. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void connectionsAreSpreadAsChanceSpreadsThem(long seed) {
        List<Integer> counts = connections(300, 300, 90, seed);
        assertThat(Collections.min(counts)).isBetween(55, 76);
        assertThat(Collections.max(counts)).isBetween(104, 130);
    }

    /** The bounds of grpc-java's tests of its random subsetting. */
    @ParameterizedTest
    @CsvSource({"100,100,5,15", "100,100,25,40", "100,10,5,65", "500,10,5,600", "2000,10,5,1200"})
    void noServerHasTooManyConnections(int clients, int servers, int size, int most) {
        List<Integer> counts = connections(clients, servers, size, 42);
        assertThat(counts.stream().mapToInt(i -> i).sum()).isEqualTo(clients * size);
        assertThat(Collections.max(counts)).isLessThanOrEqualTo(most);
    }

    @Test
    void oneEndpointMoreOrLessChangesOnePlaceAtTheMost() {
        Subset stage = new Subset(20);
        List<FakeNode> nodes = new ArrayList<>(servers(200));
        Random random = new Random(5);
        int changed = 0;
        for (int round = 0; round < 500; round++) {
            Set<Node> before = taken(stage, nodes, 77);
            FakeNode gone = nodes.remove(random.nextInt(nodes.size()));
            Set<Node> after = taken(stage, nodes, 77);
            Set<Node> left = new HashSet<>(before);
            left.removeAll(after);
            assertThat(left).isEqualTo(before.contains(gone) ? Set.of(gone) : Set.of());
            changed += left.size();
            nodes.add(gone);
            nodes.sort(Comparator.comparing(node -> node.endpoint().id()));
            assertThat(taken(stage, nodes, 77)).isEqualTo(before);
        }
        assertThat(changed).as("a tenth of 500").isBetween(25, 80);
    }

    @Test
    void theHealthOfAnEndpointChangesNothingWhileHalfOfThemAreWell() {
        Subset stage = new Subset(10);
        List<FakeNode> nodes = servers(100);
        Set<Node> well = taken(stage, nodes, 3);
        List<Node> some = new ArrayList<>(well);
        Status[] kinds = {Status.EJECTED, Status.NOT_READY, Status.DISCONNECTED, Status.HALF_OPEN, Status.DRAINING};
        for (int i = 0; i < 5; i++) {
            ((FakeNode) some.get(i)).health(kinds[i]);
            assertThat(taken(stage, nodes, 3)).isEqualTo(well);
        }
        // Connections that are being made are none that are missing.
        for (int i = 5; i < 10; i++) {
            ((FakeNode) some.get(i)).health(Status.CONNECTING);
        }
        assertThat(taken(stage, nodes, 3)).isEqualTo(well);
    }

    @Test
    void whileMostAreOutOthersAreTakenInSoThatHalfAreWell() {
        Subset stage = new Subset(10);
        List<FakeNode> nodes = servers(100);
        List<Node> some = List.copyOf(taken(stage, nodes, 3));
        for (int i = 0; i < 8; i++) {
            ((FakeNode) some.get(i)).health(Status.UNREACHABLE);
        }
        assertThat(taken(stage, nodes, 3)).containsAll(some).hasSize(13);
        assertThat(note(stage.apply(Snapshot.of(nodes).seeded(3), 0)))
                .isEqualTo("subset: 10 of 100 by rendezvous, and 3 more while 8 are out");
        assertThat(taken(new Subset(10, 100, null), nodes, 3)).hasSize(18);
        assertThat(taken(new Subset(10, 0, null), nodes, 3)).hasSize(10);
        some.forEach(node -> ((FakeNode) node).health(Status.HEALTHY));
        assertThat(taken(stage, nodes, 3)).isEqualTo(Set.copyOf(some));
    }

    @Test
    void anOutageOfAllOpensTwiceAsManyConnectionsAtTheMost() {
        List<FakeNode> nodes = servers(100);
        nodes.forEach(node -> node.health(Status.DISCONNECTED));
        assertThat(taken(new Subset(10), nodes, 3)).hasSize(20);
    }

    @Test
    void oneStageServesBalancersWithOtherNumbers() {
        Subset stage = new Subset(10);
        Snapshot members = Snapshot.of(servers(100));
        List<Node> one = stage.apply(members.seeded(1), 0).reached();
        assertThat(stage.apply(members.seeded(2), 0).reached()).hasSize(10).isNotEqualTo(one);
        assertThat(stage.apply(members.seeded(1), 0).reached()).isEqualTo(one);
    }

    @Test
    void fewEndpointsAreAllTaken() {
        Snapshot before = Snapshot.of(servers(20));
        assertThat(new Subset(20).apply(before, 0)).isSameAs(before);
        assertThat(before.reached()).isSameAs(before.members());
    }

    @Test
    void endpointsWithoutWeightTakeNoPlace() {
        List<FakeNode> nodes = servers(30);
        nodes.set(0, FakeNode.named("srv-00000", 0));
        for (int seed = 0; seed < 30; seed++) {
            assertThat(taken(new Subset(10), nodes, seed))
                    .doesNotContain(nodes.get(0))
                    .hasSize(10);
        }
    }

    // ---- slices ----

    /** All clients together load all servers alike, to the last bit that a double has. */
    @ParameterizedTest
    @CsvSource({"300,300,10", "7,5,2", "5,7,3", "13,100,12", "100,13,3", "1,50,12", "40,41,20", "999,64,12", "3,10,9"})
    void slicesLoadAllServersExactlyAlike(int clients, int servers, int size) {
        List<FakeNode> nodes = servers(servers);
        Map<Node, Double> byWeight = new HashMap<>();
        Map<Node, Double> byScale = new HashMap<>();
        for (int client = 0; client < clients; client++) {
            Snapshot after = new Subset(size, 50, new Slice(client, clients))
                    .apply(Snapshot.of(nodes).seeded(31L * client + 7), 0);
            assertThat(after.candidates().size()).isBetween(size, servers);
            double weights =
                    after.candidates().stream().mapToDouble(Candidate::weight).sum();
            double scales =
                    after.candidates().stream().mapToDouble(Candidate::scale).sum();
            for (Candidate candidate : after.candidates()) {
                byWeight.merge(candidate.node(), candidate.weight() / weights, Double::sum);
                byScale.merge(candidate.node(), candidate.scale() / scales, Double::sum);
            }
        }
        for (FakeNode node : nodes) {
            assertThat(byWeight.get(node)).isCloseTo((double) clients / servers, within(1e-9));
            assertThat(byScale.get(node)).isCloseTo((double) clients / servers, within(1e-9));
        }
    }

    /** The published case: as many clients as servers, each with ten, and ten for each. */
    @Test
    void asManyClientsAsServersGiveEachServerAsManyConnectionsAsTheSize() {
        List<FakeNode> nodes = servers(300);
        Map<Node, Integer> counts = new HashMap<>();
        for (int client = 0; client < 300; client++) {
            taken(new Subset(10, 50, new Slice(client, 300)), nodes, 0)
                    .forEach(node -> counts.merge(node, 1, Integer::sum));
        }
        assertThat(counts).hasSize(300);
        assertThat(counts.values()).containsOnly(10);
    }

    @Test
    void oneEndpointMoreChangesTwoPlacesOfASliceAndWhatASliceMoreOrLessIsNowAndThen() {
        int more = 0;
        Random random = new Random(9);
        for (int round = 0; round < 300; round++) {
            List<FakeNode> nodes = new ArrayList<>(servers(60 + random.nextInt(60)));
            Subset stage = new Subset(12, 50, new Slice(random.nextInt(24), 24));
            Set<Node> before = taken(stage, nodes, 0);
            nodes.add(FakeNode.named("srv-9" + String.format("%04d", random.nextInt(10_000))));
            Set<Node> after = taken(stage, nodes, 0);
            before.removeAll(after);
            assertThat(before.size()).isLessThanOrEqualTo(2 + nodes.size() / 24 + 1);
            more += before.size() > 2 ? 1 : 0;
        }
        assertThat(more).isLessThan(30);
    }

    @Test
    void whatIsTakenInBesideASliceFollowsOnTheRing() {
        List<FakeNode> nodes = servers(100);
        Subset stage = new Subset(10, 50, new Slice(9, 10));
        Set<Node> slice = taken(stage, nodes, 0);
        slice.forEach(node -> ((FakeNode) node).health(Status.UNHEALTHY));
        Set<Node> more = taken(stage, nodes, 0);
        assertThat(more).containsAll(slice).hasSize(15);
        more.removeAll(slice);
        // Behind the last slice the ring begins anew.
        assertThat(taken(new Subset(10, 0, new Slice(0, 10)), nodes, 0)).containsAll(more);
    }

    @Test
    void aClientBeyondTheNumberOfClientsSharesASlice() {
        List<FakeNode> nodes = servers(100);
        assertThat(taken(new Subset(10, 50, new Slice(13, 10)), nodes, 0))
                .isEqualTo(taken(new Subset(10, 50, new Slice(3, 10)), nodes, 0));
    }

    @Test
    void theEnvironmentNumbersTheClient() {
        Options options = Options.of("stages.subset", Map.of("size", 5, "clients", 40), "size", "clients");
        assertThat(read(options, Map.of("HOSTNAME", "web-7")).slice()).isEqualTo(new Slice(7, 40));
        assertThat(read(options, Map.of("HOSTNAME", "laptop", "POD_NAME", "web-3"))
                        .slice())
                .isEqualTo(new Slice(3, 40));
        assertThat(read(options, Map.of("HOSTNAME", "web-7", "ZEROHOP_CLIENT", "12"))
                        .slice())
                .isEqualTo(new Slice(12, 40));
        // Names of a Deployment's pods end in letters too; then by rendezvous.
        assertThat(read(options, Map.of("HOSTNAME", "web-6d4cf56db6-x2x7k")).slice())
                .isNull();
        assertThat(read(options, Map.of()).slice()).isNull();
    }

    private static Subset read(Options options, Map<String, String> environment) {
        return Subset.Provider.read(options, environment);
    }

    @Test
    void valuesOutOfRangeAreRejected() {
        assertThatThrownBy(() -> new Subset(0)).hasMessage("size was 0, expected 1 to 100000");
        assertThatThrownBy(() -> new Subset(1, 101, null)).hasMessage("minUsablePercent was 101 %, expected 0 to 100");
        assertThatThrownBy(() -> new Slice(-1, 3)).hasMessage("client was -1, expected 0 or more");
        assertThatThrownBy(() -> new Slice(0, 0)).hasMessage("clients was 0, expected 1 to 1000000");
        assertThat(new Subset(5)).isEqualTo(new Subset(5, 50, null)).hasSameHashCodeAs(new Subset(5));
        assertThat(new Subset(5)).isNotEqualTo(new Subset(5, 50, new Slice(0, 2)));
    }

    @Test
    void anEndpointKeepsItsPlaceUnderAnotherAddress() {
        List<FakeNode> nodes = servers(50);
        List<FakeNode> moved = nodes.stream()
                .map(node -> new FakeNode(Endpoint.builder("10.1.1.1", 1024)
                        .id(node.endpoint().id())
                        .build()))
                .toList();
        assertThat(taken(new Subset(5), moved, 8).stream()
                        .map(node -> node.endpoint().id()))
                .containsExactlyInAnyOrderElementsOf(taken(new Subset(5), nodes, 8).stream()
                        .map(node -> node.endpoint().id())
                        .toList());
    }

    /** A slice that is longer than all but one endpoints may begin and end in the same one. */
    @Test
    void everySliceIsAsLongAsTheOthersHoweverLong() {
        for (int clients = 1; clients <= 30; clients++) {
            for (int members = 2; members <= 15; members++) {
                List<FakeNode> nodes = servers(members);
                for (int size = 1; size < members; size++) {
                    Map<Node, Double> loads = new HashMap<>();
                    double length = 0;
                    for (int client = 0; client < clients; client++) {
                        Subset stage = new Subset(size, 50, new Slice(client, clients));
                        assertThat(taken(stage, nodes, 0)).hasSizeBetween(size, members);
                        double sum = 0;
                        for (Candidate candidate :
                                stage.apply(Snapshot.of(nodes), 0).candidates()) {
                            loads.merge(candidate.node(), candidate.weight(), Double::sum);
                            sum += candidate.weight();
                        }
                        length = client == 0 ? sum : length;
                        assertThat(sum)
                                .as("client %d of %d, %d of %d", client, clients, size, members)
                                .isCloseTo(length, within(1e-9));
                    }
                    double even = length * clients / members;
                    assertThat(loads.values()).hasSize(members).allMatch(load -> Math.abs(load - even) < 1e-9);
                }
            }
        }
    }

    @Test
    void aConnectionThatTakesTooLongIsOneThatIsMissing() {
        Subset stage = new Subset(10);
        List<FakeNode> nodes = servers(100);
        List<Node> some = List.copyOf(taken(stage, nodes, 3));
        long second = 1_000_000_000L;
        some.forEach(node -> ((FakeNode) node).health(Status.CONNECTING, 100 * second));
        Snapshot young = stage.apply(Snapshot.of(nodes).seeded(3), 102 * second);
        assertThat(young.candidates()).hasSize(10);
        assertThat(young.reviewInNanos()).isEqualTo(3 * second);
        Snapshot late = stage.apply(Snapshot.of(nodes).seeded(3), 105 * second);
        assertThat(late.candidates()).hasSize(15);
        assertThat(late.reviewInNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(new Subset(10, 0, null)
                        .apply(Snapshot.of(nodes).seeded(3), 102 * second)
                        .reviewInNanos())
                .isEqualTo(Long.MAX_VALUE);
    }

    /** Under gRPC those outside of the subset are connecting since they joined, as no connection to them is made. */
    @Test
    void oneThatWasNeverTakenIsNotOutBeforeItIsTried() {
        Subset stage = new Subset(10);
        List<FakeNode> nodes = servers(100);
        Set<Node> some = Set.copyOf(taken(stage, nodes, 3));
        int ejected = 0;
        for (FakeNode node : nodes) {
            if (!some.contains(node)) {
                node.health(Status.CONNECTING, 0).wasUsable(false);
            } else if (ejected++ < 6) {
                node.health(Status.EJECTED);
            }
        }
        Snapshot snapshot = stage.apply(Snapshot.of(nodes).seeded(3), 3_600_000_000_000L);
        assertThat(snapshot.candidates())
                .as("four of ten are in order, and five must be")
                .hasSize(11);
    }

    @Test
    void aHostNamedByItsAddressIsNoNumberedClient() {
        Options options = Options.of("stages.subset", Map.of("size", 5, "clients", 40), "size", "clients");
        for (String host : List.of("ip-10-0-3-12", "12", "Laptop-3")) {
            assertThat(read(options, Map.of("HOSTNAME", host)).slice()).as(host).isNull();
        }
        assertThat(read(options, Map.of("HOSTNAME", "orders-ip-7")).slice()).isEqualTo(new Slice(7, 40));
    }
}
