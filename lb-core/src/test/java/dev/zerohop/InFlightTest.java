package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Where the number of the generation starts again from 0; what lies between is in {@link LeaseAgeTest} and {@link LeaseModelTest}. */
class InFlightTest {
    private static final int LAST = 65_535;

    private static long wordOf(int generation) {
        long word = 0;
        while (InFlight.generation(word) != generation) {
            word = InFlight.next(word);
        }
        return word;
    }

    @Test
    void theFirstGenerationFollowsTheLast() {
        long last = wordOf(LAST);
        long first = InFlight.next(last);
        assertThat(InFlight.generation(first)).isZero();
        assertThat(InFlight.closed(first, 0)).isFalse();
        assertThat(InFlight.closed(first, LAST)).isFalse();
        assertThat(InFlight.closed(first, LAST - 1)).isTrue();
    }

    @Test
    void anAttemptIsOfTheGenerationThatItWasCountedIn() {
        long first = InFlight.next(wordOf(LAST));
        assertThat(InFlight.generationOf(first, InFlight.unit(0))).isZero();
        assertThat(InFlight.generationOf(first, InFlight.unit(LAST))).isEqualTo(LAST);
        assertThat(InFlight.generationOf(wordOf(2), InFlight.unit(1))).isEqualTo(1);
    }
}
