package dev.zerohop.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Prober;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedDice;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** When endpoints are probed, and what the loop makes of the answers. */
class ProbeLoopTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final FakeTime time = new FakeTime();
    private final ScriptedProber prober = new ScriptedProber(time);
    private final Map<String, ProbeRecord> records = new HashMap<>();
    private final List<String> ended = new ArrayList<>();
    private ProbeLoop loop = loop(time.env(), 100);

    private ProbeLoop loop(Env env, int concurrency) {
        return new ProbeLoop(
                new ProbeTiming(INTERVAL, 15, TIMEOUT, 2, 3, concurrency),
                env,
                env.serial("probes"),
                prober,
                new ProbeLoop.Listener() {
                    @Override
                    public void onProbe(Endpoint endpoint, ProbeRecord record, boolean changed) {
                        records.put(endpoint.id(), record);
                    }

                    @Override
                    public void onEnd(Endpoint endpoint, ProbeRecord record) {
                        ended.add(endpoint.address());
                    }
                });
    }

    private static Endpoint endpoint(String id, String host) {
        return Endpoint.builder(host, 80).id(id).build();
    }

    private static List<Endpoint> endpoints(String... ids) {
        return List.of(ids).stream().map(id -> endpoint(id, "10.0.0.1")).toList();
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> endpoint("e-" + i, "10.0.0.1"))
                .toList();
    }

    /** So many intervals, the longest. */
    private void intervals(int count) {
        time.advance(INTERVAL.multipliedBy(count * 115L).dividedBy(100));
    }

    @Test
    void theFirstProbesAreSpreadOverTheIntervalAndEachIntervalHasAJitter() {
        loop.follow(endpoints(1_000));
        for (int tenth = 1; tenth <= 10; tenth++) {
            time.advance(INTERVAL.dividedBy(10));
            assertThat(prober.at.size()).as("after tenth %d", tenth).isBetween(100 * tenth - 50, 100 * tenth + 50);
        }
        assertThat(prober.at).hasSize(1_000);
        time.advance(INTERVAL.multipliedBy(20));
        int shortened = 0;
        int intervals = 0;
        for (List<Long> at : prober.at.values()) {
            for (int i = 1; i < at.size(); i++) {
                double share = (double) (at.get(i) - at.get(i - 1)) / INTERVAL.toNanos();
                assertThat(share).isBetween(0.8499, 1.1501);
                shortened += share < 1 ? 1 : 0;
                intervals++;
            }
        }
        assertThat((double) shortened / intervals).isBetween(0.45, 0.55);
    }

    @Test
    void anEndpointThatStaysKeepsItsRecordAndItsBeat() {
        loop.follow(endpoints("a", "b"));
        intervals(3);
        int connected = prober.connected;
        ProbeRecord known = records.get("a");
        loop.follow(endpoints("a", "b", "c"));
        intervals(1);
        assertThat(records.get("a")).isSameAs(known);
        assertThat(prober.connected).isEqualTo(connected + 1);
        assertThat(ended).isEmpty();
    }

    @Test
    void anEndpointThatLeavesIsProbedNoMore() {
        loop.follow(endpoints("a", "b"));
        intervals(2);
        int probes = prober.probes("a");
        loop.follow(endpoints("b"));
        assertThat(ended).containsExactly("10.0.0.1:80");
        assertThat(prober.closed).isEqualTo(1);
        intervals(3);
        assertThat(prober.probes("a")).isEqualTo(probes);
        assertThat(time.pendingTasks()).as("the timer of b").isEqualTo(1);
    }

    @Test
    void anotherAddressBeginsAnew() {
        prober.failures.put("10.0.0.1:80", "refused");
        loop.follow(endpoints("a"));
        intervals(4);
        assertThat(records.get("a").state()).isEqualTo(ProbeRecord.State.DOWN);
        loop.follow(List.of(endpoint("a", "10.0.0.2")));
        assertThat(ended).containsExactly("10.0.0.1:80");
        intervals(1);
        assertThat(records.get("a").state()).as("one probe is not enough").isEqualTo(ProbeRecord.State.PENDING);
    }

    @Test
    void whatTakesTooLongHasFailedIsCancelledAndALateAnswerCountsForNothing() {
        prober.silent = true;
        loop.follow(endpoints("a"));
        time.advance(INTERVAL.plus(TIMEOUT));
        assertThat(records.get("a").failuresInARow()).isEqualTo(1);
        assertThat(records.get("a").lastFailure()).isEqualTo("no answer within 1s");
        assertThat(prober.cancelled).isEqualTo(1);
        prober.answer(Prober.Result.OK);
        assertThat(records.get("a").failuresInARow()).isEqualTo(1);
    }

    /** It waits behind the calls of a connection that is full, for example. */
    @Test
    void theEndOfItsTimeSaysNothingAboutAnEndpointThatNothingWasSentTo() {
        prober.silent = true;
        prober.unsent = true;
        loop.follow(endpoints("a"));
        intervals(5);
        assertThat(prober.cancelled).isGreaterThanOrEqualTo(4);
        assertThat(records).isEmpty();
        prober.unsent = false;
        intervals(4);
        assertThat(records.get("a").state()).isEqualTo(ProbeRecord.State.DOWN);
    }

    @Test
    void onlyOneProbeOfAnEndpointIsUnderWay() {
        loop = new ProbeLoop(
                new ProbeTiming(INTERVAL, 15, INTERVAL.multipliedBy(10), 2, 3, 10),
                time.env(),
                time.env().serial("probes"),
                prober,
                (endpoint, record, changed) -> records.put(endpoint.id(), record));
        prober.silent = true;
        loop.follow(endpoints("a"));
        intervals(5);
        assertThat(prober.probes("a")).isEqualTo(1);
        prober.answer(Prober.Result.OK);
        intervals(1);
        assertThat(prober.probes("a")).isEqualTo(2);
    }

    @Test
    void noMoreAreUnderWayThanMayBeAndTheNextBeginsWhenOneEnds() {
        // All at once.
        loop = loop(time.env(ScriptedDice.of(0)), 3);
        prober.silent = true;
        loop.follow(endpoints(20));
        time.runDue();
        for (int begun = 3; begun < 20; begun += 3) {
            assertThat(prober.probes()).isEqualTo(begun);
            time.advance(TIMEOUT);
        }
        assertThat(prober.at).hasSize(20);
        assertThat(prober.probes()).isEqualTo(20);
        assertThat(prober.mostUnderWay).isEqualTo(3);
    }

    @Test
    void oneThatLeavesWhileItWaitsForItsTurnIsNotProbed() {
        loop = loop(time.env(ScriptedDice.of(0)), 1);
        prober.silent = true;
        loop.follow(endpoints("a", "b", "c"));
        time.runDue();
        assertThat(prober.at.keySet()).hasSize(1);
        String first = prober.at.keySet().iterator().next();
        loop.follow(endpoints(first));
        prober.answer(Prober.Result.OK);
        time.runDue();
        assertThat(prober.at.keySet()).containsExactly(first);
    }

    @Test
    void ifAllLeaveNoneOfThoseThatWaitForTheirTurnIsProbed() {
        loop = loop(time.env(ScriptedDice.of(0)), 1);
        prober.silent = true;
        loop.follow(endpoints("a", "b", "c"));
        time.runDue();
        loop.follow(List.of());
        assertThat(prober.probes()).isEqualTo(1);
        assertThat(time.pendingTasks()).isZero();
    }

    /** The look-up of a name cannot be called off. */
    @Test
    void aThreadThatDoesNotComeBackKeepsItsEndpointFromBeingProbedAndCostsNoOther() {
        Deque<Runnable> threads = new ArrayDeque<>();
        Env stuck = new Env(time, ScriptedDice.seeded(1), threads::add);
        prober.blocking = true;
        loop = new ProbeLoop(
                new ProbeTiming(INTERVAL, 15, TIMEOUT, 2, 3, 10),
                stuck,
                time.env().serial("probes"),
                prober,
                (endpoint, record, changed) -> records.put(endpoint.id(), record));
        loop.follow(endpoints("a"));
        intervals(5);
        assertThat(prober.probes("a")).isEqualTo(1);
        assertThat(threads).hasSize(1);
        assertThat(records.get("a").failuresInARow()).as("its time was over").isEqualTo(1);
        threads.remove().run();
        assertThat(records.get("a").failuresInARow()).as("too late").isEqualTo(1);
        intervals(1);
        assertThat(prober.probes("a")).isEqualTo(2);
    }

    @Test
    void whatIsSkippedCountsForNothingAndBeginsANewRun() {
        prober.failures.put("a", "refused");
        loop.follow(endpoints("a"));
        time.advance(INTERVAL);
        prober.skipped.add("a");
        intervals(5);
        assertThat(records.get("a").failuresInARow()).isZero();
        int before = prober.probes("a");
        prober.skipped.clear();
        while (prober.probes("a") < before + 2) {
            time.advance(Duration.ofMillis(10));
        }
        assertThat(records.get("a").state()).isEqualTo(ProbeRecord.State.PENDING);
        intervals(2);
        assertThat(records.get("a").state()).isEqualTo(ProbeRecord.State.DOWN);
    }

    @Test
    void aProberThatThrowsIsAFailure() {
        prober.thrown = new IllegalStateException("no such thing");
        loop.follow(endpoints("a"));
        intervals(4);
        assertThat(records.get("a").reason()).isEqualTo("cannot be probed: no such thing");
    }

    @Test
    void threadsThatAreRefusedAreAFailureAndTheNextProbeIsMade() {
        boolean[] full = {true};
        Env env = new Env(time, ScriptedDice.seeded(1), task -> {
            if (full[0]) {
                throw new OutOfMemoryError("no thread");
            }
            task.run();
        });
        prober.blocking = true;
        loop = new ProbeLoop(
                new ProbeTiming(INTERVAL, 15, TIMEOUT, 2, 3, 1),
                env,
                time.env().serial("probes"),
                prober,
                (endpoint, record, changed) -> records.put(endpoint.id(), record));
        loop.follow(endpoints("a"));
        intervals(1);
        assertThat(records.get("a").lastFailure()).isEqualTo("cannot be probed: no thread");
        full[0] = false;
        intervals(3);
        assertThat(records.get("a").state()).isEqualTo(ProbeRecord.State.UP);
    }

    @Test
    void nothingIsLeftAfterTheEnd() {
        prober.silent = true;
        loop = loop(time.env(), 1);
        loop.follow(endpoints("a", "b", "c"));
        time.advance(INTERVAL);
        int probes = prober.probes();
        loop.close();
        loop.close();
        assertThat(time.pendingTasks()).isZero();
        assertThat(prober.underWay).isZero();
        assertThat(prober.closed).isEqualTo(3);
        prober.answer(Prober.Result.OK);
        intervals(3);
        assertThat(prober.probes()).isEqualTo(probes);
    }
}
