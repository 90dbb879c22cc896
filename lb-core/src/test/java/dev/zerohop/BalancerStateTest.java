package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health.Status;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BalancerStateTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final AtomicReference<HealthSource.@Nullable Sink> probes = new AtomicReference<>();

    private static final BalancerSettings SETTINGS = BalancerSettings.builder(Pickers.leastRequest())
            .stages(List.of(new HealthFilter()))
            .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
            .build();

    private final Balancer balancer = Balancer.builder("orders")
            .env(time.env())
            .resolver(resolver)
            .settings(SETTINGS)
            .healthSource(new HealthSource() {
                @Override
                public String name() {
                    return "probe";
                }

                @Override
                public void start(Sink sink) {
                    probes.set(sink);
                }

                @Override
                public void close() {}
            })
            .build();

    @AfterEach
    void close() {
        balancer.close();
    }

    private static Endpoint endpoint(String id, int weight) {
        return Endpoint.builder("10.0.0.1", 80).id(id).weight(weight).build();
    }

    /** Ejects it, by failures of calls. */
    private void fail(int member) {
        Node node = balancer.current().snapshot().members().get(member);
        for (int i = 0; i < 5; i++) {
            balancer.begin(node).complete(Outcome.TRANSPORT_FAILURE);
        }
    }

    private BalancerState.Member member(String id) {
        return balancer.state().members().stream()
                .filter(member -> member.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void beforeTheFirstAnswerThereIsASourceAndNoMember() {
        balancer.start();
        BalancerState state = balancer.state();
        assertThat(state.service()).isEqualTo("orders");
        assertThat(state.at()).isEqualTo(time.now());
        assertThat(state.members()).isEmpty();
        assertThat(state.source().set()).isNull();
        assertThat(state.source().age(state.at())).isNull();
        assertThat(state.source().answers()).isZero();
        assertThat(state.configuration().unconfigured()).isNull();
        assertThat(state.routing().shardEpoch()).isEqualTo(ShardMap.NO_EPOCH);
    }

    @Test
    void theSourceAloneIsThatOfTheState() {
        assertThat(balancer.source()).hasToString(balancer.state().source().toString());
        balancer.start();
        resolver.push(endpoint("a", 1));
        resolver.fail(new IllegalStateException("refused"));
        assertThat(balancer.source()).hasToString(balancer.state().source().toString());
        assertThat(balancer.source().error()).isNotNull();
    }

    @Test
    void theSourceIsShownWithAgeAndError() {
        balancer.start();
        resolver.push(endpoint("a", 1));
        time.advance(Duration.ofSeconds(5));
        BalancerState.Source source = balancer.state().source();
        assertThat(source.answers()).isEqualTo(1);
        assertThat(source.age(time.now())).isEqualTo(Duration.ofSeconds(5));
        assertThat(source.error()).isNull();
        var failedAt = time.now();
        resolver.fail(new IllegalStateException("refused\u001b[31m"));
        time.advance(Duration.ofSeconds(1));
        source = balancer.state().source();
        assertThat(source.error()).isEqualTo("refused\\u001b[31m");
        assertThat(source.failingSince()).isEqualTo(failedAt);
        assertThat(source.set().stale()).isTrue();
    }

    @Test
    void anotherErrorIsOfTheSameOutageAndEndpointsFromMemoryEndNone() {
        balancer.start();
        resolver.push(endpoint("a", 1));
        var failedAt = time.now();
        resolver.fail(new IllegalStateException("refused"));
        time.advance(Duration.ofSeconds(1));
        resolver.fail(new IllegalStateException("403"));
        time.advance(Duration.ofSeconds(1));
        resolver.push(EndpointSet.builder("scripted")
                .endpoints(List.of(endpoint("b", 1)))
                .asOf(time.now())
                .stale(true)
                .build());
        BalancerState state = balancer.state();
        assertThat(state.members()).extracting(member -> member.endpoint().id()).containsExactly("b");
        assertThat(state.source().answers()).isEqualTo(2);
        assertThat(state.source().error()).isEqualTo("403");
        assertThat(state.source().failingSince()).isEqualTo(failedAt);
        resolver.push(endpoint("b", 1));
        assertThat(balancer.state().source().failingSince()).isNull();
    }

    @Test
    void aSetWithoutADateIsOfTheInstantAtWhichItWasGivenLast() {
        balancer.start();
        EndpointSet undated = EndpointSet.builder("scripted")
                .endpoints(List.of(endpoint("a", 1)))
                .build();
        resolver.push(undated);
        time.advance(Duration.ofSeconds(5));
        assertThat(balancer.state().source().age(time.now())).isEqualTo(Duration.ofSeconds(5));
        resolver.push(undated);
        assertThat(balancer.state().source().age(time.now())).isZero();
        assertThat(balancer.state().source().answers()).as("it says the same").isEqualTo(1);
    }

    @Test
    void membersHaveTheirShareTheirTrafficAndTheirHealth() {
        balancer.start();
        resolver.push(endpoint("a", 3), endpoint("b", 1), endpoint("c", 0));
        time.advance(Duration.ofSeconds(1));
        Lease lease = balancer.begin(balancer.current().snapshot().members().get(0));
        assertThat(member("a").traffic()).isEqualTo(new BalancerState.Traffic(1, 1, 0));
        lease.complete(Outcome.SUCCESS);
        assertThat(member("a").traffic().inFlight()).isZero();
        assertThat(member("a").weight()).isEqualTo(3 * member("b").weight());
        assertThat(member("c").weight()).as("takes no traffic").isZero();
        BalancerState state = balancer.state();
        assertThat(state.routing().candidates()).isEqualTo(2);
        assertThat(state.routing().stages().stream().map(Snapshot.Step::note).toList())
                .isEqualTo(balancer.current().snapshot().trail());
        assertThat(state.members()).extracting(each -> each.endpoint().id()).containsExactly("a", "b", "c");
    }

    @Test
    void anEjectionHasABeginningAndAnEnd() {
        balancer.start();
        resolver.push(endpoint("a", 1), endpoint("b", 1), endpoint("c", 1));
        fail(0);
        time.advance(Duration.ofSeconds(1));
        BalancerState.Member ejected = member("a");
        assertThat(ejected.health().status()).isEqualTo(Status.EJECTED);
        assertThat(ejected.health().source()).isEqualTo("ejection");
        assertThat(ejected.health().since()).isBeforeOrEqualTo(time.now());
        assertThat(Duration.between(ejected.health().since(), ejected.health().until()))
                .isBetween(Duration.ofSeconds(29), Duration.ofSeconds(31));
        assertThat(ejected.traffic().failuresInRow()).isEqualTo(5);
        assertThat(ejected.weight()).isZero();
    }

    @Test
    void everyVerdictIsShownWithItsEnd() {
        balancer.start();
        resolver.push(endpoint("a", 1), endpoint("b", 1), endpoint("c", 1));
        HealthSource.Sink sink = probes.get();
        assertThat(sink).isNotNull();
        sink.report(
                "a",
                new HealthSource.Verdict(
                        Status.UNHEALTHY, "no answer", Duration.ofSeconds(20).toNanos()));
        time.advance(Duration.ofSeconds(2));
        BalancerState.Belief verdict = member("a").verdicts().get(0);
        assertThat(verdict.status()).isEqualTo(Status.UNHEALTHY);
        assertThat(verdict.source()).isEqualTo("probe");
        assertThat(verdict.reason()).isEqualTo("no answer");
        assertThat(Duration.between(verdict.since(), verdict.until())).isEqualTo(Duration.ofSeconds(20));
        assertThat(member("a").health().status()).isEqualTo(Status.UNHEALTHY);
        assertThat(member("b").verdicts()).isEmpty();
        assertThat(member("b").health().until()).isNull();
    }

    @Test
    void theExplanationIsARenderingOfTheState() {
        balancer.start();
        resolver.push(endpoint("a", 2));
        time.advance(Duration.ofSeconds(3));
        assertThat(balancer.explain(PickContext.NONE).members())
                .containsExactly(
                        "a(10.0.0.1:80) weight 2 " + member("a").health().describe(time.now()) + ", in flight 0");
    }

    @Test
    void theExplanationNamesWhatAMemberHas() {
        balancer.start();
        Endpoint numbered = Endpoint.builder("10.0.0.1", 80)
                .id("orders-4")
                .zone("z1")
                .ordinal(4)
                .build();
        resolver.push(EndpointSet.builder("scripted")
                .endpoints(List.of(numbered))
                .note("one of two slices")
                .build());
        balancer.begin(balancer.current().snapshot().members().get(0)).complete(Outcome.TRANSPORT_FAILURE);
        Explanation explanation = balancer.explain(PickContext.NONE);
        assertThat(explanation.members().get(0))
                .startsWith("orders-4(10.0.0.1:80) weight 1 zone z1 ordinal 4 ")
                .endsWith(", in flight 0, 1 failures in a row");
        assertThat(explanation.source()).endsWith(", one of two slices");
        var failedAt = time.now();
        resolver.fail(new IllegalStateException("refused"));
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.explain(PickContext.NONE).source())
                .isEqualTo("source scripted, version 0, age 1.0 s, one of two slices, stale: cannot be read since "
                        + failedAt + ": refused");
    }

    @Test
    void theExplanationSaysThatEndpointsAreFromMemory() {
        balancer.start();
        var vouched = time.now();
        time.advance(Duration.ofSeconds(1));
        resolver.push(EndpointSet.builder("scripted")
                .endpoints(List.of(endpoint("a", 1)))
                .asOf(vouched)
                .stale(true)
                .build());
        assertThat(balancer.explain(PickContext.NONE).source())
                .isEqualTo("source scripted, version 0, age 1.0 s, stale: not vouched for yet");
    }

    @Test
    void aRejectedConfigurationIsShown() {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer configured = Balancer.builder("users")
                .env(time.env())
                .resolver(source)
                .defaults(SETTINGS)
                .followSourceConfiguration(settings -> SETTINGS)
                .build()) {
            configured.start();
            source.push(endpoint("a", 1));
            source.rejectConfiguration("users/config: policy: was round");
            time.advance(Duration.ofSeconds(1));
            String rejected = configured.state().configuration().rejected();
            assertThat(rejected)
                    .isEqualTo(
                            "users/config: policy: was round, at " + time.now().minusSeconds(1));
            assertThat(configured.explain(PickContext.NONE).settings())
                    .last()
                    .isEqualTo("the source's configuration was rejected: " + rejected);
            source.configure("{}");
            assertThat(configured.state().configuration().rejected())
                    .as("a good one")
                    .isNull();
            source.configure("{\"policy\": \"round\"}");
            assertThat(configured.state().configuration().rejected())
                    .startsWith("source scripted: policy: was \"round\"");
            source.configure("{}");
            assertThat(configured.state().configuration().rejected())
                    .as("the last good one again")
                    .isNull();
        }
    }

    @Test
    void loadIsThatOfThisInstantAndTheEpochThatOfTheShards() {
        for (PickPolicy policy : List.of(Pickers.peakEwma(), Pickers.shard())) {
            ScriptedResolver source = new ScriptedResolver();
            try (Balancer other = Balancer.builder("users")
                    .env(time.env())
                    .resolver(source)
                    .settings(BalancerSettings.of(policy))
                    .build()) {
                other.start();
                source.push(EndpointSet.builder("scripted")
                        .endpoints(
                                List.of(endpoint("a", 1).toBuilder().ordinal(0).build()))
                        .shardMap(ShardMap.of(7, new ShardCount(1, 0)))
                        .build());
                Node node = other.current().snapshot().members().get(0);
                other.acquire(PickContext.of(EndpointSelector.of("k")));
                time.advance(Duration.ofMinutes(1));
                assertThat(other.state().members().get(0).traffic().load()).isEqualTo(node.load(time.nanoTime()));
                assertThat(other.state().routing().shardEpoch()).isEqualTo(policy.keyed() ? 7 : ShardMap.NO_EPOCH);
            }
        }
    }

    @Test
    void aStateIsAValue() {
        balancer.start();
        resolver.push(endpoint("a", 1));
        BalancerState.Member member = member("a");
        List<BalancerState.Belief> verdicts = new ArrayList<>(List.of(member.health()));
        List<Snapshot.Step> stages = new ArrayList<>(List.of(new Snapshot.Step("a stage", 1, 1, "all stay", false)));
        List<BalancerState.Member> members = new ArrayList<>(List.of(new BalancerState.Member(
                member.endpoint(), member.health(), verdicts, member.weight(), member.traffic())));
        BalancerState now = balancer.state();
        BalancerState state = new BalancerState(
                now.service(),
                now.adapter(),
                now.at(),
                now.source(),
                now.configuration(),
                members,
                new BalancerState.Routing(1, stages, 0, null));
        members.clear();
        verdicts.clear();
        stages.clear();
        assertThat(state.members()).hasSize(1);
        assertThat(state.members().get(0).verdicts()).hasSize(1);
        assertThat(state.routing().stages()).hasSize(1);
    }

    @Test
    void panicHasItsReasonAndItsBeginning() {
        balancer.start();
        resolver.push(endpoint("a", 1), endpoint("b", 1), endpoint("c", 1));
        HealthSource.Sink sink = probes.get();
        assertThat(sink).isNotNull();
        assertThat(balancer.state().routing().panic()).isNull();
        HealthSource.Verdict down = new HealthSource.Verdict(
                Status.UNHEALTHY, "no answer", Duration.ofMinutes(10).toNanos());
        sink.report("a", down);
        sink.report("b", down);
        time.advance(Duration.ofSeconds(2));
        BalancerState.Panic panic = balancer.state().routing().panic();
        assertThat(panic).isNotNull();
        assertThat(panic.reason()).startsWith("panic: 1 of 3 usable is below 50 %");
        assertThat(panic.since()).isBetween(time.now().minusSeconds(2), time.now());
        sink.report("c", down);
        time.advance(Duration.ofSeconds(2));
        BalancerState.Panic later = balancer.state().routing().panic();
        assertThat(later).isNotNull();
        assertThat(later.reason()).startsWith("panic: 0 of 3 usable");
        assertThat(later.since()).as("of the same panic").isEqualTo(panic.since());
        sink.withdraw("a");
        sink.withdraw("b");
        time.advance(Duration.ofSeconds(2));
        assertThat(balancer.state().routing().panic()).isNull();
    }

    // ---- the registry ----

    @Test
    void whatRunsIsListedByName() {
        List<Balancer> started = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Balancer each = Balancer.builder("service-" + (i * 7 % 20 + 10))
                    .env(time.env())
                    .resolver(new ScriptedResolver())
                    .settings(SETTINGS)
                    .build();
            started.add(each);
            each.start();
        }
        try {
            assertThat(BalancerRegistry.running()).extracting(Balancer::name).isSorted();
            assertThat(BalancerRegistry.running()).containsAll(started);
        } finally {
            started.forEach(Balancer::close);
        }
    }

    @Test
    void whatRunsIsListedUntilItIsClosed() {
        assertThat(BalancerRegistry.running()).doesNotContain(balancer);
        balancer.start();
        assertThat(BalancerRegistry.running()).contains(balancer);
        balancer.close();
        assertThat(BalancerRegistry.running()).doesNotContain(balancer);
    }

    @Test
    void theRegistryKeepsNoForgottenBalancerAlive() {
        WeakReference<Balancer> forgotten = startAndForget();
        // The collector may be asked, not told.
        for (int i = 0; i < 50 && forgotten.get() != null; i++) {
            System.gc();
        }
        assertThat(forgotten.get()).isNull();
        assertThat(BalancerRegistry.running()).noneMatch(each -> each.name().equals("forgotten"));
    }

    private static WeakReference<Balancer> startAndForget() {
        Balancer forgotten = Balancer.builder("forgotten")
                .env(new FakeTime().env())
                .resolver(new ScriptedResolver())
                .settings(SETTINGS)
                .build();
        forgotten.start();
        assertThat(BalancerRegistry.running()).contains(forgotten);
        return new WeakReference<>(forgotten);
    }
}
