package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CallTracerTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1", 80);
    private static final AttemptTrace.Start START =
            new AttemptTrace.Start("orders", "random", A, 1, ShardMap.NO_EPOCH, null);

    private final List<String> heard = new ArrayList<>();

    /** Notes all that it hears under a name. */
    private final class Noting implements CallTracer {
        private final String name;

        Noting(String name) {
            this.name = name;
        }

        @Override
        public CallTrace start(String adapter, String method, String host, int port) {
            heard.add(name + " start " + adapter + " " + method + " " + host + ":" + port);
            return new CallTrace() {
                @Override
                public void entered() {
                    heard.add(name + " entered");
                }

                @Override
                public void waited(String service, long nanos) {
                    heard.add(name + " waited " + service + " " + nanos);
                }

                @Override
                public void refused(String service, Refusal.Kind kind) {
                    heard.add(name + " refused " + service + " " + kind);
                }

                @Override
                public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
                    heard.add(name + " retry " + service + " " + failed.id() + " " + outcome + " " + decision);
                }

                @Override
                public void hedgeDecided(String service, RetryDecision decision) {
                    heard.add(name + " hedge " + service + " " + decision);
                }

                @Override
                public AttemptTrace attempt(AttemptTrace.Start start) {
                    heard.add(name + " attempt " + start.number());
                    return attemptTrace();
                }
            };
        }

        private AttemptTrace attemptTrace() {
            return new AttemptTrace() {
                @Override
                public void headers(BiConsumer<String, String> set) {
                    set.accept("trace", name);
                }

                @Override
                public void entered() {
                    heard.add(name + " attempt entered");
                }

                @Override
                public void connected(@Nullable SocketAddress peer) {
                    heard.add(name + " connected " + peer);
                }

                @Override
                public void answered(Outcome outcome, String status) {
                    heard.add(name + " answered " + outcome + " " + status);
                }

                @Override
                public void ended(Outcome outcome, @Nullable String status) {
                    heard.add(name + " ended " + outcome + " " + status);
                }
            };
        }
    }

    /** Throws whatever it is told. */
    private static CallTracer throwing() {
        return (adapter, method, host, port) -> new CallTrace() {
            @Override
            public void entered() {
                throw new IllegalStateException("entered");
            }

            @Override
            public void waited(String service, long nanos) {
                throw new IllegalStateException("waited");
            }

            @Override
            public void refused(String service, Refusal.Kind kind) {
                throw new IllegalStateException("refused");
            }

            @Override
            public void retryDecided(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
                throw new IllegalStateException("retry");
            }

            @Override
            public void hedgeDecided(String service, RetryDecision decision) {
                throw new IllegalStateException("hedge");
            }

            @Override
            public boolean wantsKeyHash() {
                throw new IllegalStateException("hash");
            }

            @Override
            public AttemptTrace attempt(AttemptTrace.Start start) {
                return new AttemptTrace() {
                    @Override
                    public void headers(BiConsumer<String, String> set) {
                        throw new IllegalStateException("headers");
                    }

                    @Override
                    public void entered() {
                        throw new IllegalStateException("entered");
                    }

                    @Override
                    public void connected(@Nullable SocketAddress peer) {
                        throw new IllegalStateException("connected");
                    }

                    @Override
                    public void answered(Outcome outcome, String status) {
                        throw new IllegalStateException("answered");
                    }

                    @Override
                    public void ended(Outcome outcome, @Nullable String status) {
                        throw new AssertionError("ended");
                    }
                };
            }
        };
    }

    private void callThrough(CallTracer tracer) {
        CallTrace call = tracer.start("okhttp", "GET", "orders", 80);
        assertThat(call).isNotNull();
        call.entered();
        call.waited("orders", 7);
        call.refused("orders", Refusal.Kind.NONE_USABLE);
        call.retryDecided("orders", A, Outcome.TIMEOUT, RetryDecision.GRANTED);
        call.hedgeDecided("orders", RetryDecision.BUDGET_EXHAUSTED);
        assertThat(call.wantsKeyHash()).isFalse();
        AttemptTrace attempt = call.attempt(START);
        assertThat(attempt).isNotNull();
        attempt.headers((name, value) -> heard.add(name + "=" + value));
        attempt.entered();
        attempt.connected(InetSocketAddress.createUnresolved("peer", 80));
        attempt.answered(Outcome.SUCCESS, "200");
        attempt.ended(Outcome.SUCCESS, "200");
    }

    /** Without the stack traces, which name this package too. */
    private static List<String> warnings(Runnable work) {
        return LoggedLines.during(work).stream()
                .filter(line -> line.contains(" WARN "))
                .toList();
    }

    private static List<String> all(String name) {
        return List.of(
                name + " start okhttp GET orders:80",
                name + " entered",
                name + " waited orders 7",
                name + " refused orders NONE_USABLE",
                name + " retry orders 10.0.0.1:80 TIMEOUT GRANTED",
                name + " hedge orders BUDGET_EXHAUSTED",
                name + " attempt 1",
                "trace=" + name,
                name + " attempt entered",
                name + " connected peer/<unresolved>:80",
                name + " answered SUCCESS 200",
                name + " ended SUCCESS 200");
    }

    @Test
    void withoutATracerThereIsNothingToAsk() {
        assertThat(BalancerRegistry.tracer(List.of())).isNull();
    }

    @Test
    void aTracerThatThrowsDisturbsNeitherTheCallNorTheOthers() {
        List<String> lines = warnings(() -> callThrough(BalancerRegistry.tracer(List.of(throwing(), new Noting("a")))));
        assertThat(heard).containsExactlyElementsOf(all("a"));
        // The 1st, 2nd, 4th and 8th of eleven.
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).contains("threw (1 times so far)", "the calls go on");
    }

    @Test
    void aTracerThatThrowsAtOnceTracesNoCall() {
        CallTracer broken = (adapter, method, host, port) -> {
            throw new IllegalStateException("broken");
        };
        CallTracer tracer = BalancerRegistry.tracer(List.of(broken));
        assertThat(warnings(() ->
                        assertThat(tracer.start("okhttp", "GET", "orders", 80)).isNull()))
                .hasSize(1);
    }

    @Test
    void whoIsNotInterestedHearsNothing() {
        CallTracer tracer = BalancerRegistry.tracer(List.of((adapter, method, host, port) -> null));
        assertThat(tracer.start("grpc", "shop.Orders/Get", "orders", -1)).isNull();
    }

    @Test
    void aCallWhoseAttemptsNobodyWantsHasNone() {
        CallTracer tracer = BalancerRegistry.tracer(List.of((adapter, method, host, port) -> start -> null));
        assertThat(tracer.start("grpc", "shop.Orders/Get", "orders", -1).attempt(START))
                .isNull();
    }

    @Test
    void tracersOfTheProcessAreForClientsThatAreMadeLaterAndEachIsAskedOnce() {
        CallTracer both = new Noting("both");
        Cancellable first = BalancerRegistry.trace(both);
        Cancellable second = BalancerRegistry.trace(new Noting("process"));
        CallTracer client = BalancerRegistry.tracer(List.of(both));
        first.cancel();
        second.cancel();
        second.cancel();
        assertThat(BalancerRegistry.tracer(List.of())).isNull();
        client.start("okhttp", "GET", "orders", 80);
        assertThat(heard).containsExactly("both start okhttp GET orders:80", "process start okhttp GET orders:80");
    }

    @Test
    void theHashOfAKeyIsItsLowHalfAndOnlyWhereItIsWanted() {
        CallTrace wanting = new CallTrace() {
            @Override
            public boolean wantsKeyHash() {
                return true;
            }

            @Override
            public @Nullable AttemptTrace attempt(AttemptTrace.Start start) {
                return null;
            }
        };
        EndpointSelector key = EndpointSelector.of(4711);
        assertThat(AttemptTrace.Start.keyHash(key, wanting))
                .isEqualTo((int) key.hash())
                .isNotEqualTo(4711);
        assertThat(AttemptTrace.Start.keyHash(null, wanting)).isNull();
        assertThat(AttemptTrace.Start.keyHash(key, start -> null)).isNull();
        EndpointSelector foreign = new EndpointSelector() {
            @Override
            public int hashableIdentifier() {
                throw new IllegalStateException("as keys of others may");
            }
        };
        assertThat(AttemptTrace.Start.keyHash(foreign, wanting)).isNull();
    }
}
