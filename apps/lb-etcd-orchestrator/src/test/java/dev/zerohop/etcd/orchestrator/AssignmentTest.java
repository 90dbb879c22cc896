package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who probes what. */
class AssignmentTest {
    private static final int ENDPOINTS = 2_000;

    private static Assignment of(List<String> workers) {
        return new Assignment(1, "w", workers);
    }

    private static List<String> workers(int count, Random random) {
        List<String> workers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            workers.add("worker-" + i + "-" + random.nextInt(1_000));
        }
        return workers;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 10, 40})
    void removingAWorkerMovesOnlyWhatFellToIt(int count) {
        Random random = new Random(count);
        List<String> all = workers(count, random);
        String removed = all.get(random.nextInt(count));
        List<String> rest = new ArrayList<>(all);
        rest.remove(removed);
        Assignment before = of(all);
        Assignment after = of(rest);
        int moved = 0;
        for (int i = 0; i < ENDPOINTS; i++) {
            String endpoint = "orders-" + i;
            List<String> had = before.workersOf(endpoint);
            List<String> has = after.workersOf(endpoint);
            assertThat(has).doesNotHaveDuplicates().hasSize(Math.min(2, rest.size()));
            if (had.contains(removed)) {
                moved++;
                assertThat(has).as("the other one stays").contains(had.get(had.indexOf(removed) == 0 ? 1 : 0));
            } else {
                assertThat(has).isEqualTo(had);
            }
        }
        double expected = 2.0 * ENDPOINTS / count;
        assertThat((double) moved).as("two shares of n").isBetween(expected * 0.75, expected * 1.25);
    }

    @Test
    void theWorkersOfAnEndpointAreTheFirstTwoOfOneOrderOfAll() {
        List<String> all = workers(7, new Random(3));
        for (int i = 0; i < 200; i++) {
            String endpoint = "orders-" + i;
            List<String> left = new ArrayList<>(all);
            List<String> order = new ArrayList<>();
            while (!left.isEmpty()) {
                List<String> two = of(left).workersOf(endpoint);
                if (!order.isEmpty() && left.size() < all.size()) {
                    assertThat(two).isNotEmpty();
                }
                order.add(two.get(0));
                left.remove(two.get(0));
                if (two.size() > 1) {
                    assertThat(of(left).workersOf(endpoint).get(0))
                            .as("the second is the first when the first goes")
                            .isEqualTo(two.get(1));
                }
            }
            assertThat(order).containsExactlyInAnyOrderElementsOf(all);
        }
    }

    @Test
    void theOrderInWhichWorkersAreNamedDoesNotMatter() {
        List<String> all = workers(6, new Random(5));
        List<String> turned = new ArrayList<>(all);
        java.util.Collections.reverse(turned);
        for (int i = 0; i < 500; i++) {
            assertThat(of(turned).workersOf("orders-" + i)).isEqualTo(of(all).workersOf("orders-" + i));
        }
    }

    @Test
    void oneWorkerHasAllEndpointsAndWithoutWorkersNoneIsAssigned() {
        assertThat(of(List.of("a")).workersOf("x")).containsExactly("a");
        assertThat(Assignment.NONE.workersOf("x")).isEmpty();
        Map<String, Integer> endpoints = new TreeMap<>(Map.of("x", 1, "y", 2));
        assertThat(of(List.of("a", "b")).shareOf("a", endpoints)).isEqualTo(endpoints);
        assertThat(of(List.of("a", "b")).shareOf("c", endpoints)).isEmpty();
    }

    /** Part of the layout: a change of the hash sets workers of two versions at odds. */
    @Test
    void thePairsAreWhatTheyAlwaysWere() {
        Assignment assignment = of(List.of("a", "b", "c", "d"));
        assertThat(List.of(
                        assignment.workersOf("orders-0"),
                        assignment.workersOf("orders-1"),
                        assignment.workersOf("orders-2"),
                        assignment.workersOf("orders-3")))
                .isEqualTo(List.of(List.of("d", "a"), List.of("d", "c"), List.of("a", "d"), List.of("b", "d")));
    }

    @Test
    void itIsReadAsItWasWritten() throws IOException {
        Assignment written = new Assignment(17, "b", List.of("a", "b"));
        assertThat(Assignment.parse(written.toJson().getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(written);
        assertThatThrownBy(() -> Assignment.parse("{\"workers\": 1}".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("workers was 1, expected an array");
    }
}
