package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Snapshot;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table in docs/statefulsets.md: how many keys a change of the number of shards moves. */
class MovedKeysTest {
    private static final int KEYS = 100_000;

    private static int ordinal(ShardPolicy.Strategy strategy, long key, int shards) {
        return ShardPolicy.builder()
                .strategy(strategy)
                .shards(shards)
                .build()
                .place(EndpointSelector.of(key), Snapshot.EMPTY)
                .ordinal();
    }

    @ParameterizedTest
    @CsvSource({
        "3, 4, 0.250, 0.750",
        "3, 5, 0.400, 0.800",
        "10, 11, 0.091, 0.909",
        "10, 12, 0.166, 0.833",
        "100, 101, 0.010, 0.990"
    })
    void jumpMovesTheLeastThatCanBeMovedAndOnlyToNewShards(int from, int to, double least, double byModulo) {
        int jump = 0;
        int modulo = 0;
        for (long key = 0; key < KEYS; key++) {
            int before = ordinal(ShardPolicy.Strategy.JUMP, key, from);
            int after = ordinal(ShardPolicy.Strategy.JUMP, key, to);
            if (before != after) {
                jump++;
                assertThat(after).isGreaterThanOrEqualTo(from);
            }
            if (ordinal(ShardPolicy.Strategy.MODULO, key, from) != ordinal(ShardPolicy.Strategy.MODULO, key, to)) {
                modulo++;
            }
        }
        System.out.printf(
                Locale.ROOT,
                "keys moved from %d to %d shards: jump %.1f %%, modulo %.1f %%, the least possible %.1f %%%n",
                from,
                to,
                100.0 * jump / KEYS,
                100.0 * modulo / KEYS,
                100.0 * (to - from) / to);
        assertThat(jump / (double) KEYS).isCloseTo(least, within(0.005));
        assertThat(modulo / (double) KEYS).isCloseTo(byModulo, within(0.005));
    }
}
