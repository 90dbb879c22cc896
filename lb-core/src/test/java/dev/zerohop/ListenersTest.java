package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.stage.PriorityGroups;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who listens to a balancer, what they hear, how often and in which order. */
class ListenersTest {
    private static final Endpoint A = endpoint("a", "a");
    private static final Endpoint B = endpoint("b", "b");

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final Connectivity verdicts = new Connectivity();

    private static Endpoint endpoint(String id, String zone) {
        return Endpoint.builder("10.0.0.1", 1000 + id.charAt(0))
                .id(id)
                .zone(zone)
                .build();
    }

    private Balancer.Builder builder() {
        return Balancer.builder("orders")
                .env(time.env())
                .serialExecutor(Runnable::run)
                .resolver(resolver)
                .settings(BalancerSettings.of(new FirstPolicy()));
    }

    /** Writes down each event with what it carries. */
    private static class Recorder implements BalancerListener {
        final List<String> events = new ArrayList<>();

        void add(String service, String event) {
            assertThat(service).isEqualTo("orders");
            events.add(event);
        }

        @Override
        public void onMembership(String service, int members, int added, int removed, int held) {
            add(service, "membership " + members + " +" + added + " -" + removed + " held " + held);
        }

        @Override
        public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
            add(service, "health " + endpoint.id() + " " + before.status() + " " + after.status());
        }

        @Override
        public void onRebuild(String service, Snapshot snapshot, Duration took) {
            add(service, "rebuild " + snapshot.members().size() + " " + took.toMillis() + " ms");
        }

        @Override
        public void onPanic(String service, boolean panicking, String reason) {
            add(service, "panic " + panicking + " " + reason);
        }

        @Override
        public void onDirectory(String service) {
            add(service, "directory");
        }

        @Override
        public void onStale(String service, Duration age, Throwable cause) {
            add(service, "stale " + cause.getMessage());
        }

        @Override
        public void onFresh(String service) {
            add(service, "fresh");
        }

        @Override
        public void onConfigured(String service, BalancerSettings settings) {
            add(service, "configured " + settings.policy().name());
        }

        @Override
        public void onConfigurationRejected(String service, String reason) {
            add(service, "rejected " + reason);
        }

        @Override
        public void onUnconfigured(String service, String reason) {
            add(service, "unconfigured " + reason);
        }

        @Override
        public void onSourceValueRejected(String service, String reason) {
            add(service, "value " + reason);
        }

        @Override
        public void onPick(String service, Endpoint endpoint) {
            add(service, "pick " + endpoint.id());
        }

        @Override
        public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            add(service, "outcome " + endpoint.id() + " " + outcome + " " + latencyNanos);
        }

        @Override
        public void onRefusal(String service, Refusal refusal) {
            add(service, "refusal " + refusal.kind());
        }

        @Override
        public void onWait(String service, long waitedNanos) {
            add(service, "wait " + waitedNanos);
        }

        @Override
        public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
            add(service, "retry " + failed.id() + " " + outcome + " " + decision);
        }

        @Override
        public void onHedge(String service, RetryDecision decision) {
            add(service, "hedge " + decision);
        }

        @Override
        public void onSpill(String service, Endpoint endpoint) {
            add(service, "spill " + endpoint.id());
        }

        @Override
        public void onLeak(String service, Endpoint endpoint, Duration age) {
            add(service, "leak " + endpoint.id() + " " + age);
        }

        @Override
        public void onClose(String service) {
            add(service, "close");
        }
    }

    /** Does not look at attempts. */
    private static final class Bystander extends Recorder {
        @Override
        public boolean observesAttempts() {
            return false;
        }
    }

    /** Throws whatever it is told; checked exceptions and errors too. */
    private static final class Broken extends Recorder {
        @Override
        void add(String service, String event) {
            super.add(service, event);
            throw new AssertionError("broken");
        }
    }

    // ---- factories ----

    @Test
    void aFactoryIsAskedOnceForEachBalancerWhichItCanReadAndBeforeAnyEvent() {
        Recorder heard = new Recorder();
        List<String> asked = new ArrayList<>();
        Balancer.Builder builder = builder().adapter("own").listener(balancer -> {
            asked.add(balancer.name() + " by " + balancer.adapter() + ": " + balancer + ", "
                    + balancer.state().members().size() + " of "
                    + balancer.current().snapshot().members().size() + ", "
                    + balancer.explain(PickContext.NONE).service() + ", " + heard.events);
            return heard;
        });
        assertThat(asked).as("nothing is built yet").isEmpty();
        Balancer balancer = builder.build();
        assertThat(asked).containsExactly("orders by own: Balancer(orders, first, 0 members), 0 of 0, orders, []");
        balancer.start();
        resolver.push(A);
        balancer.close();
        assertThat(asked).hasSize(1);
        assertThat(heard.events).first().isEqualTo("membership 1 +1 -0 held 0");
        builder.resolver(new ScriptedResolver()).build().close();
        assertThat(asked).as("another balancer").hasSize(2);
    }

    @Test
    void aBalancerThatCannotBeBuiltAsksNoFactory() {
        List<Balancer> asked = new ArrayList<>();
        Balancer.Builder incomplete = Balancer.builder("orders")
                .settings(BalancerSettings.of(new FirstPolicy()))
                .listener(balancer -> {
                    asked.add(balancer);
                    return BalancerListener.NOOP;
                });
        assertThatThrownBy(incomplete::build).hasMessageContaining("no resolver was set");
        assertThat(asked).as("what it would open for it would never be closed").isEmpty();
    }

    @Test
    void aFactoryThatMakesNoListenerIsLoggedAndTheOthersListen() {
        Recorder before = new Recorder();
        Recorder after = new Recorder();
        List<String> lines = LoggedLines.during(() -> {
            Balancer balancer = builder()
                    .listener(before)
                    .listener(made -> {
                        throw new AssertionError("no registry");
                    })
                    .listener(made -> null)
                    .listener(made -> new BalancerListener() {
                        @Override
                        public boolean observesAttempts() {
                            throw new IllegalStateException("not known");
                        }
                    })
                    .listener(made -> BalancerListener.NOOP)
                    .listener(after)
                    .build();
            balancer.start();
            resolver.push(A);
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
            balancer.close();
        });
        assertThat(lines)
                .filteredOn(line -> line.contains("made no listener"))
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).contains("orders: ").endsWith("the balancer goes on without it"));
        assertThat(before.events).contains("pick a", "close").isEqualTo(after.events);
    }

    @Test
    void whoObservesTheProcessHearsOfBalancersMadeMeanwhileAndAfterTheirOwnListeners() {
        List<String> order = new ArrayList<>();
        Recorder heard = new Recorder();
        try (Balancer earlier = builder().build()) {
            Cancellable observing = BalancerRegistry.observe(balancer -> {
                order.add("process");
                return heard;
            });
            Balancer balancer;
            try {
                balancer = builder()
                        .resolver(new ScriptedResolver())
                        .listener(made -> {
                            order.add("own");
                            return BalancerListener.NOOP;
                        })
                        .build();
            } finally {
                observing.cancel();
                observing.cancel();
            }
            assertThat(order).containsExactly("own", "process");
            earlier.start();
            resolver.push(A);
            assertThat(heard.events).as("one of before has none").isEmpty();
            balancer.close();
            assertThat(heard.events).as("a listener that was made stays").containsExactly("close");
        }
        builder().resolver(new ScriptedResolver()).build().close();
        assertThat(order).as("taken back").hasSize(2);
    }

    @Test
    void aFactoryThatObservesTwiceIsTakenBackAsOftenAsItIsCancelled() {
        AtomicInteger asked = new AtomicInteger();
        BalancerListener.Factory factory = balancer -> {
            asked.incrementAndGet();
            return BalancerListener.NOOP;
        };
        Cancellable first = BalancerRegistry.observe(factory);
        Cancellable second = BalancerRegistry.observe(factory);
        try {
            first.cancel();
            first.cancel();
            builder().build().close();
            assertThat(asked).hasValue(1);
        } finally {
            second.cancel();
        }
    }

    // ---- several listeners ----

    @Test
    void eachHearsEverythingInOrderAndOneThatThrowsDisturbsNobody() {
        Recorder first = new Recorder();
        Broken broken = new Broken();
        Recorder last = new Recorder();
        Balancer balancer = builder()
                .followSourceConfiguration()
                .healthSource(verdicts)
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(List.of(new HealthFilter()))
                        .build())
                .listener(first)
                .listener(broken)
                .listener(last)
                .build();
        balancer.start();
        resolver.push(A);
        verdicts.report("a", Health.Status.HEALTHY);
        time.advance(Duration.ofSeconds(1));
        Lease lease = balancer.acquire(PickContext.NONE);
        time.advance(Duration.ofNanos(7));
        lease.complete(Outcome.SUCCESS);
        balancer.leaked(balancer.acquire(PickContext.NONE), Duration.ofMinutes(1));
        verdicts.report("a", Health.Status.UNHEALTHY);
        time.advance(Duration.ofSeconds(1));
        verdicts.report("a", Health.Status.HEALTHY);
        time.advance(Duration.ofSeconds(1));
        resolver.fail(new IllegalStateException("403"));
        resolver.push(A);
        resolver.reject("a value");
        resolver.rejectConfiguration("no policy");
        balancer.refused(Refusal.badKey("no key"));
        balancer.waited(5);
        balancer.retryDecided(A, Outcome.TIMEOUT, RetryDecision.NOT_IDEMPOTENT);
        balancer.hedgeDecided(RetryDecision.BUDGET_EXHAUSTED);
        balancer.spilled(A);
        balancer.close();
        assertThat(first.events)
                .contains(
                        "membership 1 +1 -0 held 0",
                        "health a CONNECTING HEALTHY",
                        "pick a",
                        "outcome a SUCCESS 7",
                        "leak a PT1M",
                        "stale 403",
                        "fresh",
                        "value a value",
                        "rejected no policy",
                        "refusal BAD_KEY",
                        "wait 5",
                        "retry a TIMEOUT NOT_IDEMPOTENT",
                        "hedge BUDGET_EXHAUSTED",
                        "spill a")
                .anyMatch(event -> event.startsWith("panic true"))
                .endsWith("close");
        assertThat(broken.events).isEqualTo(first.events);
        assertThat(last.events).isEqualTo(first.events);
    }

    @Test
    void aListenerThatIgnoresAttemptsGetsNoneWhileAnotherDoes() {
        Bystander bystander = new Bystander();
        Recorder one = new Recorder();
        Recorder two = new Recorder();
        for (List<Recorder> listeners : List.of(List.of(bystander, one), List.of(one, bystander, two))) {
            ScriptedResolver source = new ScriptedResolver();
            Balancer.Builder builder = builder().resolver(source);
            listeners.forEach(builder::listener);
            Balancer balancer = builder.build();
            balancer.start();
            source.push(A);
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
            balancer.close();
            for (Recorder listener : listeners) {
                assertThat(listener.events).contains("membership 1 +1 -0 held 0", "close");
                if (listener == bystander) {
                    assertThat(listener.events)
                            .noneMatch(event -> event.startsWith("pick") || event.startsWith("outcome"));
                } else {
                    assertThat(listener.events).contains("pick a", "outcome a SUCCESS 0");
                }
                listener.events.clear();
            }
        }
    }

    /** The one clock of a balancer whose reads are counted. */
    private record CountingTime(FakeTime time, AtomicInteger reads) implements Time {
        @Override
        public long nanoTime() {
            reads.incrementAndGet();
            return time.nanoTime();
        }

        @Override
        public Instant now() {
            reads.incrementAndGet();
            return time.now();
        }

        @Override
        public Cancellable schedule(long delayNanos, Runnable task) {
            return time.schedule(delayNanos, task);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theClockIsReadForAttemptsOnlyIfSomebodyObservesThem(boolean observed) {
        AtomicInteger reads = new AtomicInteger();
        Balancer balancer = builder()
                .env(time.env().withTime(new CountingTime(time, reads)))
                .listener(observed ? new Recorder() : new Bystander())
                .build();
        balancer.start();
        resolver.push(A);
        reads.set(0);
        for (int i = 0; i < 10; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            lease.answered();
            lease.complete(Outcome.SUCCESS);
        }
        assertThat(reads).hasValue(observed ? 20 : 0);
    }

    // ---- versions ----

    @Test
    void aRebuildSaysHowLongItsStagesTook() {
        Recorder heard = new Recorder();
        Stage slow = new Stage() {
            @Override
            public String name() {
                return "slow";
            }

            @Override
            public Snapshot apply(Snapshot in, long nowNanos) {
                time.advance(Duration.ofMillis(30L * in.members().size()));
                return in;
            }
        };
        Balancer balancer = builder()
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(List.of(slow))
                        .build())
                .listener(heard)
                .build();
        balancer.start();
        resolver.push(A);
        resolver.push(A, B);
        assertThat(heard.events)
                .containsExactly(
                        "membership 1 +1 -0 held 0", "rebuild 1 30 ms", "membership 2 +1 -0 held 0", "rebuild 2 60 ms");
    }

    private Balancer panicking(Stage stage, Recorder heard) {
        Balancer balancer = builder()
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(List.of(stage))
                        .build())
                .healthSource(verdicts)
                .listener(heard)
                .build();
        balancer.start();
        resolver.push(A, B);
        report("a", Health.Status.HEALTHY);
        report("b", Health.Status.HEALTHY);
        return balancer;
    }

    private void report(String id, Health.Status status) {
        verdicts.report(id, status);
        time.advance(Duration.ofSeconds(1));
    }

    private static List<String> panics(Recorder heard) {
        return heard.events.stream().filter(event -> event.startsWith("panic")).toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void panicIsReportedWhenItBeginsAndWhenItEnds(boolean groups) {
        Recorder heard = new Recorder();
        Balancer balancer = panicking(groups ? PriorityGroups.ofZones(List.of("a", "b")) : new HealthFilter(60), heard);
        assertThat(panics(heard)).isEmpty();
        report("a", Health.Status.UNHEALTHY);
        if (groups) {
            assertThat(panics(heard)).as("the other group takes all").isEmpty();
            report("b", Health.Status.UNHEALTHY);
        }
        assertThat(panics(heard))
                .singleElement()
                .asString()
                .startsWith("panic true ")
                .contains("panic: ");
        assertThat(balancer.current().snapshot().panic()).contains("panic: ");
        // Other versions in the same state say nothing new.
        resolver.push(A.toBuilder().weight(2).build(), B);
        report("b", Health.Status.UNHEALTHY);
        assertThat(panics(heard)).hasSize(1);
        report("a", Health.Status.HEALTHY);
        report("b", Health.Status.HEALTHY);
        assertThat(panics(heard)).hasSize(2).last().isEqualTo("panic false ");
        assertThat(balancer.current().snapshot().panic()).isNull();
        report("a", Health.Status.UNHEALTHY);
        report("b", Health.Status.UNHEALTHY);
        assertThat(panics(heard)).as("again").hasSize(3);
        balancer.close();
        assertThat(panics(heard)).as("the end of the balancer says it").hasSize(3);
    }

    private static Stage stage(String name, UnaryOperator<Snapshot> does) {
        return new Stage() {
            @Override
            public String name() {
                if (name.isEmpty()) {
                    throw new IllegalStateException("no name");
                }
                return name;
            }

            @Override
            public Snapshot apply(Snapshot in, long nowNanos) {
                return does.apply(in);
            }
        };
    }

    @Test
    void eachStageSaysWhatItMadeOfTheCandidates() {
        Stage quiet = stage("quiet", in -> in);
        Stage half = stage("half", in -> in.with(in.candidates().subList(0, 1), 1_000, "half: the first"));
        Stage panics =
                stage("panics", in -> in.with(in.candidates(), 1_000, "all").panicking("few"));
        Stage anew = stage("anew", in -> Snapshot.of(in.members()));
        Stage throwing = stage("throwing", in -> {
            throw new IllegalStateException("broken");
        });
        Stage unnamed = stage("", in -> in);
        Balancer balancer = builder()
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(List.of(quiet, half, panics, anew, throwing, unnamed))
                        .build())
                .build();
        balancer.start();
        resolver.push(A, B);
        Snapshot snapshot = balancer.current().snapshot();
        assertThat(snapshot.steps())
                .extracting(Snapshot.Step::in, Snapshot.Step::out, Snapshot.Step::panic)
                .containsExactly(
                        tuple(2, 2, false),
                        tuple(2, 1, false),
                        tuple(1, 1, true),
                        tuple(1, 2, false),
                        tuple(2, 2, false),
                        tuple(2, 2, false));
        assertThat(snapshot.steps())
                .extracting(Snapshot.Step::stage)
                .startsWith("quiet", "half", "panics", "anew", "throwing");
        assertThat(snapshot.steps()).extracting(Snapshot.Step::note).startsWith("", "half: the first", "all", "");
        assertThat(snapshot.steps().get(4).note()).contains("threw and was passed over");
        assertThat(snapshot.panic()).as("a snapshot made anew does not hide it").isEqualTo("few");
        assertThat(balancer.state().routing().stages()).isEqualTo(snapshot.steps());
    }

    // ---- refusals ----

    @Test
    void aRefusalThatEndsACallIsReportedOnceAndOneThatWaitsIsNot() {
        Recorder heard = new Recorder();
        Balancer balancer = builder().listener(heard).build();
        balancer.start();
        Throwable early = catchThrowable(() -> balancer.acquire(PickContext.NONE));
        assertThat(early)
                .isInstanceOfSatisfying(
                        NoEndpointException.class,
                        none -> assertThat(none.refusal().waits()).isTrue());
        assertThat(heard.events).isEmpty();
        resolver.push();
        heard.events.clear();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE)).isInstanceOf(NoEndpointException.class);
        assertThat(heard.events).containsExactly("refusal NONE_KNOWN");
        // Of a version: whoever asks may go on with the next one.
        assertThatThrownBy(() -> balancer.current().acquire(PickContext.NONE)).isInstanceOf(NoEndpointException.class);
        assertThat(balancer.current().pick(PickContext.NONE)).isNull();
        assertThat(balancer.explain(PickContext.NONE).pick()).isNotEmpty();
        assertThat(heard.events).hasSize(1);
        balancer.close();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE)).isInstanceOf(NoEndpointException.class);
        assertThat(heard.events).endsWith("close", "refusal CLOSED");
    }

    // ---- the end ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theEndIsReportedOnceAlsoIfThereWasNoBeginning(boolean started) {
        Recorder heard = new Recorder();
        Balancer balancer = builder().listener(heard).build();
        if (started) {
            balancer.start();
            resolver.push(A);
        }
        heard.events.clear();
        balancer.close();
        balancer.close();
        assertThat(heard.events).containsExactly("close");
        resolver.push(B);
        time.advance(Duration.ofHours(1));
        assertThat(heard.events).hasSize(1);
    }

    @Test
    void theEndIsReportedWhateverFailsOnTheWay() {
        Recorder heard = new Recorder();
        boolean[] closing = {false};
        PickPolicy failing = new PickPolicy() {
            @Override
            public String name() {
                return "failing";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                return new Picker() {
                    @Override
                    public Node pick(PickContext context) {
                        return null;
                    }

                    @Override
                    public Refusal refusal(PickContext context) {
                        return first.refusal(0);
                    }

                    @Override
                    public Picker rebuild(Snapshot next) {
                        if (closing[0]) {
                            throw new AssertionError("broken");
                        }
                        return this;
                    }
                };
            }
        };
        Balancer balancer =
                builder().settings(BalancerSettings.of(failing)).listener(heard).build();
        balancer.start();
        resolver.push(A);
        closing[0] = true;
        balancer.close();
        assertThat(heard.events).endsWith("close");
    }
}
