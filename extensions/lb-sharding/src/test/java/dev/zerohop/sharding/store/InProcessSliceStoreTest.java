package dev.zerohop.sharding.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.SliceMap;
import dev.zerohop.testing.FakeTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** The store in memory, in virtual time: the contract of all stores, and what goes wrong with one. */
class InProcessSliceStoreTest extends SliceStoreContract {
    private final FakeTime time = new FakeTime();
    private final InProcessSliceStore store = InProcessSliceStore.create(time.env());

    @Override
    protected SliceStore newStore() {
        return store.member();
    }

    @Override
    protected void await(BooleanSupplier condition) {
        for (int i = 0; i < 100 && !condition.getAsBoolean(); i++) {
            time.advance(Duration.ofMillis(100));
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private SliceMap write(Joined leader, SliceMap next) throws Exception {
        assertThat(written(leader.store.write(leader.view().assignment(), next)))
                .isTrue();
        return assignment(leader);
    }

    private static void assertUnreachable(CompletableFuture<?> call) {
        assertThat(call)
                .failsWithin(Duration.ofSeconds(60))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void aMemberThatCrashedIsForgottenWhenItsLeaseEndsAndAnotherLeads() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        SliceMap first = write(a, draft(4, A, B));
        int heard = a.views.size();
        store.crash("a");
        assertUnreachable(a.store.write(first, moved(first, 0, 1)));
        time.advance(InProcessSliceStore.LEASE.minusNanos(1));
        assertThat(b.view().leader()).isEqualTo("a");
        time.advance(Duration.ofNanos(1));
        assertThat(b.leads()).isTrue();
        assertThat(b.members()).containsExactly("b");
        assertThat(write(b, moved(first, 0, 1)).generation()).isGreaterThan(first.generation());
        assertThat(a.views).hasSize(heard);
    }

    @Test
    void aMemberThatIsCutOffKeepsWhatItKnowsLeadsNoLongerThanItsLeaseAndComesBackAsItself() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        SliceMap first = write(a, draft(4, A, B));
        long incarnation = a.view().members().get(0).incarnation();
        store.cutOff("a");
        assertThat(a.view().error()).isEqualTo("the member is cut off");
        assertThat(a.leads()).isTrue();
        assertUnreachable(a.store.write(first, moved(first, 0, 1)));
        time.advance(InProcessSliceStore.LEASE);
        assertThat(a.leads()).isFalse();
        assertThat(a.view().assignment()).isEqualTo(first);
        SliceMap second = write(b, moved(first, 0, 1));
        assertThat(a.view().assignment()).isEqualTo(first);
        store.reconnect("a");
        assertThat(a.view().error()).isNull();
        assertThat(a.view().assignment()).isEqualTo(second);
        assertThat(a.view().leader()).isEqualTo("b");
        assertThat(b.members()).containsExactly("a", "b");
        assertThat(b.view().members().get(0).incarnation()).isEqualTo(incarnation);
    }

    @Test
    void aShortCutChangesNothing() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        store.cutOff("a");
        time.advance(InProcessSliceStore.LEASE.minusNanos(1));
        store.reconnect("a");
        time.advance(Duration.ofSeconds(60));
        assertThat(a.leads()).isTrue();
        assertThat(b.leads()).isFalse();
        assertThat(a.members()).containsExactly("a", "b");
    }

    @Test
    void aStoreThatIsAwayChangesNothingAndGoesOnWhereItWas() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        SliceMap first = write(a, draft(4, A, B));
        store.stop();
        assertUnreachable(a.store.write(first, moved(first, 0, 1)));
        assertThat(a.leads()).isTrue();
        time.advance(InProcessSliceStore.LEASE);
        assertThat(a.leads()).isFalse();
        assertThat(a.view().error()).isEqualTo("the store is away");
        Joined late = join("late");
        assertThat(late.view().read()).isFalse();
        time.advance(Duration.ofSeconds(60));
        assertThat(b.view().assignment()).isEqualTo(first);
        store.start();
        assertThat(a.leads()).isTrue();
        assertThat(a.members()).containsExactly("a", "b", "late");
        assertThat(late.view().assignment()).isEqualTo(first);
        assertThat(write(a, moved(first, 0, 1)).generation()).isGreaterThan(first.generation());
    }

    @Test
    void oneThatDiedWhileTheStoreWasAwayIsForgottenAfterwards() throws Exception {
        Joined a = join("a");
        join("b");
        store.stop();
        store.crash("b");
        time.advance(Duration.ofSeconds(60));
        store.start();
        assertThat(a.members()).containsExactly("a", "b");
        time.advance(InProcessSliceStore.LEASE);
        assertThat(a.members()).containsExactly("a");
    }

    @Test
    void aStoreThatLostAllOrWasPutBackIsGivenTheNewestAssignmentAgain() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        SliceMap first = write(a, draft(4, A, B));
        SliceMap second = write(a, moved(first, 0, 1));
        store.wipe();
        SliceMap third = assignment(b);
        assertThat(third.generation()).isGreaterThan(second.generation());
        assertThat(third.placesAs(second)).isTrue();
        assertThat(third.since(0)).isEqualTo(second.generation());
        store.restore(first);
        SliceMap fourth = assignment(b);
        assertThat(fourth.generation()).isGreaterThan(third.generation());
        assertThat(fourth.placesAs(second)).isTrue();
        assertThat(store.assignment()).isEqualTo(fourth);
        for (Joined member : List.of(a, b)) {
            List<Long> seen = new ArrayList<>();
            member.views.forEach(view -> {
                SliceMap map = view.assignment();
                seen.add(map == null ? 0 : map.generation());
            });
            assertThat(seen).isSorted();
        }
    }

    @Test
    void oneThatIsCutOffWithTheNewestAssignmentBringsItBack() throws Exception {
        Joined a = join("a");
        Joined b = join("b");
        SliceMap first = write(a, draft(4, A, B));
        SliceMap second = write(a, moved(first, 0, 1));
        store.cutOff("a");
        store.crash("b");
        store.restore(first);
        Joined c = join("c");
        time.advance(InProcessSliceStore.LEASE);
        assertThat(c.leads()).isTrue();
        assertThat(c.view().assignment()).isEqualTo(first);
        assertThat(b.generation()).isEqualTo(second.generation());
        store.reconnect("a");
        assertThat(assignment(c).placesAs(second)).isTrue();
        assertThat(c.generation()).isGreaterThan(second.generation());
    }

    @Test
    void aNewProcessWithTheSameIdReplacesTheOldOneAtOnce() throws Exception {
        Joined a = join("a");
        join("b");
        long before = a.view().members().get(1).incarnation();
        store.crash("b");
        join("b");
        assertThat(a.members()).containsExactly("a", "b");
        long now = a.view().members().get(1).incarnation();
        assertThat(now).isGreaterThan(before);
        time.advance(Duration.ofSeconds(60));
        assertThat(a.members()).containsExactly("a", "b");
    }

    @Test
    void oneThatIsNoCandidateNeverLeads() throws Exception {
        Joined watcher = join("w", store.member(false));
        Joined a = join("a");
        assertThat(a.leads()).isTrue();
        CompletableFuture<Void> left = a.store.leave();
        assertThat(left).isCompleted();
        assertThat(watcher.leads()).isFalse();
        assertThat(store.leader()).isNull();
        store.cutOff("w");
        assertUnreachable(watcher.store.leave());
    }

    /** Two members that write as fast as they can, on real threads: one history, each step made from the one before. */
    @Test
    void writersOnManyThreadsMakeOneHistory() throws Exception {
        InProcessSliceStore real = InProcessSliceStore.create();
        List<Joined> all = List.of(join("a", real.member()), join("b", real.member()), join("c", real.member()));
        AtomicInteger wins = new AtomicInteger();
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (Joined writer : all) {
            writers.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 2_000; i++) {
                    SliceMap before = real.assignment();
                    SliceMap next = before == null ? draft(4, A, B) : moved(before, i % 4, i % 2);
                    wins.addAndGet(writer.store.write(before, next).join() ? 1 : 0);
                }
            }));
        }
        CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        assertThat(real.assignment()).isNotNull();
        assertThat(real.assignment().generation()).isEqualTo(wins.get());
        super.await(() -> all.stream().allMatch(member -> member.generation() == wins.get()));
        for (Joined member : all) {
            assertThat(member.views)
                    .extracting(view ->
                            view.assignment() == null ? 0L : view.assignment().generation())
                    .asInstanceOf(InstanceOfAssertFactories.list(Long.class))
                    .isSorted();
        }
    }
}
