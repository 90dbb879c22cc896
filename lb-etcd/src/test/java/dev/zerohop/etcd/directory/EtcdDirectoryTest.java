package dev.zerohop.etcd.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory.Absent;
import dev.zerohop.KeyDirectory.Answer;
import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.FakeStore;
import dev.zerohop.etcd.client.GrpcKeyStore;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The cache of a directory, on fake time and over a store of the test's making. */
class EtcdDirectoryTest {
    private static final String PREFIX = new ServiceKeys("orders").directory();
    private static final Owner ONE = Owner.endpoint("orders-1");
    private static final Owner TWO = Owner.ordinal(2);
    private static final String ONE_JSON = "{\"endpoint\": \"orders-1\"}";
    private static final String TWO_JSON = "{\"ordinal\": 2}";
    private static final Absent ABSENT = new Absent();

    private final FakeTime time = new FakeTime();
    private final FakeStore store = new FakeStore();
    private final List<String> rejections = new ArrayList<>();
    private int told;
    private int closed;
    private EtcdDirectory directory = directory(DirectoryOptions.DEFAULTS);

    private EtcdDirectory directory(DirectoryOptions options) {
        return directory(options, time.env());
    }

    private EtcdDirectory directory(DirectoryOptions options, Env env) {
        EtcdDirectory made = new EtcdDirectory(store, PREFIX, env, options, rejections::add, () -> closed++);
        made.follow(() -> told++);
        return made;
    }

    private Answer find(String key) {
        return directory.find(EndpointSelector.of(key));
    }

    /** What a call gets that waits for the first answer. */
    private Answer found(String key) {
        Answer first = find(key);
        return first instanceof Unknown unknown && unknown.asking() ? find(key) : first;
    }

    private static boolean asking(Answer answer) {
        return answer instanceof Unknown unknown && unknown.asking();
    }

    private static boolean failed(Answer answer) {
        return answer instanceof Unknown unknown && !unknown.asking();
    }

    private int readsOf(String key) {
        return (int) store.rangesRead.stream()
                .filter(range -> range.equals(KeyRange.key(PREFIX + key)))
                .count();
    }

    private void endWatch() {
        store.lastWatch().watcher.onEnd(FakeStore.unreachable());
    }

    // ---- hits and misses ----

    @Test
    void nothingIsReadOrFollowedUntilAKeyIsAskedFor() {
        assertThat(directory.peek(EndpointSelector.of("alice"))).isInstanceOf(Unknown.class);
        assertThat(directory.explain(EndpointSelector.of("alice"))).isNotEmpty();
        assertThat(store.reads).isZero();
        assertThat(store.watches).isEmpty();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void theFirstCallWaitsForOneReadAndLaterOnesForNone() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        assertThat(asking(find("alice"))).isTrue();
        assertThat(told).isPositive();
        for (int i = 0; i < 10; i++) {
            assertThat(find("alice")).isEqualTo(ONE);
        }
        assertThat(readsOf("alice")).isEqualTo(1);
    }

    @Test
    void theWatchBeginsBehindTheReadThatCameBeforeEveryLookUp() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        assertThat(found("alice")).isEqualTo(ONE);
        assertThat(store.watches).hasSize(1);
        assertThat(store.lastWatch().fromRevision).isEqualTo(store.revision() + 1);
        assertThat(store.lastWatch().ranges).containsExactly(KeyRange.under(PREFIX));
    }

    @Test
    void aHundredCallsForOneKeyAreOneRead() throws Exception {
        store.losePut(PREFIX + "alice", ONE_JSON);
        Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        directory = directory(DirectoryOptions.DEFAULTS, new Env(time, ScriptedDice.seeded(1), tasks::add));
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        Queue<Answer> answers = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 100; i++) {
            Thread thread = new Thread(() -> {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                answers.add(find("alice"));
            });
            thread.start();
            threads.add(thread);
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(answers).hasSize(100).allMatch(EtcdDirectoryTest::asking);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(1);
    }

    @Test
    void keysThatWaitShareATransaction() {
        found("first");
        store.holdsReads = true;
        int before = store.reads;
        for (int i = 0; i < 2 + DirectorySource.BATCH; i++) {
            store.losePut(PREFIX + i, TWO_JSON);
            assertThat(asking(find(String.valueOf(i)))).isTrue();
        }
        assertThat(store.reads - before).isEqualTo(DirectorySource.READS);
        store.release();
        assertThat(store.reads - before).isEqualTo(DirectorySource.READS + 1);
        store.release();
        for (int i = 0; i < 2 + DirectorySource.BATCH; i++) {
            assertThat(find(String.valueOf(i))).isEqualTo(TWO);
        }
    }

    // ---- names ----

    @Test
    void namesOfKeys() {
        store.losePut(PREFIX + "a/b//c", ONE_JSON);
        store.losePut(PREFIX + "ключ-\uD83D\uDD11", TWO_JSON);
        store.losePut(PREFIX + "-42", TWO_JSON);
        assertThat(found("a/b//c")).isEqualTo(ONE);
        assertThat(found("ключ-\uD83D\uDD11")).isEqualTo(TWO);
        assertThat(found("-42")).isEqualTo(TWO);
        assertThat(directory.find(EndpointSelector.of(-42))).isEqualTo(TWO);
        int reads = store.reads;
        assertThat(find("")).isEqualTo(ABSENT);
        assertThat(find("x".repeat(EtcdDirectory.MAX_KEY_CHARS + 1))).isEqualTo(ABSENT);
        assertThat(find("lone \uD83D")).isEqualTo(ABSENT);
        assertThat(store.reads).isEqualTo(reads);
        assertThat(asking(find("x".repeat(EtcdDirectory.MAX_KEY_CHARS)))).isTrue();
    }

    // ---- expiry ----

    @Test
    void anUnusedKeyIsEvictedAndAUsedOneStays() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        store.losePut(PREFIX + "bob", TWO_JSON);
        directory = directory(
                DirectoryOptions.DEFAULTS.withExpiry(Duration.ofMinutes(10)).withRefresh(Duration.ofDays(1)));
        found("alice");
        found("bob");
        for (int i = 0; i < 5; i++) {
            time.advance(Duration.ofMinutes(4));
            assertThat(find("alice")).isEqualTo(ONE);
        }
        assertThat(readsOf("alice")).isEqualTo(1);
        assertThat(asking(find("bob"))).isTrue();
        assertThat(readsOf("bob")).isEqualTo(2);
    }

    /** The watch tells when it ends: it is known like an owner, and read again as seldom. */
    @Test
    void anAbsenceThatWasConfirmedStaysKnownWhileTheWatchLives() {
        assertThat(found("alice")).isEqualTo(ABSENT);
        for (int i = 0; i < 4; i++) {
            time.advance(Duration.ofMinutes(1));
            assertThat(find("alice")).isEqualTo(ABSENT);
        }
        assertThat(readsOf("alice")).isEqualTo(1);
        store.losePut(PREFIX + "alice", ONE_JSON);
        time.advance(Duration.ofMinutes(2));
        assertThat(find("alice")).isEqualTo(ABSENT);
        assertThat(find("alice"))
                .as("read again in the background, as it was time to")
                .isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(2);
    }

    @Test
    void anAbsenceIsServedStaleLikeAnOwnerAndReadAgainAfterTheGap() {
        found("alice");
        store.readFailure = FakeStore.unreachable();
        endWatch();
        for (int i = 0; i < 24; i++) {
            time.advance(Duration.ofMinutes(59));
            assertThat(find("alice")).isEqualTo(ABSENT);
        }
        assertThat(failed(find("bob"))).as("nothing was ever known").isTrue();
        store.readFailure = null;
        store.losePut(PREFIX + "alice", ONE_JSON);
        time.advance(Duration.ofSeconds(3));
        assertThat(found("alice")).isEqualTo(ONE);
    }

    @Test
    void anUnusedAbsenceIsEvicted() {
        directory = directory(DirectoryOptions.DEFAULTS.withExpiry(Duration.ofMinutes(10)));
        found("alice");
        time.advance(Duration.ofMinutes(11));
        assertThat(asking(find("alice"))).isTrue();
    }

    @Test
    void anAbsenceEndsWithTheEventThatSaysSo() {
        assertThat(found("alice")).isEqualTo(ABSENT);
        store.put(PREFIX + "alice", ONE_JSON);
        assertThat(find("alice")).isEqualTo(ONE);
        time.advance(Duration.ofMinutes(1));
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(1);
    }

    @Test
    void aKeyIsReadAgainInTheBackgroundAndServedMeanwhile() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        found("alice");
        store.losePut(PREFIX + "alice", TWO_JSON);
        time.advance(Duration.ofMinutes(4));
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(1);
        time.advance(Duration.ofMinutes(2));
        store.holdsReads = true;
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(2);
        store.release();
        assertThat(find("alice")).isEqualTo(TWO);
    }

    // ---- size ----

    @Test
    void noMoreKeysAreKeptThanAllowed() {
        directory = directory(DirectoryOptions.DEFAULTS.withMaxKeys(100));
        for (int i = 0; i < 1_000; i++) {
            store.losePut(PREFIX + i, TWO_JSON);
            assertThat(found(String.valueOf(i))).isEqualTo(TWO);
        }
        assertThat(directory.size()).isEqualTo(100);
    }

    @Test
    void aCallGetsItsAnswerAlsoWhenTheCacheHasNoRoomForIt() {
        directory = directory(DirectoryOptions.DEFAULTS.withMaxKeys(1));
        store.holdsReads = true;
        for (int i = 0; i < 100; i++) {
            store.losePut(PREFIX + i, TWO_JSON);
            find(String.valueOf(i));
        }
        for (int i = 0; i < 10; i++) {
            store.release();
        }
        for (int i = 0; i < 100; i++) {
            assertThat(find(String.valueOf(i))).isEqualTo(TWO);
            assertThat(readsOf(String.valueOf(i))).isEqualTo(1);
        }
        assertThat(directory.size()).isEqualTo(1);
        time.advance(Duration.ofSeconds(3));
        assertThat(directory.loads()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void lookUpsAreBoundedAndThoseThatOverflowAreNotifiedWhenThereIsRoom() {
        found("first");
        time.advance(Duration.ofSeconds(3));
        store.holdsReads = true;
        for (int i = 0; i < DirectoryCache.MAX_LOADS + 5; i++) {
            assertThat(asking(find("key-" + i))).isTrue();
        }
        assertThat(directory.loads()).isEqualTo(DirectoryCache.MAX_LOADS);
        String last = "key-" + (DirectoryCache.MAX_LOADS + 4);
        store.holdsReads = false;
        store.release();
        assertThat(asking(find(last))).isTrue();
        int before = told;
        time.advance(Duration.ofSeconds(3));
        assertThat(told).isGreaterThan(before);
        assertThat(found(last)).isEqualTo(ABSENT);
    }

    // ---- events ----

    @Test
    void aChangeReachesTheKeysThatAreKeptAndNoOthers() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        found("alice");
        int before = told;
        store.put(PREFIX + "alice", TWO_JSON);
        assertThat(told).isEqualTo(before + 1);
        assertThat(find("alice")).isEqualTo(TWO);
        store.put(PREFIX + "bob", TWO_JSON);
        assertThat(told).isEqualTo(before + 1);
        assertThat(directory.size()).isEqualTo(1);
        store.delete(PREFIX + "alice");
        assertThat(find("alice")).isEqualTo(ABSENT);
        assertThat(readsOf("alice")).isEqualTo(1);
    }

    @Test
    void aReadThatBeganBeforeAChangeDoesNotUndoIt() {
        found("first");
        store.losePut(PREFIX + "alice", ONE_JSON);
        store.holdsReads = true;
        find("alice");
        store.put(PREFIX + "alice", TWO_JSON);
        assertThat(find("alice")).isEqualTo(TWO);
        store.release();
        assertThat(find("alice")).isEqualTo(TWO);
        time.advance(Duration.ofMinutes(6));
        find("alice");
        store.delete(PREFIX + "alice");
        store.release();
        assertThat(find("alice")).isEqualTo(ABSENT);
    }

    @Test
    void anEventThatIsOlderThanTheReadDoesNotUndoIt() {
        found("first");
        KeyStore.Entry old = store.losePut(PREFIX + "alice", ONE_JSON);
        store.losePut(PREFIX + "alice", TWO_JSON);
        assertThat(found("alice")).isEqualTo(TWO);
        store.lastWatch().puts(store.revision(), old);
        assertThat(find("alice")).isEqualTo(TWO);
    }

    // ---- gaps ----

    @Test
    void whileEtcdIsAwayOwnersThatAreKnownStayAndTheirAgeIsSeen() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        found("alice");
        store.readFailure = FakeStore.unreachable();
        endWatch();
        for (int i = 0; i < 24; i++) {
            time.advance(Duration.ofMinutes(59));
            assertThat(find("alice")).isEqualTo(ONE);
        }
        assertThat(directory.explain(EndpointSelector.of("alice")))
                .hasSize(2)
                .anyMatch(line -> line.equals("entry " + PREFIX
                        + "alice names endpoint orders-1, as read 84960000 ms ago at revision 2, not followed since"))
                .anyMatch(line -> line.startsWith("etcd cannot be read since 2026-01-01T00:00:00Z"));
    }

    @Test
    void afterAGapNothingIsUsedUntilItWasReadAgain() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        store.losePut(PREFIX + "bob", ONE_JSON);
        found("alice");
        found("bob");
        endWatch();
        store.losePut(PREFIX + "alice", TWO_JSON);
        assertThat(find("alice")).isEqualTo(ONE);
        time.advance(Duration.ofSeconds(1));
        assertThat(asking(find("alice"))).isTrue();
        assertThat(find("alice")).isEqualTo(TWO);
        assertThat(readsOf("bob")).isEqualTo(1);
        assertThat(found("bob")).isEqualTo(ONE);
        assertThat(readsOf("bob")).isEqualTo(2);
        assertThat(store.watches).hasSize(2);
    }

    @Test
    void anAnswerReadUnderAnEarlierWatchDoesNotCount() {
        found("first");
        store.losePut(PREFIX + "alice", ONE_JSON);
        store.holdsReads = true;
        find("alice");
        endWatch();
        store.losePut(PREFIX + "alice", TWO_JSON);
        store.holdsReads = false;
        time.advance(Duration.ofSeconds(1));
        store.release();
        assertThat(asking(find("alice"))).isTrue();
        assertThat(find("alice")).isEqualTo(TWO);
    }

    @Test
    void afterEtcdLostItsDataItsAnswersCountAlthoughTheirRevisionsAreLower() {
        for (int i = 0; i < 10; i++) {
            store.losePut(PREFIX + "alice", ONE_JSON);
        }
        found("alice");
        endWatch();
        store.wipe();
        store.losePut(PREFIX + "alice", TWO_JSON);
        time.advance(Duration.ofSeconds(1));
        assertThat(found("alice")).isEqualTo(TWO);
    }

    @Test
    void oneBrokenConnectionFailsNoLookUpAndASecondOneDoes() {
        store.readFailure = FakeStore.unreachable();
        assertThat(asking(find("alice"))).isTrue();
        assertThat(asking(find("alice"))).isTrue();
        int before = told;
        time.advance(Duration.ofMillis(200));
        assertThat(told).isGreaterThan(before);
        assertThat(failed(find("alice"))).isTrue();
        assertThat(((Unknown) find("alice")).reason())
                .startsWith("etcd cannot be read since 2026-01-01T00:00:00Z (2 attempts): etcd fake is away");
        store.readFailure = null;
        store.losePut(PREFIX + "alice", ONE_JSON);
        before = told;
        time.advance(Duration.ofSeconds(3));
        assertThat(told).isGreaterThan(before);
        assertThat(found("alice")).isEqualTo(ONE);
    }

    @Test
    void aLookUpThatWaitsIsMadeWhenEtcdAnswersAgain() {
        found("first");
        store.losePut(PREFIX + "alice", ONE_JSON);
        endWatch();
        assertThat(asking(find("alice"))).isTrue();
        time.advance(Duration.ofSeconds(1));
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(readsOf("alice")).isEqualTo(1);
    }

    @Test
    void aDenialFailsTheLookUpAtOnceAndIsRetriedLate() {
        store.readFailure = FakeStore.denied();
        find("alice");
        assertThat(failed(find("alice"))).isTrue();
        int reads = store.reads;
        time.advance(Duration.ofSeconds(20));
        find("alice");
        assertThat(store.reads).isEqualTo(reads);
        time.advance(Duration.ofSeconds(20));
        assertThat(store.reads).isEqualTo(reads + 1);
    }

    @Test
    void aWatchThatDoesNotBeginIsGivenUp() {
        store.creates = false;
        store.losePut(PREFIX + "alice", ONE_JSON);
        assertThat(found("alice")).isEqualTo(ONE);
        time.advance(RangeWatch.CREATE_TIMEOUT.plusSeconds(1));
        assertThat(store.watches).hasSizeGreaterThan(1);
        assertThat(store.watches.get(0).cancelled).isTrue();
        assertThat(find("alice")).isEqualTo(ONE);
    }

    @Test
    void aReadThatNeverEndsIsAFailureAndIsMadeAgain() {
        found("first");
        store.losePut(PREFIX + "alice", ONE_JSON);
        store.silent = true;
        assertThat(asking(find("alice"))).isTrue();
        time.advance(RangeWatch.READ_TIMEOUT);
        store.silent = false;
        time.advance(Duration.ofSeconds(3));
        assertThat(found("alice")).isEqualTo(ONE);
    }

    // ---- bad values ----

    @Test
    void aBadValueIsRefusedOnceAndTheLastGoodOneStays() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        found("alice");
        store.put(PREFIX + "alice", "{\"endpoint\": 7}");
        assertThat(find("alice")).isEqualTo(ONE);
        time.advance(Duration.ofMinutes(6));
        find("alice");
        assertThat(readsOf("alice")).isEqualTo(2);
        assertThat(rejections)
                .containsExactly(
                        PREFIX
                                + "alice at revision 3 is rejected, the last good value stays: endpoint was 7, expected a text");
        assertThat(directory.explain(EndpointSelector.of("alice"))).contains(rejections.get(0));
        store.put(PREFIX + "alice", TWO_JSON);
        assertThat(find("alice")).isEqualTo(TWO);
    }

    @Test
    void anOwnerThatCanBeNoEndpointIsRefusedInPrintableWordsAndTheLastGoodOneStays() {
        String key = "ali\u001b]52;c;aGk=\u0007ce";
        String shown = PREFIX + "ali\\u001b]52;c;aGk=\\u0007ce";
        store.losePut(PREFIX + key, ONE_JSON);
        found(key);
        for (String owner : List.of(
                "a\\u001b]52;c;aGk=\\u0007", "a\\nINJECTED line", "\\u009b31m", "\\u202e", "x".repeat(100_000))) {
            store.put(PREFIX + key, "{\"endpoint\": \"" + owner + "\"}");
            assertThat(find(key)).isEqualTo(ONE);
        }
        assertThat(rejections)
                .hasSize(5)
                .allSatisfy(refusal -> assertThat(refusal)
                        .startsWith(shown + " at revision ")
                        .contains(
                                " is rejected, the last good value stays: endpoint was ",
                                ", expected the id of an endpoint")
                        .hasSizeLessThan(500)
                        .isEqualTo(Printable.text(refusal)));
        assertThat(directory.explain(EndpointSelector.of(key)))
                .contains(rejections.get(4))
                .allSatisfy(line -> assertThat(line).isEqualTo(Printable.text(line)));
        store.losePut(PREFIX + "bob", "{\"endpoint\": \"\\u202e\"}");
        assertThat(failed(found("bob"))).isTrue();
    }

    @Test
    void aBadValueIsSaidOnceHoweverOftenItIsReadAgain() {
        store.losePut(PREFIX + "alice", "bad");
        for (int i = 0; i < 5; i++) {
            assertThat(failed(found("alice"))).isTrue();
            time.advance(DirectoryOptions.DEFAULTS.negativeExpiry().plusSeconds(1));
        }
        assertThat(readsOf("alice")).isEqualTo(5);
        assertThat(rejections).hasSize(1);
        store.put(PREFIX + "alice", "worse");
        found("alice");
        assertThat(rejections).hasSize(2);
    }

    @Test
    void aBadValueWithoutAGoodOneBeforeItIsNoAbsence() {
        store.losePut(PREFIX + "alice", "orders-1");
        Answer answer = found("alice");
        assertThat(failed(answer)).isTrue();
        assertThat(((Unknown) answer).reason())
                .startsWith(
                        PREFIX + "alice at revision 2 is rejected, there is no good value before it: not valid JSON");
        store.put(PREFIX + "alice", ONE_JSON);
        assertThat(find("alice")).isEqualTo(ONE);
    }

    @Test
    void valuesThatAreRefused() {
        List<String> bad = List.of(
                "",
                "{}",
                "[]",
                "7",
                "{\"endpoint\": \" \"}",
                "{\"ordinal\": -1}",
                "{\"ordinal\": 1.5}",
                "{\"ordinal\": 1, \"endpoint\": \"a\"}",
                "{\"ordinal\": 1, \"ordinal\": 2}",
                "{\"owner\": \"a\"}",
                "{\"ordinal\": 1} x",
                "{\"ordinal\": 2147483648}");
        for (String value : bad) {
            assertThatThrownBy(
                            () -> DirectoryValue.parse(GrpcKeyStore.bytes(value).toByteArray()))
                    .as(value)
                    .isInstanceOf(java.io.IOException.class);
        }
    }

    // ---- the end ----

    @Test
    void closingEndsEverything() {
        store.losePut(PREFIX + "alice", ONE_JSON);
        found("alice");
        store.holdsReads = true;
        find("bob");
        directory.close();
        directory.close();
        assertThat(closed).isEqualTo(1);
        assertThat(store.lastWatch().cancelled).isTrue();
        assertThat(time.pendingTasks()).isZero();
        store.release();
        assertThat(find("alice")).isEqualTo(ONE);
        assertThat(failed(find("bob"))).isTrue();
        assertThat(directory.loads()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void closingWhileEtcdIsAwayEndsTheAttempts() {
        store.readFailure = FakeStore.unreachable();
        find("alice");
        assertThat(time.pendingTasks()).isEqualTo(1);
        directory.close();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> DirectoryOptions.DEFAULTS.withMaxKeys(0))
                .hasMessage("maxKeys was 0, expected 1 to 10000000");
        assertThatThrownBy(() -> DirectoryOptions.DEFAULTS.withExpiry(Duration.ZERO))
                .hasMessage("expiry was PT0S, expected PT1S to PT720H");
        assertThatThrownBy(() -> DirectoryOptions.DEFAULTS.withRefresh(Duration.ofDays(2)))
                .hasMessage("refresh was PT48H, expected PT1S to PT24H");
        assertThatThrownBy(() -> DirectoryOptions.DEFAULTS.withNegativeExpiry(Duration.ZERO))
                .hasMessage("negativeExpiry was PT0S, expected PT0.001S to PT1H");
    }
}
