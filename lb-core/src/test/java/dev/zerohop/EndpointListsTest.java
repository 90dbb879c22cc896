package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A set that follows another has the content that was given, sorted, and shares what says the same. */
class EndpointListsTest {
    private static EndpointSet set(EndpointSet before, List<Endpoint> endpoints) {
        return EndpointSet.builder("scripted")
                .after(before)
                .endpoints(endpoints)
                .build();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverIsEditedTheNextSetIsAsGivenAndSharesWhatSaysTheSame(long seed) {
        Random random = new Random(seed);
        Map<String, Endpoint> stated = new TreeMap<>();
        EndpointSet before = EndpointSet.builder("scripted").build();
        for (int step = 0; step < 2_000; step++) {
            edit(stated, random);
            List<Endpoint> given = given(stated, random);
            boolean following = random.nextInt(4) > 0;
            EndpointSet built = set(following ? before : null, given);
            EndpointSet next = following ? built : built.keeping(before);
            assertThat(next.endpoints()).containsExactlyElementsOf(stated.values());
            expectShared(before, next);
            before = next;
        }
    }

    private static void edit(Map<String, Endpoint> stated, Random random) {
        int edits = random.nextInt(10) == 0 ? 30 : random.nextInt(3);
        for (int i = 0; i < edits; i++) {
            String id = "orders-" + random.nextInt(40);
            if (random.nextInt(3) == 0) {
                stated.remove(id);
            } else {
                stated.put(
                        id,
                        Endpoint.builder("10.0.0.1", 1 + random.nextInt(9))
                                .id(id)
                                .build());
            }
        }
    }

    /** Some or all as other objects, in order or not. */
    private static List<Endpoint> given(Map<String, Endpoint> stated, Random random) {
        int copiedOfTen = List.of(0, 1, 10).get(random.nextInt(3));
        List<Endpoint> given = new ArrayList<>();
        for (Endpoint endpoint : stated.values()) {
            given.add(random.nextInt(10) < copiedOfTen ? endpoint.toBuilder().build() : endpoint);
        }
        if (random.nextInt(4) == 0) {
            Collections.shuffle(given, random);
        }
        return given;
    }

    private static void expectShared(EndpointSet before, EndpointSet next) {
        Map<String, Endpoint> known = new HashMap<>();
        before.endpoints().forEach(endpoint -> known.put(endpoint.id(), endpoint));
        for (Endpoint endpoint : next.endpoints()) {
            if (endpoint.equals(known.get(endpoint.id()))) {
                assertThat(endpoint).isSameAs(known.get(endpoint.id()));
            }
        }
        if (next.endpoints().equals(before.endpoints())) {
            assertThat(next.endpoints()).isSameAs(before.endpoints());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anIdThatIsGivenTwiceIsFoundWhereverItStands(long seed) {
        Random random = new Random(seed);
        Map<String, Endpoint> stated = new TreeMap<>();
        for (int step = 0; step < 500; step++) {
            edit(stated, random);
            EndpointSet before = set(null, given(stated, random));
            List<Endpoint> given = given(stated, random);
            if (given.isEmpty()) {
                continue;
            }
            Endpoint twice = given.get(random.nextInt(given.size()));
            given.add(
                    random.nextInt(given.size() + 1),
                    random.nextBoolean() ? twice : twice.toBuilder().weight(2).build());
            assertThatThrownBy(() -> set(before, given))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("endpoint id '" + twice.id() + "' was given twice");
        }
    }

    @Test
    void theListThatWasGivenMayBeChangedAfterwards() {
        List<Endpoint> given = new ArrayList<>(List.of(Endpoint.of("10.0.0.1", 1)));
        EndpointSet set = set(null, given);
        given.clear();
        assertThat(set.endpoints()).hasSize(1);
        assertThatThrownBy(() -> set.endpoints().clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThat(set.endpoints().toArray(new Object[3])).hasSize(3);
    }

    @Test
    void aResolutionSharesWhatSaysTheSame() {
        Endpoint one = Endpoint.of("10.0.0.1", 1);
        Endpoint two = Endpoint.of("10.0.0.1", 2);
        Resolution first = Resolution.of(set(null, List.of(one)));
        Resolution next = Resolution.of(set(null, List.of(two, one.toBuilder().build())));
        EndpointSet followed = next.following(first).endpoints();
        assertThat(followed).isNotNull();
        assertThat(followed.endpoints()).containsExactly(one, two);
        assertThat(followed.endpoints().get(0)).isSameAs(one);
    }
}
