package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ScriptedDice;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class PollingResolverTest {
    private final FakeTime time = new FakeTime();
    private final Queue<Runnable> blocking = new ArrayDeque<>();
    private final Env env = new Env(time, ScriptedDice.seeded(1), blocking::add);
    private final ResolutionRecorder recorder = new ResolutionRecorder();
    private int asked;
    private IOException failure;
    private List<Endpoint> endpoints = List.of(Endpoint.of("a", 1));
    private final PollingResolver resolver =
            new PollingResolver("poll", env, Duration.ofSeconds(5), EndpointSet.Removals.GUARDED, () -> {
                asked++;
                if (failure != null) {
                    throw failure;
                }
                return new PollingResolver.Answer(endpoints);
            });

    private void runBlocking() {
        for (Runnable task = blocking.poll(); task != null; task = blocking.poll()) {
            task.run();
        }
    }

    @Test
    void theCallerOfStartIsNotBlocked() {
        resolver.start(recorder);
        assertThat(asked).isZero();
        runBlocking();
        assertThat(recorder.sets).hasSize(1);
    }

    @Test
    void aSourceThatIsBusyIsNotAskedASecondTime() {
        resolver.start(recorder);
        resolver.refresh();
        time.advance(Duration.ofSeconds(20));
        resolver.refresh();
        assertThat(blocking).hasSize(1);
    }

    @Test
    void aSourceThatHangsIsReportedAndItsLateAnswerIsWelcome() {
        resolver.start(recorder);
        runBlocking();
        time.advance(Duration.ofSeconds(6));
        time.advance(Duration.ofSeconds(30));
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0)).hasMessage("no answer for 30 s, still waiting");
        runBlocking();
        assertThat(recorder.sets).hasSize(2);
    }

    @Test
    void anAnswerThatComesAfterTheCloseIsDropped() {
        resolver.start(recorder);
        Runnable late = blocking.remove();
        resolver.close();
        late.run();
        assertThat(recorder.calls()).isZero();
        assertThat(asked).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void refreshAsksAtOnceButNotMoreThanOnceASecond() {
        resolver.start(recorder);
        runBlocking();
        time.advance(Duration.ofSeconds(2));
        resolver.refresh();
        runBlocking();
        assertThat(asked).isEqualTo(2);
        for (int i = 0; i < 50; i++) {
            resolver.refresh();
        }
        runBlocking();
        assertThat(asked).isEqualTo(2);
        time.advance(Duration.ofSeconds(1));
        runBlocking();
        assertThat(asked).isEqualTo(3);
        time.advance(Duration.ofSeconds(1));
        runBlocking();
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void refreshDoesNotPutOffTheNextQuestion() {
        resolver.start(recorder);
        runBlocking();
        for (int i = 0; i < 100; i++) {
            time.advance(Duration.ofMillis(90));
            resolver.refresh();
            runBlocking();
        }
        assertThat(asked).isBetween(8, 10);
    }

    @Test
    void anErrorAndTheSameSetAgainClearsTheError() {
        resolver.start(recorder);
        runBlocking();
        failure = new IOException("down");
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofSeconds(6));
            runBlocking();
        }
        assertThat(recorder.errors).hasSize(1);
        failure = null;
        time.advance(Duration.ofSeconds(6));
        runBlocking();
        assertThat(recorder.sets).hasSize(2);
        assertThat(recorder.last().asOf()).isEqualTo(time.now());
        assertThat(recorder.last().version()).isEqualTo(1);
    }

    @Test
    void aRefusedSetIsAnErrorAndThePollingGoesOn() {
        resolver.start(recorder);
        runBlocking();
        endpoints = List.of(Endpoint.of("a", 1), Endpoint.of("a", 1));
        time.advance(Duration.ofSeconds(6));
        runBlocking();
        assertThat(recorder.errors).hasSize(1);
        endpoints = List.of();
        time.advance(Duration.ofSeconds(6));
        runBlocking();
        assertThat(recorder.last().endpoints()).isEmpty();
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
    }

    @Test
    void anExecutorThatRefusesIsAnErrorAndThePollingGoesOn() {
        Env refusing = new Env(time, ScriptedDice.seeded(1), task -> {
            asked++;
            throw new RejectedExecutionException("full");
        });
        try (PollingResolver refused = new PollingResolver(
                "poll",
                refusing,
                Duration.ofSeconds(5),
                EndpointSet.Removals.GUARDED,
                () -> new PollingResolver.Answer(List.of()))) {
            refused.start(recorder);
            time.advance(Duration.ofSeconds(20));
            assertThat(asked).isGreaterThan(2);
            assertThat(recorder.errors).hasSize(1);
        }
    }

    @Test
    void aListenerThatThrowsDoesNotStopThePolling() {
        resolver.start(now -> {
            throw new IllegalStateException("broken listener");
        });
        for (int i = 0; i < 4; i++) {
            runBlocking();
            time.advance(Duration.ofSeconds(6));
        }
        assertThat(asked).isGreaterThan(2);
    }

    @Test
    void aCloseWhileTheSourceIsAskedLeavesNoTimer() {
        PollingResolver[] own = new PollingResolver[1];
        own[0] = new PollingResolver("poll", time.env(), Duration.ofSeconds(5), EndpointSet.Removals.GUARDED, () -> {
            own[0].close();
            return new PollingResolver.Answer(endpoints);
        });
        own[0].start(recorder);
        assertThat(recorder.calls()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void refreshDoesNotSlowDownASourceThatIsAskedMoreOftenThanOnceASecond() {
        int[] count = new int[1];
        try (PollingResolver often =
                new PollingResolver("poll", time.env(), Duration.ofMillis(200), EndpointSet.Removals.GUARDED, () -> {
                    count[0]++;
                    return new PollingResolver.Answer(endpoints);
                })) {
            often.start(recorder);
            often.refresh();
            time.advance(Duration.ofMillis(231));
            assertThat(count[0]).isEqualTo(2);
        }
    }

    @Test
    void aSourceThatFailsWithAnErrorOfTheJvmIsAskedAgain() {
        int[] count = new int[1];
        try (PollingResolver broken =
                new PollingResolver("poll", time.env(), Duration.ofSeconds(5), EndpointSet.Removals.GUARDED, () -> {
                    count[0]++;
                    throw new StackOverflowError("deep");
                })) {
            broken.start(recorder);
            time.advance(Duration.ofSeconds(20));
            assertThat(count[0]).isGreaterThan(2);
            assertThat(recorder.errors).hasSize(1);
        }
    }

    @Test
    void aSourceIsNotAskedBeforeTheStart() {
        resolver.refresh();
        runBlocking();
        assertThat(asked).isZero();
        resolver.start(recorder);
        runBlocking();
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void anAnswerIsGivenWithItsNoteAndTheValuesThatCannotBeUsed() {
        List<String> bad = new ArrayList<>(List.of("weight: was -1"));
        try (PollingResolver telling =
                new PollingResolver("poll", time.env(), Duration.ofSeconds(5), EndpointSet.Removals.GUARDED, () -> {
                    return new PollingResolver.Answer(endpoints, null, null, null, bad, "by one of two servers");
                })) {
            telling.start(recorder);
            assertThat(recorder.last().note()).isEqualTo("by one of two servers");
            assertThat(recorder.resolution().rejected()).containsExactly("weight: was -1");
            bad.clear();
            time.advance(Duration.ofSeconds(6));
            assertThat(recorder.resolution().rejected()).isEmpty();
        }
    }

    /** To ask sooner brings the same from a cache. */
    @Test
    void anAnswerIsWaitedForAsLongAsItIsGood() {
        for (int seed = 0; seed < 50; seed++) {
            FakeTime own = new FakeTime();
            int[] count = new int[1];
            try (PollingResolver patient = new PollingResolver(
                    "poll",
                    new Env(own, ScriptedDice.seeded(seed), Runnable::run),
                    Duration.ofSeconds(5),
                    EndpointSet.Removals.GUARDED,
                    () -> {
                        count[0]++;
                        return new PollingResolver.Answer(
                                endpoints, null, null, Duration.ofSeconds(100), List.of(), "");
                    })) {
                patient.start(new ResolutionRecorder());
                own.advance(Duration.ofMillis(99_999));
                assertThat(count[0]).isEqualTo(1);
                own.advance(Duration.ofMillis(15_001));
                assertThat(count[0]).isEqualTo(2);
            }
        }
    }
}
