package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CausesTest {

    @Test
    void thoseThatDifferInTimesOnlyAreOne() {
        Causes causes = new Causes();
        causes.add("NO_ENDPOINT", "a is EJECTED for 12 ms, 1.5 s to go");
        causes.add("UNAVAILABLE", "gone");
        causes.add("NO_ENDPOINT", "a is EJECTED for 3.4 s, 26 s to go");
        assertThat(causes.shown())
                .extracting(Causes.Cause::toString)
                .containsExactly(
                        "2 calls failed: NO_ENDPOINT: a is EJECTED for 12 ms, 1.5 s to go",
                        "1 call failed: UNAVAILABLE: gone");
        assertThat(causes.others()).isZero();
    }

    @Test
    void fiveAreShownAndTheOthersCounted() {
        Causes causes = new Causes();
        for (int i = 0; i < 2_000; i++) {
            for (int times = 0; times <= (i == 7 ? 1 : 0); times++) {
                causes.add("INTERNAL", "reason " + i);
            }
        }
        assertThat(causes.shown()).hasSize(5);
        assertThat(causes.shown().get(0).text()).isEqualTo("reason 7");
        assertThat(causes.others()).isEqualTo(2_001 - 6);
    }
}
