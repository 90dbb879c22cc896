package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.SliceDelta;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.resolver.SliceMapJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SliceHistoryTest {
    private static final List<SliceMap.Owner> OWNERS =
            List.of(new SliceMap.Owner("a", 1), new SliceMap.Owner("b", 2), new SliceMap.Owner("c", 3));

    private final ServiceKeys keys = new ServiceKeys("orders");
    private final Map<String, Entry> entries = new HashMap<>();
    private final SliceHistory history = new SliceHistory(keys);
    private List<RejectedValue> rejected = List.of();
    private long revision = 100;

    /** Three slices, the owner of the second one of which is stated. */
    private static SliceMap draft(SliceMap before, int owner) {
        long since = before == null ? SliceMap.DRAFT : before.since(0);
        return SliceMap.builder()
                .owners(OWNERS)
                .slice(0, since, 1, 0)
                .slice(1000, SliceMap.DRAFT, 1, owner)
                .slice(2000, since, 1, 2)
                .build();
    }

    private void put(String key, byte[] value) {
        entries.put(key, new Entry(key, ByteString.copyFrom(value), revision));
    }

    private SliceMap read() {
        List<RejectedValue> rejections = new ArrayList<>();
        SliceMap read = history.read(entries, rejections);
        rejected = rejections;
        return read;
    }

    private SliceMap base(long epoch, long number, SliceMap map) {
        revision++;
        entries.keySet().removeIf(key -> key.startsWith(keys.assignment()));
        put(keys.assignmentBase(number), SliceMapJson.base(map));
        put(keys.assignmentHead(), new SliceHead(epoch, number, number).write());
        return map.as(SliceHead.generation(epoch, revision));
    }

    private void delta(long base, long number, SliceMap before, SliceMap next) {
        revision++;
        put(keys.assignmentDelta(number), SliceDelta.of(before, next));
        put(keys.assignmentHead(), new SliceHead(1, base, number).write());
    }

    @Test
    void aBaseAndItsDeltasAreReadAsOneHistory() {
        assertThat(read()).isNull();
        SliceMap first = base(1, 1, draft(null, 1));
        assertThat(read()).isEqualTo(first);
        assertThat(first.generation()).isEqualTo((1L << 40) + 101);

        delta(1, 2, first, draft(first, 2));
        SliceMap second = read();
        delta(1, 3, second, draft(second, 0));
        SliceMap third = read();

        assertThat(third.owner(1, 0)).isZero();
        assertThat(third.generation()).isEqualTo((1L << 40) + 103);
        assertThat(third.since(0)).isEqualTo(first.generation());
        assertThat(third.since(1)).isEqualTo(third.generation());
        assertThat(rejected).isEmpty();
        assertThat(new SliceHistory(keys).read(entries, new ArrayList<>()))
                .as("a client that starts now")
                .isEqualTo(third);
        assertThat(read()).as("nothing has changed").isSameAs(third);
        assertThat(history.stored().deltas()).hasSize(2);
    }

    /** A base that was read is not read again: what is changed of it without a new head is not looked at. */
    @Test
    void ofANewDeltaOnlyTheDeltaIsRead() {
        SliceMap first = base(1, 1, draft(null, 1));
        SliceMap read = read();
        delta(1, 2, first, draft(first, 2));
        SliceMap second = read();
        assertThat(second.owners().get(0)).isSameAs(read.owners().get(0));
    }

    @Test
    void whatIsIncompleteOrWrongIsRejectedAndTheLastGoodOneStays() {
        SliceMap first = base(1, 1, draft(null, 1));
        read();
        delta(1, 3, first, draft(first, 2));
        assertThat(read()).isEqualTo(first);
        assertThat(rejected)
                .singleElement()
                .satisfies(bad -> assertThat(bad.text())
                        .isEqualTo("zerohop/v1/services/orders/assignment/delta/2 at revision 102 is rejected, the last"
                                + " good value stays: it is missing, expected what"
                                + " zerohop/v1/services/orders/assignment/head names"));
        entries.remove(keys.assignmentDelta(3));
        delta(1, 2, first, draft(first, 2));
        SliceMap second = read();
        assertThat(second.owner(1, 0)).isEqualTo(2);
        assertThat(rejected).isEmpty();

        revision++;
        put(keys.assignmentDelta(3), "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        put(keys.assignmentHead(), new SliceHead(1, 1, 3).write());
        assertThat(read()).isEqualTo(second);
        assertThat(rejected)
                .singleElement()
                .satisfies(bad ->
                        assertThat(bad.text()).contains("assignment/delta/3").contains("before was missing"));
        assertThat(read()).isEqualTo(second);
        assertThat(rejected).as("for as long as it stands there").hasSize(1);
        assertThat(history.stored()).isNull();

        revision++;
        put(keys.assignmentHead(), new byte[] {1});
        assertThat(read()).isEqualTo(second);
        assertThat(rejected)
                .singleElement()
                .satisfies(bad -> assertThat(bad.key()).endsWith("/head"));
        SliceMap next = base(1, 4, draft(null, 0));
        assertThat(read()).isEqualTo(next);
        assertThat(rejected).isEmpty();
    }

    @Test
    void withoutAGoodOneBeforeNothingIsInForce() {
        revision++;
        put(keys.assignmentHead(), new SliceHead(1, 1, 1).write());
        assertThat(read()).isNull();
        assertThat(rejected)
                .singleElement()
                .satisfies(bad -> assertThat(bad.hasGood()).isFalse());
        put(keys.assignmentHead(), "{\"epoch\":3}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(read()).isNull();
        assertThat(rejected).isEmpty();
    }

    @Test
    void anEtcdThatForgotOrWentBackTakesNothingBackUntilAHigherEpochIsWritten() {
        SliceMap first = base(1, 1, draft(null, 1));
        read();
        Map<String, Entry> backup = new HashMap<>(entries);
        long then = revision;
        delta(1, 2, first, draft(first, 2));
        SliceMap second = read();

        entries.clear();
        assertThat(read()).isSameAs(second);
        assertThat(rejected).isEmpty();
        assertThat(history.stored()).isNull();

        entries.putAll(backup);
        revision = then;
        assertThat(read()).isSameAs(second);
        assertThat(rejected)
                .singleElement()
                .satisfies(bad -> assertThat(bad.text())
                        .contains(
                                "generation was 1:101, expected more than 1:102, the last one that was followed: etcd was"
                                        + " restored. Members that know that one write it again; if none does, put"
                                        + " {\"epoch\": 2} there"));
        assertThat(history.stored().map()).isEqualTo(first);

        // Another history reaches the same generation.
        delta(1, 2, first, draft(first, 0));
        assertThat(read()).isSameAs(second);
        assertThat(rejected).hasSize(1);

        revision = 40;
        SliceMap again = base(2, 3, second);
        assertThat(again.generation()).isEqualTo((2L << 40) + 41);
        SliceMap followed = read();
        assertThat(followed.generation()).isEqualTo(again.generation());
        assertThat(followed.placesAs(second)).isTrue();
        assertThat(followed.since(0)).as("what stayed has been so since then").isEqualTo(first.generation());
        assertThat(rejected).isEmpty();
    }

    /** The base stays, and a delta of the same number is another one: nothing of the first is left. */
    @Test
    void anotherHistoryOfTheSameBaseIsReadFromTheBaseOn() {
        SliceMap first = base(1, 1, draft(null, 1));
        read();
        delta(1, 2, first, draft(first, 2));
        SliceMap second = read();
        revision += 5;
        delta(1, 2, first, draft(first, 0));
        SliceMap other = read();
        assertThat(other.owner(1, 0)).isZero();
        assertThat(other.generation()).isGreaterThan(second.generation());
        assertThat(rejected).isEmpty();
    }

    @Test
    void whatAMemberOffersIsFollowedIfItIsNewer() {
        SliceMap first = base(1, 1, draft(null, 1));
        read();
        SliceMap newer = draft(first, 2).as(first.generation() + 7);
        history.learn(newer);
        assertThat(read()).isSameAs(newer);
        history.learn(first);
        assertThat(history.known()).isSameAs(newer);
    }
}
