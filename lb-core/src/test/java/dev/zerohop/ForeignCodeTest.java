package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.picker.Pickers;
import dev.zerohop.resolver.Resolvers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ScriptedDirectory;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever part of others throws: the balancer takes the set, works on, and takes the next change. */
class ForeignCodeTest {
    private static final Endpoint ONE = Endpoint.of("127.0.0.1", 1);
    private static final Endpoint TWO = Endpoint.of("127.0.0.1", 2);
    private static final Endpoint THREE = Endpoint.of("127.0.0.1", 3);

    /** Throws the first so many times; checked exceptions and errors too. */
    private static final class Fuse {
        private int left;

        Fuse(int times) {
            left = times;
        }

        void blow() {
            if (left-- > 0) {
                throw new AssertionError("broken");
            }
        }
    }

    private static BalancerSettings with(List<Stage> stages, MembershipGuard guard) {
        return BalancerSettings.builder(new FirstPolicy())
                .stages(stages)
                .guard(guard)
                .build();
    }

    private static Stage stage(Fuse fuse) {
        return new Stage() {
            @Override
            public String name() {
                return "fused";
            }

            @Override
            public Snapshot apply(Snapshot in, long nowNanos) {
                fuse.blow();
                return in;
            }

            @Override
            public String toString() {
                return "fused";
            }
        };
    }

    private static HealthSource health(Fuse start, Fuse initial) {
        return new HealthSource() {
            @Override
            public String name() {
                return "fused";
            }

            @Override
            public void start(Sink sink) {
                start.blow();
            }

            @Override
            public @Nullable Verdict initial() {
                initial.blow();
                return null;
            }

            @Override
            public void close() {}
        };
    }

    private static KeyDirectory directory(Fuse follow) {
        ScriptedDirectory directory = new ScriptedDirectory();
        return new KeyDirectory() {
            @Override
            public Answer find(EndpointSelector key) {
                return directory.find(key);
            }

            @Override
            public Answer peek(EndpointSelector key) {
                return directory.peek(key);
            }

            @Override
            public Cancellable follow(Runnable changed) {
                follow.blow();
                return directory.follow(changed);
            }

            @Override
            public List<String> explain(EndpointSelector key) {
                return List.of();
            }
        };
    }

    private static Arguments seam(
            String name, BiConsumer<Fuse, Balancer.Builder> builder, BiConsumer<Fuse, ScriptedResolver> source) {
        return Arguments.of(name, builder, source);
    }

    static Stream<Arguments> seams() {
        BiConsumer<Fuse, ScriptedResolver> plain = (fuse, source) -> {};
        return Stream.of(
                seam("KeyDirectory.follow", (fuse, builder) -> {}, (fuse, source) -> source.directory(directory(fuse))),
                seam(
                        "Stage.apply",
                        (fuse, builder) -> builder.settings(with(List.of(stage(fuse)), MembershipGuard.NONE)),
                        plain),
                seam(
                        "MembershipGuard.admit",
                        (fuse, builder) -> builder.settings(with(List.of(), (current, next, now) -> {
                            fuse.blow();
                            return MembershipGuard.NONE.admit(current, next, now);
                        })),
                        plain),
                seam("HealthSource.start", (fuse, builder) -> builder.healthSource(health(fuse, new Fuse(0))), plain),
                seam(
                        "HealthSource.initial",
                        (fuse, builder) -> builder.healthSource(health(new Fuse(0), fuse)),
                        plain));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("seams")
    void theSetIsTakenAndSoIsTheNextChange(
            String name, BiConsumer<Fuse, Balancer.Builder> part, BiConsumer<Fuse, ScriptedResolver> given) {
        for (int times : new int[] {1, Integer.MAX_VALUE}) {
            FakeTime time = new FakeTime();
            ScriptedResolver source = new ScriptedResolver();
            Fuse fuse = new Fuse(times);
            Balancer.Builder builder = Balancer.builder("orders")
                    .env(time.env())
                    .resolver(source)
                    .settings(with(List.of(), MembershipGuard.NONE));
            part.accept(fuse, builder);
            given.accept(fuse, source);
            try (Balancer balancer = builder.build()) {
                balancer.start();
                source.push(ONE);
                assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
                source.push(ONE, TWO);
                assertThat(balancer.current().snapshot().members()).hasSize(2);
                time.advance(Duration.ofSeconds(3));
                assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
            }
        }
    }

    @Test
    void aSourceThatDoesNotStartIsOneThatCannotBeAsked() {
        Resolver stillborn = new Resolver() {
            @Override
            public void start(Listener listener) {
                throw new AssertionError("no class for it");
            }

            @Override
            public void refresh() {
                throw new AssertionError("nor for that");
            }

            @Override
            public void close() {}

            @Override
            public String toString() {
                return "stillborn";
            }
        };
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(stillborn)
                .settings(BalancerSettings.of(new FirstPolicy()))
                .build()) {
            balancer.start();
            balancer.refresh();
            Refusal refusal = balancer.current().refusal(PickContext.NONE);
            assertThat(refusal.waits()).isFalse();
            assertThat(refusal.message())
                    .startsWith("orders: no endpoint known; source stillborn")
                    .endsWith("it did not start: no class for it");
        }
    }

    @Test
    void aDirectoryThatCouldNotBeFollowedOnceIsFollowedLater() {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        List<String> heard = new ArrayList<>();
        ScriptedDirectory scripted = new ScriptedDirectory();
        Fuse fuse = new Fuse(1);
        UnaryOperator<KeyDirectory> fused = inner -> new KeyDirectory() {
            @Override
            public Answer find(EndpointSelector key) {
                return inner.find(key);
            }

            @Override
            public Answer peek(EndpointSelector key) {
                return inner.peek(key);
            }

            @Override
            public Cancellable follow(Runnable changed) {
                fuse.blow();
                return inner.follow(changed);
            }

            @Override
            public List<String> explain(EndpointSelector key) {
                return List.of();
            }
        };
        source.directory(fused.apply(scripted));
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.of(new FirstPolicy()))
                .listener(new BalancerListener() {
                    @Override
                    public void onDirectory(String service) {
                        heard.add(service);
                    }
                })
                .build()) {
            balancer.start();
            source.push(ONE);
            assertThat(scripted.followers()).isZero();
            time.advance(Duration.ofSeconds(2));
            assertThat(scripted.followers()).isEqualTo(1);
            scripted.put("alice", KeyDirectory.Owner.ordinal(0));
            assertThat(heard).isNotEmpty();
        }
        assertThat(scripted.followers()).isZero();
    }

    private enum Broken {
        PICK,
        REFUSAL
    }

    private static PickPolicy broken(Broken part) {
        return new PickPolicy() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                return new Picker() {
                    @Override
                    public @Nullable Node pick(PickContext context) {
                        if (part == Broken.PICK) {
                            throw new AssertionError("no idea");
                        }
                        return null;
                    }

                    @Override
                    public Refusal refusal(PickContext context) {
                        if (part == Broken.REFUSAL) {
                            throw new AssertionError("no idea");
                        }
                        return new Refusal(Refusal.Kind.CONNECTING, true, "wait for it");
                    }

                    @Override
                    public Picker rebuild(Snapshot next) {
                        return this;
                    }

                    @Override
                    public List<String> explain(PickContext context) {
                        throw new AssertionError("no idea");
                    }
                };
            }
        };
    }

    @ParameterizedTest
    @EnumSource(Broken.class)
    void aPolicyThatThrowsIsOneClearErrorOfTheCall(Broken part) {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(broken(part)))
                .build()) {
            balancer.start();
            source.push(ONE);
            String message = "orders: the policy broken threw AssertionError: no idea";
            assertThat(balancer.current().pick(PickContext.NONE)).isNull();
            assertThat(balancer.current().refusal(PickContext.NONE))
                    .isEqualTo(new Refusal(Refusal.Kind.NONE_USABLE, false, message));
            assertThatThrownBy(() -> balancer.acquire(PickContext.NONE))
                    .isInstanceOf(NoEndpointException.class)
                    .hasMessage(message);
            assertThat(balancer.explain(PickContext.NONE).pick()).last().isEqualTo("refused: " + message);
            balancer.apply(BalancerSettings.of(new FirstPolicy()));
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.node().inFlight()).as("nothing is left half done").isEqualTo(1);
        }
    }

    @Test
    void aKeyThatThrowsIsTheCallersMistake() {
        ScriptedResolver source = new ScriptedResolver();
        PickContext key = PickContext.of(() -> {
            throw new IllegalStateException("no customer");
        });
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(Pickers.rendezvous()))
                .build()) {
            balancer.start();
            source.push(ONE);
            assertThat(balancer.current().pick(key)).isNull();
            assertThatThrownBy(() -> balancer.acquire(key))
                    .isInstanceOfSatisfying(
                            NoEndpointException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(Refusal.Kind.BAD_KEY))
                    .hasMessage("orders: the EndpointSelector of the call threw IllegalStateException: no customer,"
                            + " expected a key");
            assertThat(balancer.explain(key).pick()).last().asString().startsWith("refused: ");
            assertThat(balancer.acquire(PickContext.of(EndpointSelector.of("x")))
                            .endpoint())
                    .isEqualTo(ONE);
        }
    }

    @Test
    void aGuardThatThrowsLosesNoEndpoint() {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        Fuse fuse = new Fuse(2);
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(with(List.of(), (current, next, now) -> {
                    fuse.blow();
                    return MembershipGuard.NONE.admit(current, next, now);
                }))
                .build()) {
            balancer.start();
            source.push(ONE, TWO);
            source.push(ONE);
            assertThat(balancer.current().snapshot().members()).hasSize(2);
            time.advance(Duration.ofSeconds(2));
            assertThat(balancer.current().snapshot().members())
                    .as("asked again")
                    .hasSize(1);
        }
    }

    /** Everything of an ejection's that can throw does, from the first endpoint on. */
    private static EjectionPolicy brokenEjection(boolean add) {
        EjectionPolicy.EndpointStats record = (EjectionPolicy.EndpointStats) Proxy.newProxyInstance(
                ForeignCodeTest.class.getClassLoader(),
                new Class<?>[] {EjectionPolicy.EndpointStats.class},
                (proxy, method, args) -> {
                    throw new AssertionError(method.getName());
                });
        return env -> new EjectionPolicy.Detector() {
            @Override
            public EjectionPolicy.EndpointStats add(
                    Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
                if (add) {
                    throw new AssertionError("add");
                }
                return record;
            }

            @Override
            public void remove(EjectionPolicy.EndpointStats gone) {
                throw new AssertionError("remove");
            }

            @Override
            public long review(long nowNanos) {
                throw new AssertionError("review");
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEjectionThatThrowsEjectsNobodyAndStopsNothing(boolean add) {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .ejection(brokenEjection(add))
                        .build())
                .build()) {
            balancer.start();
            source.push(ONE, TWO);
            Lease lease = balancer.acquire(PickContext.NONE);
            lease.answered();
            assertThat(lease.complete(Outcome.CONNECT_FAILURE)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
            source.push(TWO);
            time.advance(Duration.ofSeconds(3));
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(TWO);
            balancer.apply(BalancerSettings.of(new FirstPolicy()));
            source.push(ONE);
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
        }
    }

    /** Picks the first candidate with code that throws beside that. */
    private static PickPolicy policy(Fuse newPicker, Fuse rebuild, LoadMetric metric) {
        return new PickPolicy() {
            @Override
            public String name() {
                return "fused";
            }

            @Override
            public boolean keyed() {
                return true;
            }

            @Override
            public LoadMetric loadMetric() {
                return metric;
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                if (!first.members().isEmpty()) {
                    newPicker.blow();
                }
                return picker(first);
            }

            private Picker picker(Snapshot snapshot) {
                return new Picker() {
                    @Override
                    public @Nullable Node pick(PickContext context) {
                        return snapshot.candidates().isEmpty()
                                ? null
                                : snapshot.candidates().get(0).node();
                    }

                    @Override
                    public Refusal refusal(PickContext context) {
                        return new Refusal(Refusal.Kind.NONE_USABLE, false, "none");
                    }

                    @Override
                    public boolean waits(PickContext context) {
                        throw new AssertionError("waits");
                    }

                    @Override
                    public boolean spilled(PickContext context, Node picked) {
                        throw new AssertionError("spilled");
                    }

                    @Override
                    public Picker rebuild(Snapshot next) {
                        rebuild.blow();
                        return picker(next);
                    }
                };
            }
        };
    }

    private static LoadMetric brokenLoad() {
        return new LoadMetric() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public boolean timed() {
                return true;
            }

            @Override
            public Load newLoad() {
                return new Load() {
                    @Override
                    public void started(long nowNanos) {
                        throw new AssertionError("started");
                    }

                    @Override
                    public void answered(long nowNanos, long latencyNanos) {
                        throw new AssertionError("answered");
                    }

                    @Override
                    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
                        throw new AssertionError("ended");
                    }

                    @Override
                    public double value(long nowNanos, int inFlight) {
                        throw new AssertionError("value");
                    }
                };
            }
        };
    }

    @Test
    void aLoadMetricThatThrowsCostsNoCallAndNoCount() {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(policy(new Fuse(0), new Fuse(0), brokenLoad())))
                .build()) {
            balancer.start();
            source.push(ONE);
            for (int i = 0; i < 3; i++) {
                Lease lease = balancer.acquire(PickContext.NONE);
                lease.answered();
                assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
                assertThat(lease.node().inFlight()).isZero();
            }
        }
    }

    @Test
    void whatIsAskedBesideAPickDoesNotThrow() {
        ScriptedResolver source = new ScriptedResolver();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(policy(new Fuse(0), new Fuse(0), LoadMetric.IN_FLIGHT)))
                .build()) {
            balancer.start();
            assertThat(balancer.current().waits(PickContext.NONE)).isFalse();
            source.fail(new IOException("down"));
            assertThat(balancer.current().refusal(PickContext.NONE).kind()).isEqualTo(Refusal.Kind.NONE_KNOWN);
            source.push(ONE);
            Node node = balancer.current().pick(PickContext.NONE);
            assertThat(node).isNotNull();
            assertThat(balancer.current().spilled(PickContext.NONE, node)).isFalse();
            balancer.apply(BalancerSettings.of(broken(Broken.PICK)));
            assertThat(balancer.current().lastResort(PickContext.NONE)).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPolicyThatCannotRebuildIsMadeAnewOrKeepsItsVersionUntilAnotherComes(boolean anew) {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        Fuse always = new Fuse(Integer.MAX_VALUE);
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.of(policy(anew ? new Fuse(0) : always, always, LoadMetric.IN_FLIGHT)))
                .build()) {
            balancer.start();
            source.push(ONE);
            source.push(TWO);
            time.advance(Duration.ofMinutes(2));
            Node node = balancer.current().pick(PickContext.NONE);
            assertThat(node == null ? null : node.endpoint()).isEqualTo(anew ? TWO : null);
            if (!anew) {
                assertThat(balancer.current().refusal(PickContext.NONE).waits())
                        .as("a rebuild has ended, well or not")
                        .isFalse();
            }
            balancer.apply(BalancerSettings.of(new FirstPolicy()));
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(TWO);
        }
    }

    @Test
    void aBudgetThatThrowsGrantsNothingAndCostsNothing() {
        RetryBudget broken = new RetryBudget() {
            @Override
            public void deposit() {
                throw new AssertionError("deposit");
            }

            @Override
            public boolean tryWithdraw() {
                throw new AssertionError("withdraw");
            }

            @Override
            public double left() {
                throw new AssertionError("left");
            }
        };
        RetryBudget guarded = new GuardedBudget(broken, new ForeignFaults("orders"));
        guarded.deposit();
        assertThat(guarded.tryWithdraw()).isFalse();
        assertThat(guarded.left()).isNaN();
    }

    @Test
    void aCheckThatThrowsAnErrorRejectsTheConfiguration() {
        ScriptedResolver source = new ScriptedResolver();
        List<String> refused = new ArrayList<>();
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(new FirstPolicy()))
                .followSourceConfiguration(settings -> {
                    throw new NoClassDefFoundError("Parser");
                })
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigurationRejected(String service, String reason) {
                        refused.add(reason);
                    }
                })
                .build()) {
            balancer.start();
            source.configure("{}");
            source.push(ONE);
            assertThat(refused).singleElement().asString().endsWith("Parser");
        }
    }

    private static final class Stillborn implements Resolver {
        @Override
        public void start(Listener listener) {
            throw new AssertionError("no class for it");
        }

        @Override
        public void close() {}

        @Override
        public String toString() {
            return "stillborn";
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lastGood", "fallback"})
    void aSourceBehindAnotherThatDoesNotStartIsOneThatCannotBeAsked(String kind, @TempDir Path directory) {
        FakeTime time = new FakeTime();
        ScriptedResolver second = new ScriptedResolver();
        Resolver source = kind.equals("lastGood")
                ? Resolvers.lastGood(new Stillborn(), "orders", directory.resolve("f"), time.env())
                : Resolvers.fallback(List.of(new Stillborn(), second), time.env(), Duration.ofSeconds(1));
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .resolver(source)
                .settings(BalancerSettings.of(new FirstPolicy()))
                .build()) {
            balancer.start();
            time.advance(Duration.ofSeconds(2));
            if (kind.equals("fallback")) {
                second.push(ONE);
                assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
            } else {
                assertThat(balancer.current().refusal(PickContext.NONE).message())
                        .contains("stillborn")
                        .contains("no class for it");
                assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
            }
        }
    }

    @Test
    void aSourceThatThrowsWhileItIsClosedOrRefreshedKeepsNoOtherFromIt() {
        FakeTime time = new FakeTime();
        Resolver stuck = new Resolver() {
            @Override
            public void start(Listener listener) {}

            @Override
            public void refresh() {
                throw new AssertionError("refresh");
            }

            @Override
            public void close() {
                throw new AssertionError("close");
            }
        };
        ScriptedResolver second = new ScriptedResolver();
        Resolver both = Resolvers.fallback(List.of(stuck, second), time.env(), Duration.ofSeconds(1));
        both.start(new ResolutionRecorder());
        both.refresh();
        assertThat(second.refreshes()).isEqualTo(1);
        both.close();
        assertThat(second.running()).isFalse();
    }

    @Test
    void aLoadMetricThatCannotBeMadeIsReplacedByACountUntilItCan() {
        ScriptedResolver source = new ScriptedResolver();
        LoadMetric unmade = new LoadMetric() {
            @Override
            public String name() {
                return "unmade";
            }

            @Override
            public boolean timed() {
                return false;
            }

            @Override
            public Load newLoad() {
                throw new AssertionError("newLoad");
            }
        };
        try (Balancer balancer = Balancer.builder("orders")
                .env(new FakeTime().env())
                .resolver(source)
                .settings(BalancerSettings.of(policy(new Fuse(0), new Fuse(0), unmade)))
                .build()) {
            balancer.start();
            source.push(ONE);
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            balancer.apply(BalancerSettings.of(new FirstPolicy()));
            balancer.apply(BalancerSettings.of(policy(new Fuse(0), new Fuse(0), unmade)));
            source.push(TWO, ONE);
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isIn(ONE, TWO);
        }
    }

    private static Balancer.Builder balancer(FakeTime time, Resolver source, BalancerSettings settings) {
        return Balancer.builder("orders").env(time.env()).resolver(source).settings(settings);
    }

    @Test
    void aPickerThatCannotBeMadeIsTriedAgainAndUntilThenNothingIsSaidToBeRebuilt() {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        List<Integer> rebuilt = new ArrayList<>();
        try (Balancer balancer = balancer(
                        time, source, BalancerSettings.of(policy(new Fuse(1), new Fuse(1), LoadMetric.IN_FLIGHT)))
                .listener(new BalancerListener() {
                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        rebuilt.add(snapshot.members().size());
                    }
                })
                .build()) {
            balancer.start();
            source.push(ONE);
            assertThat(rebuilt).isEmpty();
            assertThat(balancer.current().pick(PickContext.NONE)).isNull();
            time.advance(Duration.ofSeconds(2));
            assertThat(rebuilt).contains(1);
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
        }
    }

    @Test
    void aPolicyThatCannotBeBegunIsRefused() {
        ScriptedResolver source = new ScriptedResolver();
        List<String> refused = new ArrayList<>();
        try (Balancer balancer = balancer(new FakeTime(), source, BalancerSettings.of(new FirstPolicy()))
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigurationRejected(String service, String reason) {
                        refused.add(reason);
                    }
                })
                .build()) {
            balancer.start();
            source.push(ONE);
            balancer.apply(BalancerSettings.of(policy(new Fuse(1), new Fuse(0), LoadMetric.IN_FLIGHT)));
            assertThat(refused).singleElement().asString().contains("broken");
            assertThat(balancer.current().settings().policy()).isInstanceOf(FirstPolicy.class);
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isEqualTo(ONE);
        }
    }

    private static RetryPolicy brokenBudget() {
        return new RetryPolicy() {
            @Override
            public int maxAttempts() {
                return 3;
            }

            @Override
            public boolean idempotent(String method) {
                return true;
            }

            @Override
            public RetryBudget newBudget(Time time) {
                return new RetryBudget() {
                    @Override
                    public void deposit() {
                        throw new AssertionError("deposit");
                    }

                    @Override
                    public boolean tryWithdraw() {
                        throw new AssertionError("withdraw");
                    }
                };
            }
        };
    }

    private static BalancerSettings settings(
            PickPolicy policy, EjectionPolicy ejection, MembershipGuard guard, RetryPolicy retry) {
        return BalancerSettings.builder(policy)
                .ejection(ejection)
                .guard(guard)
                .retry(retry)
                .build();
    }

    @Test
    void theBudgetOfABalancerIsGuardedFromItsStartAndAfterAChange() {
        BalancerSettings settings =
                settings(new FirstPolicy(), EjectionPolicy.NONE, MembershipGuard.NONE, brokenBudget());
        try (Balancer balancer =
                balancer(new FakeTime(), new ScriptedResolver(), settings).build()) {
            balancer.start();
            balancer.current().retryBudget().deposit();
            assertThat(balancer.current().retryBudget().tryWithdraw()).isFalse();
            balancer.apply(settings(new FirstPolicy(), EjectionPolicy.NONE, MembershipGuard.NONE, brokenBudget()));
            balancer.current().retryBudget().deposit();
            assertThat(balancer.current().retryBudget().tryWithdraw()).isFalse();
        }
    }

    /** Records of this state, whose given method throws; {@code outcomes} counts what they hear. */
    private static EjectionPolicy ejection(
            EjectionPolicy.State stateOfOne, String broken, Fuse add, List<Outcome> outcomes) {
        return env -> new EjectionPolicy.Detector() {
            @Override
            public EjectionPolicy.EndpointStats add(
                    Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
                add.blow();
                EjectionPolicy.State state = endpoint.equals(ONE) ? stateOfOne : EjectionPolicy.State.ACTIVE;
                return (EjectionPolicy.EndpointStats) Proxy.newProxyInstance(
                        ForeignCodeTest.class.getClassLoader(),
                        new Class<?>[] {EjectionPolicy.EndpointStats.class},
                        (proxy, method, args) -> {
                            if (method.getName().equals(broken)) {
                                throw new AssertionError(broken);
                            }
                            return switch (method.getName()) {
                                case "state" -> state;
                                case "reason" -> "";
                                case "tryProbe" -> true;
                                case "phase" -> 1;
                                case "consecutiveFailures" -> 0;
                                case "hashCode" -> System.identityHashCode(proxy);
                                case "equals" -> proxy == args[0];
                                case "onOutcome", "onProbeOutcome" -> {
                                    outcomes.add((Outcome) args[0]);
                                    yield false;
                                }
                                default -> false;
                            };
                        });
            }

            @Override
            public void remove(EjectionPolicy.EndpointStats gone) {}

            @Override
            public long review(long nowNanos) {
                return Long.MAX_VALUE;
            }
        };
    }

    @Test
    void aRecordThatDoesNotSayItsPhaseCostsNoCall() {
        ScriptedResolver source = new ScriptedResolver();
        EjectionPolicy halfOpen = ejection(EjectionPolicy.State.HALF_OPEN, "phase", new Fuse(0), new ArrayList<>());
        try (Balancer balancer = balancer(
                        new FakeTime(),
                        source,
                        settings(new FirstPolicy(), halfOpen, MembershipGuard.NONE, RetryPolicy.NONE))
                .build()) {
            balancer.start();
            source.push(ONE);
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.node().health().status()).isEqualTo(Health.Status.HALF_OPEN);
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
        }
    }

    @Test
    void aPolicyThatCannotGoAroundThoseHalfOpenStillServesTheSet() {
        ScriptedResolver source = new ScriptedResolver();
        PickPolicy partial = new PickPolicy() {
            @Override
            public String name() {
                return "partial";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                Picker plain = new FirstPolicy().newPicker(first, env);
                return new Picker() {
                    @Override
                    public @Nullable Node pick(PickContext context) {
                        return plain.pick(context);
                    }

                    @Override
                    public Refusal refusal(PickContext context) {
                        return plain.refusal(context);
                    }

                    @Override
                    public Picker rebuild(Snapshot next) {
                        if (next.trail().contains("without those half open")) {
                            throw new AssertionError("rebuild");
                        }
                        return newPicker(next, env);
                    }
                };
            }
        };
        EjectionPolicy halfOpen = ejection(EjectionPolicy.State.HALF_OPEN, "none", new Fuse(0), new ArrayList<>());
        try (Balancer balancer = balancer(
                        new FakeTime(), source, settings(partial, halfOpen, MembershipGuard.NONE, RetryPolicy.NONE))
                .build()) {
            balancer.start();
            source.push(ONE, TWO);
            assertThat(balancer.current().snapshot().members()).hasSize(2);
            assertThat(balancer.acquire(PickContext.NONE).endpoint()).isIn(ONE, TWO);
        }
    }

    @Test
    void aRecordIsNotAskedWhyWhereAWorseVerdictStands() {
        ScriptedResolver source = new ScriptedResolver();
        EjectionPolicy mute = ejection(EjectionPolicy.State.EJECTED, "reason", new Fuse(0), new ArrayList<>());
        HealthSource connectivity = new HealthSource() {
            @Override
            public String name() {
                return "connectivity";
            }

            @Override
            public void start(Sink sink) {}

            @Override
            public Verdict initial() {
                return new Verdict(Health.Status.DISCONNECTED, "no connection", Long.MAX_VALUE);
            }

            @Override
            public void close() {}
        };
        try (Balancer balancer = balancer(
                        new FakeTime(),
                        source,
                        settings(new FirstPolicy(), mute, MembershipGuard.NONE, RetryPolicy.NONE))
                .healthSource(connectivity)
                .build()) {
            balancer.start();
            source.push(ONE);
            assertThat(balancer.current().snapshot().members().get(0).health().status())
                    .isEqualTo(Health.Status.DISCONNECTED);
        }
    }

    @Test
    void aRecordThatDoesNotSayHowItFaredIsHeldAsTheGuardSays() {
        ScriptedResolver source = new ScriptedResolver();
        MembershipGuard holdsAll = (current, next, now) -> new MembershipGuard.Decision(
                current.stream()
                        .filter(member -> !next.endpoints().contains(member.endpoint()))
                        .map(member -> new MembershipGuard.Member(member.endpoint(), now))
                        .toList(),
                Long.MAX_VALUE);
        EjectionPolicy mute =
                ejection(EjectionPolicy.State.ACTIVE, "consecutiveFailures", new Fuse(0), new ArrayList<>());
        try (Balancer balancer = balancer(
                        new FakeTime(), source, settings(new FirstPolicy(), mute, holdsAll, RetryPolicy.NONE))
                .build()) {
            balancer.start();
            source.push(ONE, TWO);
            source.push(ONE, THREE);
            assertThat(balancer.current().snapshot().members())
                    .as("held, and joined")
                    .hasSize(3);
            source.push(ONE, TWO, THREE);
            assertThat(balancer.current().snapshot().members()).hasSize(3);
        }
    }

    @Test
    void anEndpointThatTheDetectorCouldNotTakeIsTakenOnceItCan() {
        ScriptedResolver source = new ScriptedResolver();
        List<Outcome> outcomes = new ArrayList<>();
        EjectionPolicy late = ejection(EjectionPolicy.State.ACTIVE, "none", new Fuse(1), outcomes);
        try (Balancer balancer = balancer(
                        new FakeTime(),
                        source,
                        settings(new FirstPolicy(), late, MembershipGuard.NONE, RetryPolicy.NONE))
                .build()) {
            balancer.start();
            source.push(ONE);
            source.push(ONE, TWO);
            assertThat(balancer.acquire(PickContext.NONE).complete(Outcome.CONNECT_FAILURE))
                    .isTrue();
            assertThat(outcomes).containsExactly(Outcome.CONNECT_FAILURE);
        }
    }

    @Test
    void leaksAreCountedOutOfALoadMetricThatThrows() {
        FakeTime time = new FakeTime();
        ScriptedResolver source = new ScriptedResolver();
        List<Endpoint> leaks = new ArrayList<>();
        try (Balancer balancer = balancer(
                        time, source, BalancerSettings.of(policy(new Fuse(0), new Fuse(0), brokenLoad())))
                .listener(new BalancerListener() {
                    @Override
                    public void onLeak(String service, Endpoint endpoint, Duration age) {
                        leaks.add(endpoint);
                    }
                })
                .build()) {
            balancer.start();
            source.push(ONE);
            Lease lease = balancer.acquire(PickContext.NONE);
            balancer.acquire(PickContext.NONE);
            time.advance(balancer.current().settings().leaseAgeLimit().multipliedBy(2));
            assertThat(lease.node().inFlight()).isZero();
            assertThat(leaks).containsExactly(ONE, ONE);
        }
    }
}
