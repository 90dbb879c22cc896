package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Endpoint;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ring is that of Envoy and gRPC, entry for entry. */
class HashRingTest {
    private static final int MAX = HashRing.MAX_SIZE;

    private static HashMembers members(List<FakeNode> nodes) {
        return HashMembers.of(Snapshot.of(nodes), null);
    }

    private static HashRing ring(int min, int max, List<FakeNode> nodes) {
        return new HashRing(members(nodes), new HashRing.Size(min, max));
    }

    private static List<FakeNode> weighted(int... weights) {
        List<FakeNode> nodes = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            nodes.add(FakeNode.named("n-" + i, weights[i]));
        }
        return nodes;
    }

    /** Name and unsigned hash of each entry, in order. */
    private static List<String> entries(HashRing ring, HashMembers members) {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < ring.size(); i++) {
            entries.add(members.key(ring.owner(i)) + " " + Long.toUnsignedString(ring.mark(i)));
        }
        return entries;
    }

    private static int[] counts(HashRing ring, int members) {
        int[] counts = new int[members];
        for (int i = 0; i < ring.size(); i++) {
            counts[ring.owner(i)]++;
        }
        return counts;
    }

    private static String ownerOf(String unsigned, HashRing ring, HashMembers members) {
        return members.key(ring.owner(ring.find(Long.parseUnsignedLong(unsigned))));
    }

    /** Envoy, {@code ring_hash_lb_test.cc}, Basic. */
    @Test
    void theRingOfEnvoysTestByAddress() {
        HashMembers members = members(FakeNode.all(
                "127.0.0.1:90", "127.0.0.1:91", "127.0.0.1:92", "127.0.0.1:93", "127.0.0.1:94", "127.0.0.1:95"));
        HashRing ring = new HashRing(members, new HashRing.Size(12, MAX));
        assertThat(entries(ring, members))
                .containsExactly(
                        "127.0.0.1:94 833437586790550860",
                        "127.0.0.1:92 928266305478181108",
                        "127.0.0.1:90 1033482794131418490",
                        "127.0.0.1:95 3551244743356806947",
                        "127.0.0.1:93 3851675632748031481",
                        "127.0.0.1:91 5583722120771150861",
                        "127.0.0.1:91 6311230543546372928",
                        "127.0.0.1:93 7700377290971790572",
                        "127.0.0.1:95 13144177310400110813",
                        "127.0.0.1:92 13444792449719432967",
                        "127.0.0.1:94 15516499411664133160",
                        "127.0.0.1:90 16117243373044804889");
        assertThat(ownerOf("0", ring, members)).isEqualTo("127.0.0.1:94");
        assertThat(ownerOf("18446744073709551615", ring, members)).isEqualTo("127.0.0.1:94");
        assertThat(ownerOf("3551244743356806947", ring, members)).isEqualTo("127.0.0.1:95");
        assertThat(ownerOf("3551244743356806948", ring, members)).isEqualTo("127.0.0.1:93");
        assertThat(ownerOf("16117243373044804880", ring, members)).isEqualTo("127.0.0.1:90");
    }

    /** Envoy, the same file, BasicWithMetadataHashKey: the name comes from the attribute, whatever the id. */
    @Test
    void theRingOfEnvoysTestByHashKey() {
        List<FakeNode> nodes = new ArrayList<>();
        for (int port = 90; port <= 95; port++) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", port)
                    .id("pod-" + (200 - port))
                    .attributes(Map.of("hash_key", String.valueOf(port)))
                    .build()));
        }
        HashMembers members = members(nodes);
        HashRing ring = new HashRing(members, new HashRing.Size(12, MAX));
        assertThat(entries(ring, members))
                .containsExactly(
                        "95 1975508444536362413",
                        "95 2376063919839173711",
                        "93 2386806903309390596",
                        "94 6749904478991551885",
                        "93 6803900775736438537",
                        "92 7225015537174310577",
                        "90 8787465352164086522",
                        "92 11282020843382717940",
                        "91 13723418369486627818",
                        "90 13776502110861797421",
                        "91 14338313586354474791",
                        "94 15364271037087512980");
        assertThat(ownerOf("7225015537174310577", ring, members)).isEqualTo("92");
        assertThat(ownerOf("6803900775736438537", ring, members)).isEqualTo("93");
    }

    @Test
    void theLightestGetsAWholeNumberOfEntriesAndTheOthersTheirMultiple() {
        assertThat(counts(ring(1024, MAX, weighted(1, 2, 3)), 3)).containsExactly(171, 342, 513);
        assertThat(counts(ring(1024, MAX, weighted(1, 1, 1)), 3)).containsExactly(342, 342, 342);
        assertThat(counts(ring(3, MAX, weighted(5, 10)), 2)).containsExactly(1, 2);
    }

    /** Envoy's own example: four hosts and at most six entries are one and a half for each, rounded along the way. */
    @Test
    void theLargestSizeIsKeptToAndFractionsAreRoundedAlongTheWay() {
        assertThat(counts(ring(6, 6, weighted(1, 1, 1, 1)), 4)).containsExactly(2, 1, 2, 1);
        assertThat(counts(ring(1, 1, weighted(1, 1, 1)), 3)).containsExactly(1, 0, 0);
    }

    @Test
    void weightZeroHasNoEntry() {
        assertThat(counts(ring(100, MAX, weighted(0, 1, 0, 1)), 4)).containsExactly(0, 50, 0, 50);
    }

    /** By a look at every entry, with hashes at and beside the entries and at both ends of the signed numbers. */
    @Test
    void theOwnerIsTheFirstEntryAtOrAfterTheHashOrElseTheFirstOfAll() {
        Random random = new Random(5);
        for (int round = 0; round < 60; round++) {
            int count = 1 + random.nextInt(40);
            HashRing ring = ring(1 + random.nextInt(300), MAX, FakeNode.numbered("e" + round, count));
            List<Long> asked = new ArrayList<>(List.of(0L, -1L, 1L, Long.MAX_VALUE, Long.MIN_VALUE));
            for (int i = 0; i < ring.size(); i++) {
                asked.addAll(List.of(ring.mark(i) - 1, ring.mark(i), ring.mark(i) + 1, random.nextLong()));
            }
            for (long hash : asked) {
                int expected = 0;
                while (expected < ring.size() && Long.compareUnsigned(ring.mark(expected), hash) < 0) {
                    expected++;
                }
                assertThat(ring.find(hash)).isEqualTo(expected == ring.size() ? 0 : expected);
            }
        }
    }

    /** Two endpoints of one name: a pod and its replacement, say. The first by id owns the keys, on every client. */
    @Test
    void equalHashesBelongToTheFirstById() {
        List<FakeNode> nodes = new ArrayList<>();
        for (String id : List.of("a", "b")) {
            nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 80)
                    .id(id)
                    .attributes(Map.of("hash_key", "same"))
                    .build()));
        }
        HashRing ring = ring(200, MAX, nodes);
        Random random = new Random(9);
        for (int i = 0; i < 1_000; i++) {
            assertThat(ring.owner(ring.find(random.nextLong()))).isZero();
        }
    }

    /**
     * Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", table 1: the standard error of the share of one of 1,000 buckets by points per bucket. Averaged over
     * rings, since that of one ring with a single point per bucket is itself off by some per cent.
     */
    @ParameterizedTest
    @CsvSource({"1, 0.9979060, 40", "10, 0.3151810, 20", "100, 0.0996996, 4", "1000, 0.0315723, 1"})
    void sharesVaryAsPublished(int points, double published, int rings) {
        double sum = 0;
        for (int r = 0; r < rings; r++) {
            HashRing ring = ring(1_000 * points, MAX, FakeNode.numbered("ring" + r, 1_000));
            double[] shares = new double[1_000];
            for (int i = 0; i < ring.size(); i++) {
                long before = ring.mark(i == 0 ? ring.size() - 1 : i - 1);
                shares[ring.owner(i)] += ((ring.mark(i) - before) >>> 1) * 0x1.0p-63 * 1_000;
            }
            double squares = 0;
            for (double share : shares) {
                squares += (share - 1) * (share - 1);
            }
            sum += Math.sqrt(squares / 1_000);
        }
        assertThat(sum / rings).isCloseTo(published, within(0.03 * published));
    }

    @Test
    void sizesAreChecked() {
        assertThatThrownBy(() -> Pickers.ringHash(20, 10))
                .hasMessage("minRingSize was 20, expected at most maxRingSize, which is 10");
        assertThatThrownBy(() -> Pickers.ringHash(0, 10)).hasMessage("minRingSize was 0, expected 1 to 8388608");
        assertThatThrownBy(() -> Pickers.ringHash(1, MAX + 1))
                .hasMessage("maxRingSize was 8388609, expected 1 to 8388608");
    }
}
