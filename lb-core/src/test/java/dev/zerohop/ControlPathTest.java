package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What callers who wait for the next version see of one that is being made, or cannot be made. */
class ControlPathTest {
    private static final Endpoint WEIGHTLESS =
            Endpoint.builder("127.0.0.1", 1).weight(0).build();

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final AtomicInteger faults = new AtomicInteger();

    private void fault() {
        if (faults.getAndDecrement() > 0) {
            throw new IllegalStateException("broken");
        }
    }

    private final Stage stage = new Stage() {
        @Override
        public String name() {
            return "sometimes broken";
        }

        @Override
        public Snapshot apply(Snapshot in, long nowNanos) {
            fault();
            return in;
        }
    };

    private final MembershipGuard guard = (current, next, nowNanos) -> {
        fault();
        return MembershipGuard.NONE.admit(current, next, nowNanos);
    };

    private Balancer.Builder builder(List<Stage> stages, MembershipGuard guard) {
        return Balancer.builder("orders")
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.builder(new FirstPolicy())
                        .stages(stages)
                        .guard(guard)
                        .build());
    }

    @Test
    void whoeverLooksAgainAtTheWakeUpGetsAFinalAnswer() {
        List<Refusal> seen = new ArrayList<>();
        AtomicReference<Balancer> self = new AtomicReference<>();
        Balancer balancer = builder(List.of(), MembershipGuard.NONE)
                .listener(new BalancerListener() {
                    @Override
                    public void onRebuild(String service, Snapshot snapshot, Duration took) {
                        seen.add(self.get().current().refusal(PickContext.NONE));
                    }
                })
                .build();
        self.set(balancer);
        balancer.start();
        balancer.nextChange().thenRun(() -> seen.add(balancer.current().refusal(PickContext.NONE)));
        resolver.push(WEIGHTLESS);
        assertThat(seen).hasSize(2);
        assertThat(seen).allMatch(refusal -> refusal.kind() == Refusal.Kind.NONE_USABLE && !refusal.waits());
    }

    @Test
    void aVersionThatCannotBeMadeWakesWhoeverWasToldToWaitForIt() {
        Balancer balancer = builder(List.of(), MembershipGuard.NONE)
                .settings(BalancerSettings.of(new PickPolicy() {
                    @Override
                    public String name() {
                        return "rebuilt";
                    }

                    @Override
                    public Picker newPicker(Snapshot first, Env env) {
                        return new Picker() {
                            @Override
                            public @Nullable Node pick(PickContext context) {
                                return null;
                            }

                            @Override
                            public Refusal refusal(PickContext context) {
                                return new Refusal(Refusal.Kind.NONE_USABLE, false, "none");
                            }

                            @Override
                            public Picker rebuild(Snapshot next) {
                                fault();
                                return this;
                            }
                        };
                    }
                }))
                .build();
        balancer.start();
        CompletableFuture<Void> waiting = balancer.nextChange().toCompletableFuture();
        faults.set(1);
        resolver.push(Endpoint.of("127.0.0.1", 1));
        assertThat(waiting).isDone();
        assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
    }

    @Test
    void aGuardThatThrowsKeepsNoNewEndpointAway() {
        Balancer balancer = builder(List.of(), guard).build();
        balancer.start();
        resolver.push(WEIGHTLESS);
        faults.set(1);
        resolver.push(Endpoint.of("127.0.0.1", 2));
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(2);
        assertThat(balancer.current().snapshot().members())
                .as("the one that left is held")
                .hasSize(2);
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.current().snapshot().members())
                .as("the guard is asked again")
                .hasSize(1);
    }

    @Test
    void nothingThatATaskThrowsReachesAnExecutorOfTheUsers() {
        Balancer balancer =
                builder(List.of(stage), guard).serialExecutor(Runnable::run).build();
        balancer.start();
        faults.set(1);
        resolver.push(Endpoint.of("127.0.0.1", 1));
        faults.set(1);
        time.advance(Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(1));
        assertThat(balancer.acquire(PickContext.NONE).endpoint().port()).isEqualTo(1);
    }

    @Test
    void aClosedBalancerKeepsNobodyWaitingAlthoughItsPickerThrows() {
        Picker stubborn = new Picker() {
            @Override
            public Node pick(PickContext context) {
                return null;
            }

            @Override
            public Refusal refusal(PickContext context) {
                return new Refusal(Refusal.Kind.CONNECTING, true, "wait");
            }

            @Override
            public Picker rebuild(Snapshot next) {
                throw new IllegalStateException("stubborn");
            }
        };
        Balancer balancer = builder(List.of(), MembershipGuard.NONE)
                .settings(BalancerSettings.of(new PickPolicy() {
                    @Override
                    public String name() {
                        return "stubborn";
                    }

                    @Override
                    public Picker newPicker(Snapshot first, Env env) {
                        return stubborn;
                    }
                }))
                .build();
        balancer.start();
        CompletableFuture<Void> waiting = balancer.nextChange().toCompletableFuture();
        balancer.close();
        assertThat(waiting).isDone();
        assertThat(balancer.current().refusal(PickContext.NONE).kind()).isEqualTo(Refusal.Kind.CLOSED);
    }

    @Test
    void aCheckThatGivesNothingIsARejectionAndNotAFault() {
        List<String> refusals = new ArrayList<>();
        Balancer balancer = builder(List.of(), MembershipGuard.NONE)
                .followSourceConfiguration(settings -> null)
                .listener(new BalancerListener() {
                    @Override
                    public void onConfigurationRejected(String service, String reason) {
                        refusals.add(reason);
                    }
                })
                .build();
        balancer.start();
        resolver.configure("{}");
        assertThat(refusals).singleElement().asString().contains("returned null");
    }

    /** A permission that is missing may show only after the network is back: the person on call needs the second error as much as the first. */
    @Test
    void everyErrorOfASourceIsLoggedOnceUntilItAnswers() {
        Balancer balancer = builder(List.of(), MembershipGuard.NONE).build();
        balancer.start();
        resolver.push(Endpoint.of("127.0.0.1", 1));
        List<String> lines = LoggedLines.during(() -> {
            resolver.fail(new IllegalStateException("connection refused"));
            resolver.fail(new IllegalStateException("403 for the service account shop"));
            resolver.fail(new IllegalStateException("connection refused"));
        });
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0))
                .contains("orders: source")
                .contains("cannot be read: connection refused; the last good set of 1 stays in force");
        assertThat(lines.get(1))
                .contains("cannot be read since 20")
                .contains(", now: 403 for the service account shop");
        assertThat(LoggedLines.during(() -> {
                    for (int i = 0; i < 100; i++) {
                        resolver.fail(new IllegalStateException("attempt " + i));
                    }
                }))
                .as("texts that differ each time are no endless log")
                .hasSize(8);
        time.advance(Duration.ofSeconds(10));
        resolver.push(Endpoint.of("127.0.0.1", 1));
        assertThat(LoggedLines.during(() -> resolver.fail(new IllegalStateException("connection refused"))))
                .singleElement()
                .asString()
                .contains("cannot be read: connection refused");
    }

    @Test
    void whatAServerSaysIsOneLineOfTheLog() {
        Balancer balancer = builder(List.of(), MembershipGuard.NONE).build();
        balancer.start();
        List<String> lines = LoggedLines.during(
                () -> resolver.fail(new IllegalStateException("denied\n[main] ERROR dev.zerohop.Forged\u001b[2J")));
        assertThat(lines)
                .singleElement()
                .asString()
                .contains("denied [main] ERROR dev.zerohop.Forged\\u001b[2J; no endpoint known yet");
    }

    /** What it says then is what the next picker goes by, so that what the present one says is of the past. */
    @Test
    void whoAsksBetweenASetAndItsPickerIsToldToWait() {
        List<Refusal> seen = new ArrayList<>();
        AtomicReference<Balancer> self = new AtomicReference<>();
        Balancer balancer = builder(List.of(), MembershipGuard.NONE)
                .listener(new BalancerListener() {
                    @Override
                    public void onFresh(String service) {
                        seen.add(self.get().current().refusal(PickContext.NONE));
                    }
                })
                .build();
        self.set(balancer);
        balancer.start();
        resolver.fail(new IllegalStateException("connection refused"));
        assertThat(balancer.current().refusal(PickContext.NONE).waits()).isFalse();
        resolver.push(Endpoint.of("127.0.0.1", 1));
        assertThat(seen).singleElement().matches(Refusal::waits);
    }
}
