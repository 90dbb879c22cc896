package dev.zerohop.sharding.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.SliceMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What holds for every store. A subclass says how one more member of the service gets its own. */
@Timeout(300)
public abstract class SliceStoreContract {
    private final List<Joined> joined = new ArrayList<>();

    /** A store for one more member of the same service, which is a candidate; not started. */
    protected abstract SliceStore newStore() throws Exception;

    /** Waits until something holds; a store of virtual time makes it pass meanwhile. */
    protected void await(BooleanSupplier condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(condition::getAsBoolean);
    }

    /** A member with its store, and what that has published. */
    protected static final class Joined implements Consumer<StoreView> {
        public final SliceStore store;
        public final List<StoreView> views = new CopyOnWriteArrayList<>();

        Joined(SliceStore store) {
            this.store = store;
        }

        @Override
        public void accept(StoreView view) {
            views.add(view);
        }

        public StoreView view() {
            return views.isEmpty() ? StoreView.NONE : views.get(views.size() - 1);
        }

        public boolean leads() {
            return view().leading();
        }

        /** The generation of its assignment; 0 for none. */
        public long generation() {
            SliceMap map = view().assignment();
            return map == null ? SliceMap.DRAFT : map.generation();
        }

        public List<String> members() {
            return view().members().stream().map(Member::id).toList();
        }
    }

    protected static MemberState state(String id) {
        return new MemberState(id, MemberState.Phase.READY, 1, "", SliceMap.DRAFT);
    }

    protected final Joined join(String id) throws Exception {
        return join(id, newStore());
    }

    protected final Joined join(String id, SliceStore store) {
        Joined member = new Joined(store);
        joined.add(member);
        store.start(state(id), member);
        return member;
    }

    @AfterEach
    void leaveAll() {
        joined.forEach(member -> member.store.close());
    }

    /** An assignment of some equal slices to these owners in turn. */
    protected static SliceMap draft(int slices, SliceMap.Owner... owners) {
        SliceMap.Builder builder = SliceMap.builder().owners(Arrays.asList(owners));
        for (int i = 0; i < slices; i++) {
            builder.slice(Long.divideUnsigned(-1, slices) * i, SliceMap.DRAFT, 1, i % owners.length);
        }
        return builder.build();
    }

    /** The same with one slice at another owner. */
    protected static SliceMap moved(SliceMap before, int slice, int owner) {
        SliceMap.Builder builder = SliceMap.builder().owners(before.owners());
        for (int i = 0; i < before.size(); i++) {
            builder.slice(
                    before.low(i),
                    i == slice ? SliceMap.DRAFT : before.since(i),
                    before.load(i),
                    i == slice ? owner : before.owner(i, 0));
        }
        return builder.build();
    }

    protected static final SliceMap.Owner A = new SliceMap.Owner("a", 1);
    protected static final SliceMap.Owner B = new SliceMap.Owner("b", 1);

    protected final boolean written(CompletableFuture<Boolean> writing) throws Exception {
        await(writing::isDone);
        return writing.get(60, TimeUnit.SECONDS);
    }

    @Test
    void theFirstCandidateLeadsAndSeesTheMembers() throws Exception {
        Joined a = join("a");
        await(a::leads);
        assertThat(a.view().read()).isTrue();
        assertThat(a.view().assignment()).isNull();
        assertThat(a.view().error()).isNull();
        Joined b = join("b");
        await(() -> a.members().equals(List.of("a", "b")));
        await(() -> "a".equals(b.view().leader()));
        assertThat(b.leads()).isFalse();

        b.store.announce(new MemberState("b", MemberState.Phase.DRAINING, 7, "z", SliceMap.DRAFT));
        await(() -> a.view().members().get(1).state().phase() == MemberState.Phase.DRAINING);
        Member member = a.view().members().get(1);
        assertThat(member.state().weight()).isEqualTo(7);
        assertThat(member.state().zone()).isEqualTo("z");

        CompletableFuture<Void> left = b.store.leave();
        await(left::isDone);
        assertThat(left).isCompleted();
        await(() -> a.members().equals(List.of("a")));
    }

    @Test
    void whatTheLeaderWritesEverybodyReads() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        SliceMap first = draft(8, A, B);
        assertThat(written(a.store.write(null, first))).isTrue();
        await(() -> a.generation() > 0 && b.generation() == a.generation());
        SliceMap read = a.view().assignment();
        assertThat(read).isEqualTo(first.as(read.generation()));
        assertThat(b.view().assignment()).isEqualTo(read);

        assertThat(written(a.store.write(read, moved(read, 3, 0)))).isTrue();
        await(() -> b.generation() > read.generation());
        SliceMap next = b.view().assignment();
        assertThat(next.owner(3, 0)).isZero();
        assertThat(next.since(3)).isEqualTo(next.generation());
        assertThat(next.since(2)).isEqualTo(read.generation());
        Joined late = join("late");
        await(() -> late.generation() == next.generation());
        assertThat(late.view().assignment()).isEqualTo(next);
    }

    @Test
    void onlyTheLeaderWritesAndOnlyWhatFollows() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        await(() -> b.view().read());
        assertThat(written(b.store.write(null, draft(4, B)))).isFalse();
        assertThat(written(a.store.write(null, draft(4, A)))).isTrue();
        await(() -> a.generation() > 0);
        SliceMap first = a.view().assignment();
        assertThat(written(a.store.write(null, draft(4, B)))).isFalse();
        assertThat(written(a.store.write(first, moved(first, 0, 0)))).isTrue();
        await(() -> a.generation() > first.generation());
        assertThat(written(a.store.write(first, moved(first, 1, 0)))).isFalse();
        SliceMap second = a.view().assignment();
        assertThat(written(a.store.write(second, moved(second, 1, 0)))).isTrue();
    }

    @Test
    void aLeaderThatResignsIsFollowedByAnotherAndTheHistoryGoesOn() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        assertThat(written(a.store.write(null, draft(4, A)))).isTrue();
        await(() -> b.generation() > 0);
        SliceMap first = b.view().assignment();

        a.store.resign();
        await(b::leads);
        await(() -> !a.leads() && "b".equals(a.view().leader()));
        await(() -> b.members().equals(List.of("a", "b")));
        assertThat(written(a.store.write(first, moved(first, 0, 0)))).isFalse();
        assertThat(written(b.store.write(first, moved(first, 1, 0)))).isTrue();
        await(() -> a.generation() > first.generation());

        Joined c = join("c");
        await(() -> c.view().read());
        CompletableFuture<Void> left = b.store.leave();
        await(left::isDone);
        await(c::leads);
        await(() -> c.members().equals(List.of("a", "c")));
        assertThat(c.generation()).isEqualTo(a.generation());
    }

    @Test
    void theLeaderReadsTheLastReportOfEachMember() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined b = join("b");
        b.store.report(report("b", 1));
        b.store.report(report("b", 2));
        LoadReport last = report("b", 3);
        b.store.report(last);
        await(() -> a.view().reports().equals(List.of(last)));
        CompletableFuture<Void> left = b.store.leave();
        await(left::isDone);
        await(() -> a.view().reports().isEmpty());
    }

    private static LoadReport report(String id, double load) {
        return new LoadReport(
                id,
                7,
                5_000,
                List.of(new LoadReport.SliceLoad(0, 16, load), new LoadReport.SliceLoad(-16, 0, 0.25)),
                List.of(new LoadReport.KeyLoad(-1, 0.125)),
                0.5);
    }

    @Test
    void aLaterProcessOfAnIdHasAHigherNumber() throws Exception {
        Joined a = join("a");
        await(a::leads);
        Joined first = join("b");
        await(() -> a.members().size() == 2);
        long before = incarnation(a, "b");
        CompletableFuture<Void> left = first.store.leave();
        await(left::isDone);
        await(() -> a.members().size() == 1);
        Joined second = join("b");
        await(() -> a.members().size() == 2);
        assertThat(incarnation(a, "b")).isGreaterThan(before);
        second.store.announce(new MemberState("b", MemberState.Phase.DRAINING, 1, "", SliceMap.DRAFT));
        long now = incarnation(a, "b");
        await(() -> a.view().members().get(1).state().phase() == MemberState.Phase.DRAINING);
        assertThat(incarnation(a, "b")).isEqualTo(now);
    }

    private static long incarnation(Joined leader, String id) {
        return leader.view().members().stream()
                .filter(member -> member.id().equals(id))
                .mapToLong(Member::incarnation)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aStoreIsStartedOnceAndEndsOnce() throws Exception {
        SliceStore never = newStore();
        assertThat(never.leave()).isCompleted();
        Joined a = join("a");
        assertThatThrownBy(() -> a.store.start(state("a"), view -> {})).isInstanceOf(IllegalStateException.class);
        await(a::leads);
        CompletableFuture<Void> left = a.store.leave();
        CompletableFuture<Void> again = a.store.leave();
        await(() -> left.isDone() && again.isDone());
        assertThat(left).isCompleted();
        assertThat(again).isCompleted();
        assertThat(written(a.store.write(null, draft(4, A)))).isFalse();
    }

    /** The assignment of the newest view, which there must be. */
    protected static SliceMap assignment(Joined member) {
        @Nullable SliceMap map = member.view().assignment();
        assertThat(map).isNotNull();
        return map;
    }
}
