package dev.zerohop.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ManualResolverTest extends ResolverContract {
    private final ManualResolver resolver = new ManualResolver("manual", env);
    private final ResolutionRecorder recorder = new ResolutionRecorder();

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        resolver.set(endpoints);
        return resolver;
    }

    @Test
    void whatIsSetBeforeTheStartIsGivenAtTheStart() {
        resolver.configure("{}");
        resolver.set(someEndpoints(), new ShardCount(3, 0));
        resolver.start(recorder);
        assertThat(recorder.last().endpoints()).hasSize(3);
        assertThat(recorder.last().shards()).isEqualTo(new ShardCount(3, 0));
        assertThat(recorder.last().removals()).isEqualTo(EndpointSet.Removals.MEANT);
        assertThat(recorder.configurations).containsExactly("{}");
    }

    @Test
    void nothingIsSaidBeforeAnythingIsSet() {
        resolver.start(recorder);
        assertThat(recorder.sets).isEmpty();
        resolver.set(List.of());
        assertThat(recorder.last().endpoints()).isEmpty();
    }

    @Test
    void theSameSetOnlyConfirmsItsAge() {
        resolver.start(recorder);
        resolver.set(someEndpoints());
        time.advance(Duration.ofSeconds(5));
        List<Endpoint> turned = new ArrayList<>(someEndpoints());
        Collections.reverse(turned);
        resolver.set(turned);
        assertThat(recorder.sets).hasSize(1);
        assertThat(recorder.confirmations).containsExactly(time.now());
    }

    @Test
    void afterAnErrorTheSameSetIsGivenAgain() {
        resolver.start(recorder);
        resolver.set(someEndpoints());
        resolver.fail(new IllegalStateException("lost"));
        resolver.set(someEndpoints());
        assertThat(recorder.sets).hasSize(2);
        assertThat(recorder.sets.get(1).version()).isEqualTo(1);
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void whoStartsDuringAnErrorGetsTheLastSetStaleAndTheError() {
        resolver.set(someEndpoints());
        resolver.fail(new IllegalStateException("lost"));
        resolver.start(recorder);
        assertThat(recorder.last().stale()).isTrue();
        assertThat(recorder.errors).hasSize(1);
    }

    @Test
    void idsThatAreGivenTwiceAreRefusedAndNothingChanges() {
        resolver.start(recorder);
        resolver.set(someEndpoints());
        assertThatThrownBy(() -> resolver.set(List.of(Endpoint.of("a", 1), Endpoint.of("a", 1))))
                .hasMessage("manual: endpoint id 'a:1' was given twice (a:1 and a:1), expected unique ids");
        assertThat(recorder.sets).hasSize(1);
    }

    @Test
    void aListenerThatClosesFromWithinACallHearsNothingMore() {
        AtomicInteger calls = new AtomicInteger();
        resolver.configure("{}");
        resolver.set(someEndpoints());
        resolver.start(now -> {
            calls.incrementAndGet();
            resolver.close();
        });
        resolver.set(List.of());
        assertThat(calls).hasValue(1);
    }

    @Test
    void startAfterCloseIsAnError() {
        resolver.close();
        assertThatThrownBy(() -> resolver.start(recorder))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("manual: start() was called after close(), expected once");
    }

    @Test
    void fixedEndpointsNeedNoMoreThanAList() {
        try (Resolver fixed = Resolvers.of(someEndpoints())) {
            fixed.start(recorder);
            assertThat(recorder.last().endpoints()).isEqualTo(someEndpoints());
        }
    }

    @Test
    void aLargeSortedSetIsTakenWhole() {
        List<Endpoint> many = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            many.add(Endpoint.builder("10.0." + i / 250 + "." + i % 250, 8080)
                    .id(String.format("orders-%05d", i))
                    .build());
        }
        resolver.start(recorder);
        resolver.set(many);
        assertThat(recorder.last().endpoints()).isEqualTo(many);
    }
}
