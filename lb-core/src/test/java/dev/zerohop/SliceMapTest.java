package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SliceMapTest {
    private static final SliceMap.Owner A = new SliceMap.Owner("a", 1);
    private static final SliceMap.Owner B = new SliceMap.Owner("b", 2);
    private static final SliceMap.Owner C = new SliceMap.Owner("c", 3);

    private static SliceMap.Builder abc() {
        return SliceMap.builder().owners(List.of(C, A, B));
    }

    @Test
    void aHashBelongsToTheSliceWhoseBoundsEncloseIt() {
        SliceMap map = abc().slice(0, 1, 5, 1)
                .slice(100, 1, 0, 2, 0)
                .inherited(0x8000_0000_0000_0000L, 1)
                .slice(-1, 1, 0, 1)
                .build(7);

        assertThat(map.generation()).isEqualTo(7);
        assertThat(map.size()).isEqualTo(4);
        assertThat(map.find(0)).isZero();
        assertThat(map.find(99)).isZero();
        assertThat(map.find(100)).isEqualTo(1);
        assertThat(map.find(Long.MAX_VALUE)).isEqualTo(1);
        assertThat(map.find(Long.MIN_VALUE)).isEqualTo(2);
        assertThat(map.find(-2)).isEqualTo(2);
        assertThat(map.find(-1)).isEqualTo(3);
        assertThat(map.low(2)).isEqualTo(Long.MIN_VALUE);
        assertThat(map.high(0)).isEqualTo(100);
        assertThat(map.high(3)).isZero();
        assertThat(map.name(1)).isEqualTo("[0000000000000064, 8000000000000000)");
        assertThat(map.name(3)).isEqualTo("[ffffffffffffffff, end)");
    }

    @Test
    void ownersAreSortedByIdAndKeepTheirSlices() {
        SliceMap map =
                abc().slice(0, 0, 1.5, 1).slice(1, 3, 0, 2, 0).inherited(2, 0).build();

        assertThat(map.owners()).containsExactly(A, B, C);
        assertThat(map.ownerOf("a")).isZero();
        assertThat(map.ownerOf("c")).isEqualTo(2);
        assertThat(map.ownerOf("bb")).isEqualTo(-1);
        assertThat(map.owner(0, 0)).isZero();
        assertThat(map.replicas(1)).isEqualTo(2);
        assertThat(map.owner(1, 0)).isEqualTo(1);
        assertThat(map.owner(1, 1)).isEqualTo(2);
        assertThat(map.owns(2, 1)).isTrue();
        assertThat(map.owns(0, 1)).isFalse();
        assertThat(map.inherits(2)).isTrue();
        assertThat(map.inherits(1)).isFalse();
        assertThat(map.load(0)).isEqualTo(1.5);
        assertThat(map.generation()).isEqualTo(SliceMap.DRAFT);
    }

    @Test
    void whatADraftHasChangedIsSoSinceItsGeneration() {
        SliceMap draft = abc().slice(0, SliceMap.DRAFT, 0, 0).slice(9, 4, 0, 1).build();
        SliceMap written = draft.as(12);

        assertThat(written.generation()).isEqualTo(12);
        assertThat(written.since(0)).isEqualTo(12);
        assertThat(written.since(1)).isEqualTo(4);
        assertThat(written.placesAs(draft)).isTrue();
        assertThat(written).isNotEqualTo(draft);
        assertThat(written).isEqualTo(draft.as(12));
    }

    @Test
    void placingAlikeNeedsTheSameBoundsAndOwners() {
        SliceMap map = abc().slice(0, 1, 0, 0).slice(9, 1, 0, 1).build(1);

        assertThat(map.placesAs(abc().slice(0, 2, 7, 0).slice(9, 2, 8, 1).build(2)))
                .isTrue();
        assertThat(map.placesAs(abc().slice(0, 1, 0, 0).slice(8, 1, 0, 1).build(1)))
                .isFalse();
        assertThat(map.placesAs(abc().slice(0, 1, 0, 0).slice(9, 1, 0, 2).build(1)))
                .isFalse();
        assertThat(map.placesAs(abc().slice(0, 1, 0, 0).slice(9, 1, 0, 1, 2).build(1)))
                .isFalse();
    }

    @Test
    void theIndexFindsWhatALinearSearchFinds() {
        Random random = new Random(3);
        for (int size : new int[] {1, 2, 5, 4_096, 33_000}) {
            long[] lows =
                    random.longs(size - 1).filter(low -> low != 0).distinct().toArray();
            Long[] sorted = new Long[lows.length];
            for (int i = 0; i < sorted.length; i++) {
                sorted[i] = lows[i];
            }
            java.util.Arrays.sort(sorted, Long::compareUnsigned);
            SliceMap.Builder builder = abc().slice(0, 1, 0, 0);
            for (int i = 0; i < sorted.length; i++) {
                builder.slice(sorted[i], 1, 0, (i + 1) % 3);
            }
            SliceMap map = builder.build(1);
            for (int i = 0; i < map.size(); i++) {
                assertThat(map.find(map.low(i))).isEqualTo(i);
                assertThat(map.find(map.high(i) - 1)).isEqualTo(i);
            }
        }
    }

    @Test
    void whatIsNoAssignmentIsRejectedWithItsPlace() {
        assertThatThrownBy(() -> abc().slice(5, 1, 0, 0)).hasMessageContaining("expected the first at 0");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 0).slice(0, 1, 0, 0))
                .hasMessageContaining("each above the one before");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 0).slice(-1, 1, 0, 0).slice(1, 1, 0, 0))
                .hasMessageContaining("slice 0000000000000001 came after ffffffffffffffff");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 3)).hasMessageContaining("owner was 3, expected 0 to 2");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 1, 1)).hasMessageContaining("owner a was named twice");
        assertThatThrownBy(() -> abc().slice(0, 1, Double.NaN, 1)).hasMessageContaining("load was NaN");
        assertThatThrownBy(() -> abc().slice(0, -1, 0, 1)).hasMessageContaining("since was -1");
        assertThatThrownBy(() -> abc().build()).hasMessageContaining("slices were none");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 1).build(-1)).hasMessageContaining("generation was -1");
        assertThatThrownBy(() -> abc().slice(0, 1, 0, 1).build().as(0)).hasMessageContaining("generation was 0");
        assertThatThrownBy(() -> SliceMap.builder().owners(List.of(A, new SliceMap.Owner("a", 9))))
                .hasMessageContaining("owner a was named twice");
        assertThatThrownBy(() -> new SliceMap.Owner(" ", 1)).hasMessageContaining("blank");
        assertThatThrownBy(() -> new SliceMap.Owner("a", -1)).hasMessageContaining("-1");
    }
}
