package dev.zerohop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.SlowStart;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What slow start decides is what the policies do, also those that ignore the endpoints' own weights; but no key moves. */
class SlowStartUnderPoliciesTest {
    private static final int PICKS = 42_000;
    private static final long SECOND = 1_000_000_000L;
    private static final SlowStart STAGE = new SlowStart(Duration.ofSeconds(30));

    private final FakeTime time = new FakeTime();
    private final List<FakeNode> nodes = new ArrayList<>();

    /** Four that are old and, as the last one, one that is 7.5 s old: at 25 %. */
    private Snapshot oneOfFive(int weightOfNewest) {
        for (int i = 0; i < 5; i++) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + i)
                            .id("pod-" + i)
                            .ordinal(i)
                            .weight(i == 4 ? weightOfNewest : 1)
                            .build())
                    .healthySince(i == 4 ? 92_500_000_000L : 0));
        }
        return Snapshot.of(nodes);
    }

    static Stream<PickPolicy> unkeyed() {
        return Pickers.names().stream().map(Pickers::byName).filter(policy -> !policy.keyed());
    }

    static Stream<PickPolicy> keyed() {
        return Pickers.names().stream()
                .filter(name -> !name.equals("directory"))
                .map(Pickers::byName)
                .filter(PickPolicy::keyed);
    }

    private double shareOfNewest(PickPolicy policy, Snapshot snapshot) {
        Picker picker = policy.newPicker(snapshot, time.env());
        int newest = 0;
        for (int i = 0; i < PICKS; i++) {
            newest += picker.pick(PickContext.NONE) == nodes.get(4) ? 1 : 0;
        }
        return newest / (double) PICKS;
    }

    @ParameterizedTest
    @MethodSource("unkeyed")
    void theNewestGetsItsPart(PickPolicy policy) {
        Snapshot snapshot = STAGE.apply(oneOfFive(1), 100 * SECOND);
        assertThat(shareOfNewest(policy, snapshot)).isCloseTo(0.25 / 4.25, within(0.01));
    }

    /** A policy by load would send everything to the one that has nothing to do yet. */
    @ParameterizedTest
    @MethodSource("unkeyed")
    void theNewestGetsTwiceItsPartAtMostWhateverTheLoadsAre(PickPolicy policy) {
        Snapshot snapshot = STAGE.apply(oneOfFive(1), 100 * SECOND);
        for (FakeNode node : nodes.subList(0, 4)) {
            node.inFlight(50);
            node.load(50);
        }
        nodes.get(4).load(0);
        assertThat(shareOfNewest(policy, snapshot))
                .isGreaterThan(0.25 / 4.25 - 0.01)
                .isLessThan(2 * 0.25 / 4.25 + 0.01);
    }

    @Test
    void policiesThatIgnoreWeightsCountThePartAlone() {
        Snapshot snapshot = STAGE.apply(oneOfFive(8), 100 * SECOND);
        assertThat(shareOfNewest(Pickers.roundRobin(), snapshot)).isCloseTo(0.25 / 4.25, within(0.01));
        assertThat(shareOfNewest(Pickers.random(), snapshot)).isCloseTo(0.25 / 4.25, within(0.01));
        assertThat(shareOfNewest(Pickers.weightedRoundRobin(), snapshot)).isCloseTo(2.0 / 6, within(0.01));
    }

    @ParameterizedTest
    @MethodSource("keyed")
    void noKeyMoves(PickPolicy policy) {
        Snapshot before = oneOfFive(3);
        Picker settled = policy.newPicker(before, time.env());
        Picker starting = policy.newPicker(STAGE.apply(before, 100 * SECOND), time.env());
        int newest = 0;
        for (int i = 0; i < 5_000; i++) {
            PickContext key = PickContext.of(EndpointSelector.of("key-" + i));
            assertThat(starting.pick(key)).isSameAs(settled.pick(key));
            newest += settled.pick(key) == nodes.get(4) ? 1 : 0;
        }
        assertThat(newest).isGreaterThan(500);
    }
}
