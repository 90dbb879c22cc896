package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.LoadReport;
import dev.zerohop.Locality;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.ZoneLoad;
import dev.zerohop.stage.ZonePreference;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the zone stage decides is what the policies do, also those that ignore the endpoints' own weights. */
class ZoneUnderPoliciesTest {
    private static final int PICKS = 42_000;

    private final FakeTime time = new FakeTime();

    private static Snapshot oneOfSeven(int weightInZoneB) {
        List<FakeNode> nodes = new ArrayList<>();
        for (String id : List.of("a-0", "b-0", "b-1", "b-2", "c-0", "c-1", "c-2")) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                    .id(id)
                    .zone(id.substring(0, 1))
                    .weight(id.equals("b-0") ? weightInZoneB : 1)
                    .build()));
        }
        return ZonePreference.builder()
                .prefer(ZonePreference.Prefer.OWN)
                .client(new Locality("a", null))
                .build()
                .apply(Snapshot.of(nodes), 0);
    }

    /** All but those whose keys have one owner each. */
    static Stream<PickPolicy> policies() {
        return Pickers.names().stream()
                .filter(name -> !name.equals("shard") && !name.equals("directory"))
                .map(Pickers::byName);
    }

    /** And but one that moves calls from endpoints which have their share of them under way: there loads decide. */
    static Stream<PickPolicy> unboundedPolicies() {
        return policies().filter(policy -> !policy.name().equals("prefix_affinity"));
    }

    private Map<String, Double> shares(
            PickPolicy policy, Snapshot snapshot, Function<Endpoint, String> by, Set<Endpoint> tried) {
        Picker picker = policy.newPicker(snapshot, time.env());
        Map<String, Double> shares = new HashMap<>();
        for (int i = 0; i < PICKS; i++) {
            PickContext context = PickContext.of(EndpointSelector.of("key-" + i));
            for (Endpoint endpoint : tried) {
                context = context.retryAfter(endpoint);
            }
            shares.merge(by.apply(picker.pick(context).endpoint()), 1.0 / PICKS, Double::sum);
        }
        return shares;
    }

    @ParameterizedTest
    @MethodSource("policies")
    void theTrafficIsDividedAsTheStageSays(PickPolicy policy) {
        Map<String, Double> shares = shares(policy, oneOfSeven(1), Endpoint::zone, Set.of());
        assertThat(shares.get("a")).isCloseTo(0.6, within(0.02));
        assertThat(shares.get("b")).isCloseTo(0.2, within(0.02));
        assertThat(shares.get("c")).isCloseTo(0.2, within(0.02));
    }

    /** Where a part of what the own zone could keep has moved for its load, the policies move with it. */
    @ParameterizedTest
    @MethodSource("policies")
    void whatMovesByReportedLoadMovesUnderEachPolicy(PickPolicy policy) {
        ZonePreference stage = ZonePreference.builder()
                .prefer(ZonePreference.Prefer.OWN)
                .client(new Locality("a", null))
                .reportedLoad(ZoneLoad.DEFAULTS)
                .build();
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            String zone = List.of("a", "b", "c").get(i / 3);
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + i)
                    .id(zone + "-" + i)
                    .zone(zone)
                    .build()));
        }
        Snapshot snapshot = stage.apply(Snapshot.of(nodes), 0);
        for (int step = 1; step <= 5; step++) {
            long now = step * 12_000_000_000L;
            for (FakeNode node : nodes) {
                double used = node.endpoint().zone().equals("a") ? 0.9 : 0.3;
                node.reported(LoadReport.builder().cpuUtilization(used).build(), now);
            }
            snapshot = stage.apply(Snapshot.of(nodes).carryingThatOf(snapshot), now);
        }
        // 3 % for the others' reports and 2 %, then 5 % at each step, of 97 %.
        assertThat(snapshot.trail().get(0)).startsWith("zone: 75.7 % in own zone a with 3 of 9, spilling 12.2 % to b");
        Map<String, Double> shares = shares(policy, snapshot, Endpoint::zone, Set.of());
        assertThat(shares.get("a")).isCloseTo(0.7566, within(0.02));
        assertThat(shares.get("b")).isCloseTo(0.1217, within(0.02));
        assertThat(shares.get("c")).isCloseTo(0.1217, within(0.02));
    }

    /** The endpoint that is left in a zone has more to do than any other: that is what the stage allows it. */
    @ParameterizedTest
    @MethodSource("unboundedPolicies")
    void theTrafficIsDividedAsTheStageSaysWhateverTheLoadsAre(PickPolicy policy) {
        Snapshot snapshot = oneOfSeven(1);
        for (Candidate candidate : snapshot.candidates()) {
            FakeNode node = (FakeNode) candidate.node();
            String id = node.endpoint().id();
            int busy = id.equals("a-0") ? 14 : id.equals("b-0") ? 2 : 10;
            node.inFlight(busy);
            node.load(busy);
        }
        Map<String, Double> shares = shares(policy, snapshot, Endpoint::zone, Set.of());
        assertThat(shares.get("a")).isCloseTo(0.6, within(0.02));
        assertThat(shares.get("b")).isCloseTo(0.2, within(0.02));
        assertThat(shares.get("c")).isCloseTo(0.2, within(0.02));
        if (Set.of("least_request", "peak_ewma", "prequal").contains(policy.name())) {
            Map<String, Double> each = shares(policy, snapshot, Endpoint::id, Set.of());
            assertThat(each.get("b-0")).as("in a zone the load counts").isGreaterThan(1.5 * each.get("b-1"));
            assertThat(each.get("c-0")).isCloseTo(each.get("c-1"), within(0.01));
        }
    }

    @Test
    void aZonesShareIsDividedEvenlyByPoliciesThatIgnoreWeights() {
        Snapshot snapshot = oneOfSeven(8);
        double kept = 1.4 * 1 / 14 * 3;
        assertThat(snapshot.trail().get(0)).startsWith("zone: 30.0 % in own zone a with 1 of 7");
        for (PickPolicy policy : List.of(Pickers.roundRobin(), Pickers.random())) {
            Map<String, Double> shares = shares(policy, snapshot, Endpoint::id, Set.of());
            assertThat(shares.get("a-0")).as(policy.name()).isCloseTo(kept, within(0.01));
            assertThat(shares.get("b-0")).as(policy.name()).isCloseTo((1 - kept) / 3, within(0.01));
            assertThat(shares.get("b-2")).as(policy.name()).isCloseTo((1 - kept) / 3, within(0.01));
        }
        Map<String, Double> shares = shares(Pickers.weightedRoundRobin(), snapshot, Endpoint::id, Set.of());
        assertThat(shares.get("a-0")).isCloseTo(kept, within(0.01));
        assertThat(shares.get("b-0")).isCloseTo((1 - kept) * 0.8, within(0.01));
        assertThat(shares.get("b-2")).isCloseTo((1 - kept) * 0.1, within(0.01));
    }

    /** {@code count} endpoints on as many nodes of Kubernetes, each meant for its own; the first is the client's. */
    private static List<FakeNode> oneOnEachNode(int count, int weightOfFirst) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + i)
                    .id(String.format("pod-%04d", i))
                    .weight(i == 0 ? weightOfFirst : 1 + i % 3)
                    .attributes(Map.of(ZonePreference.NODE_HINTS, "node-" + i))
                    .build()));
        }
        return nodes;
    }

    private static ZonePreference onNode0() {
        return ZonePreference.builder().client(new Locality(null, "node-0")).build();
    }

    private static Stream<Arguments> oneNear() {
        return policies()
                .flatMap(policy -> Stream.of(2, 3, 10, 100, 400)
                        .flatMap(count -> Stream.of(1, 50).map(weight -> Arguments.of(policy, count, weight))));
    }

    @ParameterizedTest
    @MethodSource("oneNear")
    void oneNearEndpointKeepsAllButAThousandthWhichTheOthersShare(PickPolicy policy, int count, int weightOfFirst) {
        List<FakeNode> nodes = oneOnEachNode(count, weightOfFirst);
        Snapshot snapshot = onNode0().apply(Snapshot.of(nodes), 0);
        assertThat(snapshot.trail().get(0))
                .endsWith("100 % in own node node-0 with 1 of " + count + ", a thousandth anywhere for retries");
        Map<String, Double> all = shares(policy, snapshot, Endpoint::id, Set.of());
        double away = 1 - all.get("pod-0000");
        assertThat(away).isLessThanOrEqualTo(0.0015);
        // The classic order gives all its turns to the heavy one first.
        if (count >= 100 && !policy.name().equals("lvs")) {
            assertThat(all).as("the others share it").hasSizeGreaterThan(10);
        }
        Map<String, Double> retries =
                shares(policy, snapshot, Endpoint::id, Set.of(nodes.get(0).endpoint()));
        assertThat(retries)
                .as("retries have somewhere to go, and spread")
                .doesNotContainKey("pod-0000")
                .hasSize(count - 1);
    }

    @Test
    void whatIsExplainedIsWhatHappens() {
        for (PickPolicy policy : List.of(Pickers.roundRobin(), Pickers.random())) {
            ScriptedResolver resolver = new ScriptedResolver();
            try (Balancer balancer = Balancer.builder("orders")
                    .env(time.env())
                    .resolver(resolver)
                    .settings(BalancerSettings.builder(policy)
                            .stages(List.of(onNode0()))
                            .build())
                    .build()) {
                balancer.start();
                resolver.push(
                        oneOnEachNode(3, 1).stream().map(FakeNode::endpoint).toArray(Endpoint[]::new));
                assertThat(balancer.explain(PickContext.NONE).toString())
                        .contains("100 % in own node node-0 with 1 of 3, a thousandth anywhere for retries")
                        .contains(
                                policy.name().equals("random")
                                        ? "draws one of 3 candidates, in proportion to the stages' weights"
                                        : "over 3 candidates by the stages' weights");
                int near = 0;
                for (int i = 0; i < PICKS; i++) {
                    near += balancer.current()
                                    .pick(PickContext.NONE)
                                    .endpoint()
                                    .id()
                                    .equals("pod-0000")
                            ? 1
                            : 0;
                }
                assertThat(near).as(policy.name()).isGreaterThan(PICKS * 998 / 1000);
            }
        }
    }
}
