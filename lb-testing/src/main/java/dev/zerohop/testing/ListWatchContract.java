package dev.zerohop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zerohop.Env;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.WatchPolicy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What a {@link Reflector} over a {@link ListWatch} must do, whatever the store. A source's test extends this and says how to change its store; time is fake and
 * everything runs on the test's thread.
 *
 * @param <V> the values
 * @param <R> the store's versions
 */
public abstract class ListWatchContract<V, R> {

    /** Longer than any wait after a failure that ends by itself. */
    private static final Duration SOON = Duration.ofSeconds(12);

    /** The time that the reflector under test runs on. */
    protected final FakeTime time = new FakeTime();

    /** What the reflector under test said. */
    protected final WatchRecorder<V, R> recorder = new WatchRecorder<>();

    /** A store as a test drives it. Keys are {@code a}, {@code b} and so on, or numbers; each put gives the key another value. */
    protected interface Store {
        /** Writes; watches say so. */
        void put(String key);

        /** Writes; no watch says so. */
        void putUnseen(String key);

        /** Deletes; watches say so. */
        void delete(String key);

        /** Deletes; no watch says so. */
        void deleteUnseen(String key);

        /** What every request fails with from now on; null when they are answered. */
        void failWith(@Nullable SourceFailure failure);

        /** Whether requests are answered at all; they are at first. */
        void answers(boolean answers);

        /** Ends the watch. */
        void endWatch(SourceFailure failure);

        /** Says over the watch that is open now, whenever it is run, that a key of the name {@code late} was put. */
        Runnable lateChange();

        /** How many watches are open. */
        int watches();

        /** How many lists were asked for. */
        int lists();
    }

    /** The store of this test. */
    protected abstract Store store();

    /** The source over that store. */
    protected abstract ListWatch<V, R> source();

    /** The policy that the source is followed by. */
    protected abstract WatchPolicy policy();

    private final List<Reflector<V, R>> open = new ArrayList<>();

    private Reflector<V, R> reflector(Env env) {
        Reflector<V, R> made = new Reflector<>(source(), policy(), env);
        open.add(made);
        return made;
    }

    private Reflector<V, R> start() {
        Reflector<V, R> started = reflector(time.env());
        started.subscribe(recorder);
        time.advance(Duration.ofSeconds(1));
        return started;
    }

    private static SourceFailure unreachable() {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, "the store is away");
    }

    private void goAway() {
        store().failWith(unreachable());
        store().endWatch(unreachable());
        time.advance(SOON);
    }

    @Test
    void theFirstAnswerIsListedAndThenWatched() {
        store().put("a");
        start();
        assertEquals(Set.of("a"), recorder.keys(), "the keys of the first state");
        Set<String> first = Set.copyOf(recorder.states.get(0).values().keySet());
        store().put("b");
        store().delete("a");
        assertEquals(Set.of("b"), recorder.keys(), "the keys after the watch said so");
        assertEquals(1, store().lists(), "lists that were asked for");
        assertEquals(first, recorder.states.get(0).values().keySet(), "the keys of the first state afterwards");
    }

    @Test
    void theDeletionOfWhatIsNotThereChangesNothing() {
        store().put("a");
        start();
        store().delete("b");
        assertEquals(1, recorder.states.size(), "states");
    }

    @Test
    void whatHappenedWhileTheStoreWasAwayIsListedAfterwards() {
        store().put("a");
        store().put("b");
        start();
        goAway();
        store().putUnseen("c");
        store().deleteUnseen("a");
        assertEquals(Set.of("a", "b"), recorder.keys(), "the state in force while the store is away");
        assertFalse(recorder.failures.isEmpty(), "no failure was reported");
        store().failWith(null);
        time.advance(SOON);
        assertEquals(Set.of("b", "c"), recorder.keys(), "the keys when the store answers again");
        assertFalse(recorder.stale, "stale when the store answers again");
    }

    @Test
    void aStoreThatSaysTheSameAgainConfirms() {
        store().put("a");
        Reflector<V, R> reflector = start();
        time.advance(Duration.ofMinutes(15));
        assertEquals(1, recorder.states.size(), "states of a store that did not change");
        assertFalse(recorder.confirmed.isEmpty(), "a quarter of an hour without a confirmation");
        WatchRecorder<V, R> late = new WatchRecorder<>();
        reflector.subscribe(late);
        assertEquals(
                recorder.confirmed.get(recorder.confirmed.size() - 1),
                late.states.get(0).asOf(),
                "when the store vouched for what a late one learns");
    }

    @Test
    void aStoreThatComesBackWithTheSameIsNoLongerStale() {
        store().put("a");
        start();
        goAway();
        int states = recorder.states.size();
        int confirmed = recorder.confirmed.size();
        store().failWith(null);
        time.advance(SOON);
        assertEquals(states + 1, recorder.states.size(), "states when the store answers again");
        assertFalse(recorder.stale, "stale when the store answers again");
        assertEquals(confirmed, recorder.confirmed.size(), "confirmations of a stale state");
    }

    @Test
    void aClientThatWasClosedDoesNotAskAgain() {
        store().put("a");
        start();
        SourceFailure closed = new SourceFailure(SourceFailure.Kind.CLOSED, "the client was closed");
        store().failWith(closed);
        store().endWatch(closed);
        int lists = store().lists();
        time.advance(Duration.ofMinutes(15));
        assertEquals(lists, store().lists(), "lists that were asked for afterwards");
        assertTrue(recorder.failures.isEmpty(), () -> "failures: " + recorder.failures);
    }

    @Test
    void aChangeThatNoWatchSaidIsFound() {
        start();
        store().putUnseen("a");
        time.advance(Duration.ofMinutes(15));
        assertEquals(Set.of("a"), recorder.keys(), "the keys after a quarter of an hour");
        assertTrue(recorder.failures.isEmpty(), () -> "failures: " + recorder.failures);
    }

    @Test
    void whatAnEarlierWatchStillSaysIsDropped() {
        store().put("a");
        start();
        Runnable late = store().lateChange();
        goAway();
        store().failWith(null);
        time.advance(SOON);
        late.run();
        assertEquals(Set.of("a"), recorder.keys(), "the keys after an ended watch spoke");
        assertEquals(1, store().watches(), "open watches");
    }

    @Test
    void aListThatIsNeverAnsweredIsAFailureAndIsAskedForAgain() {
        store().answers(false);
        start();
        time.advance(Duration.ofMinutes(1));
        assertFalse(recorder.failures.isEmpty(), "no failure after a minute without an answer");
        store().answers(true);
        store().put("a");
        time.advance(Duration.ofMinutes(1));
        assertEquals(Set.of("a"), recorder.keys(), "the keys when the store answers");
    }

    @Test
    void aDenialIsAskedAboutAgainOnlyEveryHalfMinuteAndHeals() {
        store().put("a");
        store().failWith(new SourceFailure(SourceFailure.Kind.DENIED, "not allowed"));
        start();
        time.advance(Duration.ofSeconds(23));
        assertEquals(1, store().lists(), "lists in the first 24 s");
        store().failWith(null);
        time.advance(SOON);
        assertEquals(Set.of("a"), recorder.keys(), "the keys when it is allowed");
        assertEquals(1, recorder.failures.size(), "failures that were reported");
        assertFalse(recorder.stale, "stale when it is allowed");
    }

    @Test
    void aLateSubscriberLearnsTheStateAndThatItIsStale() {
        store().put("a");
        Reflector<V, R> reflector = start();
        goAway();
        int before = recorder.calls();
        WatchRecorder<V, R> late = new WatchRecorder<>();
        reflector.subscribe(late);
        assertEquals(before, recorder.calls(), "calls of the one that knew already");
        assertEquals(Set.of("a"), late.keys(), "the keys that the late one learned");
        assertTrue(late.stale, "the late one learned a stale state");
        assertEquals(1, late.failures.size(), "failures that the late one learned");
    }

    @Test
    void aSubscriberThatThrowsKeepsNoOtherFromLearning() {
        Reflector<V, R> reflector = reflector(time.env());
        for (Runnable throwing : throwing()) {
            reflector.subscribe(new WatchRecorder<>() {
                @Override
                public void onState(Reflector.State<V, R> state, boolean stale) {
                    throwing.run();
                }
            });
        }
        reflector.subscribe(recorder);
        time.advance(Duration.ofSeconds(1));
        store().put("a");
        assertEquals(Set.of("a"), recorder.keys(), "the keys that the other one learned");
        assertTrue(recorder.failures.isEmpty(), () -> "failures: " + recorder.failures);
    }

    private static List<Runnable> throwing() {
        return List.of(
                () -> {
                    throw new IllegalStateException("on purpose");
                },
                () -> {
                    throw new NoClassDefFoundError("on purpose");
                },
                () -> {
                    throw new AssertionError("on purpose");
                });
    }

    @Test
    void whatASourceThrowsIsAFailureAndEndsNothing() {
        for (Runnable throwing : throwing()) {
            OddSource<V, R> odd = new OddSource<>(source());
            Reflector<V, R> reflector = new Reflector<>(odd, policy(), time.env());
            WatchRecorder<V, R> learns = new WatchRecorder<>();
            open.add(reflector);
            reflector.subscribe(learns);
            time.advance(Duration.ofSeconds(1));
            odd.first = throwing;
            store().put("a");
            assertEquals(1, learns.failures.size(), "failures of a source that threw");
            odd.first = () -> {};
            time.advance(SOON);
            assertEquals(Set.of("a"), learns.keys(), "the keys afterwards");
            assertFalse(learns.stale, "stale afterwards");
        }
    }

    @Test
    void aListThatTookTooLongIsEnded() {
        OddSource<V, R> odd = new OddSource<>(source());
        Reflector<V, R> reflector = new Reflector<>(odd, policy(), time.env());
        open.add(reflector);
        store().answers(false);
        reflector.subscribe(recorder);
        time.advance(Duration.ofMinutes(1));
        reflector.close();
        assertTrue(odd.lists.size() > 1, "lists within a minute without an answer");
        assertTrue(odd.lists.stream().allMatch(CompletableFuture::isCancelled), "a list goes on that was given up");
    }

    @Test
    void aBurstIsPublishedOnce() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        Reflector<V, R> busy = reflector(new Env(time, time.env().dice(), tasks::add));
        busy.subscribe(recorder);
        run(tasks);
        time.advance(Duration.ofSeconds(1));
        run(tasks);
        int before = recorder.states.size();
        for (int i = 0; i < 50; i++) {
            store().put(Integer.toString(i));
        }
        run(tasks);
        assertEquals(before + 1, recorder.states.size(), "states after a burst of 50");
        assertEquals(50, recorder.keys().size(), "keys after a burst of 50");
        busy.close();
        run(tasks);
    }

    @Test
    void nothingIsLeftAfterClose() {
        start();
        open.forEach(Reflector::close);
        assertEquals(0, store().watches(), "open watches");
        assertEquals(0, time.pendingTasks(), "timers that are set");
        int calls = recorder.calls();
        store().put("a");
        time.advance(Duration.ofMinutes(15));
        assertEquals(calls, recorder.calls(), "calls of the subscriber");
    }

    @Test
    void aSubscriberThatComesAfterCloseStartsNothing() {
        Reflector<V, R> used = start();
        Reflector<V, R> unused = reflector(time.env());
        open.forEach(Reflector::close);
        int lists = store().lists();
        int calls = recorder.calls();
        used.subscribe(recorder);
        unused.subscribe(recorder);
        time.advance(Duration.ofMinutes(15));
        assertEquals(lists, store().lists(), "lists that were asked for");
        assertEquals(calls, recorder.calls(), "calls of the subscriber");
    }

    private static void run(ArrayDeque<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }
}
