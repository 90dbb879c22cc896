package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.ScriptedDice;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void whatIsNotAllowedWaitsForAsLongAsItsOwnerSays() {
        long minutes = StatusKey.DENIED.toNanos();
        for (int failures = 1; failures < 20; failures++) {
            long wait = RangeWatch.BACKOFF
                    .withDenied(StatusKey.DENIED)
                    .nanos(FakeStore.denied(), failures, ScriptedDice.seeded(failures));
            assertThat(wait).isBetween((long) (minutes * 0.85), (long) (minutes * 1.15));
        }
    }

    @Test
    void anOutageIsAskedAboutMoreAndMoreSeldomButAgainWithinItsLimit() {
        long longest = (long) (Duration.ofSeconds(2).toNanos() * 1.15);
        for (int failures = 1; failures < 100; failures++) {
            assertThat(RangeWatch.BACKOFF.nanos(FakeStore.unreachable(), failures, ScriptedDice.seeded(failures)))
                    .isBetween(1L, longest);
        }
    }
}
