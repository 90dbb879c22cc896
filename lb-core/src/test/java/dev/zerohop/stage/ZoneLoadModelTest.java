package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.LoadReport;
import dev.zerohop.Locality;
import dev.zerohop.Snapshot;
import dev.zerohop.stage.ZonePreference.Prefer;
import dev.zerohop.testing.FakeNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What holds of the zone stage by load whatever is reported, and where it ends when its own moves make the loads. */
class ZoneLoadModelTest {
    private static final List<String> ZONES = List.of("a", "b", "c", "d");
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final List<FakeNode> nodes = new ArrayList<>();

    private void zone(String zone, int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                    .id(zone + i)
                    .zone(zone)
                    .build()));
        }
    }

    private void report(String zone, double utilization, long now) {
        for (FakeNode node : nodes) {
            if (zone.equals(node.endpoint().zone())) {
                node.reported(LoadReport.builder().cpuUtilization(utilization).build(), now);
            }
        }
    }

    private static ZonePreference stage(String zone, ZoneLoad load) {
        return ZonePreference.builder()
                .prefer(Prefer.OWN)
                .minEndpoints(0)
                .client(new Locality(zone, null))
                .reportedLoad(load)
                .build();
    }

    private static Map<String, Double> shares(Snapshot snapshot) {
        double total =
                snapshot.candidates().stream().mapToDouble(Candidate::weight).sum();
        Map<String, Double> shares = new HashMap<>();
        for (Candidate candidate : snapshot.candidates()) {
            shares.merge(String.valueOf(candidate.node().endpoint().zone()), candidate.weight() / total, Double::sum);
        }
        return shares;
    }

    /** How much of the traffic goes elsewhere than before. */
    private static double moved(Map<String, Double> before, Map<String, Double> after) {
        double moved = 0;
        for (String zone : ZONES) {
            moved += Math.abs(after.getOrDefault(zone, 0.0) - before.getOrDefault(zone, 0.0)) / 2;
        }
        return moved;
    }

    /** One client of a zone and where it was. */
    private static final class Client {
        private final String zone;
        private final ZonePreference stage;
        private final long seed;
        private Snapshot last = Snapshot.EMPTY;
        private Map<String, Double> shares = Map.of();

        Client(String zone, ZoneLoad load, long seed) {
            this.zone = zone;
            this.stage = stage(zone, load);
            this.seed = seed;
        }

        void look(List<FakeNode> nodes, long now) {
            ZoneShift shift = last.carried(ZoneShift.class);
            if (shift == null || shift.due().nanos() - now <= 0) {
                last = stage.apply(Snapshot.of(nodes).seeded(seed).carryingThatOf(last), now);
                shares = shares(last);
            }
        }
    }

    @Test
    void whateverIsReportedNoMoreThanAStepMovesInAPeriodAndTheSharesAreAWhole() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            nodes.clear();
            int zones = 1 + random.nextInt(4);
            for (int i = 0; i < zones; i++) {
                zone(ZONES.get(i), 1 + random.nextInt(12));
            }
            int step = 1 + random.nextInt(25);
            ZoneLoad load = new ZoneLoad(
                    Duration.ofSeconds(10),
                    step,
                    1 + random.nextInt(40),
                    random.nextInt(21),
                    Duration.ofSeconds(60),
                    List.of());
            ZonePreference stage = stage("a", load);
            double plain = shares(stage("a", null).apply(Snapshot.of(nodes), 0)).get("a");
            Snapshot last = stage.apply(Snapshot.of(nodes).seeded(round), 0);
            assertThat(shares(last).get("a")).isEqualTo(plain);
            long now = 0;
            for (int i = 0; i < 60; i++) {
                boolean due = random.nextBoolean();
                now += due ? 12 * SECOND : SECOND / 20;
                if (random.nextInt(4) > 0) {
                    int quiet = random.nextInt(nodes.size() + 1);
                    for (FakeNode node : nodes.subList(quiet / 2, nodes.size())) {
                        node.reported(
                                LoadReport.builder()
                                        .cpuUtilization(1.5 * random.nextDouble())
                                        .build(),
                                now);
                    }
                }
                Map<String, Double> before = shares(last);
                last = stage.apply(Snapshot.of(nodes).seeded(round).carryingThatOf(last), now);
                Map<String, Double> after = shares(last);
                assertThat(after.values().stream().mapToDouble(share -> share).sum())
                        .isCloseTo(1, within(1e-9));
                assertThat(last.candidates().stream()
                                .mapToDouble(Candidate::weight)
                                .sum())
                        .isCloseTo(nodes.size(), within(1e-6));
                assertThat(moved(before, after)).isLessThanOrEqualTo(step / 100.0 + 1e-9);
                assertThat(after.get("a")).isGreaterThanOrEqualTo(0.05 * 0.8 * plain - 1e-9);
            }
        }
    }

    /** One client makes all of the load, zones are of any size, and what they need for a call differs up to four times. */
    @Test
    void itEndsBetweenTheBordersAndStaysThere() {
        Random random = new Random(11);
        for (int round = 0; round < 300; round++) {
            nodes.clear();
            int zones = 2 + random.nextInt(3);
            Map<String, Double> cost = new HashMap<>();
            Map<String, Double> others = new HashMap<>();
            for (int i = 0; i < zones; i++) {
                String zone = ZONES.get(i);
                int endpoints = 1 + random.nextInt(12);
                zone(zone, endpoints);
                cost.put(zone, (0.5 + 1.5 * random.nextDouble()) * zones / endpoints);
                others.put(zone, 0.5 * random.nextDouble());
            }
            ZoneLoad load = ZoneLoad.DEFAULTS;
            Client client = new Client("a", load, round);
            long now = 0;
            client.look(nodes, now);
            List<Double> kept = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                now += 12 * SECOND;
                for (String zone : cost.keySet()) {
                    double utilization = others.get(zone) + client.shares.getOrDefault(zone, 0.0) * cost.get(zone);
                    report(zone, utilization, now);
                }
                client.look(nodes, now);
                kept.add(client.shares.get("a"));
            }
            for (int i = 100; i < 150; i++) {
                // Where most of a zone's load is of others, what it gives away relieves it little, and the last steps
                // are small.
                assertThat(kept.get(i)).as("round %s: %s", round, kept).isCloseTo(kept.get(149), within(0.02));
            }
            assertThat(wayBack(kept)).as("round %s: %s", round, kept).isLessThan(0.03);
        }
    }

    /** How much went and came back, over all turns. */
    private static double wayBack(List<Double> values) {
        double way = 0;
        for (int i = 1; i < values.size(); i++) {
            way += Math.abs(values.get(i) - values.get(i - 1));
        }
        return (way - Math.abs(values.get(values.size() - 1) - values.get(0))) / 2;
    }

    /** Three zones of which one needs twice as much for a call; servers report the mean of about 5 s; each client steps by itself. */
    @Test
    void aFleetThatSeesItsOwnMovesLateSettlesAndDoesNotSwing() {
        for (String zone : List.of("a", "b", "c")) {
            zone(zone, 4);
        }
        Map<String, Double> cost = Map.of("a", 1.2, "b", 0.6, "c", 0.6);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            clients.add(new Client(ZONES.get(i % 3), ZoneLoad.DEFAULTS, i));
        }
        Map<String, Double> reported = new HashMap<>();
        List<Double> kept = new ArrayList<>();
        int mostAtOnce = 0;
        for (int tick = 0; tick < 2 * 600; tick++) {
            long now = tick * SECOND / 2;
            int stepped = 0;
            for (Client client : clients) {
                Snapshot before = client.last;
                client.look(nodes, now);
                stepped += client.last != before ? 1 : 0;
            }
            mostAtOnce = tick > 20 ? Math.max(mostAtOnce, stepped) : 0;
            double ofA = 0;
            for (String zone : cost.keySet()) {
                double traffic = clients.stream()
                        .mapToDouble(client -> client.shares.getOrDefault(zone, 0.0) / 20)
                        .sum();
                double used = traffic * cost.get(zone);
                reported.merge(zone, used, (before, present) -> before + (present - before) / 10);
                report(zone, reported.getOrDefault(zone, 0.0), now);
            }
            for (Client client : clients) {
                ofA += client.zone.equals("a") ? client.shares.get("a") / 20 : 0;
            }
            if (tick % 20 == 0) {
                kept.add(ofA);
            }
        }
        assertThat(mostAtOnce)
                .as("clients of 60 that step within half a second")
                .isLessThan(12);
        // 1.2 k at a and 0.6 (1 + (1 - k) / 2) at b and c differ by 0.05 to 0.1 for k from 0.633 to 0.667.
        for (int i = 30; i < kept.size(); i++) {
            assertThat(kept.get(i)).as("%s", kept).isBetween(0.62, 0.68);
            assertThat(kept.get(i)).isCloseTo(kept.get(kept.size() - 1), within(0.01));
        }
        for (Client client : clients) {
            if (!client.zone.equals("a")) {
                assertThat(client.shares.get(client.zone))
                        .as("others stay where they are")
                        .isCloseTo(0.97, within(1e-6));
            }
        }
        assertThat(wayBack(kept)).as("%s", kept).isLessThan(0.02);
    }
}
