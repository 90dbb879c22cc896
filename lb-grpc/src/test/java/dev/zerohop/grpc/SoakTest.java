package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Outcome;
import dev.zerohop.testing.SoakCallers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every way in which a call ends, mixed, while endpoints come and go: in the end nothing is left of any. Ends by the number of calls, not by the clock. */
@Timeout(3600)
class SoakTest {
    /** Whatever the soak has not made to happen proves nothing. */
    private static final Set<Outcome> SEEN = Set.of(
            Outcome.SUCCESS,
            Outcome.ERROR_RESPONSE,
            Outcome.OVERLOADED,
            Outcome.TRANSPORT_FAILURE,
            Outcome.TIMEOUT,
            Outcome.CANCELLED);

    @Test
    void nothingIsLeftHoweverCallsEnd() throws Exception {
        soak(5);
    }

    @Test
    @Tag("long")
    void nothingIsLeftOfALongRun() throws Exception {
        soak(60);
    }

    /** @param rounds how often each of the callers ends a call in each of the ways */
    private static void soak(int rounds) throws Exception {
        Set<Thread> before = zerohopThreads();
        try (SoakFleet fleet = new SoakFleet()) {
            SoakCallers.run(List.of(Ending.values()), rounds, (way, random) -> way.run(fleet, random), fleet::change);
            assertThat(fleet.ledger.ended()).containsKeys(SEEN.toArray(Outcome[]::new));
            nothingIsLeft(fleet, before);
        }
    }

    private static void nothingIsLeft(SoakFleet fleet, Set<Thread> threadsBefore) throws Exception {
        settled(
                "in flight but what was forgotten",
                () -> "open=" + (fleet.ledger.open() - fleet.forgotten.get()) + " inFlight="
                        + (fleet.ledger.inFlight() - fleet.forgotten.get()) + " leaks=" + fleet.ledger.leaks(),
                "open=0 inFlight=0 leaks=0");
        fleet.limitAge();
        settled(
                "of what was forgotten",
                () -> "open=" + fleet.ledger.open() + " inFlight=" + fleet.ledger.inFlight(),
                "open=0 inFlight=0");
        fleet.replaceAll();
        // Those of the four channels that are open.
        settled(
                "of endpoints that left",
                () -> "nodes=" + fleet.nodesThatLeft() + " subchannels=" + fleet.subchannels() + " connections="
                        + fleet.connections.get(),
                "nodes=[] subchannels=4 connections=4");
        fleet.closeChannels();
        assertThat(fleet.pendingTimers())
                .as("timers that are not about to run")
                .allMatch(delay -> delay.compareTo(Duration.ofMillis(100)) <= 0);
        settled(
                "after close",
                () -> "subchannels=" + fleet.subchannels() + " connections="
                        + fleet.connections.get() + " timers=" + fleet.pendingTimers() + " open="
                        + fleet.ledger.open(),
                "subchannels=0 connections=0 timers=[] open=0");
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
