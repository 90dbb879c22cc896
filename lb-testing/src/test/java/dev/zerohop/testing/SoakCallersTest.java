package dev.zerohop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class SoakCallersTest {
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final List<Integer> changes = new ArrayList<>();

    @Test
    void eachCallerEndsCallsInEachWayWhileTheMembershipChanges() throws Exception {
        SoakCallers.run(List.of("a", "b", "c"), 4, (way, random) -> calls.merge(way, 1, Integer::sum), changes::add);
        assertThat(calls).isEqualTo(Map.of("a", 16, "b", 16, "c", 16));
        assertThat(changes).containsExactly(0, 1, 2, 3);
    }

    @Test
    void whatAWayThrowsIsItsEndAndInterruptsNoOther() throws Exception {
        SoakCallers.run(
                List.of("interrupted", "io"),
                2,
                (way, random) -> {
                    calls.merge(way + Thread.currentThread().isInterrupted(), 1, Integer::sum);
                    Thread.currentThread().interrupt();
                    throw new IOException(way);
                },
                changes::add);
        assertThat(calls).isEqualTo(Map.of("interruptedfalse", 8, "iofalse", 8));
    }

    @Test
    void anAssertionThatFailsFailsTheRun() {
        assertThatThrownBy(() -> SoakCallers.run(
                        List.of("good", "bad"),
                        1,
                        (way, random) -> {
                            if (way.equals("bad")) {
                                throw new AssertionError("the call did not end");
                            }
                        },
                        changes::add))
                .isInstanceOf(AssertionError.class)
                .hasMessage("bad: the call did not end")
                .satisfies(first -> assertThat(first.getSuppressed()).hasSize(3));
    }
}
