package dev.zerohop.sharding.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LoadMapTest {
    private static final long KEY = 0x8000_0000_0000_1234L;

    @Test
    void partsOfAnyRangeAddUpToTheWholeAndAreNeverNegative() {
        Random random = new Random(3);
        LoadMap.Builder builder = LoadMap.builder();
        for (int i = 0; i < 300; i++) {
            long hash = random.nextLong();
            // Keys side by side, and ranges that overlap.
            builder.key(hash, random.nextDouble()).key(hash + 1, random.nextDouble());
            builder.add(hash & 0x7fff_ffff_ffff_ffffL, 0, random.nextDouble());
        }
        LoadMap map = builder.build();

        for (int i = 0; i < 2_000; i++) {
            long middle = random.nextLong();
            if (middle != 0) {
                double left = map.load(0, middle);
                double right = map.load(middle, 0);
                assertThat(left).isNotNegative();
                assertThat(right).isNotNegative();
                assertThat(left + right).isCloseTo(map.total(), within(1e-9 * map.total()));
            }
        }
        assertThat(map.load(0, 0)).isCloseTo(map.total(), within(1e-9 * map.total()));
    }

    @Test
    void cutsOfAnEvenLoadAreThoseOfTheWidth() {
        LoadMap even = LoadMap.builder().add(0, 0, 77).build();

        long half = even.cut(0, 0);
        assertThat(half).isEqualTo(Long.MIN_VALUE);
        assertThat(even.cut(0, half)).isEqualTo(1L << 62);
        assertThat(even.cut(half, 0)).isEqualTo(3L << 62);
        assertThat(LoadMap.NONE.cut(0, 0)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void aCutHalvesTheLoadAndNotTheWidth() {
        LoadMap uneven =
                LoadMap.builder().add(0, 1L << 60, 30).add(1L << 60, 0, 10).build();

        long cut = uneven.cut(0, 0);

        assertThat(uneven.load(0, cut)).isCloseTo(20, within(1e-9));
    }

    @Test
    void twoCutsSetAHotKeyApart() {
        for (long low : new long[] {KEY, KEY - 1_000}) {
            for (long high : new long[] {KEY + 1, KEY + 1_000}) {
                LoadMap map = LoadMap.builder().key(KEY, 100).add(low, high, 1).build();
                long first = map.cut(low - 500, high + 500);
                long second =
                        Long.compareUnsigned(first, KEY) <= 0 ? map.cut(first, high + 500) : map.cut(low - 500, first);
                assertThat(new long[] {first, second}).containsExactlyInAnyOrder(KEY, KEY + 1);
            }
        }
    }

    @Test
    void aHotKeyAtTheEdgeOfASliceIsSetApartByOneCut() {
        LoadMap map = LoadMap.builder().key(KEY, 100).build();

        assertThat(map.cut(KEY, KEY + 900)).isEqualTo(KEY + 1);
        assertThat(map.cut(KEY - 900, KEY + 1)).isEqualTo(KEY);
        assertThat(map.cut(KEY, KEY + 1)).isEqualTo(KEY);
    }

    @Test
    void theLastKeyOfTheSpaceIsAKeyLikeAnyOther() {
        LoadMap map = LoadMap.builder().key(-1, 5).key(0, 3).build();

        assertThat(map.load(-1, 0)).isEqualTo(5);
        assertThat(map.load(0, 1)).isEqualTo(3);
        assertThat(map.load(1, -1)).isZero();
        assertThat(map.cut(1, 0)).isEqualTo(-1);
    }

    @Test
    void theReserveFillsOnlyWhatIsBelowIt() {
        LoadMap map = LoadMap.builder().add(0, Long.MIN_VALUE, 100).build().atLeastEven(20);

        assertThat(map.load(0, Long.MIN_VALUE)).isEqualTo(100);
        assertThat(map.load(Long.MIN_VALUE, 0)).isEqualTo(10);
    }

    @Test
    void whatIsNoLoadIsRefused() {
        assertThatThrownBy(() -> LoadMap.builder().add(2, 1, 1)).hasMessageContaining("expected an end above");
        assertThatThrownBy(() -> LoadMap.builder().key(2, -1)).hasMessageContaining("load was -1.0");
        assertThatThrownBy(() -> LoadMap.builder().key(2, Double.NaN)).hasMessageContaining("load was NaN");
    }
}
