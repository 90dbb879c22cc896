package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProbeLimitTest {
    private final FakeTime time = new FakeTime();
    private final ProbeLimit limit = new ProbeLimit(time);

    private int wasted(int tries) {
        int begun = 0;
        for (int i = 0; i < tries; i++) {
            if (limit.begin()) {
                begun++;
                limit.end(true);
            }
        }
        return begun;
    }

    @Test
    void fourAreUnderWayAtATime() {
        for (int i = 0; i < 4; i++) {
            assertThat(limit.begin()).isTrue();
        }
        assertThat(limit.begin()).isFalse();
        assertThat(limit.begin()).isFalse();
        limit.end(false);
        assertThat(limit.begin()).isTrue();
        assertThat(limit.begin()).isFalse();
    }

    @Test
    void thoseThatEndByThemselvesAreNotCounted() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(limit.begin()).isTrue();
            limit.end(false);
        }
    }

    /** Fewer than the 200 in 30 s at which servers on Netty close the connection. */
    @Test
    void fiveASecondMayBeWastedAfterTwenty() {
        time.advance(Duration.ofHours(1));
        assertThat(wasted(100)).isEqualTo(20);
        int begun = 0;
        for (int i = 0; i < 300; i++) {
            time.advance(Duration.ofMillis(100));
            begun += wasted(100);
        }
        assertThat(begun).isEqualTo(150);
        time.advance(Duration.ofMillis(199));
        assertThat(limit.begin()).isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(limit.begin()).isTrue();
    }
}
