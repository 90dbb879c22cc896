package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which endpoint is taken by what probes found, how long that counts, and how many probes are sent. */
class PrequalTest {
    private static final int PICKS = 16_000;
    private static final Duration STEP = Duration.ofMillis(7);

    private final FakeTime time = new FakeTime();
    private final ScriptedLoads loads = new ScriptedLoads();
    private final Env env = time.env(ScriptedDice.seeded(3)).withProbes(loads);

    private Picker picker(List<? extends Node> nodes, UnaryOperator<Prequal.Builder> settings) {
        return Pickers.prequal(settings.apply(Prequal.builder()).build()).newPicker(Snapshot.of(nodes), env);
    }

    /** Each endpoint is probed once, and no more from then on. */
    private Picker probedOnce(List<? extends Node> nodes, UnaryOperator<Prequal.Builder> settings) {
        Picker picker = picker(
                nodes, builder -> settings.apply(builder.removalsPerCall(0).probesPerCall(16)));
        loads.holding = true;
        for (int i = 0; i < 100 && loads.sent.size() < nodes.size(); i++) {
            picker.pick(PickContext.NONE);
            time.advance(STEP);
        }
        assertThat(loads.sent).hasSize(nodes.size());
        loads.answer();
        loads.holding = true;
        return picker;
    }

    private static List<FakeNode> nodes(int count) {
        return IntStream.range(0, count).mapToObj(i -> FakeNode.named("n" + i)).toList();
    }

    private static String picked(Picker picker) {
        Node node = picker.pick(PickContext.NONE);
        return node == null ? "none" : node.endpoint().id();
    }

    private static Map<String, Integer> picks(Picker picker, int count) {
        Map<String, Integer> picks = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Node node = picker.pick(PickContext.NONE);
            picks.merge(node == null ? "none" : node.endpoint().id(), 1, Integer::sum);
        }
        return picks;
    }

    private List<FakeNode> four() {
        loads.with("n0", 1, 50).with("n1", 2, 10).with("n2", 3, 5).with("n3", 4, 1);
        return nodes(4);
    }

    // ---- hot and cold ----

    /** The cold are those with at most 1, 2, 3 or 4 calls. */
    @ParameterizedTest
    @CsvSource({"0, n0", "0.25, n0", "0.26, n1", "0.5, n1", "0.51, n2", "0.75, n2", "0.76, n3", "1, n3"})
    void ofTheColdTheFastestIsTaken(double quantile, String taken) {
        Picker picker = probedOnce(four(), builder -> builder.hotQuantile(quantile));
        assertThat(picks(picker, 100)).containsOnlyKeys(taken);
    }

    @Test
    void ifAllAreHotTheEmptiestIsTaken() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        // This client's own calls since count: 6, 4, 5 and 5 with a threshold of 2.
        nodes.get(0).inFlight(5);
        nodes.get(1).inFlight(2);
        nodes.get(2).inFlight(2);
        nodes.get(3).inFlight(1);
        assertThat(picks(picker, 100)).containsOnlyKeys("n1");
    }

    @Test
    void withoutLatenciesTheEmptiestIsTaken() {
        List<FakeNode> nodes = four();
        loads.with("n0", 1, -1).with("n1", 2, -1).with("n2", 3, -1).with("n3", 4, -1);
        assertThat(picks(probedOnce(nodes, builder -> builder.hotQuantile(1)), 100))
                .containsOnlyKeys("n0");
    }

    /** The median of 50, 10 and 1 is 10; of 50, 10 and 30 it is 30. */
    @ParameterizedTest
    @CsvSource({"1, 10, n3", "30, 10, n1", "30, 60, n3"})
    void anUnknownLatencyCountsAsTheMedian(int last, int second, String taken) {
        List<FakeNode> nodes = four();
        loads.with("n1", 2, second).with("n2", 3, -1).with("n3", 4, last);
        assertThat(picks(probedOnce(nodes, builder -> builder.hotQuantile(1)), 100))
                .containsOnlyKeys(taken);
    }

    @Test
    void ownCallsAreNotCountedTwice() {
        List<FakeNode> nodes = four();
        // The report has 4 calls, of which 3 are this client's own: when these have ended, 1 is left.
        nodes.get(3).inFlight(3);
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0));
        nodes.get(3).inFlight(0);
        nodes.get(0).inFlight(1);
        assertThat(picks(picker, 100)).containsOnlyKeys("n3");
    }

    @Test
    void callsCountForTheWeight() {
        List<FakeNode> nodes = List.of(FakeNode.named("n0", 10), FakeNode.named("n1", 1));
        loads.with("n0", 9, -1).with("n1", 1, -1);
        assertThat(picks(probedOnce(nodes, builder -> builder.hotQuantile(0)), 100))
                .containsOnlyKeys("n0");
    }

    // ---- how long a result counts ----

    @ParameterizedTest
    @CsvSource({"3, 1, 1.32", "1, 0.25, 3.39", "0.5, 0.25, 11.76", "16, 0, 1"})
    void aResultIsUsedAsOftenAsThePaperSays(double probes, double removals, double uses) {
        assertThat(Prequal.reuse(16, 100, probes, removals)).isCloseTo(uses, within(0.005));
    }

    @Test
    void withFewEndpointsOnlyAgeEndsAResult() {
        assertThat(Prequal.reuse(16, 16, 3, 0)).isInfinite();
        assertThat(Prequal.reuse(16, 20, 3, 1)).isInfinite();
    }

    /** 2 / ((1 - 2/4) * 2 - 0) is 2. */
    @Test
    void aResultThatWasUsedAsOftenAsItMayBeIsPassedOver() {
        List<FakeNode> nodes = four();
        for (FakeNode node : nodes) {
            loads.with(node.endpoint().id(), 1, 1);
        }
        loads.holding = true;
        Picker picker =
                picker(nodes, builder -> builder.poolSize(2).probesPerCall(2).removalsPerCall(0));
        picker.pick(PickContext.NONE);
        assertThat(loads.sent).as("those of the first pick").hasSize(2);
        String best = loads.sent.keySet().iterator().next();
        loads.with(best, 0, 1);
        loads.answer();
        loads.holding = true;
        assertThat(picks(picker, 2)).containsOnlyKeys(best);
        assertThat(picks(picker, 1_000))
                .as("by chance of all: one result is left")
                .hasSize(4);
    }

    @Test
    void anOldResultCountsNothing() {
        Picker picker = probedOnce(four(), builder -> builder.maxAge(Duration.ofMillis(500)));
        time.advance(Duration.ofMillis(490));
        assertThat(picks(picker, 100)).containsOnlyKeys("n1");
        time.advance(Duration.ofMillis(11));
        assertThat(picks(picker, 100)).hasSize(4);
    }

    @Test
    void aPickRemovesTheOldestAndTheWorstInTurnAndLeavesTwo() {
        loads.holding = true;
        Picker picker = picker(
                nodes(20),
                builder -> builder.probesPerCall(1.01)
                        .removalsPerCall(1)
                        .hotQuantile(1)
                        .probeTimeout(Duration.ofSeconds(1)));
        for (int i = 0; i < 6; i++) {
            picker.pick(PickContext.NONE);
            time.advance(STEP);
        }
        List<String> probed = List.copyOf(loads.sent.keySet());
        int[] latencies = {10, 60, 20, 50, 30, 40};
        for (int i = 0; i < 6; i++) {
            loads.with(probed.get(i), 1, latencies[i]);
        }
        loads.answer();
        loads.holding = true;
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            taken.add(latencies[probed.indexOf(picked(picker))]);
        }
        // Removed are 10 as the oldest, 60 as the worst, 20 and 50.
        assertThat(taken).containsExactly(10, 20, 20, 30, 30, 30);
    }

    @Test
    void theNextVersionGoesOnWithWhatWasFound() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        List<Node> more = new ArrayList<>(nodes);
        more.add(0, FakeNode.named("a"));
        Picker grown = picker.rebuild(Snapshot.of(more));
        assertThat(picks(grown, 100)).as("in other places").containsOnlyKeys("n1");
        Picker shrunk = grown.rebuild(Snapshot.of(List.of(nodes.get(0), nodes.get(2), nodes.get(3))));
        assertThat(picks(shrunk, 100)).as("n1 is no candidate").containsOnlyKeys("n0");
        assertThat(picks(grown, 100)).as("the old version is valid still").containsOnlyKeys("n1");
        assertThat(picks(shrunk.rebuild(Snapshot.of(nodes)), 100))
                .as("it is back")
                .containsOnlyKeys("n1");
    }

    @Test
    void oneOutOfManyIsPassedOver() {
        List<FakeNode> nodes = nodes(32);
        for (int i = 0; i < 32; i++) {
            loads.with(nodes.get(i).endpoint().id(), i, -1);
        }
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0).poolSize(64));
        Node best = picker.pick(PickContext.NONE);
        assertThat(best).isSameAs(nodes.get(0));
        Snapshot all = Snapshot.of(nodes);
        assertThat(picks(picker.rebuild(all).rebuild(all.without(new int[] {0}, "out")), 100))
                .containsOnlyKeys(nodes.get(1).endpoint().id());
    }

    // ---- failures, retries, groups ----

    @Test
    void aFastFailureDoesNotAttract() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        nodes.get(1).penalty(1);
        assertThat(picks(picker, PICKS).get("n1")).as("2 / 3 of a quarter").isBetween(2_450, 2_900);
        nodes.get(1).penalty(63);
        assertThat(picks(picker, PICKS).getOrDefault("n1", 0))
                .as("2 / 189 of a quarter")
                .isBetween(20, 75);
    }

    @Test
    void ifAllFailTheOneThatFailsLeastIsTaken() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0));
        nodes.forEach(node -> node.penalty(63));
        nodes.get(2).penalty(31);
        assertThat(picks(picker, 1_000).get("n2")).isGreaterThan(950);
    }

    @Test
    void ifTheResultsLeftAreOfFailingOnesTheOthersAreTakenByChance() {
        List<FakeNode> nodes = nodes(66);
        // A result serves 22 calls.
        Picker picker = picker(nodes, builder -> builder.poolSize(64).removalsPerCall(0));
        picks(picker, 3);
        loads.holding = true;
        List<String> known = List.copyOf(loads.sent.keySet());
        nodes.forEach(node -> node.penalty(known.contains(node.endpoint().id()) ? 7 : 0));
        Map<String, Integer> picks = picks(picker, 400);
        assertThat(known).hasSizeGreaterThan(1);
        assertThat(picks.keySet()).hasSizeGreaterThan(50);
        assertThat(known.stream().mapToInt(id -> picks.getOrDefault(id, 0)).sum())
                .as("of those that fail")
                .isLessThan(30);
    }

    @Test
    void whileSomeEndpointsAnswerNoProbesAllAreTakenAlike() {
        List<FakeNode> nodes = nodes(20);
        for (int i = 0; i < 10; i++) {
            loads.results.put(nodes.get(i).endpoint().id(), Prober.Result.failure("UNIMPLEMENTED"));
        }
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 500);
        Map<String, Integer> picks = steadily(picker, 4_000);
        assertThat(picks).hasSize(20);
        assertThat(picks.values()).allMatch(count -> count > 130 && count < 270);
        assertThat(picker.explain(PickContext.NONE).toString())
                .contains("10 of 20 endpoints answer none: results are not used");
        loads.results.clear();
        for (int i = 0; i < 20; i++) {
            loads.with(nodes.get(i).endpoint().id(), 50, i == 3 ? 1 : 10);
        }
        steadily(picker, 500);
        assertThat(steadily(picker, 1_000).get("n3")).as("all answer now").isGreaterThan(500);
    }

    @Test
    void afterARollbackAllAreTakenAlikeAgain() {
        List<FakeNode> nodes = nodes(20);
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 500);
        loads.results.put("n1", Prober.Result.failure("UNIMPLEMENTED"));
        loads.results.put("n2", Prober.Result.failure("UNIMPLEMENTED"));
        steadily(picker, 20);
        assertThat(picker.explain(PickContext.NONE).toString()).doesNotContain("answer none");
        steadily(picker, 1_000);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("2 of 20 endpoints answer none");
    }

    /** With a sixteenth of the endpoints out the layout is kept, and that is more than the share that may answer no probes. */
    @Test
    void oneThatIsOutCountsAsNothing() {
        List<FakeNode> nodes = nodes(16);
        loads.results.put("n0", Prober.Result.failure("it is down"));
        Snapshot all = Snapshot.of(nodes);
        Picker picker = picker(nodes, builder -> builder).rebuild(all);
        picker.inForce();
        steadily(picker, 200);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("1 of 16 endpoints answer none");
        loads.holding = true;
        steadily(picker, 10);
        Picker without = picker.rebuild(all.without(new int[] {0}, "it is down"));
        without.inForce();
        assertThat(without.explain(PickContext.NONE).toString()).doesNotContain("answer none");
        loads.answer();
        steadily(without, 200);
        assertThat(without.explain(PickContext.NONE).toString())
                .as("its last probe was under way")
                .doesNotContain("answer none");
        assertThat(loads.open).as("it keeps its connection").isEqualTo(16);
        Picker back = without.rebuild(all);
        back.inForce();
        steadily(back, 200);
        assertThat(back.explain(PickContext.NONE).toString()).contains("1 of 16 endpoints answer none");
    }

    @Test
    void oneThatHangsIsNotOneThatAnswersNoProbes() {
        List<FakeNode> nodes = nodes(4);
        loads.holding = true;
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 100);
        assertThat(picker.explain(PickContext.NONE).toString())
                .contains("no answer within")
                .doesNotContain("answer none");
    }

    @Test
    void oneThatWasNotReachedIsNotOneThatAnswersNoProbes() {
        List<FakeNode> nodes = nodes(4);
        loads.results.put("n0", Prober.Result.failure("connection refused"));
        loads.unreached.add("n0");
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 100);
        String explained = picker.explain(PickContext.NONE).toString();
        assertThat(explained).contains("connection refused").doesNotContain("answer none");
        loads.unreached.clear();
        steadily(picker, 100);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("1 of 4 endpoints answer none");
    }

    @Test
    void aHalfOpenOneGetsItsCallWhateverItsProbesFound() {
        List<FakeNode> nodes = four();
        nodes.get(0).health(Health.Status.HALF_OPEN);
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        assertThat(picks(picker, 400).get("n0")).isBetween(70, 130);
        nodes.get(0).inFlight(1);
        assertThat(picks(picker, 100)).as("its call is under way").containsOnlyKeys("n1");
    }

    /** One pick in each step. */
    private Map<String, Integer> steadily(Picker picker, int count) {
        Map<String, Integer> picks = new HashMap<>();
        for (int i = 0; i < count; i++) {
            picks.merge(picked(picker), 1, Integer::sum);
            time.advance(STEP);
        }
        return picks;
    }

    @Test
    void aRetryGoesElsewhere() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        PickContext second = PickContext.NONE.retryAfter(nodes.get(1).endpoint());
        assertThat(picker.pick(second)).isSameAs(nodes.get(0));
        PickContext fourth = second.retryAfter(nodes.get(0).endpoint())
                .retryAfter(nodes.get(2).endpoint());
        assertThat(picker.pick(fourth)).as("one result is too few").isSameAs(nodes.get(3));
    }

    @Test
    void aDivisionOfTheTrafficHoldsWhateverTheLoads() {
        List<FakeNode> nodes = four();
        List<Candidate> divided = List.of(
                new Candidate(nodes.get(0), 0.4, 1, 1),
                new Candidate(nodes.get(1), 0.4, 1, 1),
                new Candidate(nodes.get(2), 0.1, 1, 2),
                new Candidate(nodes.get(3), 0.1, 1, 2));
        Picker unstaged = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        Picker picker = unstaged.rebuild(Snapshot.of(nodes, divided));
        Map<String, Integer> picks = picks(picker, PICKS);
        assertThat(picks).containsOnlyKeys("n1", "n2");
        assertThat(picks.get("n1")).isBetween(PICKS * 78 / 100, PICKS * 82 / 100);
    }

    @Test
    void aPickRemovesNoResultOfAnotherGroup() {
        List<FakeNode> nodes = nodes(8);
        for (int i = 0; i < 8; i++) {
            loads.with(nodes.get(i).endpoint().id(), 1, i < 5 ? 100 : 1);
        }
        Picker all = picker(nodes, builder -> builder.probesPerCall(16).removalsPerCall(4));
        loads.holding = true;
        all.pick(PickContext.NONE);
        loads.answer();
        loads.holding = true;
        // Nearly every pick is made in the group of the last three.
        List<Candidate> divided = IntStream.range(0, 8)
                .mapToObj(i -> new Candidate(nodes.get(i), i < 5 ? 1e-9 : 1, 1, i < 5 ? 1 : 2))
                .toList();
        Picker picker = all.rebuild(Snapshot.of(nodes, divided));
        long before = usedUp(picker, nodes.subList(0, 5));
        picks(picker, 20);
        assertThat(usedUp(picker, nodes.subList(0, 5))).isEqualTo(before);
    }

    private static long usedUp(Picker picker, List<FakeNode> of) {
        return picker.explain(PickContext.NONE).stream()
                .filter(line -> line.endsWith(": used up"))
                .filter(line -> of.stream()
                        .anyMatch(node -> line.startsWith(node.endpoint().toString())))
                .count();
    }

    // ---- probes ----

    @Test
    void aPickCausesSoManyProbesOfEndpointsByChance() {
        List<FakeNode> nodes = nodes(100);
        Picker picker = picker(nodes, builder -> builder.probesPerCall(2.5).path("/stats"));
        for (int i = 0; i < 400; i++) {
            picker.pick(PickContext.NONE);
            time.advance(STEP);
        }
        assertThat(loads.sent()).isBetween(970, 1_030);
        assertThat(loads.sent).hasSize(100);
        assertThat(loads.path).isEqualTo("/stats");
    }

    @Test
    void probesAreBounded() {
        List<FakeNode> nodes = nodes(100);
        Picker picker = picker(nodes, builder -> builder.poolSize(8).maxProbesPerSecond(200));
        for (int i = 0; i < 20_000; i++) {
            picker.pick(PickContext.NONE);
            time.advance(Duration.ofNanos(50_000));
        }
        assertThat(loads.sent()).as("in a second").isBetween(190, 210);
    }

    @Test
    void soManyProbesAreUnderWayAndOneOfAnEndpoint() {
        loads.holding = true;
        Picker picker = picker(nodes(20), builder -> builder.poolSize(8).maxProbesPerSecond(100_000));
        for (int i = 0; i < 10; i++) {
            picks(picker, 100);
            time.advance(STEP);
        }
        assertThat(loads.underWay()).isEqualTo(16);
        assertThat(loads.underWay.values()).allMatch(count -> count <= 1);
    }

    @Test
    void underTheLimitResultsServeLongerAndNothingIsRemovedFaster() {
        List<FakeNode> nodes = nodes(100);
        Picker picker = picker(nodes, builder -> builder.maxProbesPerSecond(100).hotQuantile(0));
        for (int i = 0; i < 100; i++) {
            loads.with(nodes.get(i).endpoint().id(), i, -1);
        }
        int best = 0;
        for (int i = 0; i < 40_000; i++) {
            Node node = picker.pick(PickContext.NONE);
            best += i >= 20_000 && node != null && nodes.indexOf(node) < 50 ? 1 : 0;
            time.advance(Duration.ofNanos(100_000));
        }
        assertThat(best).as("chance would be half").isGreaterThan(19_000);
    }

    @Test
    void aClientOfFewCallsHasItsStepsAlreadyAndARareOneSendsNothing() {
        List<FakeNode> nodes = nodes(10);
        Picker picker = picker(nodes, builder -> builder);
        for (int i = 0; i < 20; i++) {
            picker.pick(PickContext.NONE);
            time.advance(Duration.ofMillis(500));
            assertThat(time.pendingTasks()).as("a step and the idle timer").isEqualTo(2);
        }
        int often = loads.sent();
        assertThat(often).isBetween(55, 60);
        for (int i = 0; i < 20; i++) {
            picker.pick(PickContext.NONE);
            time.advance(Duration.ofSeconds(5));
        }
        assertThat(loads.sent() - often).as("until they are found to be rare").isLessThan(10);
        picker.pick(PickContext.NONE);
        int rarely = loads.sent();
        steadily(picker, 100);
        assertThat(loads.sent() - rarely).as("often again").isGreaterThan(280);
    }

    @Test
    void withoutPicksStepsBecomeRare() {
        int[] tasks = {0};
        Env counting = new Env(
                time,
                ScriptedDice.seeded(3),
                task -> {
                    tasks[0]++;
                    task.run();
                },
                loads);
        Picker picker = Pickers.prequal(
                        Prequal.builder().maxAge(Duration.ofSeconds(1)).build())
                .newPicker(Snapshot.of(nodes(4)), counting);
        for (int i = 0; i < 10; i++) {
            picker.pick(PickContext.NONE);
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(loads.sent()).isGreaterThan(25);
        assertThat(tasks[0]).as("in 10 s").isBetween(80, 350);
        int before = loads.sent();
        picks(picker, 10);
        time.advance(Duration.ofMillis(121));
        assertThat(loads.sent()).as("the longest step is over").isGreaterThan(before);
    }

    @Test
    void ofEndpointsThatCannotBeConnectedToAFewAreTriedASecond() {
        loads.refusing = true;
        Picker picker = picker(nodes(4), builder -> builder);
        steadily(picker, 100);
        int before = loads.connects;
        steadily(picker, 1_000);
        assertThat(loads.connects - before).as("in 7 s").isBetween(1, 80);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("cannot be probed: ");
    }

    @Test
    void anEndpointWhoseProbeNeverGotAThreadIsProbedAgain() {
        boolean[] losing = {true};
        boolean[] dropping = {false};
        int[] probed = {0};
        ProbeTransport transport = new ProbeTransport() {
            @Override
            public Prober load(String path) {
                return endpoint -> (blocking, answer) -> {
                    probed[0]++;
                    dropping[0] = losing[0];
                    blocking.execute(() -> answer.accept(ScriptedLoads.report(0, 1)));
                    dropping[0] = false;
                    return () -> {};
                };
            }
        };
        Env lossy = new Env(
                time,
                ScriptedDice.seeded(3),
                task -> {
                    if (!dropping[0]) {
                        task.run();
                    }
                },
                transport);
        Picker picker = Pickers.prequal().newPicker(Snapshot.of(nodes(2)), lossy);
        steadily(picker, 100);
        losing[0] = false;
        steadily(picker, 1_000);
        assertThat(probed[0]).as("it may get one still").isEqualTo(2);
        steadily(picker, 2_000);
        assertThat(probed[0]).isGreaterThan(100);
    }

    @Test
    void whileNothingAnswersThereIsAStepASecond() {
        loads.results.replaceAll((id, any) -> Prober.Result.failure("no"));
        List<FakeNode> nodes = nodes(4);
        nodes.forEach(node -> loads.results.put(node.endpoint().id(), Prober.Result.failure("no")));
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 100);
        int before = loads.sent();
        steadily(picker, 1_000);
        assertThat(loads.sent() - before).as("in 7 s").isBetween(20, 32);
        nodes.forEach(node -> loads.with(node.endpoint().id(), 1, 1));
        steadily(picker, 200);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("in flight 1.0");
    }

    @Test
    void stepsThatWereDroppedBeginAgain() {
        List<Runnable> dropped = new ArrayList<>();
        boolean[] dropping = {true};
        Env lossy = new Env(
                time,
                ScriptedDice.seeded(3),
                task -> {
                    if (dropping[0]) {
                        dropped.add(task);
                        throw new java.util.concurrent.RejectedExecutionException("no threads");
                    }
                    task.run();
                },
                loads);
        Picker picker = Pickers.prequal().newPicker(Snapshot.of(nodes(4)), lossy);
        picker.pick(PickContext.NONE);
        time.advance(Duration.ofMinutes(11));
        assertThat(dropped).hasSizeGreaterThan(600);
        dropping[0] = false;
        picks(picker, 10);
        time.advance(STEP);
        steadily(picker, 10);
        assertThat(loads.sent()).isPositive();
    }

    @Test
    void aProbeThatNeverLeftIsNotCounted() {
        List<FakeNode> nodes = nodes(4);
        nodes.forEach(node -> loads.results.put(node.endpoint().id(), Prober.Result.SKIPPED));
        Picker picker = picker(nodes, builder -> builder);
        steadily(picker, 10);
        assertThat(loads.sent()).isGreaterThan(20);
        assertThat(picker.explain(PickContext.NONE).toString()).contains("0 probes sent, 0 failed");
    }

    @Test
    void anIdleClientHasNoTimersAndKeepsNothingOpen() {
        Picker picker = picker(four(), builder -> builder);
        picks(picker, 10);
        assertThat(loads.open).isPositive();
        time.advance(Duration.ofMinutes(2));
        assertThat(loads.open).isZero();
        assertThat(time.pendingTasks()).isZero();
        picks(picker, 10);
        assertThat(loads.open).as("and begins again").isPositive();
        picker.rebuild(Snapshot.EMPTY);
        assertThat(loads.open).as("beside the one in force").isPositive();
        picker.rebuild(Snapshot.EMPTY).inForce();
        assertThat(loads.open).as("without candidates").isZero();
    }

    @Test
    void aProbeThatFailsLeavesNoResult() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.hotQuantile(0.5));
        loads.results.put("n1", Prober.Result.failure("it is gone"));
        loads.holding = false;
        picks(picker, 20);
        time.advance(STEP);
        assertThat(picks(picker, 100)).doesNotContainKey("n1");
        assertThat(picker.explain(PickContext.NONE).toString()).contains("it is gone");
    }

    @Test
    void oneThatTakesTooLongHasFailed() {
        List<FakeNode> nodes = four();
        Picker picker = probedOnce(nodes, builder -> builder.probeTimeout(Duration.ofMillis(50)));
        picks(picker, 20);
        time.advance(STEP);
        assertThat(loads.underWay()).isEqualTo(4);
        time.advance(Duration.ofMillis(51));
        assertThat(picker.explain(PickContext.NONE).toString()).contains("4 failed", "no answer within 50ms");
        assertThat(picks(picker, 1_000)).as("by chance").hasSize(4);
    }

    @Test
    void aReportWithoutCallsUnderWayIsNone() {
        List<FakeNode> nodes = four();
        loads.results.replaceAll((id, result) ->
                Prober.Result.load(LoadReport.builder().cpuUtilization(0.5).build()));
        Picker picker = picker(nodes, builder -> builder);
        picks(picker, 10);
        assertThat(picker.explain(PickContext.NONE).toString())
                .contains("the report states no named_metrics.requests_in_flight");
    }

    @Test
    void withoutResultsTheEmptierOfTwoIsTaken() {
        List<FakeNode> nodes = nodes(2);
        nodes.get(0).inFlight(1);
        Picker picker = Pickers.prequal().newPicker(Snapshot.of(nodes), time.env());
        assertThat(picks(picker, 100)).containsOnlyKeys("n1");
        assertThat(picker.explain(PickContext.NONE).toString()).contains("the transport has none for load reports");
    }

    @Test
    void explainListsThePool() {
        Picker picker = probedOnce(four(), builder -> builder.hotQuantile(0.5));
        assertThat(picker.explain(PickContext.NONE))
                .anyMatch(line -> line.contains("n1") && line.contains("in flight 2.0, latency 10.0 ms"));
    }

    @Test
    void explainStatesThatProbesFollowAnotherVersion() {
        Picker picker = picker(four(), builder -> builder);
        Picker next = picker.rebuild(Snapshot.of(four()));
        assertThat(next.explain(PickContext.NONE).toString()).contains("Picker.inForce was not called");
        next.inForce();
        assertThat(next.explain(PickContext.NONE).toString()).doesNotContain("inForce");
    }

    // ---- settings ----

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"probesPerCall": 0} | prequal.probesPerCall: was 0, expected a number from 0.01 to 16
        {"poolSize": 1} | prequal.poolSize: was 1, expected an integer from 2 to 64
        {"maxAge": "5ms"} | prequal.maxAge: was "5ms", expected a duration from 10ms to 60s, such as "10s", "500ms" or "2m"
        {"removalsPerCall": 5} | prequal.removalsPerCall: was 5, expected a number from 0 to 4
        {"hotQuantile": 1.1} | prequal.hotQuantile: was 1.1, expected a number from 0 to 1
        {"probeTimeout": "11s"} | prequal.probeTimeout: was "11s", expected a duration from 1ms to 10s, such as "10s", "500ms" or "2m"
        {"maxProbesPerSecond": 0} | prequal.maxProbesPerSecond: was 0, expected an integer from 1 to 100000
        {"removalsPerCall": 3} | prequal.removalsPerCall: was 3, expected fewer than probesPerCall, which is 3.0
        {"probesPerCall": 0.5} | prequal.probesPerCall: was 0.5, expected more than removalsPerCall, which is 0.5
        {"probeTimeout": "2s"} | prequal.probeTimeout: was "2s", expected at most maxAge, which is 1s
        {"maxAge": "50ms"} | prequal.maxAge: was "50ms", expected at least probeTimeout, which is 100ms
        {"path": "load"} | prequal.path: was "load", expected a path such as "/load", in printable ASCII without spaces
        """)
    void whatIsWrongIsRejected(String options, String message) {
        assertThatThrownBy(() -> Configurations.parse("{\"policy\": {\"prequal\": " + options + "}}"))
                .hasMessage("policy." + message);
    }

    @Test
    void whatContradictsIsRejected() {
        assertThatThrownBy(() -> Prequal.builder().probesPerCall(0.5).build())
                .hasMessage("removals per call were 0.5, expected fewer than probesPerCall, which is 0.5");
        assertThatThrownBy(() ->
                        Prequal.builder().probeTimeout(Duration.ofSeconds(2)).build())
                .hasMessageContaining("expected at most maxAge, which is 1s");
    }

    @Test
    void equalSettingsAreEqual() {
        assertThat(Prequal.builder().hotQuantile(0.7).build())
                .isEqualTo(Prequal.builder().hotQuantile(0.7).build())
                .hasSameHashCodeAs(Prequal.builder().hotQuantile(0.7).build())
                .isNotEqualTo(Prequal.DEFAULTS);
        assertThat(Pickers.prequal()).isEqualTo(Pickers.byName("prequal"));
        assertThatThrownBy(() -> Prequal.builder().hotQuantile(Double.NaN))
                .hasMessage("hot quantile was NaN, expected a number from 0.0 to 1.0");
        assertThatThrownBy(() -> Prequal.builder().path("load")).hasMessageContaining("expected a path");
        assertThatThrownBy(() -> Prequal.builder().maxAge(Duration.ZERO)).hasMessageContaining("expected a duration");
    }

    @Test
    void picksAndProbesFromManyThreadsAreHarmless() throws InterruptedException {
        List<FakeNode> nodes = nodes(40);
        Picker picker = picker(nodes, builder -> builder.removalsPerCall(1));
        Set<String> ids = nodes.stream().map(node -> node.endpoint().id()).collect(Collectors.toSet());
        List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(new Thread(() -> {
                try {
                    assertThat(ids).containsAll(picks(picker, 50_000).keySet());
                } catch (Throwable any) {
                    thrown.add(any);
                }
            }));
        }
        threads.forEach(Thread::start);
        while (threads.stream().anyMatch(Thread::isAlive)) {
            time.advance(STEP);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(thrown).isEmpty();
        picks(picker, 1);
        time.advance(STEP);
        assertThat(picker.explain(PickContext.NONE).toString()).doesNotContain(" 0 probes sent");
    }
}
