package dev.zerohop.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import dev.zerohop.testing.WatchRecorder;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReflectorTest {
    private static final Selection<EndpointSlice> WHAT = Selection.endpointSlices("shop", "orders");

    private final FakeTime time = new FakeTime();
    private final FakeApiServer server = new FakeApiServer();
    private final Reflector<EndpointSlice, String> reflector = another(time.env());
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void someSlices() {
        server.put(Slices.slice("orders-a"));
        server.put(Slices.slice("users", "users-a", "IPv4"));
    }

    private Reflector<EndpointSlice, String> another(Env env) {
        return new Reflector<>(new SelectionWatch<>(server, WHAT), SelectionWatch.POLICY, env);
    }

    private void start() {
        reflector.subscribe(recorder);
        time.advance(SelectionWatch.START_SPREAD);
    }

    @Test
    void theFirstAnswerIsListedAndThenWatchedFromItsVersion() {
        start();
        assertThat(recorder.last()).containsExactly("orders-a");
        assertThat(server.lastWatch().fromVersion).isEqualTo(Long.toString(server.version));
        server.put(Slices.slice("orders-b"));
        server.delete(Slices.slice("orders-a"));
        assertThat(recorder.last()).containsExactly("orders-b");
        assertThat(server.lists).hasSize(1);
    }

    @Test
    void theFirstListComesAtARandomInstant() {
        reflector.subscribe(recorder);
        assertThat(server.lists).isEmpty();
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(server.lists).hasSize(1);
    }

    @Test
    void clientsThatStartTogetherDoNotListTogether() {
        for (int i = 0; i < 30; i++) {
            another(time.env(ScriptedDice.seeded(i))).subscribe(recorder);
        }
        time.advance(SelectionWatch.START_SPREAD.dividedBy(2));
        assertThat(server.lists).hasSizeBetween(5, 25);
        time.advance(SelectionWatch.START_SPREAD.dividedBy(2));
        assertThat(server.lists).hasSize(30);
    }

    @Test
    void clientsThatStartTogetherDoNotWatchAnewTogether() {
        for (int i = 0; i < 30; i++) {
            another(time.env(ScriptedDice.seeded(i))).subscribe(recorder);
        }
        time.advance(SelectionWatch.START_SPREAD);
        assertThat(server.watches)
                .allMatch(watch -> watch.life.compareTo(Duration.ofMinutes(5)) >= 0
                        && watch.life.compareTo(Duration.ofMinutes(10)) <= 0);
        assertThat(server.watches.stream().filter(watch -> watch.life.toSeconds() < 450))
                .hasSizeBetween(5, 25);
    }

    @Test
    void clientsThatStartTogetherDoNotDoubtTogether() {
        for (int i = 0; i < 30; i++) {
            another(time.env(ScriptedDice.seeded(i))).subscribe(recorder);
        }
        time.advance(SelectionWatch.START_SPREAD);
        time.advance(Duration.ofMinutes(10));
        assertThat(server.lists).hasSizeBetween(35, 55);
        time.advance(Duration.ofSeconds(91));
        assertThat(server.lists).hasSizeGreaterThanOrEqualTo(60);
    }

    @Test
    void pagesAreGatheredIntoOneState() {
        server.pageSize = 2;
        for (int i = 0; i < 6; i++) {
            server.put(Slices.slice("orders-" + i));
        }
        start();
        assertThat(recorder.states).hasSize(1);
        assertThat(recorder.last()).hasSize(7);
        assertThat(server.lists).hasSize(4);
    }

    /** A thousand endpoints, as many as the API server lets a slice have. */
    private static EndpointSlice full(String name) {
        return Slices.slice(
                name, Collections.nCopies(1_000, Slices.pod("p", "10.0.0.1")).toArray(Endpoint[]::new));
    }

    @Test
    void aListOfTooManyEndpointsIsReadNoFurtherAndTheStateStays() {
        start();
        server.lists.clear();
        server.pageSize = 100;
        for (int i = 0; i <= 900; i++) {
            server.losePut(full("orders-" + i));
        }
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofSeconds(1));
        // Four hundred thousand are too many with the first one that was there before.
        assertThat(server.lists).hasSize(5);
        assertThat(recorder.failures).singleElement().satisfies(failure -> {
            assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.TOO_MUCH);
            assertThat(failure)
                    .hasMessageEndingWith(
                            " has more than 400000 pods or endpoints in endpointslices with kubernetes.io/service-name=orders"
                                    + " in namespace shop, expected at most so many");
        });
        assertThat(recorder.last()).containsExactly("orders-a");
        for (int i = 0; i <= 900; i++) {
            server.loseDelete(full("orders-" + i));
        }
        server.put(Slices.slice("orders-b"));
        time.advance(Duration.ofMinutes(1));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b");
    }

    @Test
    void aWatchThatReportsTooManyEndpointsIsLeftAndTheStateStays() {
        start();
        for (int i = 0; i < 399; i++) {
            server.put(full("orders-" + i));
        }
        // Replaced and deleted ones do not count twice.
        server.put(full("orders-0"));
        server.delete(Slices.slice("orders-a"));
        server.put(full("orders-399"));
        server.delete(full("orders-399"));
        server.put(full("orders-399"));
        assertThat(recorder.failures).isEmpty();
        server.put(Slices.slice("orders-b"));
        assertThat(recorder.failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.TOO_MUCH));
        assertThat(server.lastWatch().cancelled).isTrue();
        assertThat(recorder.last()).hasSize(400).doesNotContain("orders-b");
    }

    @Test
    void aListThatGoesOnForEverWithEmptyPagesIsLeft() {
        start();
        server.lists.clear();
        server.emptyPages = true;
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofSeconds(1));
        assertThat(server.lists).hasSize(10_000);
        assertThat(recorder.failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.TOO_MUCH));
        assertThat(recorder.last()).containsExactly("orders-a");
    }

    @Test
    void aListThatExpiresBetweenItsPagesBeginsAgain() {
        start();
        server.listFailure = FakeApiServer.expired();
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofMillis(250));
        assertThat(recorder.failures).isEmpty();
        server.listFailure = null;
        server.losePut(Slices.slice("orders-b"));
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b");
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void aWatchThatEndedInGoodOrderGoesOnWithoutAList() {
        start();
        server.put(Slices.slice("orders-b"));
        FakeApiServer.FakeWatch<?> first = server.lastWatch();
        time.advance(Duration.ofMinutes(5));
        first.watcher.onEnd(null);
        assertThat(server.lastWatch()).isNotSameAs(first);
        assertThat(server.lastWatch().fromVersion).isEqualTo(Long.toString(server.version));
        server.put(Slices.slice("orders-c"));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b", "orders-c");
        assertThat(server.lists).hasSize(1);
    }

    @Test
    void aWatchThatEndsAtOnceInGoodOrderIsDoubted() {
        start();
        server.loseDelete(Slices.slice("orders-a"));
        server.lastWatch().watcher.onEnd(null);
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).isEmpty();
        assertThat(server.lists).hasSize(2);
    }

    @Test
    void anExpiredVersionInTheWatchIsListedAgain() {
        start();
        server.loseDelete(Slices.slice("orders-a"));
        server.losePut(Slices.slice("orders-b"));
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).containsExactly("orders-b");
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void anExpiredVersionOnTheHandshakeIsListedAgain() {
        start();
        time.advance(Duration.ofMinutes(5));
        server.handshakeFailure = FakeApiServer.expired();
        server.lastWatch().watcher.onEnd(null);
        server.handshakeFailure = null;
        server.losePut(Slices.slice("orders-b"));
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b");
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void aHandshakeThatAlwaysExpiresIsReportedAndBacksOff() {
        start();
        server.handshakeFailure = FakeApiServer.expired();
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofSeconds(60));
        assertThat(recorder.failures).isNotEmpty();
        int before = server.lists.size();
        time.advance(Duration.ofSeconds(60));
        assertThat(server.lists.size() - before).isBetween(6, 13);
    }

    @Test
    void watchesThatAreLostAtOnceAreReportedAndBackOff() {
        start();
        for (int i = 0; i < 4; i++) {
            server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
            time.advance(Duration.ofSeconds(4));
        }
        assertThat(recorder.failures).isNotEmpty();
    }

    @Test
    void oneLostWatchIsNoFailure() {
        start();
        for (int i = 0; i < 4; i++) {
            time.advance(Duration.ofMinutes(1));
            server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
        }
        time.advance(Duration.ofSeconds(1));
        assertThat(server.lists).hasSize(5);
        assertThat(recorder.failures).isEmpty();
        assertThat(recorder.confirmed).hasSize(4);
    }

    @Test
    void aWatchThatWasGoodForgivesTheLossesBeforeIt() {
        start();
        for (int i = 0; i < 2; i++) {
            server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
            time.advance(Duration.ofSeconds(1));
        }
        time.advance(Duration.ofMinutes(1));
        server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
        time.advance(Duration.ofSeconds(1));
        assertThat(server.lists).hasSize(4);
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void failuresBackOffUpToTenSecondsWithJitterAndKeepTheState() {
        start();
        server.listFailure = FakeApiServer.unreachable();
        server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
        time.advance(Duration.ofSeconds(30));
        assertThat(recorder.last()).containsExactly("orders-a");
        int before = server.lists.size();
        time.advance(Duration.ofSeconds(100));
        assertThat(server.lists.size() - before).isBetween(10, 20);
        server.listFailure = null;
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.stale).isFalse();
        assertThat(recorder.states).hasSize(2);
    }

    @Test
    void aServerThatAsksToBeLeftAloneIs() {
        server.listFailure =
                new SourceFailure(SourceFailure.Kind.UNREACHABLE, "too many requests", 429, Duration.ofSeconds(20));
        start();
        time.advance(Duration.ofSeconds(19));
        assertThat(server.lists).hasSize(1);
        time.advance(Duration.ofSeconds(5));
        assertThat(server.lists).hasSize(2);
    }

    @Test
    void aDenialIsAskedAboutAgainOnlyEveryHalfMinuteAndHeals() {
        server.listFailure = FakeApiServer.denied();
        start();
        time.advance(Duration.ofSeconds(25));
        assertThat(server.lists).hasSize(1);
        server.listFailure = null;
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.last()).containsExactly("orders-a");
        assertThat(recorder.failures).hasSize(1);
        assertThat(recorder.stale).isFalse();
    }

    @Test
    void aPermissionTakenFromTheWatchLeavesTheState() {
        start();
        time.advance(Duration.ofMinutes(5));
        server.handshakeFailure = FakeApiServer.denied();
        server.lastWatch().watcher.onEnd(null);
        assertThat(recorder.failures).hasSize(1);
        assertThat(recorder.last()).containsExactly("orders-a");
        server.handshakeFailure = null;
        time.advance(Duration.ofSeconds(40));
        assertThat(recorder.stale).isFalse();
    }

    @Test
    void aLossIsQuietOnlyWhileTheServerAnswers() {
        server.listFailure = FakeApiServer.unreachable();
        start();
        server.listFailure = null;
        server.handshakeFailure = FakeApiServer.expired();
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.failures)
                .extracting(SourceFailure::kind)
                .startsWith(SourceFailure.Kind.UNREACHABLE, SourceFailure.Kind.EXPIRED);
        assertThat(recorder.failures).hasSameSizeAs(server.lists);
    }

    @Test
    void aListThatHangsIsGivenUp() {
        server.answers = false;
        start();
        time.advance(SelectionWatch.PAGE_TIMEOUT);
        assertThat(recorder.failures.get(0)).hasMessageContaining("did not answer within 20 s");
        server.answers = true;
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last()).containsExactly("orders-a");
    }

    @Test
    void aHandshakeThatHangsIsGivenUp() {
        start();
        time.advance(Duration.ofMinutes(5));
        server.answers = false;
        server.lastWatch().watcher.onEnd(null);
        server.lastWatch().watcher.onBookmark("77");
        time.advance(SelectionWatch.OPEN_TIMEOUT);
        assertThat(recorder.failures.get(0)).hasMessageContaining("asked to watch");
        assertThat(server.lastWatch().cancelled).isTrue();
        server.answers = true;
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.stale).isFalse();
    }

    @Test
    void aSilentWatchIsDoubtedAfterTenMinutes() {
        start();
        FakeApiServer.FakeWatch<?> silent = server.lastWatch();
        server.losePut(Slices.slice("orders-b"));
        time.advance(Duration.ofMinutes(8));
        assertThat(server.lists).hasSize(1);
        time.advance(Duration.ofMinutes(4));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b");
        assertThat(silent.cancelled).isTrue();
        assertThat(recorder.failures).isEmpty();
    }

    @Test
    void aWatchThatReportsChangesIsNotDoubted() {
        start();
        for (int i = 0; i < 8; i++) {
            time.advance(Duration.ofMinutes(5));
            server.put(Slices.slice("orders-b"));
        }
        assertThat(server.lists).hasSize(1);
    }

    @Test
    void aBookmarkConfirmsNothingThatIsNotPublishedYet() {
        ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        another(new Env(time, time.env().dice(), tasks::add)).subscribe(recorder);
        run(tasks);
        time.advance(SelectionWatch.START_SPREAD);
        run(tasks);
        server.put(Slices.slice("orders-b"));
        server.lastWatch().watcher.onBookmark("77");
        run(tasks);
        assertThat(recorder.confirmed).isEmpty();
        assertThat(recorder.states).hasSize(2);
        assertThat(recorder.states.get(1).version()).isEqualTo("77");
    }

    private static void run(ArrayDeque<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }

    @Test
    void aBookmarkConfirmsNothingWhileTheServerCannotBeAsked() {
        start();
        server.listFailure = FakeApiServer.unreachable();
        server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
        time.advance(Duration.ofMinutes(1));
        server.listFailure = null;
        server.opens = false;
        time.advance(Duration.ofSeconds(10));
        FakeApiServer.FakeWatch<?> unopened = server.lastWatch();
        assertThat(unopened.cancelled).isFalse();
        assertThat(recorder.failures).isNotEmpty();
        unopened.watcher.onBookmark("77");
        assertThat(recorder.confirmed).isEmpty();
    }

    @Test
    void newWatchesDoNotPutOffTheDoubt() {
        start();
        for (int i = 0; i < 6; i++) {
            time.advance(Duration.ofMinutes(2));
            server.lastWatch().watcher.onEnd(null);
        }
        time.advance(Duration.ofMillis(1));
        assertThat(server.lists).hasSize(2);
    }

    @Test
    void aServerThatSentABookmarkIsDoubtedSooner() {
        start();
        server.lastWatch().watcher.onBookmark("77");
        server.losePut(Slices.slice("orders-b"));
        time.advance(Duration.ofMinutes(2));
        assertThat(server.lists).hasSize(1);
        time.advance(Duration.ofMinutes(2));
        assertThat(recorder.last()).containsExactly("orders-a", "orders-b");
        time.advance(Duration.ofMinutes(7));
        assertThat(server.lists).as("it sends none any more").hasSize(2);
    }

    @Test
    void anIdleHourCostsOneListAndAtMostTwelveWatches() {
        start();
        FakeApiServer.FakeWatch<?> watch = server.lastWatch();
        long age = 0;
        for (int minute = 1; minute <= 60; minute++) {
            time.advance(Duration.ofMinutes(1));
            watch.watcher.onBookmark("9" + minute);
            age++;
            if (age >= watch.life.toMinutes()) {
                watch.watcher.onEnd(null);
                watch = server.lastWatch();
                age = 0;
            }
        }
        assertThat(server.lists).hasSize(1);
        assertThat(server.watches).hasSizeBetween(6, 12);
    }

    @Test
    void anIdleHourWithAServerThatSaysNothingCostsAtMostFourteenRequests() {
        start();
        time.advance(Duration.ofHours(1));
        assertThat(server.lists).hasSizeBetween(6, 7);
        assertThat(server.watches).hasSameSizeAs(server.lists);
    }

    @Test
    void bookmarksConfirmAndMoveTheVersion() {
        start();
        Instant before = recorder.states.get(0).asOf();
        for (int i = 0; i < 30; i++) {
            time.advance(Duration.ofMinutes(1));
            server.lastWatch().watcher.onBookmark("70" + i);
        }
        assertThat(recorder.confirmed).hasSize(30);
        assertThat(recorder.confirmed.get(29)).isAfter(before);
        assertThat(recorder.states).hasSize(1);
        assertThat(server.lists).hasSize(1);
        Recorder late = new Recorder();
        reflector.subscribe(late);
        assertThat(late.states.get(0).version()).isEqualTo("7029");
        server.lastWatch().watcher.onEnd(null);
        assertThat(server.lastWatch().fromVersion).isEqualTo("7029");
    }

    @Test
    void anUnchangedListIsConfirmedNotRepeated() {
        start();
        time.advance(Duration.ofMinutes(12));
        assertThat(server.lists).hasSize(2);
        assertThat(recorder.states).hasSize(1);
        assertThat(recorder.confirmed).hasSize(1);
    }

    @Test
    void aWatchThatBeginsWithEverythingChangesNothing() {
        start();
        server.lastWatch().put(Slices.slice("orders-a"));
        assertThat(recorder.states).hasSize(2);
        EndpointSlice same = Slices.slice("orders-a");
        server.put(same);
        int states = recorder.states.size();
        server.lastWatch().put(same);
        assertThat(recorder.states).hasSize(states);
    }

    @Test
    void theOlderStateOfAServerThatCameBackIsAccepted() {
        server.put(Slices.slice("orders-b"));
        start();
        server.listFailure = FakeApiServer.unreachable();
        server.lastWatch().watcher.onEnd(FakeApiServer.unreachable());
        time.advance(Duration.ofSeconds(10));
        server.version = 1;
        server.loseDelete(Slices.slice("orders-b"));
        server.listFailure = null;
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.last()).containsExactly("orders-a");
        assertThat(server.lastWatch().fromVersion).isEqualTo("2");
    }

    private static EndpointSlice version(String uid, String version) {
        EndpointSlice slice = Slices.slice("orders-b");
        slice.getMetadata().setUid(uid);
        slice.getMetadata().setResourceVersion(version);
        return slice;
    }

    private String known() {
        return recorder.states
                .get(recorder.states.size() - 1)
                .values()
                .get("orders-b")
                .getMetadata()
                .getResourceVersion();
    }

    @Test
    void anOlderObjectNeitherReplacesNorDeletesANewerOne() {
        start();
        server.lastWatch().put(version("first", "100"));
        server.lastWatch().put(version("first", "99"));
        assertThat(known()).isEqualTo("100");
        server.lastWatch().delete(version("first", "99"));
        assertThat(recorder.last()).contains("orders-b");
        time.advance(Duration.ofMinutes(5));
        server.lastWatch().watcher.onEnd(null);
        assertThat(server.lastWatch().fromVersion).isEqualTo("100");
        server.lastWatch().put(version("second", "50"));
        assertThat(known()).as("another object of the same name").isEqualTo("50");
        server.lastWatch().put(version("second", ""));
        assertThat(known()).as("none to compare").isEmpty();
        server.lastWatch().put(version("second", "x"));
        assertThat(known()).as("no number to compare").isEqualTo("x");
        server.lastWatch().put(version("second", "60"));
        server.lastWatch().delete(version("second", "60"));
        assertThat(recorder.last()).doesNotContain("orders-b");
    }

    @Test
    void aListReplacesWhatIsNewer() {
        start();
        server.lastWatch().put(version("first", "100"));
        server.losePut(version("first", ""));
        server.lastWatch().watcher.onEnd(FakeApiServer.expired());
        time.advance(Duration.ofSeconds(1));
        assertThat(known()).isEqualTo(Long.toString(server.version));
    }

    @Test
    void whatAnEarlierGenerationStillSaysIsDropped() {
        start();
        FakeApiServer.FakeWatch<?> old = server.lastWatch();
        old.watcher.onEnd(FakeApiServer.unreachable());
        time.advance(Duration.ofSeconds(1));
        assertThat(server.lastWatch()).isNotSameAs(old);
        int states = recorder.states.size();
        old.cancelled = false;
        old.put(Slices.slice("orders-late"));
        old.watcher.onEnd(FakeApiServer.denied());
        old.watcher.onBookmark("1");
        assertThat(recorder.states).hasSize(states);
        assertThat(recorder.failures).isEmpty();
        assertThat(server.lastWatch().cancelled).isFalse();
    }

    static class Recorder extends WatchRecorder<EndpointSlice, String> {
        Set<String> last() {
            return new TreeSet<>(states.get(states.size() - 1).values().keySet());
        }
    }
}
