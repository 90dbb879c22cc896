package dev.zerohop.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.watch.SourceFailure.Kind;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BackoffTest {
    private static final Duration DENIED = Duration.ofSeconds(30);

    private static Backoff backoff(Backoff.Spread spread) {
        return new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), spread, DENIED);
    }

    private static void between(double low, double high, Backoff backoff, SourceFailure failure, int failures) {
        for (int seed = 0; seed < 200; seed++) {
            assertThat(backoff.nanos(failure, failures, ScriptedDice.seeded(seed)))
                    .isBetween((long) (low * 1e6), (long) (high * 1e6));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 100", "2, 200", "3, 400", "5, 1600", "6, 2000", "7, 2000", "1000000, 2000"})
    void waitsDoubleUpToTheLongest(int failures, int millis) {
        SourceFailure failure = new SourceFailure(Kind.UNREACHABLE, "away");
        between(millis * 0.85, millis * 1.15, backoff(Backoff.Spread.JITTERED), failure, failures);
        between(millis * 0.5, millis, backoff(Backoff.Spread.HALF), failure, failures);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatAnOperatorHasToChangeIsAskedAboutLate(Kind kind) {
        SourceFailure failure = new SourceFailure(kind, "no");
        if (failure.needsAnOperator()) {
            between(25_500, 34_500, backoff(Backoff.Spread.HALF), failure, 1);
            between(51_000, 69_000, backoff(Backoff.Spread.HALF).withDenied(Duration.ofMinutes(1)), failure, 9);
        } else {
            between(50, 100, backoff(Backoff.Spread.HALF), failure, 1);
        }
        assertThat(failure.needsAnOperator())
                .isEqualTo(kind == Kind.DENIED || kind == Kind.MISSING || kind == Kind.TOO_MUCH);
    }

    @Test
    void aServerIsLeftAloneForAsLongAsItAsks() {
        SourceFailure busy = new SourceFailure(Kind.UNREACHABLE, "busy", 429, Duration.ofSeconds(20));
        between(20_000, 23_000, backoff(Backoff.Spread.JITTERED), busy, 1);
        assertThat(IntStream.range(0, 200)
                        .mapToLong(seed -> backoff(Backoff.Spread.JITTERED).nanos(busy, 1, ScriptedDice.seeded(seed))))
                .as("clients that were sent away together")
                .anyMatch(wait -> wait < 20_500_000_000L)
                .anyMatch(wait -> wait > 22_500_000_000L);
        SourceFailure brief = new SourceFailure(Kind.UNREACHABLE, "busy", 429, Duration.ofMillis(10));
        between(85, 115, backoff(Backoff.Spread.JITTERED), brief, 1);
    }

    @Test
    void noServerStopsAWatchForGood() {
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        SourceFailure busy = new SourceFailure(Kind.UNREACHABLE, "busy", 429, longest);
        between(300_000, 345_000, backoff(Backoff.Spread.JITTERED), busy, 1);
    }
}
