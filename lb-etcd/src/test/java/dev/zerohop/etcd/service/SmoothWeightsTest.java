package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SmoothWeightsTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final Smoothing TEN = new Smoothing(10, Duration.ofSeconds(1));

    private final SmoothWeights weights = new SmoothWeights();
    private long now;

    private static Endpoint endpoint(String id, int weight) {
        return Endpoint.builder("10.0.0.1", 80).id(id).weight(weight).build();
    }

    private List<Integer> apply(@Nullable Smoothing smoothing, Endpoint... endpoints) {
        return weights.apply(List.of(endpoints), smoothing, now).stream()
                .map(Endpoint::weight)
                .toList();
    }

    @Test
    void aStepIsNoLargerThanStatedAndTheLastOneEndsAtTheTarget() {
        assertThat(apply(TEN, endpoint("a", 5))).containsExactly(5);
        assertThat(apply(TEN, endpoint("a", 30))).containsExactly(15);
        assertThat(weights.dueInNanos()).isEqualTo(SECOND);
        now += SECOND;
        assertThat(apply(TEN, endpoint("a", 30))).containsExactly(25);
        now += SECOND;
        assertThat(apply(TEN, endpoint("a", 30))).containsExactly(30);
        assertThat(weights.dueInNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void writesThatComeFasterDoNotMakeItFaster() {
        apply(TEN, endpoint("a", 0));
        assertThat(apply(TEN, endpoint("a", 100))).containsExactly(10);
        now += SECOND / 2;
        assertThat(apply(TEN, endpoint("a", 200))).containsExactly(10);
        assertThat(weights.dueInNanos()).isEqualTo(SECOND / 2);
        now += SECOND / 2;
        assertThat(apply(TEN, endpoint("a", 200))).containsExactly(20);
    }

    @Test
    void itTurnsRoundWithoutAJump() {
        apply(TEN, endpoint("a", 0));
        apply(TEN, endpoint("a", 100));
        now += SECOND;
        assertThat(apply(TEN, endpoint("a", 0))).containsExactly(0);
    }

    @Test
    void aNewEndpointStartsAtItsWeight() {
        apply(TEN, endpoint("a", 0));
        assertThat(apply(TEN, endpoint("a", 50), endpoint("b", 50))).containsExactly(10, 50);
    }

    @Test
    void anEndpointThatIsStillListedKeepsItsWeightWhileItIsAway() {
        apply(TEN, endpoint("a", 0));
        apply(TEN, endpoint("a", 100));
        apply(TEN);
        weights.stillNamed(List.of(endpoint("a", 10)));
        now += SECOND;
        assertThat(apply(TEN, endpoint("a", 100))).containsExactly(20);
        apply(TEN);
        assertThat(apply(TEN, endpoint("a", 100))).as("gone").containsExactly(100);
    }

    @Test
    void withoutSmoothingEverythingIsAtOnceAlsoInTheMiddleOfAMove() {
        apply(TEN, endpoint("a", 0));
        apply(TEN, endpoint("a", 100));
        assertThat(apply(null, endpoint("a", 0))).containsExactly(0);
        assertThat(weights.dueInNanos()).isEqualTo(Long.MAX_VALUE);
    }
}
