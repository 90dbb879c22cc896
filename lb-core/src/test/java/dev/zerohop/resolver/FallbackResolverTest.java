package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FallbackResolverTest extends ResolverContract {
    private static final Endpoint A = Endpoint.of("first", 1);
    private static final Endpoint B = Endpoint.of("second", 1);
    private static final Endpoint C = Endpoint.of("third", 1);

    private static final HealthSource.Verdict DOWN = new HealthSource.Verdict(
            Health.Status.UNHEALTHY, "probed", Duration.ofSeconds(30).toNanos());

    private final ScriptedResolver first = new ScriptedResolver();
    private final ScriptedResolver second = new ScriptedResolver();
    private final ScriptedResolver third = new ScriptedResolver();
    private final Resolver resolver = Resolvers.fallback(List.of(first, second, third), env);
    private final ResolutionRecorder recorder = new ResolutionRecorder();
    private final IllegalStateException down = new IllegalStateException("down");

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        ManualResolver silent = new ManualResolver("silent", env);
        ManualResolver answering = new ManualResolver("answering", env);
        answering.set(endpoints);
        return Resolvers.fallback(List.of(silent, answering), env);
    }

    private List<Endpoint> serving() {
        return recorder.last().endpoints();
    }

    @Test
    void theFirstServesWhenItAnswersAlthoughALaterOneWasFaster() {
        resolver.start(recorder);
        second.push(B);
        assertThat(recorder.sets).isEmpty();
        first.push(A);
        assertThat(serving()).containsExactly(A);
        time.advance(Duration.ofMinutes(1));
        assertThat(recorder.sets).hasSize(1);
    }

    @Test
    void oneTimerIsEnoughHoweverOftenItsSourcesSpeak() {
        resolver.start(recorder);
        first.push(A);
        for (int i = 0; i < 10; i++) {
            first.fail(new IllegalStateException("attempt " + i));
            second.push(B);
            second.push(C);
        }
        assertThat(serving()).containsExactly(A);
        assertThat(time.pendingTasks()).isEqualTo(1);
        resolver.close();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aLaterOneServesAtOnceWhenThoseBeforeHaveNeverAnsweredAndFail() {
        resolver.start(recorder);
        second.push(B);
        first.fail(down);
        assertThat(serving()).containsExactly(B);
        assertThat(recorder.errors).isEmpty();
    }

    @Test
    void aLaterOneServesWhenThoseBeforeAreSilentForASecond() {
        resolver.start(recorder);
        third.push(C);
        second.fail(down);
        time.advance(Duration.ofMillis(999));
        assertThat(recorder.sets).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(serving()).containsExactly(C);
        second.push(B);
        assertThat(serving()).containsExactly(B);
        first.push(A);
        assertThat(serving()).containsExactly(A);
    }

    @Test
    void anErrorOfTheOneThatServesIsPassedOnAndItsLastGoodSetStaysForTenSeconds() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        first.fail(down);
        time.advance(Duration.ofMillis(9_999));
        assertThat(serving()).containsExactly(A);
        assertThat(recorder.errors).containsExactly(down);
        time.advance(Duration.ofMillis(1));
        assertThat(serving()).containsExactly(B);
    }

    @Test
    void repeatedErrorsDoNotPutTheChangeOff() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        for (int i = 0; i < 11; i++) {
            first.fail(new IllegalStateException("down " + i));
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(serving()).containsExactly(B);
    }

    @Test
    void aShortErrorChangesNothing() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        first.fail(down);
        time.advance(Duration.ofSeconds(9));
        first.push(A);
        time.advance(Duration.ofMinutes(1));
        assertThat(recorder.sets).extracting(EndpointSet::endpoints).containsExactly(List.of(A), List.of(A));
    }

    @Test
    void theEarlierOneServesAgainAsSoonAsItAnswers() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        first.push(A);
        assertThat(serving()).containsExactly(A);
        second.push(B, C);
        assertThat(serving()).containsExactly(A);
    }

    @Test
    void aChangeIsMakeBeforeBreak() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        second.push(B, C);
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        first.push(A);
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(recorder.sets).allMatch(set -> !set.endpoints().isEmpty());
    }

    @Test
    void anEmptySetIsAnAnswer() {
        resolver.start(recorder);
        second.push(B);
        first.push();
        assertThat(serving()).isEmpty();
        time.advance(Duration.ofMinutes(1));
        assertThat(serving()).isEmpty();
    }

    @Test
    void whenNobodyCanBeAskedTheOneThatServedGoesOn() {
        resolver.start(recorder);
        first.push(A);
        second.push(B);
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        second.fail(down);
        third.fail(down);
        time.advance(Duration.ofMinutes(1));
        assertThat(serving()).containsExactly(B);
        assertThat(recorder.errors).hasSize(2);
    }

    @Test
    void whenNobodyHasEverAnsweredTheErrorNamesThemAll() {
        resolver.start(recorder);
        first.fail(new IllegalStateException("403"));
        second.fail(new IllegalStateException("NXDOMAIN"));
        assertThat(recorder.errors).isEmpty();
        third.fail(new IllegalStateException("no such file"));
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0))
                .hasMessage("none of 3 sources can be read: scripted: 403; scripted: NXDOMAIN; scripted: no such file");
        second.push(B);
        assertThat(serving()).containsExactly(B);
    }

    @Test
    void aStaleSetServesForTenSecondsAndIsThenOutdoneByOneThatAnswers() {
        resolver.start(recorder);
        first.push(EndpointSet.builder("disk").endpoints(List.of(A)).stale(true).build());
        second.push(B);
        assertThat(serving()).containsExactly(A);
        assertThat(recorder.last().stale()).isTrue();
        time.advance(Duration.ofSeconds(10));
        assertThat(serving()).containsExactly(B);
    }

    @Test
    void onlyTheConfigurationOfTheOneThatServesIsPassedOn() {
        resolver.start(recorder);
        second.configure("{\"b\":1}");
        second.push(B);
        first.configure("{\"a\":1}");
        first.push(A);
        assertThat(recorder.configurations).containsExactly("{\"a\":1}");
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        first.push(A);
        assertThat(recorder.configurations).containsExactly("{\"a\":1}", "{\"b\":1}", "{\"a\":1}");
    }

    @Test
    void confirmationsOfTheOneThatServesArePassedOn() {
        ManualResolver one = new ManualResolver("one", env);
        ManualResolver two = new ManualResolver("two", env);
        try (Resolver both = Resolvers.fallback(List.of(one, two), env)) {
            both.start(recorder);
            one.set(List.of(A));
            two.set(List.of(B));
            time.advance(Duration.ofSeconds(3));
            two.set(List.of(B));
            assertThat(recorder.confirmations).isEmpty();
            one.set(List.of(A));
            Instant now = time.now();
            assertThat(recorder.confirmations).containsExactly(now);
        }
    }

    @Test
    void allAreAskedToRefreshAndAllAreClosed() {
        resolver.start(recorder);
        resolver.refresh();
        assertThat(List.of(first.refreshes(), second.refreshes(), third.refreshes()))
                .containsExactly(1, 1, 1);
        resolver.close();
        assertThat(first.running() || second.running() || third.running()).isFalse();
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void aRejectedConfigurationOfTheNextOneLeavesTheLastGoodOne() {
        resolver.start(recorder);
        first.configure("{\"policy\": \"random\"}");
        first.push(A);
        second.rejectConfiguration("policy: was 7");
        second.push(B);
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        assertThat(serving()).containsExactly(B);
        assertThat(recorder.resolution().configuration().text())
                .as("for those that come late as well")
                .isEqualTo("{\"policy\": \"random\"}");
        assertThat(recorder.resolution().configuration().rejection()).isEqualTo("policy: was 7");
    }

    @Test
    void badArgumentsAreRefused() {
        assertThatThrownBy(() -> Resolvers.fallback(List.of(), env))
                .hasMessage("sources was empty, expected at least one");
        assertThatThrownBy(() -> Resolvers.fallback(List.of(first), env, Duration.ofSeconds(-1)))
                .hasMessage("failedFor was PT-1S, expected 0 or more");
    }

    @Test
    void verdictsAreThoseOfTheOneThatServesAndRefusalsAreEverybodys() {
        resolver.start(recorder);
        second.push(B);
        second.judge(Map.of("second:1", DOWN), time.nanoTime());
        first.push(A);
        assertThat(recorder.verdicts).isEmpty();
        first.fail(down);
        time.advance(Duration.ofSeconds(10));
        assertThat(serving()).containsExactly(B);
        assertThat(recorder.verdicts)
                .singleElement()
                .extracting(verdicts -> verdicts.on("second:1", time.nanoTime()))
                .isEqualTo(new HealthSource.Verdict(DOWN.status(), "probed", 20_000_000_000L));
        first.push(A);
        assertThat(recorder.verdicts).hasSize(2).last().isEqualTo(HealthSource.Verdicts.NONE);
        second.reject("weights were bad");
        assertThat(recorder.rejected).containsExactly("weights were bad");
    }
}
