package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Outcome;
import dev.zerohop.picker.Pickers;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever ends a call, however odd, ends its lease. */
class EveryLeaseEndsTest {

    @Test
    void callersThatAreInterruptedLeaveNothingInFlightAndTheEndpointIsUsedAfterwards() throws Exception {
        try (Rig rig = new Rig(TestPolicies.settings(Pickers.leastRequest(), 3, null))) {
            rig.servers(2);
            for (int i = 0; i < 50; i++) {
                // The race for a connection waits for its first result, and throws InterruptedException, which it does
                // not declare.
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> rig.text("/")).isInstanceOf(InterruptedException.class);
                assertThat(Thread.interrupted())
                        .as("the wait for the race clears it, as without routing")
                        .isFalse();
            }
            assertThat(rig.inFlight()).isZero();
            assertThat(rig.outcomes()).hasSize(50).containsOnly(Outcome.CANCELLED);
            for (int i = 0; i < 40; i++) {
                rig.text("/");
            }
            for (TestServer server : rig.servers(0)) {
                assertThat(server.log).as(server.id).isNotEmpty();
            }
        }
    }

    /** What Java code can throw, and what Kotlin code can throw without a word. */
    static List<Throwable> throwables() {
        return List.of(
                new IOException("io"),
                new IllegalStateException("runtime"),
                new AssertionError("error"),
                new Exception("checked"),
                new InterruptedException("interrupted"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void whateverAnInterceptorThrowsEndsTheLeaseAndReachesTheCallerAsItIs(Throwable thrown) throws Exception {
        for (boolean network : new boolean[] {false, true}) {
            for (boolean after : new boolean[] {false, true}) {
                try (Rig rig = Rig.roundRobin()) {
                    rig.servers(1);
                    Interceptor broken = chain -> {
                        if (after) {
                            chain.proceed(chain.request()).close();
                        }
                        throw EveryLeaseEndsTest.<RuntimeException>sneaky(thrown);
                    };
                    OkHttpClient.Builder client = rig.client.newBuilder();
                    (network ? client.networkInterceptors() : client.interceptors()).add(broken);
                    assertThatThrownBy(
                                    () -> client.build().newCall(Rig.get("/")).execute())
                            .isSameAs(thrown);
                    assertThat(rig.inFlight()).isZero();
                    assertThat(rig.outcomes())
                            .as("an answer is an answer, whatever the application makes of it")
                            .containsExactly(after ? Outcome.SUCCESS : Outcome.CANCELLED);
                    assertThat(rig.text("/")).isEqualTo("s0");
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneaky(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void aFailedAnswerThatAnInterceptorTurnsIntoAnExceptionIsStillAFailedAnswer() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().code(503).body("busy"));
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        try (Response response = chain.proceed(chain.request())) {
                            throw new IOException("status " + response.code());
                        }
                    })
                    .build();
            assertThatThrownBy(() -> client.newCall(Rig.get("/")).execute()).hasMessage("status 503");
            assertThat(rig.outcomes()).containsExactly(Outcome.ERROR_RESPONSE);
        }
    }

    @Test
    void aCallThatIsCancelledWhileItIsPickedHoldsNothingWhileItsInterceptorsRun() throws Exception {
        AtomicReference<@Nullable Call> running = new AtomicReference<>();
        try (Rig rig = new Rig(TestPolicies.settings(
                new TestPolicies.Intercepted(new TestPolicies.RoundRobin(false), () -> {
                    Call call = running.get();
                    if (call != null) {
                        call.cancel();
                    }
                }),
                3,
                null))) {
            rig.servers(1);
            ConcurrentLinkedQueue<Integer> inFlight = new ConcurrentLinkedQueue<>();
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        inFlight.add(rig.inFlight());
                        return chain.proceed(chain.request());
                    })
                    .build();
            Call call = client.newCall(Rig.get("/"));
            running.set(call);
            assertThatThrownBy(call::execute).hasMessageContaining("Canceled");
            assertThat(inFlight).containsExactly(0);
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void trailersThatAreReadWithoutTheBodyAndWithoutCloseEndTheLease(boolean http2) throws Exception {
        List<Protocol> protocols = List.of(http2 ? Protocol.H2_PRIOR_KNOWLEDGE : Protocol.HTTP_1_1);
        try (Rig rig = new Rig(
                        TestPolicies.roundRobin(3), UnaryOperator.identity(), client -> client.protocols(protocols));
                TestServer server = new TestServer("s", null, protocols)) {
            rig.resolver.push(server.endpoint());
            server.answers(new MockResponse.Builder()
                    .chunkedBody("0123456789".repeat(1000), 100)
                    .trailers(Headers.of("checksum", "7f")));
            Response response = rig.call(Rig.get("/")).execute();
            assertThat(rig.inFlight()).isOne();
            assertThat(response.trailers().get("checksum")).isEqualTo("7f");
            assertThat(rig.inFlight()).isZero();
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);
        }
    }

    @Test
    void aBodyThatAnInnerInterceptorReadsWholeEndsWithItsLastByte() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            OkHttpClient client = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        Response response = chain.proceed(chain.request());
                        byte[] bytes = response.body().bytes();
                        return response.newBuilder()
                                .body(okhttp3.ResponseBody.create(bytes, null))
                                .build();
                    })
                    .build();
            Response response = client.newCall(Rig.get("/")).execute();
            assertThat(rig.inFlight()).as("the endpoint has nothing more to do").isZero();
            assertThat(response.body().string()).isEqualTo("s0");
            assertThat(rig.outcomes()).containsExactly(Outcome.SUCCESS);
        }
    }

    @Test
    void aWebSocketThatIsRefusedEndsTheLeaseWhateverTheListenerDoes() throws Exception {
        List<MockResponse> refusals = List.of(
                new MockResponse.Builder().code(403).body("no").build(),
                new MockResponse.Builder().code(503).chunkedBody("busy", 2).build(),
                new MockResponse.Builder().body("not a WebSocket").build(),
                new MockResponse.Builder()
                        .code(101)
                        .addHeader("Connection", "Upgrade")
                        .addHeader("Upgrade", "websocket")
                        .addHeader("Sec-WebSocket-Accept", "wrong")
                        .build(),
                new MockResponse.Builder()
                        .onResponseStart(new SocketEffect.CloseSocket())
                        .build());
        for (boolean throwing : new boolean[] {false, true}) {
            for (MockResponse refusal : refusals) {
                try (Rig rig = Rig.roundRobin()) {
                    rig.servers(1).get(0).answer = request -> refusal;
                    CompletableFuture<Throwable> failed = new CompletableFuture<>();
                    rig.client.newWebSocket(Rig.get("/ws"), new WebSocketListener() {
                        @Override
                        public void onFailure(WebSocket socket, Throwable failure, @Nullable Response response) {
                            failed.complete(failure);
                            if (throwing) {
                                throw new IllegalStateException("the listener is broken");
                            }
                        }
                    });
                    failed.get(60, TimeUnit.SECONDS);
                    await().dontCatchUncaughtExceptions().until(() -> rig.inFlight() == 0);
                    assertThat(rig.outcomes()).as(refusal.toString()).isNotEmpty();
                }
            }
        }
    }

    @Test
    void aCallbackThatThrowsInsteadOfClosingEndsTheLease() throws Exception {
        try (Rig rig = new Rig(TestPolicies.settings(Pickers.leastRequest(), 3, null))) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().body("x".repeat(100_000)));
            CompletableFuture<Response> answered = new CompletableFuture<>();
            rig.call(Rig.get("/")).enqueue(new okhttp3.Callback() {
                @Override
                public void onFailure(Call call, IOException failure) {
                    answered.completeExceptionally(failure);
                }

                @Override
                public void onResponse(Call call, Response response) {
                    answered.complete(response);
                    throw new IllegalStateException("the callback is broken");
                }
            });
            answered.get(60, TimeUnit.SECONDS);
            await().dontCatchUncaughtExceptions().until(() -> rig.inFlight() == 0);
        }
    }
}
