package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.internal.SerialExecutor;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Parts that throw, and configurations that change under way: whatever they do, the last good version stays in force. */
class BalancerFaultTest {
    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();

    private Balancer.Builder builder() {
        return Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.of(new FirstPolicy()));
    }

    private Balancer started(Balancer.Builder builder) {
        Balancer balancer = builder.build();
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2));
        return balancer;
    }

    private static BalancerSettings with(Stage stage) {
        BalancerSettings bare = BalancerSettings.of(new FirstPolicy());
        return BalancerSettings.builder(bare.policy())
                .stages(List.of(stage))
                .ejection(bare.ejection())
                .guard(bare.guard())
                .retry(bare.retry())
                .build();
    }

    /** Throws this from every method, checked exceptions included. */
    private static BalancerListener throwing(Throwable thrown) {
        return (BalancerListener) Proxy.newProxyInstance(
                BalancerListener.class.getClassLoader(),
                new Class<?>[] {BalancerListener.class},
                (proxy, method, args) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return "throwing";
                    }
                    throw thrown;
                });
    }

    @Test
    void anAdmissionThatBreaksHalfWayLosesTrackOfNobody() {
        List<EjectionPolicy.EndpointStats> watched = new ArrayList<>();
        EjectionPolicy.Detector detector = new EjectionPolicy.Detector() {
            private int calls;

            @Override
            public EjectionPolicy.EndpointStats add(
                    Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous) {
                if (++calls == 2) {
                    throw new IllegalStateException("broken once");
                }
                EjectionPolicy.EndpointStats record = (EjectionPolicy.EndpointStats) Proxy.newProxyInstance(
                        EjectionPolicy.class.getClassLoader(),
                        new Class<?>[] {EjectionPolicy.EndpointStats.class},
                        (proxy, method, args) -> switch (method.getName()) {
                            case "state" -> EjectionPolicy.State.ACTIVE;
                            case "consecutiveFailures" -> 0;
                            case "reason" -> "";
                            case "equals" -> proxy == args[0];
                            case "hashCode" -> System.identityHashCode(proxy);
                            case "toString" -> "record of " + endpoint;
                            default -> false;
                        });
                watched.add(record);
                return record;
            }

            @Override
            public void remove(EjectionPolicy.EndpointStats record) {
                watched.remove(record);
            }

            @Override
            public long review(long nowNanos) {
                return Long.MAX_VALUE;
            }
        };
        BalancerSettings bare = BalancerSettings.of(new FirstPolicy());
        Balancer balancer = builder()
                .settings(BalancerSettings.builder(bare.policy())
                        .ejection(env -> detector)
                        .guard(bare.guard())
                        .retry(bare.retry())
                        .build())
                .build();
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1), Endpoint.of("127.0.0.1", 2));
        resolver.push(Endpoint.of("127.0.0.1", 2));
        assertThat(balancer.current().snapshot().members()).hasSize(1);
        assertThat(watched)
                .as("the endpoint of the broken set is no longer watched")
                .hasSize(1);
    }

    @Test
    void aListenerThatThrowsAnythingHurtsNobody() {
        for (Throwable thrown : List.of(new IllegalStateException("x"), new Exception("x"), new Error("x"))) {
            ScriptedResolver source = new ScriptedResolver();
            Balancer balancer =
                    builder().resolver(source).listener(throwing(thrown)).build();
            balancer.start();
            source.push(Endpoint.of("127.0.0.1", 1));
            source.fail(new IllegalStateException("down"));
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
            balancer.leaked(balancer.acquire(PickContext.NONE), Duration.ofSeconds(1));
            balancer.close();
            assertThatThrownBy(() -> balancer.acquire(PickContext.NONE)).isInstanceOf(NoEndpointException.class);
        }
    }

    @Test
    void aStageThatThrowsIsPassedOverAndTriedAgain() {
        AtomicInteger left = new AtomicInteger();
        Stage stage = new Stage() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Snapshot apply(Snapshot in, long nowNanos) {
                if (left.getAndDecrement() > 0) {
                    throw new IllegalStateException("broken");
                }
                return in;
            }
        };
        Balancer balancer = started(builder().settings(with(stage)));
        left.set(2);
        resolver.push(Endpoint.of("127.0.0.1", 3));
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(3);
        assertThat(balancer.current().snapshot().trail())
                .singleElement()
                .asString()
                .endsWith("threw and was passed over: broken");
        time.advance(Duration.ofSeconds(2));
        assertThat(balancer.current().snapshot().trail()).isEmpty();
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(3);
    }

    @Test
    void settingsWhosePolicyCannotBeBuiltAreRefusedWhole() {
        List<String> refusals = new ArrayList<>();
        Balancer balancer = started(builder().listener(new BalancerListener() {
            @Override
            public void onConfigurationRejected(String service, String reason) {
                refusals.add(reason);
            }
        }));
        BalancerSettings before = balancer.current().settings();
        RetryBudget budget = balancer.current().retryBudget();
        balancer.apply(BalancerSettings.builder(new PickPolicy() {
                    @Override
                    public String name() {
                        return "broken";
                    }

                    @Override
                    public Picker newPicker(Snapshot first, Env env) {
                        throw new IllegalArgumentException("cannot build");
                    }
                })
                .ejection(env -> {
                    throw new AssertionError("built although the policy was refused");
                })
                .build());
        assertThat(refusals).containsExactly("cannot build");
        assertThat(balancer.current().settings()).isSameAs(before);
        assertThat(balancer.current().retryBudget()).isSameAs(budget);
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(1);
    }

    @Test
    void aConfigurationOfTheSourceThatIsRefusedChangesNothing() {
        List<String> refusals = new ArrayList<>();
        Balancer balancer = started(builder()
                .followSourceConfiguration(settings -> {
                    throw new IllegalArgumentException("policy: was 7");
                })
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigurationRejected(String service, String reason) {
                        refusals.add(reason);
                    }
                }));
        BalancerSettings before = balancer.current().settings();
        resolver.configure("{}");
        assertThat(refusals).singleElement().asString().endsWith("policy: was 7");
        assertThat(balancer.current().settings()).isSameAs(before);
    }

    /** Counts starts and ends that one node's load was told of. */
    private static final class CountingMetric implements LoadMetric {
        private final AtomicInteger started = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();

        @Override
        public String name() {
            return "counting";
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
                    started.incrementAndGet();
                }

                @Override
                public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
                    ended.incrementAndGet();
                }

                @Override
                public double value(long nowNanos, int inFlight) {
                    return inFlight;
                }
            };
        }
    }

    private static PickPolicy measuring(LoadMetric metric) {
        return new PickPolicy() {
            @Override
            public String name() {
                return "measuring";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                return new FirstPolicy().newPicker(first, env);
            }

            @Override
            public LoadMetric loadMetric() {
                return metric;
            }
        };
    }

    @Test
    void aLoadThatWasToldOfAStartIsToldOfTheEndAcrossAChangeOfPolicy() {
        CountingMetric first = new CountingMetric();
        CountingMetric second = new CountingMetric();
        Balancer balancer = started(builder().settings(BalancerSettings.of(measuring(first))));
        Lease underFirst = balancer.acquire(PickContext.NONE);
        balancer.apply(BalancerSettings.of(measuring(second)));
        Lease underSecond = balancer.acquire(PickContext.NONE);
        underFirst.complete(Outcome.SUCCESS);
        balancer.apply(BalancerSettings.of(new FirstPolicy()));
        underSecond.complete(Outcome.SUCCESS);
        assertThat(first.started).hasValue(1);
        assertThat(first.ended).hasValue(1);
        assertThat(second.started).hasValue(1);
        assertThat(second.ended).hasValue(1);
    }

    @Test
    void aPartThatCannotBeClosedDoesNotKeepTheOthersOpen() {
        Resolver stubborn = new Resolver() {
            @Override
            public void start(Listener listener) {
                listener.onResolution(Resolution.of(EndpointSet.builder("stubborn")
                        .endpoints(List.of(Endpoint.of("127.0.0.1", 1)))
                        .build()));
            }

            @Override
            public void close() {
                throw new IllegalStateException("stubborn");
            }
        };
        AtomicInteger closed = new AtomicInteger();
        Balancer balancer = builder()
                .resolver(stubborn)
                .healthSource(new HealthSource() {
                    @Override
                    public String name() {
                        return "probe";
                    }

                    @Override
                    public void start(Sink sink) {}

                    @Override
                    public void close() {
                        closed.incrementAndGet();
                    }
                })
                .build();
        balancer.start();
        balancer.close();
        assertThat(closed).hasValue(1);
        assertThat(balancer.current().snapshot().members()).isEmpty();
    }

    @Test
    void theSerialQueueSurvivesAReporterThatThrows() {
        SerialExecutor serial = new SerialExecutor(thrown -> {
            throw new IllegalStateException("cannot report");
        });
        serial.execute(() -> {
            throw new IllegalStateException("task");
        });
        AtomicInteger ran = new AtomicInteger();
        serial.execute(ran::incrementAndGet);
        assertThat(ran).hasValue(1);
    }
}
