package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.Health.Status;
import dev.zerohop.HealthSource.Verdict;
import dev.zerohop.health.MassRemovalGuard;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Health through the whole balancer: ejection, half-open return, panic, verdicts, mass removal. */
class BalancerHealthTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final List<FakeSource> sources = List.of(new FakeSource("probe"), new FakeSource("connectivity"));
    private final Recorder recorder = new Recorder();
    private final Balancer balancer = balancer(settings(50));

    private static final class FakeSource implements HealthSource {
        private final String name;
        private @Nullable Sink sink;
        private boolean closed;

        FakeSource(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void start(Sink sink) {
            this.sink = sink;
        }

        @Override
        public void close() {
            closed = true;
        }

        Sink sink() {
            return java.util.Objects.requireNonNull(sink);
        }
    }

    private static final class Recorder implements BalancerListener {
        private final List<String> events = new ArrayList<>();
        private final AtomicInteger rebuilds = new AtomicInteger();

        @Override
        public void onRebuild(String service, Snapshot snapshot, Duration took) {
            rebuilds.incrementAndGet();
        }

        @Override
        public void onMembership(String service, int members, int added, int removed, int held) {
            events.add("members " + members + " +" + added + " -" + removed + " held " + held);
        }

        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            events.add("stale " + age.toSeconds() + " s " + cause.getMessage());
        }

        @Override
        public void onFresh(String service) {
            events.add("fresh");
        }

        @Override
        public void onSourceValueRejected(String service, String reason) {
            events.add("refused " + reason);
        }
    }

    private static BalancerSettings settings(int panicPercent) {
        return BalancerSettings.builder(new FirstPolicy())
                .stages(List.of(new HealthFilter(panicPercent)))
                .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
                .guard(new MassRemovalGuard())
                .build();
    }

    private Balancer balancer(BalancerSettings settings) {
        return Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(settings)
                .listener(recorder)
                .healthSource(sources.get(0))
                .healthSource(sources.get(1))
                .build();
    }

    private static Endpoint endpoint(int number) {
        return Endpoint.builder("10.0.0." + number, 80).id("a-" + number).build();
    }

    private static Endpoint[] endpoints(int count) {
        Endpoint[] all = new Endpoint[count];
        for (int i = 0; i < count; i++) {
            all[i] = endpoint(i);
        }
        return all;
    }

    private void startWith(int count) {
        balancer.start();
        resolver.push(endpoints(count));
    }

    private Status status(int number) {
        return node(number).health().status();
    }

    private Node node(int number) {
        return balancer.current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals("a-" + number))
                .findFirst()
                .orElseThrow();
    }

    /** Calls on the first candidate until this many have ended so; all of them must have gone to this endpoint. */
    private void call(int number, Outcome outcome, int times) {
        for (int i = 0; i < times; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.endpoint().id()).isEqualTo("a-" + number);
            lease.complete(outcome);
        }
        settle();
    }

    /** Calls this very endpoint, whoever else would be picked. */
    private void callAt(int number, Outcome outcome, int times) {
        for (int i = 0; i < times; i++) {
            balancer.begin(node(number)).complete(outcome);
        }
        settle();
    }

    private void settle() {
        time.advance(Duration.ofMillis(5));
    }

    private String picked() {
        return balancer.acquire(PickContext.NONE).endpoint().id();
    }

    // ---- ejection ----

    @Test
    void fiveFailuresEjectOneProbeReadmits() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        assertThat(picked()).isEqualTo("a-1");

        time.advance(Duration.ofSeconds(30));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        Lease probe = balancer.acquire(PickContext.NONE);
        assertThat(probe.endpoint().id()).isEqualTo("a-0");
        assertThat(List.of(picked(), picked(), picked()))
                .as("everybody else goes around")
                .containsOnly("a-1");

        probe.complete(Outcome.SUCCESS);
        settle();
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        assertThat(List.of(picked(), picked())).containsOnly("a-0");
    }

    @Test
    void aFailedProbeEjectsForLonger() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofSeconds(30));
        call(0, Outcome.TIMEOUT, 1);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        time.advance(Duration.ofSeconds(59));
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        time.advance(Duration.ofSeconds(1));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
    }

    @Test
    void aCallThatBeganBeforeTheEjectionDoesNotReadmit() {
        startWith(3);
        Lease old = balancer.acquire(PickContext.NONE);
        Lease older = balancer.acquire(PickContext.NONE);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        old.complete(Outcome.SUCCESS);
        settle();
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        time.advance(Duration.ofSeconds(30));
        older.complete(Outcome.SUCCESS);
        settle();
        assertThat(status(0)).as("only the probe decides").isEqualTo(Status.HALF_OPEN);
    }

    @Test
    void aProbeThatNeverBeginsIsPassedOn() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofSeconds(30));
        assertThat(balancer.current().pick(PickContext.NONE))
                .as("picked and thrown away")
                .isSameAs(node(0));
        assertThat(picked()).isEqualTo("a-1");
        time.advance(OutlierEjection.PROBE_PATIENCE);
        assertThat(picked()).isEqualTo("a-0");
    }

    @Test
    void aCallOfAnEarlierHalfOpenPhaseDecidesNothingInALaterOne() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofSeconds(30));
        Lease hanging = balancer.acquire(PickContext.NONE);
        Lease alsoHanging = balancer.begin(node(0));
        assertThat(hanging.endpoint().id()).isEqualTo("a-0");
        time.advance(OutlierEjection.PROBE_PATIENCE);
        call(0, Outcome.TIMEOUT, 1);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        time.advance(Duration.ofSeconds(60));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        hanging.answered();
        settle();
        assertThat(status(0)).as("an answer of a minute ago").isEqualTo(Status.HALF_OPEN);
        hanging.progress();
        hanging.complete(Outcome.SUCCESS);
        alsoHanging.complete(Outcome.TRANSPORT_FAILURE);
        settle();
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        call(0, Outcome.SUCCESS, 1);
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
    }

    @Test
    void progressOverGenerationsKeepsThePhaseOfAProbe() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofSeconds(30));
        Lease probe = balancer.acquire(PickContext.NONE);
        time.advance(BalancerSettings.DEFAULT_LEASE_AGE_LIMIT);
        probe.progress();
        assertThat(probe.node().inFlight()).isEqualTo(1);
        probe.answered();
        settle();
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        probe.complete(Outcome.SUCCESS);
        assertThat(node(0).inFlight()).isZero();
    }

    @Test
    void aCallOfAnEndpointThatLeftHalfOpenAndCameBackDecidesNothing() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofSeconds(30));
        Lease before = balancer.acquire(PickContext.NONE);
        resolver.push(endpoint(1), endpoint(2));
        resolver.push(endpoints(3));
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        callAt(0, Outcome.TRANSPORT_FAILURE, 5);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        time.advance(Duration.ofSeconds(30));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        before.complete(Outcome.SUCCESS);
        settle();
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
    }

    @Test
    void anEjectedEndpointThatLeavesGivesItsPlaceUnderTheCapToAnother() {
        startWith(3);
        callAt(0, Outcome.TRANSPORT_FAILURE, 5);
        callAt(1, Outcome.TRANSPORT_FAILURE, 5);
        assertThat(List.of(status(0), status(1))).containsExactly(Status.EJECTED, Status.UNKNOWN);
        resolver.push(endpoint(1), endpoint(2));
        assertThat(status(1)).isEqualTo(Status.EJECTED);
    }

    @Test
    void theOnlyEndpointIsNotWithheldWhileItIsProbed() {
        startWith(1);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        assertThat(picked()).as("panic").isEqualTo("a-0");
        time.advance(Duration.ofSeconds(30));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        assertThat(List.of(picked(), picked(), picked())).containsOnly("a-0");
    }

    /** An endpoint that is being tried is better than one that this very call has failed at. */
    @Test
    void aRetryGoesToAProbedEndpointWhenItHasTriedTheOthers() {
        startWith(2);
        callAt(0, Outcome.CONNECT_FAILURE, 1);
        time.advance(Duration.ofSeconds(1));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
        assertThat(picked()).as("the probe").isEqualTo("a-0");
        assertThat(picked()).as("another call").isEqualTo("a-1");
        PickContext retry = PickContext.NONE.retryAfter(node(1).endpoint());
        assertThat(balancer.acquire(retry).endpoint().id()).isEqualTo("a-0");
    }

    @Test
    void theLastResortIsOnlyWhatWasTriedBefore() {
        startWith(1);
        PickContext retry = PickContext.NONE.retryAfter(node(0).endpoint());
        assertThat(balancer.current().lastResort(PickContext.NONE)).isNull();
        assertThat(balancer.current().lastResort(retry)).isEqualTo(node(0).endpoint());
    }

    @Test
    void whenAllAreHalfOpenAndProbedCallsStillFindAnEndpoint() {
        startWith(3);
        for (int i = 0; i < 3; i++) {
            callAt(i, Outcome.CONNECT_FAILURE, 1);
        }
        time.advance(Duration.ofSeconds(1));
        assertThat(List.of(status(0), status(1), status(2))).containsOnly(Status.HALF_OPEN);
        // This policy names the same one again.
        assertThat(List.of(picked(), picked(), picked())).containsOnly("a-0");
    }

    @Test
    void anEndpointThatWasEjectedIsHealthySinceItsReadmission() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        time.advance(Duration.ofMinutes(2));
        call(0, Outcome.SUCCESS, 1);
        assertThat(time.nanoTime() - node(0).healthySinceNanos())
                .isLessThan(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void anEndpointWhoseProbeCallFailsIsOutSinceItWentOutFirst() {
        startWith(3);
        callAt(0, Outcome.CONNECT_FAILURE, 1);
        long out = time.nanoTime();
        assertThat(node(0).health().sinceNanos())
                .isBetween(out - Duration.ofSeconds(1).toNanos(), out);
        long since = node(0).health().sinceNanos();
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofMinutes(2));
            assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
            assertThat(node(0).health().sinceNanos())
                    .as("half open since then only")
                    .isGreaterThan(since);
            callAt(0, Outcome.CONNECT_FAILURE, 1);
            assertThat(status(0)).isEqualTo(Status.UNREACHABLE);
            assertThat(node(0).health().sinceNanos()).isEqualTo(since);
        }
        time.advance(Duration.ofMinutes(2));
        callAt(0, Outcome.SUCCESS, 1);
        callAt(0, Outcome.CONNECT_FAILURE, 1);
        assertThat(node(0).health().sinceNanos()).as("it was well in between").isGreaterThan(since);
    }

    @Test
    void judgementsStopAtTheCapAndFailedConnectionsDoNot() {
        startWith(20);
        for (int i = 0; i < 2; i++) {
            callAt(i, Outcome.TRANSPORT_FAILURE, 5);
            assertThat(status(i)).isEqualTo(Status.EJECTED);
        }
        callAt(2, Outcome.TRANSPORT_FAILURE, 5);
        assertThat(status(2)).as("10 % of 20 are out").isEqualTo(Status.UNKNOWN);
        for (int i = 2; i < 8; i++) {
            callAt(i, Outcome.CONNECT_FAILURE, 1);
            assertThat(status(i)).isEqualTo(Status.UNREACHABLE);
        }
    }

    @Test
    void panicUsesWhoWasJudgedBadAgainAndSaysSo() {
        startWith(4);
        for (int i = 0; i < 3; i++) {
            sources.get(0).sink().report("a-" + i, Verdict.lasting(Status.UNHEALTHY, "503"));
        }
        settle();
        assertThat(balancer.current().snapshot().candidates()).hasSize(4);
        assertThat(balancer.current().snapshot().trail())
                .containsExactly("health: panic: 1 of 4 usable is below 50 %, using 3 unhealthy as well");
        assertThat(picked()).isEqualTo("a-0");
    }

    @Test
    void mostEndpointsGoneLeavesTheCallsToTheRestAndAllGoneToEverybody() {
        startWith(4);
        for (int i = 0; i < 3; i++) {
            callAt(i, Outcome.CONNECT_FAILURE, 1);
        }
        assertThat(balancer.current().snapshot().candidates())
                .extracting(candidate -> candidate.node().endpoint().id())
                .containsExactly("a-3");
        callAt(3, Outcome.CONNECT_FAILURE, 1);
        assertThat(balancer.current().snapshot().candidates()).hasSize(4);
        assertThat(balancer.current().snapshot().trail())
                .containsExactly("health: no other endpoint is left, using 4 that could not be connected to");
    }

    @Test
    void anEndpointWithAnotherAddressHasACleanRecord() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        resolver.push(Endpoint.builder("10.9.9.9", 80).id("a-0").build(), endpoint(1), endpoint(2));
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        assertThat(recorder.events).contains("members 3 +1 -1 held 0");
    }

    @Test
    void anotherEjectionPolicyKeepsWhoIsOut() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 5);
        BalancerSettings next = BalancerSettings.builder(new FirstPolicy())
                .stages(settings(50).stages())
                .ejection(OutlierEjection.builder()
                        .consecutiveFailures(3)
                        .jitter(Duration.ZERO)
                        .build())
                .guard(settings(50).guard())
                .build();
        balancer.apply(next);
        assertThat(status(0)).isEqualTo(Status.EJECTED);
        call(1, Outcome.TIMEOUT, 3);
        assertThat(status(1)).as("the cap counts what was carried over").isEqualTo(Status.UNKNOWN);
        time.advance(Duration.ofSeconds(30));
        assertThat(status(0)).isEqualTo(Status.HALF_OPEN);
    }

    @Test
    void neitherAnotherEjectionPolicyNorAnotherPickPolicyForgetsFailures() {
        startWith(3);
        call(0, Outcome.TRANSPORT_FAILURE, 2);
        BalancerSettings now = settings(50);
        balancer.apply(BalancerSettings.builder(new FirstPolicy())
                .stages(now.stages())
                .ejection(OutlierEjection.builder()
                        .consecutiveFailures(4)
                        .jitter(Duration.ZERO)
                        .build())
                .guard(now.guard())
                .build());
        call(0, Outcome.TRANSPORT_FAILURE, 1);
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        BalancerSettings four = balancer.current().settings();
        balancer.apply(BalancerSettings.builder(Pickers.leastRequest())
                .stages(four.stages())
                .ejection(four.ejection())
                .guard(four.guard())
                .build());
        balancer.apply(four);
        call(0, Outcome.TRANSPORT_FAILURE, 1);
        assertThat(status(0)).as("the fourth in a row").isEqualTo(Status.EJECTED);
    }

    @Test
    void otherSettingsUnderTheSamePolicyForgetNoLoad() {
        startWith(1);
        BalancerSettings now = settings(50);
        balancer.apply(now.withPolicy(Pickers.peakEwma()));
        Lease lease = balancer.acquire(PickContext.NONE);
        time.advance(Duration.ofSeconds(1));
        lease.complete(Outcome.SUCCESS);
        settle();
        double load = node(0).load(time.nanoTime());
        balancer.apply(settings(40).withPolicy(Pickers.peakEwma()));
        assertThat(node(0).load(time.nanoTime())).isEqualTo(load);
        balancer.apply(now.withPolicy(Pickers.peakEwma(Duration.ofSeconds(20), 10)));
        assertThat(node(0).load(time.nanoTime())).as("another measure").isNotEqualTo(load);
    }

    // ---- verdicts ----

    @Test
    void theWorstLiveVerdictWins() {
        startWith(3);
        sources.get(0).sink().report("a-0", Verdict.lasting(Status.HEALTHY, "200"));
        settle();
        assertThat(status(0)).isEqualTo(Status.HEALTHY);
        sources.get(1).sink().report("a-0", Verdict.lasting(Status.DISCONNECTED, "refused"));
        settle();
        assertThat(status(0)).isEqualTo(Status.DISCONNECTED);
        sources.get(0).sink().report("a-0", Verdict.lasting(Status.UNHEALTHY, "503"));
        settle();
        assertThat(node(0).health().source()).isEqualTo("connectivity");
        sources.get(1).sink().withdraw("a-0");
        settle();
        assertThat(node(0).health().toString()).isEqualTo("UNHEALTHY (probe: 503)");
    }

    @Test
    void ofTwoSourcesWithOneNameTheWorstVerdictWinsToo() {
        FakeSource first = new FakeSource("probe");
        FakeSource second = new FakeSource("probe");
        ScriptedResolver source = new ScriptedResolver();
        Balancer twice = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(settings(50))
                .healthSource(first)
                .healthSource(second)
                .build();
        twice.start();
        source.push(endpoints(3));
        first.sink().report("a-0", Verdict.lasting(Status.UNHEALTHY, "503"));
        second.sink().report("a-0", Verdict.lasting(Status.HEALTHY, "200"));
        settle();
        assertThat(twice.current().snapshot().members().get(0).health().toString())
                .isEqualTo("UNHEALTHY (probe: 503)");
        second.sink().withdraw("a-0");
        settle();
        assertThat(twice.current().snapshot().members().get(0).health().status())
                .isEqualTo(Status.UNHEALTHY);
        first.sink().withdraw("a-0");
        settle();
        assertThat(twice.current().snapshot().members().get(0).health().status())
                .isEqualTo(Status.UNKNOWN);
        twice.close();
    }

    @Test
    void aVerdictCountsNoMoreAfterItsTime() {
        startWith(3);
        sources.get(0)
                .sink()
                .report(
                        "a-0",
                        new Verdict(
                                Status.UNHEALTHY, "503", Duration.ofSeconds(7).toNanos()));
        settle();
        assertThat(picked()).isEqualTo("a-1");
        assertThat(node(0).health().untilNanos() - time.nanoTime())
                .isEqualTo(Duration.ofMillis(6_995).toNanos());
        assertThat(balancer.explain(PickContext.NONE).members().get(0)).contains("UNHEALTHY for 0 ms, 7.0 s to go (");
        time.advance(Duration.ofMillis(6_994));
        assertThat(status(0)).isEqualTo(Status.UNHEALTHY);
        time.advance(Duration.ofMillis(1));
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        assertThat(picked()).isEqualTo("a-0");
    }

    @Test
    void aTimeToLiveBeyondTheClockIsForEver() {
        startWith(3);
        sources.get(0).sink().report("a-0", new Verdict(Status.UNHEALTHY, "503", Long.MAX_VALUE - 1));
        settle();
        assertThat(status(0)).isEqualTo(Status.UNHEALTHY);
    }

    @Test
    void manyFlipsAreOneRebuild() {
        startWith(100);
        time.advance(Duration.ofSeconds(1));
        int before = recorder.rebuilds.get();
        for (int i = 0; i < 100; i++) {
            sources.get(0).sink().report("a-" + i, Verdict.lasting(Status.HEALTHY, "ok"));
            sources.get(1).sink().report("a-" + i, Verdict.lasting(Status.CONNECTING, "connecting"));
        }
        settle();
        assertThat(recorder.rebuilds.get() - before)
                .as("the first at once, the rest together")
                .isEqualTo(2);
        assertThat(status(99)).isEqualTo(Status.CONNECTING);
    }

    @Test
    void manyEndpointsThatFailTogetherAreOneRebuildToo() {
        startWith(100);
        time.advance(Duration.ofSeconds(1));
        List<Lease> leases = new ArrayList<>();
        for (Node node : balancer.current().snapshot().members()) {
            leases.add(balancer.begin(node));
        }
        int before = recorder.rebuilds.get();
        for (Lease lease : leases) {
            lease.complete(Outcome.CONNECT_FAILURE);
            time.runDue();
        }
        settle();
        assertThat(recorder.rebuilds.get() - before).isEqualTo(2);
        assertThat(status(99)).isEqualTo(Status.UNREACHABLE);
    }

    // ---- membership ----

    @Test
    void aMassRemovalIsHeldAndThenHonoured() {
        resolver.removals(EndpointSet.Removals.GUARDED);
        startWith(4);
        resolver.push(List.of());
        assertThat(recorder.events).last().isEqualTo("members 4 +0 -0 held 4");
        assertThat(status(0)).isEqualTo(Status.HELD);
        assertThat(picked()).as("served while they answer").isEqualTo("a-0");
        // Of 30 s, 10 to 20 % longer: each client by itself.
        time.advance(Duration.ofMillis(32_999));
        assertThat(balancer.current().snapshot().members()).hasSize(4);
        time.advance(Duration.ofMillis(3_001));
        assertThat(balancer.current().snapshot().members()).isEmpty();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE)).hasMessageContaining("no endpoint known");
    }

    @Test
    void anotherGuardDecidesAnewAboutTheSetThatIsInForce() {
        resolver.removals(EndpointSet.Removals.GUARDED);
        startWith(4);
        resolver.push(endpoint(3));
        assertThat(recorder.events).last().isEqualTo("members 4 +0 -0 held 3");
        BalancerSettings now = settings(50);
        balancer.apply(BalancerSettings.builder(now.policy())
                .stages(now.stages())
                .ejection(now.ejection())
                .build());
        assertThat(recorder.events).as("without a guard").last().isEqualTo("members 1 +0 -3 held 0");
    }

    @Test
    void aHeldEndpointThatFailsIsDroppedAndTheOthersStay() {
        resolver.removals(EndpointSet.Removals.GUARDED);
        startWith(4);
        resolver.push(endpoint(3));
        call(0, Outcome.TIMEOUT, 1);
        assertThat(balancer.current().snapshot().members())
                .extracting(node -> node.endpoint().id())
                .containsExactly("a-1", "a-2", "a-3");
        call(1, Outcome.ERROR_RESPONSE, 1);
        assertThat(status(1)).as("an error is an answer").isEqualTo(Status.HELD);
    }

    @Test
    void theFirstFailureOfAHeldEndpointSettlesTheDoubtWhateverEjects() {
        OutlierEjection withoutTimeouts =
                OutlierEjection.builder().timeouts(false).build();
        for (EjectionPolicy ejection : List.of(EjectionPolicy.NONE, settings(50).ejection(), withoutTimeouts)) {
            ScriptedResolver source = new ScriptedResolver();
            source.removals(EndpointSet.Removals.GUARDED);
            Balancer held = Balancer.builder("orders")
                    .env(time.env())
                    .resolver(source)
                    .settings(BalancerSettings.builder(new FirstPolicy())
                            .ejection(ejection)
                            .guard(new MassRemovalGuard())
                            .build())
                    .build();
            held.start();
            source.push(endpoints(4));
            source.push(List.of());
            assertThat(held.current().snapshot().members()).hasSize(4);
            Node first = held.current().snapshot().members().get(0);
            Node second = held.current().snapshot().members().get(1);
            held.begin(first).complete(Outcome.TIMEOUT);
            // One that was sent before and is answered now takes nothing back.
            held.begin(first).complete(Outcome.SUCCESS);
            held.begin(second).complete(Outcome.SUCCESS);
            settle();
            assertThat(held.current().snapshot().members()).hasSize(3).doesNotContain(first);
            held.close();
        }
    }

    @Test
    void anEndpointThatWasFailingIsNotHeldAlsoWithoutEjection() {
        ScriptedResolver source = new ScriptedResolver();
        source.removals(EndpointSet.Removals.GUARDED);
        Balancer unjudged = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .guard(new MassRemovalGuard())
                        .build())
                .build();
        unjudged.start();
        source.push(endpoints(4));
        List<Node> members = unjudged.current().snapshot().members();
        unjudged.begin(members.get(0)).complete(Outcome.CONNECT_FAILURE);
        unjudged.begin(members.get(1)).complete(Outcome.CONNECT_FAILURE);
        unjudged.begin(members.get(1)).complete(Outcome.SUCCESS);
        source.push(List.of());
        assertThat(unjudged.current().snapshot().members()).containsExactlyElementsOf(members.subList(1, 4));
        unjudged.close();
    }

    @Test
    void aHeldEndpointThatIsNamedAgainIsAsBefore() {
        resolver.removals(EndpointSet.Removals.GUARDED);
        startWith(4);
        Node before = node(0);
        resolver.push(List.of());
        resolver.push(endpoints(4));
        assertThat(status(0)).isEqualTo(Status.UNKNOWN);
        assertThat(node(0)).isSameAs(before);
        time.advance(Duration.ofMinutes(1));
        assertThat(balancer.current().snapshot().members()).hasSize(4);
    }

    @Test
    void staleAndFreshAreReported() {
        startWith(1);
        recorder.events.clear();
        resolver.asOf(time.now());
        resolver.push(endpoints(1));
        time.advance(Duration.ofSeconds(5));
        resolver.fail(new IllegalStateException("403"));
        resolver.fail(new IllegalStateException("403"));
        resolver.push(endpoints(1));
        assertThat(recorder.events)
                .as("what says the same is no news, an error in the same words neither")
                .containsExactly("stale 5 s 403", "fresh", "members 1 +0 -0 held 0");
        assertThat(balancer.state().source().set().stale()).isFalse();
    }

    @Test
    void endpointsFromMemoryAreReportedOnceWithTheirAgeAndTheCause() {
        balancer.start();
        resolver.fail(new IllegalStateException("403"));
        recorder.events.clear();
        Instant vouched = time.now();
        time.advance(Duration.ofSeconds(7));
        resolver.push(stored(vouched, endpoints(1)));
        assertThat(recorder.events).containsExactly("stale 7 s 403", "members 1 +1 -0 held 0");
        recorder.events.clear();
        resolver.push(stored(vouched, endpoints(2)));
        assertThat(recorder.events).as("still from memory").containsExactly("members 2 +1 -0 held 0");
    }

    @Test
    void endpointsFromMemoryAfterFreshOnesAreReportedAndNothingElseMakesThemFresh() {
        startWith(1);
        recorder.events.clear();
        Instant vouched = time.now();
        time.advance(Duration.ofSeconds(7));
        resolver.push(stored(vouched, endpoints(1)));
        assertThat(recorder.events)
                .containsExactly(
                        "stale 7 s store has not vouched for its endpoints yet; they are as of " + vouched,
                        "members 1 +0 -0 held 0");
        recorder.events.clear();
        resolver.reject("a value");
        resolver.push(stored(vouched.plusSeconds(1), endpoints(1)));
        assertThat(recorder.events).containsExactly("refused a value");
        assertThat(balancer.state().source().set().stale()).isTrue();
    }

    private static EndpointSet stored(Instant vouched, Endpoint... endpoints) {
        return EndpointSet.builder("store")
                .endpoints(List.of(endpoints))
                .asOf(vouched)
                .stale(true)
                .build();
    }

    @Test
    void aSourceThatCannotBeAskedAtAllMakesNobodyWait() {
        balancer.start();
        var change = balancer.nextChange().toCompletableFuture();
        resolver.fail(new IllegalStateException("no such host"));
        assertThat(change).as("whoever waited looks again").isCompleted();
        Refusal refusal = balancer.current().refusal(PickContext.NONE);
        assertThat(refusal.waits()).isFalse();
        assertThat(refusal.message()).contains("has answered 0 times", "no such host");
    }

    @Test
    void anAbsentVerdictIsIgnoredForWhoIsNoMember() {
        startWith(1);
        sources.get(0).sink().report("nobody", Verdict.lasting(Status.UNHEALTHY, "503"));
        settle();
        assertThat(balancer.current().snapshot().members()).hasSize(1);
    }

    // ---- the end ----

    @Test
    void closeEndsSourcesAndTimersAndOpenLeasesStillEnd() {
        startWith(3);
        Lease lease = balancer.acquire(PickContext.NONE);
        sources.get(0)
                .sink()
                .report(
                        "a-0",
                        new Verdict(
                                Status.UNHEALTHY, "503", Duration.ofSeconds(7).toNanos()));
        sources.get(0).sink().report("a-1", Verdict.lasting(Status.UNHEALTHY, "503"));
        var change = balancer.nextChange().toCompletableFuture();
        balancer.close();
        balancer.close();
        assertThat(time.pendingTasks()).isZero();
        assertThat(resolver.running()).isFalse();
        assertThat(sources).allMatch(source -> source.closed);
        assertThat(change).isCompleted();
        assertThat(lease.complete(Outcome.CONNECT_FAILURE)).isTrue();
        assertThat(lease.node().inFlight()).isZero();
        assertThat(time.pendingTasks()).isZero();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE))
                .isInstanceOfSatisfying(
                        NoEndpointException.class,
                        none -> assertThat(none.refusal().kind()).isEqualTo(Refusal.Kind.CLOSED));
        assertThatThrownBy(balancer::start)
                .hasMessage("orders: start() was called after close(), expected a new balancer");
    }

    @Test
    void verdictsOfTheSourceHoldForMembersOldAndNewUntilTheyEndOrAreReplaced() {
        balancer.start();
        resolver.push(endpoints(3));
        Verdict down =
                new Verdict(Status.UNHEALTHY, "probed", Duration.ofSeconds(30).toNanos());
        resolver.judge(java.util.Map.of("a-1", down, "a-4", down), time.nanoTime());
        time.advance(Duration.ofSeconds(10));
        assertThat(status(1)).isEqualTo(Status.UNHEALTHY);
        assertThat(node(1).health().source()).isEqualTo("shared health");
        resolver.push(endpoints(5));
        time.advance(Duration.ofSeconds(1));
        assertThat(status(4)).isEqualTo(Status.UNHEALTHY);
        resolver.judge(java.util.Map.of("a-4", down.after(Duration.ofSeconds(11).toNanos())), time.nanoTime());
        time.advance(Duration.ofSeconds(1));
        assertThat(status(1)).isEqualTo(Status.UNKNOWN);
        assertThat(status(4)).isEqualTo(Status.UNHEALTHY);
        time.advance(Duration.ofSeconds(18));
        assertThat(status(4)).isEqualTo(Status.UNKNOWN);
    }

    @Test
    void ofManyValuesThatCannotBeUsedAHundredAreReportedEach() {
        balancer.start();
        java.util.List<String> bad = java.util.stream.IntStream.range(0, 150)
                .mapToObj(i -> "value " + i)
                .toList();
        resolver.publish(Resolution.NONE.rejecting(bad));
        resolver.publish(Resolution.NONE.rejecting(bad));
        assertThat(recorder.events)
                .hasSize(101)
                .last()
                .isEqualTo("refused 50 more values of the source cannot be used");
    }

    @Test
    void aValueIsReportedWhenItBecomesUnusableAndAgainAfterItWasGood() {
        balancer.start();
        resolver.publish(Resolution.NONE.rejecting(List.of("a was -1")));
        resolver.publish(Resolution.NONE.rejecting(List.of("a was -1", "b was -1")));
        resolver.publish(Resolution.NONE.rejecting(List.of("b was -1")));
        resolver.publish(Resolution.NONE.rejecting(List.of("a was -1", "b was -1")));
        assertThat(recorder.events).containsExactly("refused a was -1", "refused b was -1", "refused a was -1");
    }

    @Test
    void aValueThatTheSourceRefusesIsHeardOf() {
        balancer.start();
        resolver.reject("zerohop/v1/services/orders/weights: a was -1, expected 0 to 1000000");
        assertThat(recorder.events)
                .containsExactly("refused zerohop/v1/services/orders/weights: a was -1, expected 0 to 1000000");
    }
}
