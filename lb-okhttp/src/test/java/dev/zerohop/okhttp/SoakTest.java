package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Outcome;
import dev.zerohop.resolver.SharedResolvers;
import dev.zerohop.testing.SoakCallers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import okhttp3.Protocol;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way in which a call ends, mixed, while endpoints come and go: in the end nothing is left of any. Ends by the number of calls, not by the clock. */
@Timeout(3600)
class SoakTest {
    /** Whatever the soak has not made to happen proves nothing. */
    private static final Set<Outcome> SEEN = Set.of(
            Outcome.SUCCESS,
            Outcome.ERROR_RESPONSE,
            Outcome.OVERLOADED,
            Outcome.CONNECT_FAILURE,
            Outcome.TRANSPORT_FAILURE,
            Outcome.TIMEOUT,
            Outcome.CANCELLED,
            Outcome.LEAKED);

    /** What looks for forgotten bodies ends when there is none. */
    private static final Duration LONGEST_LAST_TIMER = Duration.ofSeconds(5);

    @TempDir
    Path cache;

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void nothingIsLeftHoweverCallsEnd(Protocol protocol) throws Exception {
        soak(protocol, 3);
    }

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    @Tag("long")
    void nothingIsLeftOfALongRun(Protocol protocol) throws Exception {
        soak(protocol, 30);
    }

    /** @param rounds how often each of the callers ends a call in each of the ways */
    private void soak(Protocol protocol, int rounds) throws Exception {
        Set<Thread> before = zerohopThreads();
        try (SoakFleet fleet = new SoakFleet(protocol, cache)) {
            SoakCallers.run(Ending.of(protocol), rounds, (way, random) -> way.run(fleet, random), fleet::change);
            nothingIsLeft(fleet, before);
            assertThat(fleet.ledger.ended()).containsKeys(SEEN.toArray(Outcome[]::new));
        }
    }

    private static void nothingIsLeft(SoakFleet fleet, Set<Thread> threadsBefore) throws Exception {
        fleet.change(0);
        settled(
                "in flight, or a body that is watched",
                () -> {
                    // Bodies that were forgotten are found when they are collected, by the next call or by the guard's
                    // timer.
                    fleet.text("/ok");
                    return "open=" + fleet.ledger.open() + " inFlight=" + fleet.ledger.inFlight() + " watched="
                            + fleet.watchedBodies();
                },
                "open=0 inFlight=0 watched=0");
        assertThat(fleet.ledger.leaks())
                .as("leaks: what was forgotten, and nothing that ended in another way")
                .isEqualTo(fleet.forgotten.get());
        fleet.replaceAll();
        settled(
                "of endpoints that left",
                () -> "routes=" + fleet.routes() + " connections=" + fleet.connections() + " nodes="
                        + fleet.nodesThatLeft(),
                "routes=0 connections=0 nodes=[]");
        fleet.text("/ok");
        assertThat(fleet.routes()).isPositive();
        fleet.closeRouting();
        settled(
                "after the routing was closed",
                () -> "routes=" + fleet.routes() + " connections=" + fleet.connections(),
                "routes=0 connections=0");
        fleet.closeBalancers();
        settled(
                "after close",
                () -> "nodes=" + fleet.ledger.nodes() + " tasks=" + fleet.blockingTasks() + " open="
                        + fleet.ledger.open(),
                "nodes=[] tasks=0 open=0");
        // The watch of a target outlives its last user for a while, so that the next one finds it.
        assertThat(fleet.time.pending())
                .as("timers that close does not leave to end by themselves")
                .allMatch(delay -> delay.equals(SharedResolvers.LINGER) || delay.compareTo(LONGEST_LAST_TIMER) <= 0);
        await().untilAsserted(() ->
                assertThat(fleet.time.pending()).hasSizeLessThanOrEqualTo(1).allMatch(SharedResolvers.LINGER::equals));
        fleet.ports.forEach(Sockets::awaitNoneOpen);
        Set<Thread> after = zerohopThreads();
        after.removeAll(threadsBefore);
        assertThat(after)
                .as("the one scheduler of the process")
                .allMatch(thread -> thread.getName().startsWith("zerohop-scheduler"));
    }

    private interface Left {
        String describe() throws Exception;
    }

    private static void settled(String what, Left left, String nothing) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> {
                    System.gc();
                    assertThat(left.describe()).as("left " + what).isEqualTo(nothing);
                });
    }

    /** Without those of the process's pool for look-ups and files, which other users keep busy, and which end after 10 s without work. */
    private static Set<Thread> zerohopThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("zerohop"))
                .filter(thread -> !thread.getName().startsWith("zerohop-blocking"))
                .collect(Collectors.toCollection(ConcurrentHashMap::newKeySet));
    }
}
