package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Answered is not ended: what the headers of an answer decide, what its end decides, and what keeps a long one alive. On the balancer's own, faked, clock. */
class AnsweredTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver resolver = new ScriptedResolver();
    private final ConcurrentLinkedQueue<Endpoint> leaks = new ConcurrentLinkedQueue<>();

    private Balancer balancer(BalancerSettings settings) {
        Balancer balancer = Balancer.builder("orders")
                .env(new Env(time, Env.system().dice(), Env.system().blocking()))
                .resolver(resolver)
                .settings(settings)
                .listener(new BalancerListener() {
                    @Override
                    public void onLeak(String service, Endpoint endpoint, Duration age) {
                        leaks.add(endpoint);
                    }
                })
                .build();
        balancer.start();
        return balancer;
    }

    private static int inFlight(Balancer balancer) {
        return balancer.current().snapshot().members().stream()
                .mapToInt(Node::inFlight)
                .sum();
    }

    private static Health.Status status(Balancer balancer) {
        return balancer.current().snapshot().members().get(0).health().status();
    }

    private static OkHttpClient.Builder http2() {
        return new OkHttpClient.Builder().protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE));
    }

    @Test
    void theHeadersOfAStreamReadmitAHalfOpenEndpointAndItsBodyCountsToTheEnd() throws Exception {
        BalancerSettings settings = BalancerSettings.builder(Pickers.roundRobin())
                .ejection(OutlierEjection.builder()
                        .consecutiveFailures(2)
                        .maxPercent(100)
                        .jitter(Duration.ZERO)
                        .build())
                .build();
        try (Balancer balancer = balancer(settings);
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                FrameServer server = new FrameServer("server", (connection, stream) -> {
                    if (restarted.isEmpty()) {
                        connection.breakOff();
                    } else {
                        connection.headers(stream);
                        connection.data(stream, "first", false);
                    }
                })) {
            OkHttpClient client = zerohop.install(http2()).build();
            resolver.push(server.endpoint());
            time.runDue();
            for (int i = 0; i < 2; i++) {
                assertThat(failed(client)).isTrue();
            }
            time.advance(Duration.ofSeconds(1));
            assertThat(status(balancer)).isEqualTo(Health.Status.EJECTED);
            restarted.add("now");
            time.advance(Duration.ofSeconds(31));
            assertThat(status(balancer)).isEqualTo(Health.Status.HALF_OPEN);
            Response stream = client.newCall(Rig.get("/stream")).execute();
            time.advance(Duration.ofSeconds(1));
            assertThat(status(balancer)).as("readmitted by the headers").isNotEqualTo(Health.Status.HALF_OPEN);
            assertThat(inFlight(balancer)).isOne();
            Response second = client.newCall(Rig.get("/stream")).execute();
            assertThat(inFlight(balancer)).isEqualTo(2);
            stream.close();
            second.close();
            assertThat(inFlight(balancer)).isZero();
        }
    }

    @Test
    void theHeadersOfAnErrorReadmitNothing() throws Exception {
        BalancerSettings settings = BalancerSettings.builder(Pickers.roundRobin())
                .ejection(OutlierEjection.builder()
                        .consecutiveFailures(2)
                        .maxPercent(100)
                        .jitter(Duration.ZERO)
                        .build())
                .build();
        try (Balancer balancer = balancer(settings);
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                FrameServer server = new FrameServer("server", (connection, stream) -> {
                    if (restarted.isEmpty()) {
                        connection.breakOff();
                    } else {
                        connection.status(stream, "500", false);
                    }
                })) {
            OkHttpClient client = zerohop.install(http2()).build();
            resolver.push(server.endpoint());
            time.runDue();
            for (int i = 0; i < 2; i++) {
                assertThat(failed(client)).isTrue();
            }
            time.advance(Duration.ofSeconds(1));
            restarted.add("now");
            time.advance(Duration.ofSeconds(31));
            assertThat(status(balancer)).isEqualTo(Health.Status.HALF_OPEN);
            try (Response error = client.newCall(Rig.get("/stream")).execute()) {
                assertThat(error.code()).isEqualTo(500);
                time.advance(Duration.ofSeconds(1));
                assertThat(status(balancer)).isEqualTo(Health.Status.HALF_OPEN);
            }
        }
    }

    private final ConcurrentLinkedQueue<String> restarted = new ConcurrentLinkedQueue<>();

    private static boolean failed(OkHttpClient client) {
        try (Response response = client.newCall(Rig.get("/")).execute()) {
            return false;
        } catch (java.io.IOException failure) {
            return true;
        }
    }

    @Test
    void aLongBodyIsNoLatency() throws Exception {
        try (Balancer balancer = balancer(BalancerSettings.of(Pickers.peakEwma()));
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                FrameServer server = new FrameServer("server", (connection, stream) -> {
                    time.advance(Duration.ofMillis(5));
                    connection.headers(stream);
                })) {
            OkHttpClient client = zerohop.install(http2()).build();
            resolver.push(server.endpoint());
            time.runDue();
            Response response = client.newCall(Rig.get("/")).execute();
            time.advance(Duration.ofSeconds(8));
            server.data("8 s later", true);
            assertThat(response.body().string()).isEqualTo("8 s later");
            assertThat(inFlight(balancer)).isZero();
            assertThat(balancer.current().snapshot().members().get(0).load(time.nanoTime()))
                    .as("the cost of the next call, in ns")
                    .isLessThan(Duration.ofMillis(100).toNanos());
        }
    }

    @Test
    void bytesThatMoveKeepALeaseAndSilenceEndsIt() throws Exception {
        try (Balancer balancer = balancer(BalancerSettings.of(Pickers.roundRobin()).toBuilder()
                        .leaseAgeLimit(LIMIT)
                        .build());
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                FrameServer server = new FrameServer("server", (connection, stream) -> connection.headers(stream))) {
            OkHttpClient client = zerohop.install(http2()).build();
            resolver.push(server.endpoint());
            time.runDue();
            Response response = client.newCall(Rig.get("/")).execute();
            for (int i = 0; i < 10; i++) {
                server.data("x", false);
                assertThat(response.body().source().readByte()).isEqualTo((byte) 'x');
                time.advance(LIMIT.dividedBy(2));
            }
            assertThat(leaks).isEmpty();
            assertThat(inFlight(balancer)).isOne();
            time.advance(LIMIT.multipliedBy(3));
            assertThat(leaks).hasSize(1);
            assertThat(inFlight(balancer)).isZero();
            response.close();
            assertThat(inFlight(balancer)).isZero();
        }
    }

    @Test
    void aLongUploadIsProgress() throws Exception {
        try (Balancer balancer = balancer(BalancerSettings.of(Pickers.roundRobin()).toBuilder()
                        .leaseAgeLimit(LIMIT)
                        .build());
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                TestServer server = new TestServer("server")) {
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            resolver.push(server.endpoint());
            time.runDue();
            Request upload = new Request.Builder()
                    .url("http://orders/")
                    .put(new RequestBody() {
                        @Override
                        public @Nullable MediaType contentType() {
                            return null;
                        }

                        @Override
                        public void writeTo(BufferedSink sink) throws java.io.IOException {
                            for (int i = 0; i < 10; i++) {
                                sink.writeUtf8("part " + i);
                                sink.flush();
                                time.advance(LIMIT.dividedBy(2));
                            }
                        }
                    })
                    .build();
            try (Response response = client.newCall(upload).execute()) {
                assertThat(response.code()).isEqualTo(200);
            }
            assertThat(server.only().getBody().utf8())
                    .startsWith("part 0part 1")
                    .endsWith("part 9");
            assertThat(leaks).isEmpty();
            assertThat(inFlight(balancer)).isZero();
        }
    }

    @Test
    void theMessagesOfAWebSocketAreProgress() throws Exception {
        try (Balancer balancer = balancer(BalancerSettings.of(Pickers.roundRobin()).toBuilder()
                        .leaseAgeLimit(LIMIT)
                        .build());
                ZerohopOkHttp zerohop =
                        ZerohopOkHttp.builder().route("orders", balancer).build();
                TestServer server = new TestServer("server")) {
            ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();
            server.answers(new mockwebserver3.MockResponse.Builder().webSocketUpgrade(new WebSocketListener() {
                @Override
                public void onMessage(WebSocket socket, String text) {
                    received.add(text);
                }

                @Override
                public void onClosing(WebSocket socket, int code, String reason) {
                    socket.close(code, reason);
                }
            }));
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            resolver.push(server.endpoint());
            time.runDue();
            CompletableFuture<Response> opened = new CompletableFuture<>();
            WebSocket socket = client.newWebSocket(Rig.get("/ws"), new WebSocketListener() {
                @Override
                public void onOpen(WebSocket ignored, Response response) {
                    opened.complete(response);
                }
            });
            opened.get(60, TimeUnit.SECONDS);
            for (int i = 0; i < 10; i++) {
                socket.send("message");
                int sent = i + 1;
                await().until(() -> received.size() == sent);
                time.advance(LIMIT.dividedBy(2));
            }
            assertThat(leaks).isEmpty();
            assertThat(inFlight(balancer)).isOne();
            socket.close(1000, "done");
            await().until(() -> inFlight(balancer) == 0);
            client.dispatcher().executorService().shutdown();
        }
    }
}
