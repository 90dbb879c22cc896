package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.SliceMap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SliceMapJsonTest {
    private static final SliceMap.Owner A = new SliceMap.Owner("a", 1);
    private static final SliceMap.Owner B = new SliceMap.Owner("b", 2);
    private static final SliceMap.Owner C = new SliceMap.Owner("c", 3);

    private static SliceMap.Builder abc() {
        return SliceMap.builder().owners(List.of(A, B, C));
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // ---- bases ----

    @Test
    void aBaseSaysOwnersAndSlicesAndLeavesOutWhatIsZero() {
        SliceMap map = abc().slice(0, 0, 0, 0)
                .slice(16, 7, 0, 1, 2)
                .slice(17, 0, 12.345678, 2)
                .inherited(Long.MIN_VALUE, 0)
                .build();

        byte[] written = SliceMapJson.base(map);

        assertThat(text(written))
                .isEqualTo("{\"owners\":[[\"a\",1],[\"b\",2],[\"c\",3]],\"slices\":[[\"0000000000000000\",[0]],"
                        + "[\"0000000000000010\",[1,2],7],[\"0000000000000011\",[2],0,12.35],"
                        + "[\"8000000000000000\",[]]]}");
        SliceMap read = SliceMapJson.parseBase(written, 9);
        assertThat(read)
                .isEqualTo(abc().slice(0, 9, 0, 0)
                        .slice(16, 7, 0, 1, 2)
                        .slice(17, 9, 12.35, 2)
                        .inherited(Long.MIN_VALUE, 9)
                        .build(9));
    }

    @Test
    void whatIsNotKnownIsIgnored() {
        SliceMap read = SliceMapJson.parseBase(
                bytes(
                        "{\"by\":{\"x\":[]},\"slices\":[[\"0000000000000000\",[0],3,5,\"later\",[1]]],\"owners\":[[\"a\",1,"
                                + "null]]}"),
                9);
        assertThat(read)
                .isEqualTo(
                        SliceMap.builder().owners(List.of(A)).slice(0, 3, 5, 0).build(9));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | the document was an array, expected an object",
                "{} | owners was missing, expected an array",
                "{\"owners\":[]} | slices was missing, expected an array",
                "{\"owners\":[[]],\"slices\":[]} | owners[0] was empty, expected an id and an incarnation",
                "{\"owners\":[[\"a\",-1]],\"slices\":[]} | owners[0][1] was -1, expected a whole number from 0",
                "{\"owners\":[[7]],\"slices\":[]} | owners[0][0] was 7, expected a text",
                "{\"owners\":[[\"a\",1],[\"a\",2]],\"slices\":[]} | owner a was named twice",
                "{\"owners\":[],\"slices\":[]} | slices were none, expected one at 0 at least",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\"]]} | slices[0] had 1 elements, expected a bound and",
                "{\"owners\":[],\"slices\":[[\"0\",[]]]} | slices[0][0] was \"0\", expected 16 hexadecimal digits",
                "{\"owners\":[],\"slices\":[[\"+000000000000000\",[]],[\"000000000000000g\",[]]]} | slices[1][0] was"
                        + " \"000000000000000g\", expected 16 hexadecimal digits",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[0]]]} | owner was 0, expected 0 to -1",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[],10]]} | since was 10, expected at most the"
                        + " generation, 9",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[],1,-1]]} | load was -1.0, expected 0 or more",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[],1,1e999]]} | load was Infinity",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[],1,\"1\"]]} | slices[0][3] was \"1\", expected a"
                        + " number",
                "{\"owners\":[],\"slices\":[[\"0000000000000001\",[]]]} | expected the first at 0",
                "{\"owners\":[],\"slices\":[[\"0000000000000000\",[]]]}{} | behind the JSON object",
                "x | Unexpected end of ZLIB input stream",
                "xy | incorrect header check",
            })
    void aBaseThatIsWrongIsRejectedWhole(String json, String reason) {
        assertThatThrownBy(() -> SliceMapJson.parseBase(bytes(json), 9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void aLongBaseIsDeflatedAndReadAsItWas() {
        SliceMap map = large(1_000, 33_600, new Random(1));
        byte[] written = SliceMapJson.base(map);

        assertThat(written[0]).isNotEqualTo((byte) '{');
        assertThat(written.length).isLessThan(600_000);
        assertThat(SliceMapJson.parseBase(written, map.generation())).isEqualTo(map);
    }

    @Test
    void whatInflatesWithoutEndIsRejectedBeforeItIsHeld() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(bomb)) {
            out.write(bytes("{\"x\":\""));
            byte[] much = new byte[1 << 20];
            Arrays.fill(much, (byte) 'y');
            for (int i = 0; i < 40; i++) {
                out.write(much);
            }
        }
        assertThat(bomb.size()).isLessThan(100_000);
        assertThatThrownBy(() -> SliceMapJson.parseBase(bomb.toByteArray(), 9))
                .hasMessageContaining("inflated to more than 33554432 bytes");
        byte[] torn = Arrays.copyOf(SliceMapJson.base(large(100, 9_000, new Random(2))), 5_000);
        assertThatThrownBy(() -> SliceMapJson.parseBase(torn, 9)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- heads and generations ----

    @Test
    void aHeadSaysWhichBaseAndHowManyDeltas() {
        SliceHead head = new SliceHead(2, 7, 9);
        assertThat(text(head.write())).isEqualTo("{\"epoch\":2,\"base\":7,\"number\":9}");
        assertThat(SliceHead.parse(head.write())).isEqualTo(head);
        assertThat(SliceHead.parse(bytes("{\"epoch\":3}")).hasBase()).isFalse();
        for (String bad : List.of(
                "{}",
                "{\"epoch\":0,\"base\":1,\"number\":1}",
                "{\"epoch\":8192,\"base\":1,\"number\":1}",
                "{\"epoch\":1,\"base\":2,\"number\":1}",
                "{\"epoch\":1,\"base\":-1,\"number\":1}",
                "7")) {
            assertThatThrownBy(() -> SliceHead.parse(bytes(bad))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aLaterEpochIsAboveEveryRevisionOfTheOneBefore() {
        long late = SliceHead.generation(1, (1L << 40) - 1);
        assertThat(SliceHead.generation(2, 1)).isGreaterThan(late);
        assertThat(SliceHead.epoch(late)).isEqualTo(1);
        assertThat(SliceHead.name(SliceHead.generation(2, 4_711))).isEqualTo("2:4711");
        assertThat(SliceHead.generation(SliceHead.MAX_EPOCH, (1L << 40) - 1)).isEqualTo((1L << 53) - 1);
        assertThatThrownBy(() -> SliceHead.generation(0, 1)).hasMessageContaining("epoch was 0");
        assertThatThrownBy(() -> SliceHead.generation(1, 1L << 40)).hasMessageContaining("revision");
    }

    // ---- deltas ----

    @Test
    void aDeltaHoldsTheOwnersAndTheRunsThatChanged() {
        SliceMap before = abc().slice(0, 5, 1, 0)
                .slice(16, 5, 1, 1)
                .slice(32, 5, 1, 2)
                .slice(48, 5, 1, 0)
                .build(5);
        // b leaves, d joins, c restarts; 16 to 32 is cut, the last slice has two owners.
        SliceMap next = SliceMap.builder()
                .owners(List.of(A, new SliceMap.Owner("c", 8), new SliceMap.Owner("d", 4)))
                .slice(0, 5, 9, 0)
                .slice(16, 0, 1, 2)
                .slice(24, 0, 2, 0)
                .slice(32, 5, 9, 1)
                .slice(48, 0, 3, 0, 2)
                .build();

        byte[] delta = SliceDelta.of(before, next);

        assertThat(text(delta))
                .isEqualTo("{\"before\":5,\"left\":[\"b\"],\"joined\":[[\"c\",8],[\"d\",4]],\"runs\":["
                        + "[1,[\"0000000000000010\",[2],0,1],[\"0000000000000018\",[0],0,2]],"
                        + "[1,[\"0000000000000030\",[0,2],0,3]]]}");
        assertThat(SliceDelta.apply(before, delta, 9))
                .isEqualTo(SliceMap.builder()
                        .owners(next.owners())
                        .slice(0, 5, 1, 0)
                        .slice(16, 9, 1, 2)
                        .slice(24, 9, 2, 0)
                        .slice(32, 5, 1, 1)
                        .slice(48, 9, 3, 0, 2)
                        .build(9));
    }

    /** Whatever one assignment makes of another: what comes back is the next one, with the loads of before where nothing else has changed. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyChangeCanBeAppliedToWhatItWasMadeOf(long seed) {
        Random random = new Random(seed);
        SliceMap known = large(1 + random.nextInt(20), 1 + random.nextInt(200), random);
        for (int round = 0; round < 200; round++) {
            SliceMap next = random.nextInt(10) == 0
                    ? large(1 + random.nextInt(20), 1 + random.nextInt(200), random, SliceMap.DRAFT)
                    : changed(known, random);
            long generation = known.generation() + 1 + random.nextInt(5);
            SliceMap read = SliceDelta.apply(known, SliceDelta.of(known, next), generation);

            SliceMap expected = next.as(generation);
            assertThat(read.generation()).isEqualTo(generation);
            assertThat(read.placesAs(expected)).isTrue();
            assertThat(read.owners()).isEqualTo(expected.owners());
            for (int i = 0; i < read.size(); i++) {
                assertThat(read.since(i)).isEqualTo(expected.since(i));
                int old = known.find(read.low(i));
                boolean stays = read.since(i) != generation && known.low(old) == read.low(i);
                assertThat(read.load(i)).isIn(expected.load(i), stays ? known.load(old) : expected.load(i));
            }
            assertThat(SliceMapJson.parseBase(SliceMapJson.base(read), generation))
                    .isEqualTo(read);
            known = read;
        }
    }

    @Test
    void aCrashAmongAThousandIsOneOrTwoKilobytes() {
        Random random = new Random(5);
        SliceMap before = large(1_000, 33_600, random);
        SliceMap.Builder after = SliceMap.builder().owners(before.owners().subList(1, 1_000));
        for (int i = 0; i < before.size(); i++) {
            int owner = before.owner(i, 0);
            after.slice(
                    before.low(i),
                    owner == 0 ? SliceMap.DRAFT : before.since(i),
                    before.load(i),
                    owner == 0 ? random.nextInt(999) : owner - 1);
        }
        byte[] delta = SliceDelta.of(before, after.build());

        assertThat(delta.length).isBetween(1_000, 2_000);
        assertThat(delta[0]).isEqualTo((byte) '{');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | before was missing, expected 5",
                "{\"before\":4} | before was 4, expected 5, the generation that this changes",
                "{\"before\":5,\"left\":[\"x\"]} | left named x, expected an owner of before",
                "{\"before\":5,\"left\":[\"a\",\"a\"]} | left named a, expected an owner of before",
                "{\"before\":5,\"left\":[\"a\"]} | slice [0000000000000000, 0000000000000010) stays, and one of its"
                        + " owners left",
                "{\"before\":5,\"runs\":[[]]} | runs[0] had no slice, expected how many are replaced",
                "{\"before\":5,\"runs\":[{}]} | runs[0] was an object, expected an array",
                "{\"before\":5,\"runs\":[[0,[\"0000000000000000\",[0]]]]} | runs[0][0] was 0, expected a whole number"
                        + " from 1",
                "{\"before\":5,\"runs\":[[2,[\"0000000000000010\",[0]]]]} | runs[0][0] was 2, expected at most 1",
                "{\"before\":5,\"runs\":[[1,[\"0000000000000001\",[0]]]]} | runs[0] began at 0000000000000001,"
                        + " expected the low bound of a slice",
                "{\"before\":5,\"runs\":[[1,[\"0000000000000000\",[0]],[\"0000000000000010\",[0]]]]} | each above the"
                        + " one before",
                "{\"before\":5,\"runs\":[[1,[\"0000000000000010\",[0]]],[1,[\"0000000000000000\",[0]]]]} | runs[1]"
                        + " began at 0000000000000000",
                "{\"before\":5,\"runs\":[[1,[\"0000000000000010\",[9]]]]} | owner was 9, expected 0 to 2",
                "{\"before\":5,\"joined\":[[\"\",1]]} | joined[0][0] was \"\", expected a text that is not blank",
            })
    void aDeltaThatDoesNotFitIsRejectedWhole(String json, String reason) {
        SliceMap before = abc().slice(0, 5, 1, 0).slice(16, 5, 1, 1).build(5);
        assertThatThrownBy(() -> SliceDelta.apply(before, bytes(json), 9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void aDeltaGoesForward() {
        SliceMap before = abc().slice(0, 5, 1, 0).build(5);
        byte[] delta = SliceDelta.of(before, abc().slice(0, 0, 1, 1).build());
        assertThatThrownBy(() -> SliceDelta.apply(before, delta, 5))
                .hasMessageContaining("generation was 5, expected more than 5");
    }

    @Test
    void anAssignmentFollowsOnlyAnEarlierOne() {
        SliceMap five = abc().slice(0, 5, 1, 0).build(5);
        assertThat(five.following(null)).isSameAs(five);
        assertThat(five.following(abc().slice(0, 4, 1, 0).build(4))).isSameAs(five);
        assertThat(abc().slice(0, 5, 1, 0).build(5).following(five)).isSameAs(five);
        assertThatThrownBy(() -> five.following(abc().slice(0, 6, 1, 0).build(6)))
                .hasMessageContaining("generation was 5, expected more than 6");
        assertThatThrownBy(() -> five.following(abc().slice(0, 5, 1, 1).build(5)))
                .hasMessageContaining("generation was 5 with another assignment than before");
    }

    // ---- assignments by chance ----

    private static SliceMap large(int owners, int slices, Random random) {
        return large(owners, slices, random, 1_000_000);
    }

    private static SliceMap large(int owners, int slices, Random random, long generation) {
        TreeSet<Long> lows = new TreeSet<>(Long::compareUnsigned);
        while (lows.size() < slices - 1) {
            long low = random.nextLong();
            if (low != 0) {
                lows.add(low);
            }
        }
        List<SliceMap.Owner> all = new ArrayList<>();
        for (int i = 0; i < owners; i++) {
            all.add(new SliceMap.Owner("orders-" + i, 1_000 + i));
        }
        SliceMap.Builder builder = SliceMap.builder().owners(all);
        addSlice(builder, 0, random, owners, generation);
        lows.forEach(low -> addSlice(builder, low, random, owners, generation));
        return builder.build(generation);
    }

    private static void addSlice(SliceMap.Builder to, long low, Random random, int owners, long generation) {
        long since = generation == SliceMap.DRAFT ? 0 : generation - random.nextInt(30);
        to.slice(low, since, random.nextInt(1_000) / 10.0, random.nextInt(owners));
    }

    /** Some owners leave, join and restart, some slices are cut, merged, moved or given replicas. */
    private static SliceMap changed(SliceMap known, Random random) {
        List<SliceMap.Owner> owners = new ArrayList<>();
        for (SliceMap.Owner owner : known.owners()) {
            if (known.owners().size() < 3 || random.nextInt(15) > 0) {
                owners.add(random.nextInt(15) > 0 ? owner : new SliceMap.Owner(owner.id(), owner.incarnation() + 1));
            }
        }
        if (owners.size() < 30 && random.nextInt(4) == 0) {
            owners.add(new SliceMap.Owner("new-" + random.nextInt(1_000_000), 7));
        }
        owners.sort((a, b) -> a.id().compareTo(b.id()));
        SliceMap.Builder next = SliceMap.builder().owners(owners);
        for (int i = 0; i < known.size(); i++) {
            if (i > 0 && random.nextInt(40) == 0) {
                continue;
            }
            int[] kept = new int[known.replicas(i)];
            boolean all = true;
            for (int k = 0; k < kept.length; k++) {
                Integer place = next.place(known.owners().get(known.owner(i, k)).id());
                all &= place != null;
                kept[k] = place == null ? 0 : place;
            }
            boolean merged = i + 1 < known.size();
            if (!all || random.nextInt(20) == 0) {
                int first = random.nextInt(owners.size());
                int second = random.nextInt(owners.size());
                int[] chosen = first == second || random.nextBoolean() ? new int[] {first} : new int[] {first, second};
                next.slice(
                        known.low(i),
                        SliceMap.DRAFT,
                        known.load(i),
                        random.nextInt(8) == 0 && merged ? new int[0] : chosen);
            } else {
                next.slice(known.low(i), known.since(i), random.nextInt(5), kept);
            }
            long width = known.high(i) - known.low(i);
            if (random.nextInt(40) == 0 && Long.compareUnsigned(width, 2) > 0) {
                next.slice(known.low(i) + (width >>> 1), SliceMap.DRAFT, 1, 0);
            }
        }
        return next.build();
    }
}
