package dev.zerohop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.Snapshot;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A contract that cannot be broken protects nothing: each of these is broken in one way, and the contract says which. */
class ContractsCanFailTest {

    @Test
    void aPickerThatAlwaysTakesTheFirstMemberIsFound() {
        Set<String> broken = broken(() -> new PickerContract() {
            @Override
            protected PickPolicy policy() {
                return new Careless(false);
            }

            @Override
            protected boolean spreads() {
                return true;
            }
        });
        assertThat(broken)
                .contains(
                        "everyCandidateGetsAShare",
                        "onlyCandidatesArePicked",
                        "whatWasTriedIsAvoidedWhileAnotherIsLeft")
                .doesNotContain("theOnlyOneIsAlwaysPicked", "explainChangesNothing");
    }

    /** The first that works, the next only when it does not: no share for each, and nothing wrong with it. */
    @Test
    void aFailoverPolicyPasses() {
        assertThat(broken(() -> new PickerContract() {
                    @Override
                    protected PickPolicy policy() {
                        return new Failover();
                    }
                }))
                .isEmpty();
    }

    @Test
    void aPickerWhoseRebuildChangesTheOldOneIsFound() {
        Set<String> broken = broken(() -> new PickerContract() {
            @Override
            protected PickPolicy policy() {
                return new Careless(true);
            }
        });
        assertThat(broken).contains("rebuildLeavesTheOldPickerAsItWas");
    }

    @Test
    void aResolverThatSpeaksAfterCloseAndStartsTwiceIsFound() {
        Set<String> broken = broken(() -> new ResolverContract() {
            @Override
            protected Resolver resolverOver(List<Endpoint> endpoints) {
                return new Chatty(endpoints, env);
            }
        });
        assertThat(broken)
                .contains(
                        "nothingIsSaidAfterClose",
                        "startingTwiceIsAnError",
                        "startingAfterCloseIsAnError",
                        "noTimerIsLeftAfterClose")
                .doesNotContain("theFirstAnswerIsTheWholeSet", "setsAreSortedAndDated");
    }

    /** The names of the contract's tests that do not pass, each on an instance of its own. */
    private static Set<String> broken(Supplier<Object> subject) {
        Set<String> names = new TreeSet<>();
        Class<?> contract = subject.get().getClass().getSuperclass();
        for (Method method : contract.getDeclaredMethods()) {
            if (!method.isAnnotationPresent(Test.class)) {
                continue;
            }
            try {
                method.setAccessible(true);
                method.invoke(subject.get());
            } catch (InvocationTargetException failed) {
                names.add(method.getName());
            } catch (IllegalAccessException impossible) {
                throw new AssertionError(impossible);
            }
        }
        return names;
    }

    private static final class Failover implements PickPolicy {
        @Override
        public String name() {
            return "failover";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new Picker() {
                @Override
                public @Nullable Node pick(PickContext context) {
                    Node last = null;
                    for (Candidate candidate : first.candidates()) {
                        last = candidate.node();
                        if (!context.avoids(last.endpoint())) {
                            return last;
                        }
                    }
                    return last;
                }

                @Override
                public Refusal refusal(PickContext context) {
                    return first.refusal(env.time().nanoTime());
                }

                @Override
                public Picker rebuild(Snapshot next) {
                    return newPicker(next, env);
                }
            };
        }
    }

    private record Careless(boolean shares) implements PickPolicy {
        @Override
        public String name() {
            return "careless";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new CarelessPicker(first, shares);
        }
    }

    private static final class CarelessPicker implements Picker {
        private final boolean shares;
        private Snapshot snapshot;

        CarelessPicker(Snapshot snapshot, boolean shares) {
            this.snapshot = snapshot;
            this.shares = shares;
        }

        @Override
        public @Nullable Node pick(PickContext context) {
            List<Candidate> candidates = snapshot.candidates();
            return candidates.isEmpty() ? null : candidates.get(0).node();
        }

        @Override
        public Refusal refusal(PickContext context) {
            return new Refusal(Refusal.Kind.NONE_USABLE, false, "nobody");
        }

        @Override
        public Picker rebuild(Snapshot after) {
            if (shares) {
                snapshot = after;
                return this;
            }
            return new CarelessPicker(after, false);
        }
    }

    /** Answers every second for ever, whatever is asked of it. */
    private static final class Chatty implements Resolver {
        private final List<Endpoint> endpoints;
        private final Env env;

        Chatty(List<Endpoint> endpoints, Env env) {
            this.endpoints = endpoints;
            this.env = env;
        }

        @Override
        public void start(Listener listener) {
            listener.onResolution(Resolution.of(EndpointSet.builder("chatty")
                    .endpoints(endpoints)
                    .asOf(env.time().now())
                    .build()));
            env.time().schedule(1_000_000_000L, () -> start(listener));
        }

        @Override
        public void close() {}
    }
}
