package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.Buffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeaseEndTest {
    private static final String BIG = "0123456789".repeat(100_000);

    @Test
    void theLeaseLastsUntilTheLastByteIsRead() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body(BIG));
            Response response = rig.call(Rig.get("/")).execute();
            response.body().source().skip(1000);
            assertThat(rig.inFlight()).isOne();
            assertThat(response.body().source().readByteString().size()).isEqualTo(BIG.length() - 1000);
            assertThat(rig.inFlight())
                    .as("ended by the last byte, before close")
                    .isZero();
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);
            response.close();
        }
    }

    @Test
    void theLeaseEndsWhenTheBodyIsClosedUnread() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body(BIG));
            Response response = rig.call(Rig.get("/")).execute();
            assertThat(rig.inFlight()).isOne();
            response.close();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aResponseWithoutABodyEndsAtOnceEvenIfNobodyClosesIt() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder().code(204));
            rig.call(Rig.get("/")).execute();
            server.answers(new MockResponse.Builder().addHeader("Content-Length", "10"));
            rig.call(new Request.Builder().url("http://orders/").head().build()).execute();
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void cancelEndsTheLeaseWhileConnectingWhileWaitingAndWhileReading() throws Exception {
        try (Rig rig = Rig.roundRobin();
                ServerSocket silent = new ServerSocket(0, 1)) {
            // While the answer is awaited.
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder().headersDelay(30, TimeUnit.SECONDS));
            Call waiting = rig.call(Rig.get("/"));
            CompletableFuture<IOException> failed = enqueue(waiting);
            await().until(() -> server.log.size() == 1);
            assertThat(rig.inFlight()).isOne();
            waiting.cancel();
            assertThat(rig.inFlight()).as("at once").isZero();
            assertThat(failed.get(60, TimeUnit.SECONDS)).hasMessageContaining("Canceled");

            // While the body is read, and it is never closed.
            server.answers(new MockResponse.Builder().body(BIG).throttleBody(1000, 1, TimeUnit.SECONDS));
            Call reading = rig.call(Rig.get("/"));
            Response response = reading.execute();
            response.body().source().skip(10);
            assertThat(rig.inFlight()).isOne();
            reading.cancel();
            assertThat(rig.inFlight()).isZero();
            response.close();

            // While the TLS handshake hangs: nothing answers there.
            rig.resolver.push(dev.zerohop.Endpoint.of("127.0.0.1", silent.getLocalPort()));
            Call connecting =
                    rig.call(new Request.Builder().url("https://orders/").build());
            failed = enqueue(connecting);
            // Its greeting has come: OkHttp may overlook a cancel before it has a connection to close.
            try (Socket greeted = silent.accept()) {
                assertThat(greeted.getInputStream().read()).isNotNegative();
                assertThat(rig.inFlight()).isOne();
                connecting.cancel();
                assertThat(rig.inFlight()).isZero();
                failed.get(60, TimeUnit.SECONDS);
            }
            assertThat(rig.outcomes()).containsOnly(Outcome.CANCELLED).hasSize(3);
        }
    }

    @Test
    void aCallThatIsCancelledBeforeItStartsLeavesNothing() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            Call call = rig.call(Rig.get("/"));
            call.cancel();
            assertThatThrownBy(call::execute).hasMessageContaining("Canceled");
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aWebSocketHoldsItsLeaseUntilItEnds() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            CountDownLatch closed = new CountDownLatch(1);
            rig.servers(1).get(0).answers(new MockResponse.Builder().webSocketUpgrade(new WebSocketListener() {
                        @Override
                        public void onMessage(WebSocket socket, String text) {
                            socket.send("echo " + text);
                        }

                        @Override
                        public void onClosing(WebSocket socket, int code, String reason) {
                            socket.close(code, reason);
                        }
                    }));
            CompletableFuture<String> answer = new CompletableFuture<>();
            WebSocket socket = rig.client.newWebSocket(Rig.get("/ws"), new WebSocketListener() {
                @Override
                public void onMessage(WebSocket ignored, String text) {
                    answer.complete(text);
                }

                @Override
                public void onClosed(WebSocket ignored, int code, String reason) {
                    closed.countDown();
                }

                @Override
                public void onFailure(WebSocket ignored, Throwable failure, @Nullable Response response) {
                    answer.completeExceptionally(failure);
                    closed.countDown();
                }
            });
            socket.send("hi");
            assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo("echo hi");
            assertThat(rig.inFlight()).isOne();
            socket.close(1000, "done");
            assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
            await().until(() -> rig.inFlight() == 0);
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);

            WebSocket second = rig.client.newWebSocket(Rig.get("/ws"), new WebSocketListener() {});
            await().until(() -> rig.inFlight() == 1);
            second.cancel();
            await().until(() -> rig.inFlight() == 0);
        }
    }

    @Test
    void aBodyThatIsForgottenOpenIsFoundAndCounted() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body(BIG));
            forget(rig);
            assertThat(rig.inFlight()).isOne();
            assertThat(rig.zerohop.watchedBodies()).isOne();
            await().until(() -> {
                System.gc();
                // A later call finds it; the timer would as well.
                rig.text("/");
                return !rig.leaks.isEmpty();
            });
            assertThat(rig.leaks).hasSize(1);
            assertThat(rig.outcomes()).contains(Outcome.LEAKED);
            assertThat(rig.inFlight()).isZero();
            assertThat(rig.zerohop.watchedBodies()).isZero();
        }
    }

    private static void forget(Rig rig) throws IOException {
        rig.call(Rig.get("/")).execute().body().source().skip(1);
    }

    @Test
    void aFailureWhileTheBodyIsReadIsATransportFailureAndNotRepeated() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder()
                    .body(new Buffer().writeUtf8(BIG))
                    .onResponseBody(new mockwebserver3.SocketEffect.CloseSocket()));
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(IOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TRANSPORT_FAILURE);
            assertThat(server.log).hasSize(1);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void closingTheRoutingLeavesCallsUnderWayInPeaceAndEndsTheRest() throws Exception {
        try (Rig rig = new Rig(TestPolicies.roundRobin(3), UnaryOperator.identity(), UnaryOperator.identity())) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body(BIG));
            Response open = rig.call(Rig.get("/")).execute();
            rig.zerohop.close();
            rig.zerohop.close();
            assertThatThrownBy(() -> rig.text("/"))
                    .isInstanceOfSatisfying(
                            NoEndpointIOException.class,
                            e -> assertThat(e.refusal().kind()).isEqualTo(dev.zerohop.Refusal.Kind.CLOSED));
            assertThat(open.body().string()).hasSize(BIG.length());
            assertThat(rig.inFlight()).isZero();
            await().until(() -> rig.zerohop.connections() == 0 && rig.zerohop.routes() == 0);
        }
    }

    private static CompletableFuture<IOException> enqueue(Call call) {
        CompletableFuture<IOException> failed = new CompletableFuture<>();
        call.enqueue(new Callback() {
            @Override
            public void onFailure(Call ignored, IOException failure) {
                failed.complete(failure);
            }

            @Override
            public void onResponse(Call ignored, Response response) {
                response.close();
                failed.completeExceptionally(new AssertionError("answered " + response));
            }
        });
        return failed;
    }
}
