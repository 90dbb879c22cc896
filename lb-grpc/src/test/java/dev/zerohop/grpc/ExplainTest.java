package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerListener;
import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A channel says what it knows, in a text and in gRPC's own log. */
@Timeout(180)
class ExplainTest {

    @Test
    void aChannelSaysWhatItKnows() throws Exception {
        try (Fleet fleet = Fleet.of("s-0", "s-1", "s-2")) {
            ManagedChannel channel = fleet.channel("{'policy': {'shard': {'strategy': 'modulo', 'shards': 3}}}");
            CallOptions two = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(2));
            assertThat(TestServer.call(channel, two, "x")).isEqualTo("s-2");
            String gone = fleet.endpoint("s-1").toString();
            fleet.server("s-1").close();
            fleet.server("s-2").holds = true;
            var running = ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, two), "held");
            await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel, two))
                    .contains(fleet.target() + " (authority orders): READY, 2 of 3 endpoints connected")
                    .contains("settings of the application's service config\n")
                    .contains("strategy modulo")
                    .containsPattern("source fleet, version \\d+, age \\d+ ms\n")
                    .containsPattern("member s-0\\S+ weight 1 ordinal 0 HEALTHY .*in flight 0, connection READY for"
                            + " \\d+ ms at /127.0.0.1:\\d+")
                    .contains("member " + gone + " weight 1 ordinal 1 DISCONNECTED")
                    .containsPattern("member s-1.*connection TRANSIENT_FAILURE for \\d+ ms, last failure \\d+ ms ago:"
                            + " io exception: Connection refused")
                    .containsPattern("member s-2.*in flight 1")
                    .containsPattern("stage .*")
                    .contains("pick policy shard, 2 of 3 members are candidates, key=2")
                    .containsPattern("pick .*s-2"));
            fleet.fail("403 from the source");
            await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel))
                    .containsPattern("stale: cannot be read since .*403 from the source"));
            running.cancel(true);
        }
    }

    @Test
    void eachChannelSpeaksForItselfThroughWhateverItIsWrappedIn() throws Exception {
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel one = fleet.channel("{'policy': 'round_robin'}");
            ManagedChannel other = fleet.built(fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    .defaultServiceConfig(Json.serviceConfig(
                            "{'policy': 'least_request'}", Json.retries(3, "['UNAVAILABLE', 'CANCELLED']"))));
            RoutingTest.awaitAll(one, "a", "b");
            RoutingTest.awaitAll(other, "a", "b");
            Channel wrapped = ClientInterceptors.intercept(
                    other, MetadataUtils.newAttachHeadersInterceptor(new Metadata()), ZerohopGrpc.interceptor());
            assertThat(ZerohopGrpc.explain(one)).contains("policy round_robin");
            assertThat(ZerohopGrpc.explain(other)).contains("policy least_request");
            assertThat(ZerohopGrpc.explain(wrapped)).contains("policy least_request");
        }
    }

    @Test
    void whereTheSettingsComeFrom() throws Exception {
        try (Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder());
            RoutingTest.awaitAll(channel, "a");
            assertThat(ZerohopGrpc.explain(channel)).contains("settings by default\n");
            fleet.configure("{\"policy\": \"least_request\"}");
            await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel))
                    .contains("settings of the source\n")
                    .contains("pick policy least_request"));
            fleet.configure("{\"policy\": \"nonsense\"}");
            await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel))
                    .contains("settings of the source, the last good ones\n")
                    .containsPattern("settings of the source were rejected: .*nonsense")
                    .contains("pick policy least_request"));
        }
    }

    @Test
    void theFirstConfigurationOfTheSourceIsRefused() throws Exception {
        try (Fleet fleet = Fleet.of("a")) {
            fleet.configure("{\"policy\": \"nonsense\"}");
            ManagedChannel channel = fleet.built(fleet.builder());
            channel.getState(true);
            await().untilAsserted(() -> assertThat(ZerohopGrpc.explain(channel))
                    .contains("settings by default, which are not in force\n")
                    .containsPattern("settings of the source were rejected: .*nonsense")
                    .containsPattern("pick .*nonsense"));
        }
    }

    @Test
    void aChannelWithoutAnAnswerSaysSoAndAnIdleOneStaysIdle() throws Exception {
        try (Fleet fleet = new Fleet()) {
            ManagedChannel channel = fleet.channel("{}");
            assertThat(ZerohopGrpc.explain(channel)).contains("orders: IDLE");
            assertThat(channel.getState(false)).isEqualTo(ConnectivityState.IDLE);
            channel.getState(true);
            await().until(() -> fleet.started == 1);
            assertThat(ZerohopGrpc.explain(channel)).contains("name resolver has not answered yet");
            channel.shutdownNow();
            assertThat(ZerohopGrpc.explain(channel)).contains("its calls end with UNAVAILABLE");
        }
    }

    @Test
    void aChannelOfAnotherPolicySaysSoAndItsServersSeeNothing() throws Exception {
        AtomicInteger streams = new AtomicInteger();
        ServerStreamTracer.Factory counter = new ServerStreamTracer.Factory() {
            @Override
            public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
                streams.incrementAndGet();
                return new ServerStreamTracer() {};
            }
        };
        try (TestServer a = new TestServer(
                "a", 0, InsecureServerCredentials.create(), builder -> builder.addStreamTracerFactory(counter))) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "static:///" + a.address(), InsecureChannelCredentials.create())
                    .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of("pick_first", Map.of()))))
                    .build();
            try {
                TestServer.call(channel);
                assertThat(ZerohopGrpc.explain(channel)).contains("READY; its policy is not zerohop");
                TestServer.call(channel);
                assertThat(streams).as("calls that the server saw").hasValue(2);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void changesAreWrittenToTheChannelsLog() throws Exception {
        Logger logger = Logger.getLogger("io.grpc.ChannelLogger");
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Level before = logger.getLevel();
        handler.setLevel(Level.ALL);
        logger.setLevel(Level.FINEST);
        logger.addHandler(handler);
        try (Fleet fleet = Fleet.of("a", "b")) {
            String a = fleet.endpoint("a").toString();
            ManagedChannel channel = fleet.built(fleet.builder());
            RoutingTest.awaitAll(channel, "a", "b");
            awaitLine(lines, "zerohop: 2 endpoints: 2 added, 0 removed, 0 held");
            awaitLine(lines, "zerohop: CONNECTING -> READY, ");
            awaitLine(lines, a + ": CONNECTING -> READY, /127.0.0.1:");
            fleet.configure("{\"policy\": \"nonsense\"}");
            awaitLine(lines, "zerohop: a configuration is rejected: ");
            fleet.reject("weights were bad");
            awaitLine(lines, "zerohop: a value of the source is rejected: weights were bad");
            fleet.fail("403 from the source");
            awaitLine(lines, "zerohop: the source cannot be read: ");
            fleet.name("a");
            awaitLine(lines, "zerohop: the source answers again");
            awaitLine(lines, "zerohop: 1 endpoints: 0 added, 1 removed, 0 held");
            fleet.server("a").close();
            awaitLine(lines, a + ": READY -> CONNECTING, the connection ended");
            // The first attempt may still meet the dying server, and is reset.
            awaitLine(lines, "-> TRANSIENT_FAILURE, io exception: Connection refused");
            awaitLine(lines, "-> TRANSIENT_FAILURE, 0 of 1 endpoints connected; " + a + ": io exception");
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(before);
        }
    }

    private static void awaitLine(Queue<String> lines, String text) {
        await().untilAsserted(() -> assertThat(String.join("\n", lines)).contains(text));
    }

    /** The answer is made in the channel's synchronization context, which may be busy until after the call has ended. */
    @Test
    void anAnswerThatComesAfterTheEndOfItsCallIsNotLost() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        ClientInterceptor watching = new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        super.start(
                                new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
                                    @Override
                                    public void onClose(Status status, Metadata trailers) {
                                        super.onClose(status, trailers);
                                        ended.countDown();
                                    }
                                },
                                headers);
                    }
                };
            }
        };
        AtomicReference<Channel> explained = new AtomicReference<>();
        CompletableFuture<String> text = new CompletableFuture<>();
        BalancerListener busy = new BalancerListener() {
            @Override
            public void onMembership(String service, int members, int added, int removed, int held) {
                Channel channel = explained.getAndSet(null);
                if (channel != null) {
                    new Thread(() -> text.complete(ZerohopGrpc.explain(channel))).start();
                    try {
                        ended.await(60, TimeUnit.SECONDS);
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }
            }
        };
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, busy));
            RoutingTest.awaitAll(channel, "a", "b");
            explained.set(ClientInterceptors.intercept(channel, watching));
            fleet.name("a");
            assertThat(text.get(60, TimeUnit.SECONDS)).doesNotContain("its calls end with");
        }
    }
}
