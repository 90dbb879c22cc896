package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Prober;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** When a worker probes, and what it makes of the answers. */
class ProbeWorkerTest {
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final FakeTime time = new FakeTime();
    private final Scripted prober = new Scripted();
    private int changes;
    private final ProbeWorker worker = new ProbeWorker(
            new OrchestratorSettings("w", INTERVAL, TIMEOUT, 2, 3, Duration.ofSeconds(30), Duration.ofSeconds(10), 50),
            time.env(),
            Runnable::run,
            prober,
            () -> changes++);
    private final Map<String, Endpoint> share = new TreeMap<>();

    private void assign(String... ids) {
        share.clear();
        for (String id : ids) {
            share.put(id, Endpoint.builder("10.0.0.1", 80).id(id).build());
        }
        worker.assign(share);
    }

    /** Enough for so many probes of each, whatever the jitter. */
    private void rounds(int probes) {
        for (int i = 0; i < probes * 6 * 10; i++) {
            time.advance(Duration.ofMillis(100));
        }
    }

    @Test
    void anEndpointIsProbedOnABeatWithARandomBeginningAndJitter() {
        assign("a", "b", "c");
        time.advance(Duration.ofSeconds(5_000));
        for (String id : List.of("a", "b", "c")) {
            assertThat((double) prober.probes(id)).isBetween(980.0, 1_020.0);
            List<Long> at = prober.at.get(id);
            for (int i = 1; i < at.size(); i++) {
                assertThat((double) (at.get(i) - at.get(i - 1)) / INTERVAL.toNanos())
                        .isBetween(0.849, 1.151);
            }
            assertThat(at.get(2) - at.get(1)).as("jitter").isNotEqualTo(at.get(1) - at.get(0));
        }
        assertThat(prober.at.get("a").get(0)).isNotEqualTo(prober.at.get("b").get(0));
    }

    @Test
    void anEndpointThatStaysAssignedKeepsItsState() {
        assign("a", "b");
        rounds(10);
        int opened = prober.opened;
        assign("a", "b", "c");
        assertThat(prober.opened).isEqualTo(opened + 1);
        assertThat(worker.observation(1).pending()).containsExactly("c");
    }

    @Test
    void anEndpointThatGoesIsForgottenAndOneWithAnotherAddressIsNew() {
        prober.failures.put("a", "refused");
        assign("a", "b");
        rounds(4);
        assertThat(worker.observation(1).down()).containsOnlyKeys("a");
        assign("b");
        assertThat(worker.observation(1).down()).isEmpty();
        assertThat(prober.closed).isEqualTo(1);
        int probes = prober.probes("a");
        rounds(4);
        assertThat(prober.probes("a")).isEqualTo(probes);
        share.put("b", Endpoint.builder("10.0.0.2", 80).id("b").build());
        worker.assign(share);
        assertThat(worker.observation(1).pending()).containsExactly("b");
    }

    @Test
    void whatDoesNotAnswerInTimeHasFailedAndALateAnswerCountsForNothing() {
        prober.silent = true;
        assign("a");
        rounds(4);
        Observation seen = worker.observation(1);
        assertThat(seen.down()).containsOnlyKeys("a");
        assertThat(seen.down().get("a").reason()).isEqualTo("no answer within 2s");
        assertThat(prober.cancelled).isGreaterThanOrEqualTo(3);
        int before = changes;
        prober.unanswered.forEach(answer -> answer.accept(Prober.Result.OK));
        assertThat(worker.observation(1)).isEqualTo(seen);
        assertThat(changes).isEqualTo(before);
    }

    @Test
    void onlyAFlipIsAChange() {
        assign("a");
        rounds(20);
        assertThat(changes).isEqualTo(1);
        prober.failures.put("a", "refused");
        rounds(20);
        assertThat(changes).isEqualTo(2);
        assertThat(worker.observation(7))
                .isEqualTo(new Observation(7, worker.observation(7).down(), java.util.Set.of()));
    }

    @Test
    void aProberThatThrowsIsAFailure() {
        prober.thrown = new IllegalStateException("no such thing");
        assign("a");
        rounds(4);
        assertThat(worker.observation(1).down().get("a").reason()).isEqualTo("cannot be probed: no such thing");
    }

    @Test
    void aLongReasonIsCut() {
        prober.failures.put("a", "x".repeat(120));
        prober.failures.put("b", "x".repeat(116) + "\uD83D\uDE00" + "x".repeat(1_000_000));
        assign("a", "b");
        rounds(4);
        Map<String, Observation.Down> down = worker.observation(1).down();
        assertThat(down.get("a").reason()).isEqualTo("x".repeat(120));
        assertThat(down.get("b").reason()).as("no half of a character").isEqualTo("x".repeat(116) + "...");
    }

    @Test
    void thousandsOfEndpointsThatHangDoNotDelayTheProbesOfAnother() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            prober.hanging.add("hangs-" + i);
            ids.add("hangs-" + i);
        }
        ids.add("well");
        assign(ids.toArray(new String[0]));
        rounds(10);
        List<Long> at = prober.at.get("well");
        for (int i = 1; i < at.size(); i++) {
            assertThat((double) (at.get(i) - at.get(i - 1)) / INTERVAL.toNanos())
                    .isBetween(0.849, 1.151);
        }
        assertThat(worker.observation(1).down()).hasSize(2_000);
    }

    @Test
    void nothingIsProbedAfterTheEnd() {
        assign("a", "b");
        worker.close();
        rounds(4);
        assertThat(prober.at).isEmpty();
        assertThat(time.pendingTasks()).isZero();
    }

    private final class Scripted implements Prober {
        final Map<String, List<Long>> at = new HashMap<>();
        final Map<String, String> failures = new HashMap<>();
        final List<Consumer<Result>> unanswered = new ArrayList<>();
        final Set<String> hanging = new HashSet<>();
        boolean silent;
        RuntimeException thrown;
        int opened;
        int closed;
        int cancelled;

        int probes(String id) {
            return at.getOrDefault(id, List.of()).size();
        }

        @Override
        public Target connect(Endpoint endpoint) {
            opened++;
            return new Target() {
                @Override
                public Cancellable probe(Executor blocking, Consumer<Result> answer) {
                    at.computeIfAbsent(endpoint.id(), id -> new ArrayList<>()).add(time.nanoTime());
                    if (thrown != null) {
                        throw thrown;
                    }
                    if (silent || hanging.contains(endpoint.id())) {
                        unanswered.add(answer);
                    } else {
                        String failure = failures.get(endpoint.id());
                        answer.accept(failure == null ? Result.OK : Result.failure(failure));
                    }
                    return () -> cancelled++;
                }

                @Override
                public void close() {
                    closed++;
                }
            };
        }
    }
}
