package dev.zerohop.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.PlanSettings;
import dev.zerohop.sharding.store.InProcessSliceStore;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members that divide keys among themselves, in fake time. */
@Timeout(300)
class AssignerTest {
    private static final int KEYS = 2_000;

    private final FakeTime time = new FakeTime();
    private final InProcessSliceStore store = InProcessSliceStore.create(time.env());
    private final Map<String, SliceMember> members = new TreeMap<>();

    private SliceMember join(String id) {
        SliceMember member = SliceMember.join(
                store.member(),
                id,
                SliceMemberOptions.builder()
                        .env(time.env())
                        .plan(PlanSettings.DEFAULTS.maxLoad(1_000))
                        .build());
        members.put(id, member);
        return member;
    }

    private void join(int count) {
        for (int i = 0; i < count; i++) {
            join("orders-" + i);
        }
    }

    private void pass(Duration much) {
        time.advance(much);
    }

    @AfterEach
    void close() {
        members.values().forEach(SliceMember::close);
    }

    /** The owner of each key, where each has exactly one. */
    private List<String> owners() {
        List<String> owners = new ArrayList<>();
        for (int key = 0; key < KEYS; key++) {
            EndpointSelector selector = EndpointSelector.of(key);
            String owner = null;
            for (SliceMember member : members.values()) {
                if (member.owns(selector)) {
                    assertThat(owner)
                            .as("owner of key %s beside %s", key, member.id())
                            .isNull();
                    owner = member.id();
                }
            }
            assertThat(owner).as("owner of key %s", key).isNotNull();
            owners.add(String.valueOf(owner));
        }
        return owners;
    }

    private static long moved(List<String> before, List<String> after) {
        long moved = 0;
        for (int i = 0; i < before.size(); i++) {
            moved += before.get(i).equals(after.get(i)) ? 0 : 1;
        }
        return moved;
    }

    private long generation() {
        SliceMap map = store.assignment();
        return map == null ? 0 : map.generation();
    }

    /** A second of calls, {@code hot} of them for one key, each counted at the owner. */
    private void call(int each, int hot) {
        for (SliceMember member : members.values()) {
            for (int key = 0; key < KEYS; key += KEYS / each) {
                call(member, EndpointSelector.of(key), 1);
            }
            call(member, EndpointSelector.of("hot"), hot);
        }
        pass(Duration.ofSeconds(1));
    }

    private static void call(SliceMember member, EndpointSelector key, double load) {
        if (member.owns(key) && load > 0) {
            try (SliceHandle handle = member.begin(key)) {
                handle.load(load);
            }
        }
    }

    @Test
    void membersThatStartTogetherDivideTheKeysAfterASecond() {
        join(4);
        assertThat(store.assignment()).isNull();
        pass(Duration.ofMillis(1_100));
        Map<String, Integer> counts = new TreeMap<>();
        owners().forEach(owner -> counts.merge(owner, 1, Integer::sum));
        assertThat(counts).hasSize(4);
        assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(KEYS / 5, KEYS / 3));
    }

    @Test
    void whereNothingChangesNothingIsWritten() {
        join(3);
        pass(Duration.ofSeconds(2));
        long first = generation();
        for (int i = 0; i < 300; i++) {
            call(200, 0);
        }
        assertThat(generation()).isEqualTo(first);
    }

    @Test
    void aMemberThatCrashesIsReplacedByTheOthersAndNoOtherKeyMoves() {
        join(4);
        pass(Duration.ofSeconds(20));
        List<String> before = owners();
        store.crash("orders-2");
        SliceMember dead = remove("orders-2");
        pass(InProcessSliceStore.LEASE.plusMillis(1_500));
        List<String> after = owners();
        for (int i = 0; i < KEYS; i++) {
            if (!before.get(i).equals("orders-2")) {
                assertThat(after.get(i)).isEqualTo(before.get(i));
            }
        }
        dead.close();
    }

    private SliceMember remove(String id) {
        @Nullable SliceMember member = members.remove(id);
        assertThat(member).isNotNull();
        return member;
    }

    @Test
    void aMemberThatDrainsHasNothingWithinTwoSeconds() {
        join(3);
        pass(Duration.ofSeconds(20));
        CompletableFuture<Boolean> drained = members.get("orders-1").drain(Duration.ofSeconds(2));
        assertThat(drained).isNotDone();
        pass(Duration.ofMillis(300));
        assertThat(drained).isCompletedWithValue(true);
        remove("orders-1").close();
        owners();
    }

    @Test
    void theNextLeaderGoesOnWhereTheLastOneWasKilled() {
        join(4);
        pass(Duration.ofSeconds(20));
        List<String> before = owners();
        long generation = generation();
        store.crash("orders-0");
        SliceMember dead = remove("orders-0");
        pass(InProcessSliceStore.LEASE.plusMillis(2_500));
        assertThat(generation()).isGreaterThan(generation);
        List<String> after = owners();
        assertThat(moved(before, after))
                .isEqualTo(before.stream().filter("orders-0"::equals).count());
        dead.close();
    }

    @Test
    void aNewMemberWaitsForOneThatLeavesAndIsFilledIfNoneDoes() {
        join(3);
        pass(Duration.ofSeconds(30));
        List<String> before = owners();
        join("orders-9");
        pass(Duration.ofSeconds(9));
        assertThat(moved(before, owners())).isLessThan(KEYS / 20);
        pass(Duration.ofSeconds(70));
        long share = owners().stream().filter("orders-9"::equals).count();
        assertThat(share).isBetween(KEYS / 6L, KEYS / 3L);
    }

    @Test
    void aRollingUpdateMovesEachKeyOnce() {
        join(3);
        pass(Duration.ofSeconds(30));
        long moved = 0;
        for (int i = 0; i < 3; i++) {
            List<String> before = owners();
            join("update-" + i);
            pass(Duration.ofSeconds(5));
            List<String> between = owners();
            moved += moved(before, between);
            CompletableFuture<Boolean> drained = members.get("orders-" + i).drain(Duration.ofSeconds(2));
            pass(Duration.ofSeconds(2));
            assertThat(drained).isCompletedWithValue(true);
            remove("orders-" + i).close();
            moved += moved(between, owners());
            pass(Duration.ofSeconds(20));
        }
        assertThat(moved).isBetween((long) KEYS, KEYS + KEYS / 10L);
    }

    @Test
    void aHotKeyIsMeasuredSetApartAndItsMemberLosesOtherKeys() {
        join(4);
        pass(Duration.ofSeconds(20));
        for (int i = 0; i < 200; i++) {
            call(400, 400);
        }
        EndpointSelector hot = EndpointSelector.of("hot");
        SliceMap map = store.assignment();
        assertThat(map).isNotNull();
        int slice = map.find(hot.hash());
        assertThat(map.low(slice)).isEqualTo(hot.hash());
        assertThat(map.high(slice)).isEqualTo(hot.hash() + 1);
        String owner = map.owners().get(map.owner(slice, 0)).id();
        long others = owners().stream().filter(owner::equals).count();
        assertThat(others).isLessThan(KEYS / 10L);
    }

    @Test
    void whileTheStoreIsAwayNothingChangesAndAfterwardsItGoesOn() {
        join(3);
        pass(Duration.ofSeconds(20));
        List<String> before = owners();
        long generation = generation();
        store.stop();
        pass(Duration.ofSeconds(60));
        assertThat(owners()).isEqualTo(before);
        store.start();
        pass(Duration.ofSeconds(70));
        assertThat(owners()).isEqualTo(before);
        assertThat(generation()).isEqualTo(generation);
    }
}
