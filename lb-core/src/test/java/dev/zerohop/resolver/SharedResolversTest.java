package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.Time;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.testing.ScriptedResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedResolversTest extends ResolverContract {
    private static final String ONE =
            "{\"endpoints\":[{\"address\":\"10.0.0.1:1\"}],\"config\":{\"policy\":\"random\"}}";
    private static final String TWO = "{\"endpoints\":[{\"address\":\"10.0.0.1:1\"},{\"address\":\"10.0.0.2:1\"}]}";

    @TempDir
    Path directory;

    private final AtomicInteger reads = new AtomicInteger();
    private final Env counted = new Env(time, env.dice(), task -> {
        reads.incrementAndGet();
        task.run();
    });
    private final SharedResolvers shared = new SharedResolvers(SharedResolvers.LINGER);
    private Path file;
    private Target target;

    @BeforeEach
    void writeFile() throws Exception {
        file = Files.writeString(directory.resolve("endpoints.json"), ONE);
        target = Target.parse("file://" + file);
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        return new SharedResolvers(Duration.ZERO)
                .resolver(
                        Target.parse("static:///"
                                + endpoints.stream().map(Endpoint::address).collect(Collectors.joining(","))),
                        env);
    }

    private Resolver start(ResolutionRecorder recorder) {
        Resolver resolver = shared.resolver(target, counted);
        resolver.start(recorder);
        return resolver;
    }

    @Test
    void twoUsersOfOneTargetShareOneWatch() throws Exception {
        ResolutionRecorder first = new ResolutionRecorder();
        ResolutionRecorder second = new ResolutionRecorder();
        start(first);
        start(second);
        assertThat(reads).hasValue(1);
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(first.last().endpoints()).hasSize(2);
        assertThat(second.last()).isSameAs(first.last());
        assertThat(shared.watches()).isEqualTo(1);
    }

    @Test
    void whoComesLateGetsTheLastSetAndTheConfigurationAtOnce() {
        start(new ResolutionRecorder());
        ResolutionRecorder late = new ResolutionRecorder();
        start(late);
        assertThat(late.sets).hasSize(1);
        assertThat(late.last().stale()).isFalse();
        assertThat(late.configurations).containsExactly("{\"policy\":\"random\"}");
    }

    @Test
    void whoComesDuringAnErrorGetsTheLastSetStaleWithTheError() throws Exception {
        start(new ResolutionRecorder());
        Files.delete(file);
        time.advance(Duration.ofSeconds(1));
        ResolutionRecorder late = new ResolutionRecorder();
        start(late);
        assertThat(late.last().stale()).isTrue();
        assertThat(late.last().endpoints()).hasSize(1);
        assertThat(late.errors).hasSize(1);
        Files.writeString(file, ONE);
        time.advance(Duration.ofSeconds(1));
        assertThat(late.last().stale()).isFalse();
        ResolutionRecorder later = new ResolutionRecorder();
        start(later);
        assertThat(later.errors).isEmpty();
    }

    @Test
    void theAgeThatALateUserSeesIsTheTrueOne() {
        start(new ResolutionRecorder());
        time.advance(Duration.ofMinutes(1));
        ResolutionRecorder late = new ResolutionRecorder();
        start(late);
        assertThat(late.last().age(time.now())).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void theWatchLingersForFiveMinutesAfterItsLastUserWithItsLastGoodSet() throws Exception {
        Resolver only = start(new ResolutionRecorder());
        only.close();
        Files.delete(file);
        time.advance(Duration.ofMinutes(4));
        ResolutionRecorder back = new ResolutionRecorder();
        Resolver again = start(back);
        assertThat(back.last().endpoints()).hasSize(1);
        assertThat(back.errors).hasSize(1);
        time.advance(Duration.ofMinutes(10));
        assertThat(shared.watches()).isEqualTo(1);
        again.close();
        time.advance(Duration.ofMinutes(5).minusMillis(1));
        assertThat(shared.watches()).isEqualTo(1);
        time.advance(Duration.ofMillis(1));
        assertThat(shared.watches()).isZero();
        assertThat(time.pendingTasks()).isZero();
        int before = reads.get();
        time.advance(Duration.ofMinutes(1));
        assertThat(reads).hasValue(before);
    }

    @Test
    void aUserThatHasClosedHearsNothingWhileTheOthersGoOn() throws Exception {
        ResolutionRecorder leaving = new ResolutionRecorder();
        ResolutionRecorder staying = new ResolutionRecorder();
        Resolver first = start(leaving);
        start(staying);
        first.close();
        int before = leaving.calls();
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(leaving.calls()).isEqualTo(before);
        assertThat(staying.last().endpoints()).hasSize(2);
    }

    @Test
    void aListenerThatThrowsDoesNotHurtTheOthers() throws Exception {
        shared.resolver(target, counted).start(now -> {
            throw new IllegalStateException("broken listener");
        });
        ResolutionRecorder other = new ResolutionRecorder();
        start(other);
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(other.last().endpoints()).hasSize(2);
    }

    @Test
    void aListenerMayLeaveForAnotherWhileItIsTold() throws Exception {
        ResolutionRecorder other = new ResolutionRecorder();
        Resolver[] own = new Resolver[1];
        own[0] = shared.resolver(target, counted);
        AtomicInteger calls = new AtomicInteger();
        own[0].start(now -> {
            calls.incrementAndGet();
            own[0].close();
            start(other);
        });
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(calls).hasValue(1);
        assertThat(other.last().endpoints()).hasSize(2);
    }

    @Test
    void aLateAnswerAfterTheEndIsDropped() {
        Queue<Runnable> blocking = new ArrayDeque<>();
        Env slow = new Env(time, env.dice(), blocking::add);
        SharedResolvers brief = new SharedResolvers(Duration.ZERO);
        ResolutionRecorder recorder = new ResolutionRecorder();
        Resolver resolver = brief.resolver(target, slow);
        resolver.start(recorder);
        resolver.close();
        time.runDue();
        assertThat(brief.watches()).isZero();
        blocking.remove().run();
        assertThat(recorder.calls()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void anotherTargetAndAnotherEnvironmentHaveTheirOwnWatches() throws Exception {
        start(new ResolutionRecorder());
        shared.resolver(target, new FakeTime().env()).start(new ResolutionRecorder());
        shared.resolver(Target.parse("static:///a:1"), counted).start(new ResolutionRecorder());
        assertThat(shared.watches()).isEqualTo(3);
    }

    @Test
    void whatIsMadeButNotStartedLeavesNoWatch() {
        Resolver resolver = shared.resolver(target, counted);
        resolver.refresh();
        resolver.close();
        resolver.close();
        assertThat(shared.watches()).isZero();
        assertThat(reads).hasValue(0);
    }

    @Test
    void aBadTargetIsRefusedWhenItIsGiven() {
        assertThatThrownBy(() -> shared.resolver(Target.parse("static:///a"), counted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("without a port");
        assertThatThrownBy(() -> new SharedResolvers(Duration.ofSeconds(-1)))
                .hasMessage("linger was PT-1S, expected 0 or more");
    }

    @Test
    void theProcessHasOneScope() {
        ResolutionRecorder recorder = new ResolutionRecorder();
        try (Resolver one = SharedResolvers.of(Target.parse("static:///a:1"), env)) {
            one.start(recorder);
            assertThat(recorder.last().endpoints()).hasSize(1);
        }
        time.advance(Duration.ofMinutes(6));
    }

    @Test
    void usersThatComeAndGoFromManyThreadsLeaveNothingBehind() throws Exception {
        SharedResolvers brief = new SharedResolvers(Duration.ZERO);
        Target fixed = Target.parse("static:///a:1,b:1");
        int threads = 4;
        CyclicBarrier barrier = new CyclicBarrier(threads);
        AtomicInteger wrong = new AtomicInteger();
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(() -> {
                try {
                    barrier.await();
                    for (int i = 0; i < 500; i++) {
                        ResolutionRecorder recorder = new ResolutionRecorder();
                        Resolver resolver = brief.resolver(fixed, env);
                        resolver.start(recorder);
                        time.runDue();
                        resolver.close();
                        if (recorder.sets.size() > 1) {
                            wrong.incrementAndGet();
                        }
                    }
                } catch (Exception failed) {
                    wrong.incrementAndGet();
                }
            });
            thread.start();
            all.add(thread);
        }
        for (Thread thread : all) {
            thread.join();
        }
        time.advance(Duration.ofSeconds(1));
        assertThat(wrong).hasValue(0);
        assertThat(brief.watches()).isZero();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aUserThatIsClosedByAnotherDuringAnUpdateDoesNotHearIt() throws Exception {
        Resolver[] other = new Resolver[1];
        ResolutionRecorder closed = new ResolutionRecorder();
        AtomicInteger calls = new AtomicInteger();
        shared.resolver(target, counted).start(now -> {
            if (now.endpoints().endpoints().size() == 2) {
                calls.incrementAndGet();
                other[0].close();
            }
        });
        other[0] = start(closed);
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(calls).hasPositiveValue();
        assertThat(closed.sets).hasSize(1);
    }

    @Test
    void theLingerBeginsAnewWithEachLastUser() {
        start(new ResolutionRecorder()).close();
        time.advance(Duration.ofMinutes(4));
        start(new ResolutionRecorder()).close();
        time.advance(Duration.ofMinutes(4));
        assertThat(shared.watches()).isEqualTo(1);
        time.advance(Duration.ofMinutes(1));
        assertThat(shared.watches()).isZero();
    }

    @Test
    void aLingerThatEndsInTheVeryMomentOfAReturnDoesNotEndTheWatch() throws Exception {
        Time tooLateToCallOff = new Time() {
            @Override
            public long nanoTime() {
                return time.nanoTime();
            }

            @Override
            public Instant now() {
                return time.now();
            }

            @Override
            public Cancellable schedule(long delayNanos, Runnable task) {
                time.schedule(delayNanos, task);
                return () -> {};
            }
        };
        Env late = env.withTime(tooLateToCallOff);
        Resolver before = shared.resolver(target, late);
        before.start(new ResolutionRecorder());
        before.close();
        ResolutionRecorder recorder = new ResolutionRecorder();
        shared.resolver(target, late).start(recorder);
        time.advance(SharedResolvers.LINGER);
        Files.writeString(file, TWO);
        time.advance(Duration.ofSeconds(1));
        assertThat(recorder.last().endpoints()).hasSize(2);
    }

    @Test
    void whoComesLateGetsWhatIsLeftOfTheVerdicts() {
        ScriptedResolver source = new ScriptedResolver();
        SharedWatch watch = new SharedWatch(source, time.env());
        ResolutionRecorder early = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(early));
        Map<String, HealthSource.Verdict> judged = Map.of(
                "a",
                        new HealthSource.Verdict(
                                Health.Status.UNHEALTHY,
                                "probed",
                                Duration.ofSeconds(30).toNanos()),
                "b",
                        new HealthSource.Verdict(
                                Health.Status.UNHEALTHY,
                                "probed",
                                Duration.ofSeconds(5).toNanos()));
        source.judge(judged, time.nanoTime());
        source.reject("weights were bad");
        assertThat(early.verdicts).hasSize(1);
        assertThat(early.rejected).containsExactly("weights were bad");
        time.advance(Duration.ofSeconds(10));
        ResolutionRecorder late = new ResolutionRecorder();
        watch.attach(new SharedWatch.User(late));
        HealthSource.Verdicts left = late.verdicts.get(0);
        assertThat(left.on("a", time.nanoTime()))
                .isEqualTo(new HealthSource.Verdict(
                        Health.Status.UNHEALTHY,
                        "probed",
                        Duration.ofSeconds(20).toNanos()));
        assertThat(left.on("b", time.nanoTime())).isNull();
        assertThat(late.rejected).containsExactly("weights were bad");
    }
}
