package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.WatchRecorder;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReflectorTest {
    private static final List<KeyRange> RANGES = List.of(KeyRange.under("a/"));

    private final FakeTime time = new FakeTime();
    private final FakeStore store = new FakeStore();
    private final Reflector<Entry, Version> reflector =
            new Reflector<>(new RangeWatch(store, RANGES), RangeWatch.POLICY, time.env());
    private final Recorder recorder = new Recorder();

    @Test
    void theFirstAnswerIsReadAndThenFollowedFromTheNextRevision() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one"));
        assertThat(store.lastWatch().fromRevision).isEqualTo(store.revision() + 1);
        store.put("a/2", "two");
        store.delete("a/1");
        assertThat(recorder.last()).isEqualTo(Map.of("a/2", "two"));
    }

    @Test
    void whatAnEarlierGenerationStillSaysIsDropped() {
        reflector.subscribe(recorder);
        FakeStore.FakeWatch old = store.lastWatch();
        old.watcher.onEnd(FakeStore.unreachable());
        time.advance(Duration.ofSeconds(2));
        assertThat(store.lastWatch()).isNotSameAs(old);
        int states = recorder.states.size();
        old.puts(90, entry("a/9", "late", 90));
        old.watcher.onEnd(FakeStore.unreachable());
        old.watcher.onOpen();
        assertThat(recorder.states).hasSize(states);
        assertThat(recorder.failures).hasSize(1);
        assertThat(store.lastWatch().cancelled).isFalse();
    }

    @Test
    void whatHappenedWhileAwayIsReadWholeAfterwards() {
        store.put("a/1", "one");
        store.put("a/2", "two");
        reflector.subscribe(recorder);
        store.lastWatch().watcher.onEnd(FakeStore.unreachable());
        store.losePut("a/1", "other");
        store.losePut("a/3", "three");
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one", "a/2", "two"));
        time.advance(Duration.ofSeconds(2));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "other", "a/2", "two", "a/3", "three"));
        assertThat(recorder.stale).isFalse();
    }

    @Test
    void aCopyDoesNotGrowPastItsLimitAndIsReadAgainLater() {
        String quarter = "x".repeat(EtcdConnection.MAX_MESSAGE_BYTES / 4 - 3);
        store.put("a/1", quarter);
        reflector.subscribe(recorder);
        store.put("a/2", quarter);
        store.put("a/3", quarter);
        // What is replaced or deleted does not count twice.
        store.put("a/3", quarter);
        store.delete("a/3");
        store.put("a/3", quarter);
        store.put("a/4", quarter);
        assertThat(recorder.failures).isEmpty();
        store.put("a/5", "");
        assertThat(recorder.failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.TOO_MUCH));
        assertThat(store.lastWatch().cancelled).isTrue();
        assertThat(recorder.last()).containsOnlyKeys("a/1", "a/2", "a/3", "a/4");
        int reads = store.reads;
        time.advance(Duration.ofSeconds(20));
        assertThat(store.reads).isEqualTo(reads);
        store.delete("a/1");
        time.advance(Duration.ofSeconds(20));
        assertThat(recorder.last()).containsOnlyKeys("a/2", "a/3", "a/4", "a/5");
        assertThat(recorder.stale).isFalse();
    }

    @Test
    void changesThatWereMadeTogetherAreTooMuchOnlyTogether() {
        String half = "x".repeat(EtcdConnection.MAX_MESSAGE_BYTES / 2 - 3);
        store.put("a/1", half);
        store.put("a/2", half);
        reflector.subscribe(recorder);
        FakeStore.FakeWatch watch = store.lastWatch();
        watch.changes(9, List.of(watch.change("a/3", entry("a/3", half, 9), 9), watch.change("a/1", null, 9)));
        assertThat(recorder.failures).isEmpty();
        assertThat(recorder.last()).containsOnlyKeys("a/2", "a/3");
    }

    @Test
    void aChangeThatNoWatchSaidIsFoundWithinAMinuteAndAQuarter() {
        reflector.subscribe(recorder);
        store.losePut("a/1", "lost");
        time.advance(Duration.ofSeconds(69));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "lost"));
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void anUnchangedCopyIsConfirmedNotRepeated() {
        reflector.subscribe(recorder);
        Instant before = recorder.states.get(0).asOf();
        time.advance(Duration.ofSeconds(70));
        assertThat(recorder.states).hasSize(1);
        assertThat(recorder.confirmed).hasSize(1);
        assertThat(recorder.confirmed.get(0)).isAfter(before);
    }

    @Test
    void anIdleCopyIsCheckedEveryMinuteAndReadEveryHour() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        time.advance(Duration.ofMinutes(50));
        assertThat(store.reads).isEqualTo(1);
        assertThat(store.summaries).isBetween(43, 59);
        assertThat(recorder.confirmed).hasSize(store.summaries);
        assertThat(store.watches).hasSize(1);
        time.advance(Duration.ofMinutes(20));
        assertThat(store.reads).isEqualTo(2);
        assertThat(recorder.states).hasSize(1);
    }

    @Test
    void clientsThatStartTogetherDoNotCheckTogether() {
        for (int i = 0; i < 30; i++) {
            new Reflector<>(new RangeWatch(store, RANGES), RangeWatch.POLICY, time.env(ScriptedDice.seeded(i)))
                    .subscribe(recorder);
        }
        time.advance(Duration.ofSeconds(60));
        assertThat(store.summaries).isBetween(5, 25);
        time.advance(Duration.ofSeconds(9));
        assertThat(store.summaries).isGreaterThanOrEqualTo(30);
    }

    @Test
    void aChangeThatIsOnItsWayDuringACheckCostsNoRead() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.nextSummary = new KeyStore.Summary(new Version(1, 2, 9), 2, 9);
        time.advance(Duration.ofSeconds(70));
        assertThat(store.summaries).isEqualTo(2);
        assertThat(store.reads).isEqualTo(1);
        assertThat(recorder.confirmed).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"put", "put again", "deleted", "deleted and put"})
    void aCheckShowsWhatNoWatchSaid(String what) {
        store.put("a/1", "one");
        store.put("a/2", "two");
        reflector.subscribe(recorder);
        switch (what) {
            case "put" -> store.losePut("a/3", "three");
            case "put again" -> store.losePut("a/1", "one");
            case "deleted" -> store.loseDelete("a/2");
            default -> {
                store.loseDelete("a/1");
                store.losePut("a/3", "three");
            }
        }
        time.advance(Duration.ofSeconds(70));
        assertThat(store.reads).isEqualTo(2);
        assertThat(store.watches.get(0).cancelled).isTrue();
        assertThat(recorder.states).hasSize(2);
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void aCheckConfirmsNothingThatIsNotPublishedYet() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        busy(tasks).subscribe(recorder);
        run(tasks);
        time.advance(Duration.ofSeconds(70));
        store.put("a/1", "one");
        run(tasks);
        assertThat(store.summaries).isEqualTo(1);
        assertThat(recorder.confirmed).isEmpty();
        assertThat(recorder.states).hasSize(2);
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one"));
    }

    @Test
    void aBurstThatEndsInTooMuchIsNotPublished() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        busy(tasks).subscribe(recorder);
        run(tasks);
        String quarter = "x".repeat(EtcdConnection.MAX_MESSAGE_BYTES / 4);
        for (int i = 0; i < 4; i++) {
            store.put("a/" + i, quarter);
        }
        run(tasks);
        assertThat(recorder.failures).hasSize(1);
        assertThat(recorder.states).hasSize(1);
    }

    private Reflector<Entry, Version> busy(ArrayDeque<Runnable> tasks) {
        return new Reflector<>(
                new RangeWatch(store, RANGES),
                RangeWatch.POLICY,
                new Env(time, time.env().dice(), tasks::add));
    }

    private static void run(ArrayDeque<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }

    /** Thousands of clients lose a server at one instant, whatever happened before. */
    @Test
    void aLossAfterAnOutageThatIsOverIsTheFirstInARow() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.goAway();
        time.advance(Duration.ofMinutes(1));
        store.readFailure = null;
        time.advance(Duration.ofSeconds(3));
        int failures = recorder.failures.size();
        store.readFailure = FakeStore.unreachable();
        while (recorder.failures.size() == failures) {
            time.advance(Duration.ofMillis(50));
        }
        int reads = store.reads;
        time.advance(Duration.ofMillis(1_500));
        assertThat(store.reads).isGreaterThan(reads);
    }

    @Test
    void aCheckThatFailsIsAFailure() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.readFailure = FakeStore.unreachable();
        time.advance(Duration.ofSeconds(70));
        assertThat(recorder.failures).isNotEmpty();
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one"));
    }

    @Test
    void aCheckThatIsNeverAnsweredIsAFailure() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.silent = true;
        time.advance(Duration.ofSeconds(70).plus(RangeWatch.READ_TIMEOUT));
        assertThat(recorder.failures.get(0)).hasMessageContaining("did not answer a read");
    }

    @Test
    void aClientThatHasMovedReadsAndWatchesWhereItIsNow() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.lastWatch().leftBehind = true;
        time.advance(Duration.ofSeconds(70));
        assertThat(store.reads).isEqualTo(2);
        assertThat(store.watches).hasSize(2);
        assertThat(store.watches.get(0).cancelled).isTrue();
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void eventsThatTheReadHoldsAlreadyChangeNothing() {
        store.put("a/1", "one");
        store.put("a/1", "two");
        reflector.subscribe(recorder);
        FakeStore.FakeWatch watch = store.lastWatch();
        watch.puts(2, entry("a/1", "one", 2));
        watch.changes(3, List.of(watch.change("a/1", null, 2)));
        assertThat(recorder.states).hasSize(1);
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "two"));
    }

    @Test
    void messagesNameWhatIsFollowed() {
        assertThat(new RangeWatch(store, RANGES)).hasToString("etcd, a/*");
        assertThat(new RangeWatch(store, RANGES).overdue("watch", Duration.ofSeconds(5)))
                .isEqualTo("etcd did not begin to watch [a/*] within 5 s");
    }

    /** Two ranges are followed side by side, and one of them may be ahead. */
    @Test
    void theCopyIsAtTheHighestReportedRevision() {
        reflector.subscribe(recorder);
        store.lastWatch().puts(90, entry("a/1", "one", 90));
        store.lastWatch().puts(50, entry("a/2", "two", 50));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one", "a/2", "two"));
        assertThat(recorder.states)
                .extracting(state -> state.version().revision())
                .endsWith(90L, 90L);
    }

    @Test
    void failuresBackOffUpToTwoSecondsWithJitterAndKeepTheState() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.readFailure = FakeStore.unreachable();
        store.lastWatch().watcher.onEnd(FakeStore.unreachable());
        time.advance(Duration.ofSeconds(10));
        int before = store.reads;
        time.advance(Duration.ofSeconds(60));
        assertThat(store.reads - before).isBetween(26, 36);
        assertThat(recorder.states).hasSize(1);
        store.readFailure = null;
        time.advance(Duration.ofMillis(2_300));
        assertThat(recorder.stale).isFalse();
        assertThat(recorder.states).hasSize(2);
    }

    /** What stands between may take every watch and end it: each costs etcd a whole read. */
    @ParameterizedTest
    @EnumSource(names = {"UNREACHABLE", "EXPIRED"})
    void watchesThatEndAsSoonAsTheyBeginBackOffLikeReadsThatFail(SourceFailure.Kind kind) {
        reflector.subscribe(recorder);
        for (int tenth = 0; tenth < 600; tenth++) {
            if (!store.lastWatch().cancelled) {
                store.lastWatch().watcher.onEnd(new SourceFailure(kind, "ended"));
            }
            time.advance(Duration.ofMillis(100));
        }
        assertThat(store.reads).isBetween(20, 50);
    }

    @Test
    void aDenialIsAskedAboutAgainOnlyEveryHalfMinute() {
        store.readFailure = FakeStore.denied();
        reflector.subscribe(recorder);
        time.advance(Duration.ofSeconds(25));
        assertThat(store.reads).isEqualTo(1);
        time.advance(Duration.ofSeconds(10));
        assertThat(store.reads).isEqualTo(2);
        assertThat(recorder.failures.get(0)).hasMessageContaining("permission denied");
    }

    @Test
    void withoutAQuorumTheFirstStateOfOneMemberIsTakenAsStale() {
        store.servers = 3;
        store.readFailure = FakeStore.unreachable();
        store.serializable = new KeyStore.Reading(7, 1, 2, Map.of("a/1", entry("a/1", "old", 5)));
        reflector.subscribe(recorder);
        time.advance(Duration.ofMillis(120));
        assertThat(store.reads).isEqualTo(2);
        assertThat(recorder.states).as("one server is left to ask").isEmpty();
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "old"));
        assertThat(recorder.stale).isTrue();
        assertThat(store.watches).isEmpty();

        time.advance(Duration.ofSeconds(20));
        assertThat(store.oldReads).as("only a first state may be old").isEqualTo(1);
        assertThat(recorder.states).hasSize(1);
        store.readFailure = null;
        store.losePut("a/1", "new");
        time.advance(Duration.ofSeconds(3));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "new"));
        assertThat(recorder.stale).isFalse();
    }

    /** What is there again is the same, or past what was known, when a client that was cut off asks again. */
    @ParameterizedTest
    @ValueSource(strings = {"revision", "cluster", "term", "content"})
    void aRestoreIsNoticedHoweverFarTheRestoredOneHasCome(String by) {
        store.put("a/1", "one");
        Runnable restore = store.backup();
        store.put("b/1", "lost");
        store.put("b/1", "lost");
        reflector.subscribe(recorder);
        if (by.equals("content")) {
            store.put("a/2", "lost");
        }
        time.advance(Duration.ofSeconds(70));
        assertThat(recorder.states).allMatch(state -> state.history() == 0);
        store.goAway();
        restore.run();
        switch (by) {
            case "cluster" -> store.cluster = 9;
            case "term" -> store.term = 1;
            case "content" -> store.losePut("a/2", "other");
            default -> {}
        }
        if (!by.equals("revision")) {
            for (int i = 0; i < 9; i++) {
                store.losePut("b/1", "after");
            }
        }
        store.readFailure = null;
        time.advance(Duration.ofSeconds(5));
        assertThat(recorder.states.get(recorder.states.size() - 1).history()).isEqualTo(1);
        assertThat(recorder.stale).isFalse();
        int states = recorder.states.size();
        store.goAway();
        store.readFailure = null;
        time.advance(Duration.ofMinutes(5));
        assertThat(recorder.states.subList(states, recorder.states.size()))
                .as("once")
                .allMatch(state -> state.history() == 1);
    }

    @Test
    void aRestoreToTheSameContentIsSaidAsWell() {
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        store.cluster = 9;
        time.advance(Duration.ofSeconds(70));
        assertThat(recorder.failures).isEmpty();
        assertThat(recorder.states.get(recorder.states.size() - 1).history()).isEqualTo(1);
    }

    @Test
    void anOutageWithChangesIsNoRestore() {
        store.put("a/1", "one");
        store.put("a/2", "two");
        reflector.subscribe(recorder);
        store.put("a/3", "three");
        store.goAway();
        store.losePut("a/1", "other");
        store.term++;
        store.delete("a/2");
        store.losePut("a/2", "again");
        store.losePut("a/4", "four");
        store.readFailure = null;
        time.advance(Duration.ofSeconds(5));
        assertThat(recorder.last()).hasSize(4);
        assertThat(recorder.states).allMatch(state -> state.history() == 0);
    }

    @Test
    void aDeniedFirstReadIsNotTriedAnotherWay() {
        store.readFailure = FakeStore.denied();
        store.serializable = new KeyStore.Reading(7, 1, 2, Map.of());
        reflector.subscribe(recorder);
        time.advance(Duration.ofMinutes(2));
        assertThat(store.oldReads).isZero();
        assertThat(recorder.states).isEmpty();
    }

    @Test
    void aWatchThatIsNotCreatedInTimeIsAFailure() {
        store.creates = false;
        store.put("a/1", "one");
        reflector.subscribe(recorder);
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one"));
        time.advance(RangeWatch.CREATE_TIMEOUT);
        assertThat(recorder.failures.get(0)).hasMessageContaining("did not begin to watch");
        store.creates = true;
        time.advance(Duration.ofSeconds(2));
        assertThat(recorder.stale).isFalse();
        assertThat(store.watches).hasSize(2);
        assertThat(store.watches.get(0).cancelled).isTrue();
    }

    @Test
    void aReadThatNeverEndsIsAFailureAndIsMadeAgain() {
        store.silent = true;
        reflector.subscribe(recorder);
        time.advance(RangeWatch.READ_TIMEOUT);
        assertThat(store.reads).isEqualTo(1);
        assertThat(store.oldReads).as("asked in another way").isEqualTo(1);
        store.silent = false;
        store.put("a/1", "one");
        time.advance(Duration.ofSeconds(3));
        assertThat(recorder.last()).isEqualTo(Map.of("a/1", "one"));
        reflector.close();
        assertThat(time.pendingTasks()).isZero();
    }

    private static KeyStore.Entry entry(String key, String value, long revision) {
        return new KeyStore.Entry(key, ByteString.copyFromUtf8(value), revision);
    }

    static class Recorder extends WatchRecorder<Entry, Version> {
        Map<String, String> last() {
            Map<String, String> values = new TreeMap<>();
            states.get(states.size() - 1)
                    .values()
                    .forEach((key, entry) -> values.put(key, entry.value().toStringUtf8()));
            return values;
        }
    }
}
