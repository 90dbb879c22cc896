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

class PriorityResolverTest extends ResolverContract {
    private static final Endpoint HERE =
            Endpoint.builder("10.0.0.1", 80).id("orders-0").ordinal(0).build();
    private static final Endpoint THERE =
            Endpoint.builder("10.9.0.1", 80).id("orders-0").ordinal(0).build();
    private static final Endpoint MARKED = Endpoint.builder("10.9.0.1", 80)
            .id("orders-0@2")
            .attributes(Map.of("priority", "1"))
            .build();

    private final ScriptedResolver first = new ScriptedResolver();
    private final ScriptedResolver second = new ScriptedResolver();
    private final Resolver resolver = Resolvers.priority(List.of(first, second), env);
    private final ResolutionRecorder recorder = new ResolutionRecorder();
    private final IllegalStateException down = new IllegalStateException("down");

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        ManualResolver answering = new ManualResolver("answering", env);
        answering.set(endpoints);
        ManualResolver none = new ManualResolver("none", env);
        none.set(List.of());
        return Resolvers.priority(List.of(answering, none), env);
    }

    private List<Endpoint> named() {
        return recorder.last().endpoints();
    }

    @Test
    void allAreThereEachWithItsGroup() {
        resolver.start(recorder);
        first.shards(1).push(HERE);
        assertThat(recorder.sets).as("the other has not answered").isEmpty();
        second.shards(7).push(THERE);
        assertThat(named()).containsExactly(HERE, MARKED);
        assertThat(named().get(0)).isSameAs(HERE);
        assertThat(recorder.last().shards().count()).isEqualTo(1);
    }

    @Test
    void aSilentOneIsWaitedForASecond() {
        resolver.start(recorder);
        second.push(THERE);
        time.advance(Duration.ofMillis(999));
        assertThat(recorder.sets).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(named()).containsExactly(MARKED);
        assertThat(recorder.last().removalsBySource())
                .as("one that has said nothing has meant nothing")
                .containsExactly(EndpointSet.Removals.GUARDED, EndpointSet.Removals.MEANT);
        first.push(HERE);
        assertThat(named()).containsExactly(HERE, MARKED);
    }

    @Test
    void oneThatCannotBeReadLeavesItsEndpointsAndSaysSo() {
        resolver.start(recorder);
        first.push(HERE);
        second.push(THERE);
        second.fail(down);
        assertThat(named()).containsExactly(HERE, MARKED);
        assertThat(recorder.errors).isEmpty();
        first.push(HERE, Endpoint.of("10.0.0.2", 80));
        assertThat(named()).hasSize(3);
        assertThat(recorder.last().note()).contains("cannot be read:").contains("down");
        assertThat(recorder.last().stale()).isFalse();
        first.fail(down);
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0).getMessage()).startsWith("none of 2 sources can be read: ");
        second.push(THERE);
        assertThat(named()).hasSize(3);
        assertThat(recorder.last().stale()).isFalse();
    }

    @Test
    void oneThatNeverAnswersButFailsKeepsTheOtherFromNothing() {
        resolver.start(recorder);
        first.fail(down);
        second.push(THERE);
        assertThat(named()).containsExactly(MARKED);
    }

    @Test
    void verdictsAreOnTheEndpointsOfTheirSource() {
        HealthSource.Verdict bad = new HealthSource.Verdict(
                Health.Status.UNHEALTHY, "probed", Duration.ofSeconds(30).toNanos());
        resolver.start(recorder);
        first.push(HERE);
        second.push(THERE);
        second.judge(Map.of("orders-0", bad), time.nanoTime());
        assertThat(recorder.verdicts.get(recorder.verdicts.size() - 1).byEndpoint())
                .containsOnlyKeys("orders-0@2");
    }

    @Test
    void aRemovalIsMeantIfItIsSoInAll() {
        resolver.start(recorder);
        first.removals(EndpointSet.Removals.MEANT).push(HERE);
        second.removals(EndpointSet.Removals.GUARDED).push(THERE);
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.GUARDED);
        assertThat(recorder.last().removalsBySource())
                .containsExactly(EndpointSet.Removals.MEANT, EndpointSet.Removals.GUARDED);
        assertThat(named()).extracting(recorder.last()::sourceOf).containsExactly(0, 1);
        second.removals(EndpointSet.Removals.MEANT).push(List.of());
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        assertThat(named()).containsExactly(HERE);
    }

    @Test
    void allAreClosedAndNoTimerIsLeft() {
        resolver.start(recorder);
        resolver.close();
        assertThat(first.running()).isFalse();
        assertThat(second.running()).isFalse();
        assertThat(time.pendingTasks()).isZero();
        assertThatThrownBy(() -> Resolvers.priority(List.of(), env)).hasMessage("sources were 0, expected 1 to 16");
    }

    @Test
    void whileOneIsSilentTheErrorOfTheOtherIsToldAfterAWhile() {
        resolver.start(recorder);
        first.fail(down);
        time.advance(Duration.ofMillis(999));
        assertThat(recorder.errors).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0).getMessage())
                .startsWith("none of 2 sources can be read: ")
                .contains("down")
                .endsWith("it has not answered yet");
        second.push(THERE);
        assertThat(named()).containsExactly(MARKED);
    }

    @Test
    void idsThatCollideAreAnErrorAndEndWithIt() {
        resolver.start(recorder);
        first.push(HERE, Endpoint.builder("10.0.0.7", 80).id("orders-0@2").build());
        second.push(THERE);
        assertThat(recorder.errors).hasSize(1);
        assertThat(recorder.errors.get(0).getMessage())
                .startsWith("the sources cannot be put together: ")
                .contains("orders-0@2");
        first.push(HERE);
        assertThat(named()).containsExactly(HERE, MARKED);
    }

    @Test
    void theGroupIsThatOfTheSourceWhateverItSays() {
        resolver.start(recorder);
        first.push(
                HERE.toBuilder().attributes(Map.of("priority", "5", "x", "y")).build());
        second.push(THERE.toBuilder().attributes(Map.of("priority", "0")).build());
        assertThat(named().get(0).attributes()).isEqualTo(Map.of("x", "y"));
        assertThat(named().get(1).attributes()).isEqualTo(Map.of("priority", "1"));
    }

    @Test
    void theSetIsAsOldAsTheOldest() {
        resolver.start(recorder);
        Instant longAgo = Instant.parse("2024-01-01T00:00:00Z");
        first.asOf(longAgo).push(HERE);
        second.asOf(longAgo.plusSeconds(60)).push(THERE);
        assertThat(recorder.last().asOf()).isEqualTo(longAgo);
        first.asOf(longAgo.plusSeconds(90)).push(HERE, Endpoint.of("10.0.0.2", 80));
        assertThat(recorder.last().asOf()).isEqualTo(longAgo.plusSeconds(60));
    }
}
