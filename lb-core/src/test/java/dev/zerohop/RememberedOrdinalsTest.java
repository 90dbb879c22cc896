package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which ordinals a set misses: those named before and not now. What follows for keys is in {@link MissingOrdinalTest}. */
class RememberedOrdinalsTest {
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private static Endpoint ready(int ordinal) {
        return Endpoint.builder("10.0.0." + ordinal, 80)
                .id("orders-" + ordinal)
                .ordinal(ordinal)
                .build();
    }

    private static List<Endpoint> upTo(int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            endpoints.add(ready(ordinal));
        }
        return endpoints;
    }

    @Test
    void replicasOfAnOrdinalThatGoOneAfterAnotherAreMissingOnlyWhenAllAreGone() {
        Endpoint twin = ready(1).toBuilder().id("twin-1").build();
        EndpointSet both = EndpointSet.builder("s")
                .endpoints(List.of(ready(0), ready(1), twin))
                .build();
        EndpointSet one = EndpointSet.builder("s")
                .endpoints(List.of(ready(0), twin))
                .build()
                .rememberingOrdinals(both);
        assertThat(one.missingOrdinals()).isEmpty();
        EndpointSet none = EndpointSet.builder("s").endpoints(upTo(1)).build().rememberingOrdinals(one);
        assertThat(none.missingOrdinals())
                .extracting(MissingOrdinal::endpointId)
                .containsExactly("twin-1");
    }

    @Test
    void copiesOfASetAndOfASnapshotMissTheSame() {
        List<MissingOrdinal> gone = List.of(new MissingOrdinal(4, "orders-4", NOON));
        EndpointSet set = EndpointSet.builder("s")
                .endpoints(upTo(3))
                .missingOrdinals(gone)
                .build();
        assertThat(List.of(
                        set.asStale(),
                        set.confirmed(NOON),
                        set.withDirectory(null),
                        set.toBuilder().build()))
                .allSatisfy(copy -> assertThat(copy.missingOrdinals()).isEqualTo(gone));
        Snapshot snapshot = Snapshot.EMPTY.missing(gone);
        assertThat(List.of(
                        snapshot.at(Locality.UNKNOWN),
                        snapshot.withDirectory(null),
                        snapshot.with(List.of(), Long.MAX_VALUE, "a stage")))
                .allSatisfy(copy -> assertThat(copy.missingOrdinals()).isEqualTo(gone));
    }

    /** Against the definition: named or missing before, and not named now. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theMissingAreThoseOfBeforeThatAreNotNamed(long seed) {
        Random random = new Random(seed);
        EndpointSet before = EndpointSet.builder("s").build();
        for (int round = 0; round < 300; round++) {
            List<Endpoint> endpoints = new ArrayList<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                endpoints.add(Endpoint.builder("10.0.0.1", 1 + endpoints.size())
                        .id("e-" + endpoints.size())
                        .ordinal(random.nextInt(10) - 1)
                        .readiness(random.nextInt(4) == 0 ? Endpoint.Readiness.DRAINING : Endpoint.Readiness.READY)
                        .build());
            }
            EndpointSet now = EndpointSet.builder("s").endpoints(endpoints).build();
            SortedSet<Integer> expected = new TreeSet<>();
            before.missingOrdinals().forEach(each -> expected.add(each.ordinal()));
            before.endpoints().stream()
                    .filter(endpoint -> endpoint.readiness() != Endpoint.Readiness.DRAINING)
                    .filter(Endpoint::hasOrdinal)
                    .forEach(endpoint -> expected.add(endpoint.ordinal()));
            endpoints.forEach(endpoint -> expected.remove(endpoint.ordinal()));
            before = now.rememberingOrdinals(before);
            assertThat(before.missingOrdinals())
                    .extracting(MissingOrdinal::ordinal)
                    .containsExactlyElementsOf(expected);
        }
    }

    /** A file, or a source of one's own, may say so. */
    @Test
    void noSetNamesAnOrdinalAndMissesIt() {
        EndpointSet both = EndpointSet.builder("file")
                .endpoints(List.of(ready(0), ready(3)))
                .missingOrdinals(
                        List.of(new MissingOrdinal(2, "orders-2", NOON), new MissingOrdinal(3, "orders-3", NOON)))
                .build();
        assertThat(both.missingOrdinals()).containsExactly(new MissingOrdinal(2, "orders-2", NOON));
        EndpointSet next =
                EndpointSet.builder("file").endpoints(both.endpoints()).build();
        assertThat(next.rememberingOrdinals(both).missingOrdinals())
                .containsExactly(new MissingOrdinal(2, "orders-2", NOON));
    }
}
