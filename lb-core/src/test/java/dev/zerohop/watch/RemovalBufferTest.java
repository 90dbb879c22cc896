package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RemovalBufferTest {
    private final RemovalBuffer losses = new RemovalBuffer();
    private final Endpoint a = Endpoint.of("10.0.0.1", 80);
    private final Endpoint b = Endpoint.of("10.0.0.2", 80);

    @Test
    void aLossIsToldAfterAQuietSecond() {
        assertThat(losses.gather(List.of(a, b), List.of(b), lost -> false, 0)).containsExactlyInAnyOrder(a, b);
        assertThat(losses.dueInNanos(0)).isEqualTo(RemovalBuffer.QUIET_PERIOD.toNanos());
        assertThat(losses.gather(List.of(a, b), List.of(b), lost -> false, RemovalBuffer.QUIET_PERIOD.toNanos()))
                .containsExactly(b);
        assertThat(losses.dueInNanos(RemovalBuffer.QUIET_PERIOD.toNanos())).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whoComesBackInTimeWasNeverLost() {
        losses.gather(List.of(a, b), List.of(b), lost -> false, 0);
        Endpoint moved = a.toBuilder().weight(2).build();
        assertThat(losses.gather(List.of(a, b), List.of(moved, b), lost -> false, 1))
                .containsExactly(moved, b);
        assertThat(losses.dueInNanos(1)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aLossThatNeverEndsIsToldAfterFiveSeconds() {
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(Endpoint.of("10.0.0." + i, 80));
        }
        long step = Duration.ofMillis(100).toNanos();
        long now = 0;
        List<Endpoint> told = all;
        int gone = 0;
        while (told.size() == all.size()) {
            gone++;
            now += step;
            told = losses.gather(all, all.subList(gone, all.size()), lost -> false, now);
        }
        assertThat(now - step).isEqualTo(RemovalBuffer.MAX_DELAY.toNanos());
        assertThat(told).hasSize(100 - gone);
    }

    @Test
    void whatSomebodyMeantIsToldAtOnceAlsoAfterItWasHeldBack() {
        assertThat(losses.gather(List.of(a, b), List.of(), a::equals, 0)).containsExactly(b);
        assertThat(losses.gather(List.of(b), List.of(), b::equals, 1)).isEmpty();
        assertThat(losses.dueInNanos(1)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatTookNoTrafficAnyMoreIsToldAtOnce() {
        for (Endpoint.Readiness readiness : List.of(Endpoint.Readiness.NOT_READY, Endpoint.Readiness.DRAINING)) {
            Endpoint leaving = a.toBuilder().readiness(readiness).build();
            assertThat(losses.gather(List.of(leaving, b), List.of(b), lost -> false, 0))
                    .containsExactly(b);
            assertThat(losses.dueInNanos(0)).isEqualTo(Long.MAX_VALUE);
        }
    }
}
