package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultCountTest {
    @Test
    void theFirstAndEachPowerOfTwoAreReported() {
        FaultCount count = new FaultCount();
        assertThat(Stream.generate(count::next).limit(20))
                .filteredOn(next -> next != 0)
                .containsExactly(1L, 2L, 4L, 8L, 16L);
    }
}
