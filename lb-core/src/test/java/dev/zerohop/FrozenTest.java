package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrozenTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void stretchesAreCopiedAsOneByOne(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 1_000; round++) {
            Integer[] elements = random.ints(random.nextInt(12)).boxed().toArray(Integer[]::new);
            Frozen<Integer> list = new Frozen<>(elements.clone());
            int from = random.nextInt(elements.length + 1);
            int to = from + random.nextInt(elements.length - from + 1);
            List<Integer> others = random.ints(random.nextInt(3)).boxed().toList();
            List<Integer> spliced = new ArrayList<>(List.of(elements));
            spliced.subList(from, to).clear();
            spliced.addAll(from, others);
            assertThat(list.with(from, to, others.toArray(new Integer[0]))).isEqualTo(spliced);

            int[] out = random.ints(0, elements.length + 1)
                    .limit(random.nextInt(4))
                    .filter(i -> i < elements.length)
                    .sorted()
                    .distinct()
                    .toArray();
            List<Integer> left = new ArrayList<>(List.of(elements));
            for (int i = out.length - 1; i >= 0; i--) {
                left.remove(out[i]);
            }
            assertThat(list.without(out)).isEqualTo(left);
            assertThat(list).as("never changed").containsExactly(elements);
        }
    }

    @Test
    void aSnapshotSaysWhichPositionsItCannotLeaveOut() {
        Snapshot snapshot = Snapshot.of(FakeNode.all("a", "b", "c"));
        assertThat(snapshot.without(new int[] {0, 2}, "stage: some").candidates())
                .containsExactly(snapshot.candidates().get(1));
        assertThatThrownBy(() -> snapshot.without(new int[] {1, 1}, "stage: some"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("position 1 came after 1, expected ascending positions");
        assertThatThrownBy(() -> snapshot.without(new int[] {3}, "stage: some"))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
