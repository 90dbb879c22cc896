package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.RetryBudget;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Time;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest {
    private static final MockResponse.Builder DROP =
            new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket());

    @Test
    void aCallThatCouldNotConnectGoesToAnotherEndpointWhateverItsMethod() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            Endpoint dead = Rig.dead("dead");
            rig.resolver.push(dead, server.endpoint());
            for (int i = 0; i < 10; i++) {
                assertThat(rig.text(Rig.post("/", "x"))).isEqualTo("s0");
            }
            assertThat(server.log).hasSize(10);
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void whenEveryAttemptFailsTheErrorNamesEachEndpointAndWhy() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            Endpoint a = Rig.dead("a");
            Endpoint b = Rig.dead("b");
            Endpoint c = Rig.dead("c");
            rig.resolver.push(a, b, c);
            assertThatThrownBy(() -> rig.text("/items?secret=1"))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("orders: GET /items failed in 3 attempts")
                    .hasMessageContaining(a.toString())
                    .hasMessageContaining(b.toString())
                    .hasMessageContaining(c.toString())
                    .hasMessageContaining("CONNECT_FAILURE")
                    .hasMessageContaining("at most 3 attempts")
                    .hasMessageNotContaining(":80")
                    .hasMessageNotContaining("secret")
                    .hasCauseInstanceOf(ConnectException.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
            assertThat(rig.outcomes()).containsOnly(Outcome.CONNECT_FAILURE).hasSize(3);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void anAmbiguousFailureIsRepeatedElsewhereOnlyForIdempotentCalls() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(2);
            servers.get(0).answers(DROP);
            for (int i = 0; i < 4; i++) {
                assertThat(rig.text("/")).isEqualTo("s1");
            }
            assertThat(servers.get(0).log).isNotEmpty();
            int failed = 0;
            int before = servers.get(0).log.size() + servers.get(1).log.size();
            for (int i = 0; i < 4; i++) {
                try {
                    rig.text(Rig.post("/", "x"));
                } catch (IOException e) {
                    failed++;
                    assertThat(e).hasMessageContaining("not idempotent").hasMessageContaining("s0(");
                }
            }
            assertThat(failed).isEqualTo(2);
            assertThat(servers.get(0).log.size() + servers.get(1).log.size())
                    .as("no POST ran twice")
                    .isEqualTo(before + 4);
            assertThat(rig.outcomes()).contains(Outcome.TRANSPORT_FAILURE);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aBrokenReusedConnectionDoesNotMakeAPostRunTwice() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.text("/warm");
            server.answer = request -> request.getMethod().equals("POST") ? DROP.build() : null;
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x"))).hasMessageContaining("TRANSPORT_FAILURE");
            assertThat(server.log).as("plain OkHttp sends it again here").hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "00", "1", "99999999999", "Fri, 01 Jan 2100 00:00:00 GMT"})
    void anAnswerThatAsksToComeBackIsTheCallersToHeed(String retryAfter) throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder()
                    .code(503)
                    .addHeader("Retry-After", retryAfter)
                    .body("busy"));
            try (Response response = rig.call(Rig.post("/", "x")).execute()) {
                assertThat(response.code()).isEqualTo(503);
                assertThat(response.headers("Retry-After")).containsExactly(retryAfter);
                assertThat(response.body().string()).isEqualTo("busy");
            }
            server.only();
            assertThat(rig.outcomes()).containsExactly(Outcome.OVERLOADED);
        }
    }

    @Test
    void aTagMarksAPostIdempotentOrAGetNot() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(2);
            servers.get(0).answers(DROP);
            for (int i = 0; i < 4; i++) {
                Request post = Rig.post("/", "x")
                        .newBuilder()
                        .tag(Idempotent.class, Idempotent.YES)
                        .build();
                assertThat(rig.text(post)).isEqualTo("s1");
            }
            Request get = Rig.get("/")
                    .newBuilder()
                    .tag(Idempotent.class, Idempotent.NO)
                    .build();
            assertThatThrownBy(() -> {
                        rig.text(get);
                        rig.text(get);
                    })
                    .hasMessageContaining("not idempotent");
        }
    }

    @Test
    void aClientThatWantsNoRetriesGetsOnlyTheCertainlySafeOnes() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.retryOnConnectionFailure(false))) {
            TestServer server = rig.servers(1).get(0);
            server.answers(DROP);
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("retryOnConnectionFailure is off");
            assertThat(server.log).hasSize(1);
        }
    }

    @Test
    void aRefusedHttp2StreamGoesToAnotherEndpointAndNotOverTheSameConnection() throws Exception {
        try (Rig rig = h2();
                TestServer a = new TestServer("a", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE));
                TestServer b = new TestServer("b", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE))) {
            rig.resolver.push(a.endpoint(), b.endpoint());
            // REFUSED_STREAM is error 7 (RFC 9113, section 7).
            a.answers(new MockResponse.Builder().onRequestStart(new SocketEffect.CloseStream(7)));
            a.server.setDispatcher(new RefusingDispatcher());
            for (int i = 0; i < 4; i++) {
                assertThat(rig.text(Rig.post("/", "x"))).isEqualTo("b");
            }
            assertThat(b.log).hasSize(4);
            assertThat(rig.outcomes()).contains(Outcome.NOT_DISPATCHED).doesNotContain(Outcome.TRANSPORT_FAILURE);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aSlowHttp2AnswerIsRepeatedElsewhereAlthoughItsConnectionIsFine() throws Exception {
        try (Rig rig = h2();
                TestServer a = new TestServer("a", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE));
                TestServer b = new TestServer("b", null, List.of(Protocol.H2_PRIOR_KNOWLEDGE))) {
            rig.resolver.push(a.endpoint(), b.endpoint());
            a.answers(new MockResponse.Builder().headersDelay(60, TimeUnit.SECONDS));
            assertThat(Rig.text(rig.impatientAtFirst(Duration.ofMillis(200)), Rig.get("/")))
                    .isEqualTo("b");
            Rig.await().until(() -> a.log.size() == 1);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT, Outcome.SUCCESS);
        }
    }

    @Test
    void aTimeOutAfterSendingIsATimeOutForTheCallerToo() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.readTimeout(Duration.ofMillis(100)))) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().headersDelay(60, TimeUnit.SECONDS));
            assertThatThrownBy(() -> rig.text(Rig.post("/", "x")))
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("s0(127.0.0.1:")
                    .hasMessageContaining("TIMEOUT");
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
        }
    }

    @Test
    void aCallTimeoutCountsAsTheEndpointsTimeOut() throws Exception {
        try (Rig rig = new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.callTimeout(Duration.ofSeconds(1)))) {
            rig.servers(1).get(0).answers(new MockResponse.Builder().headersDelay(60, TimeUnit.SECONDS));
            assertThatThrownBy(() -> rig.text("/")).isInstanceOf(java.io.InterruptedIOException.class);
            assertThat(rig.outcomes()).containsExactly(Outcome.TIMEOUT);
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aBodyThatCanBeSentOnceIsNotSentTwice() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(2);
            servers.get(0).answers(DROP);
            servers.get(1).answers(DROP);
            AtomicInteger written = new AtomicInteger();
            Request request = new Request.Builder()
                    .url("http://orders/")
                    .put(new OneShot(written))
                    .tag(Idempotent.class, Idempotent.YES)
                    .build();
            assertThatThrownBy(() -> rig.text(request)).hasMessageContaining("can be sent only once");
            assertThat(written).hasValue(1);
        }
    }

    @Test
    void aBodyThatCanBeSentOnceMayMoveOnWhileNothingOfItWasRead() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            rig.resolver.push(Rig.dead("dead"), server.endpoint());
            AtomicInteger written = new AtomicInteger();
            for (int i = 0; i < 2; i++) {
                rig.text(new Request.Builder()
                        .url("http://orders/")
                        .put(new OneShot(written))
                        .build());
            }
            assertThat(written).hasValue(2);
            assertThat(rig.outcomes()).contains(Outcome.CONNECT_FAILURE);
        }
    }

    @Test
    void anEmptyBudgetEndsTheRetries() throws Exception {
        RetryPolicy broke = new RetryPolicy() {
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
                return RetryPolicy.NONE.newBudget(time);
            }
        };
        try (Rig rig = new Rig(BalancerSettings.builder(new TestPolicies.RoundRobin(false))
                .retry(broke)
                .build())) {
            rig.resolver.push(Rig.dead("a"), Rig.dead("b"));
            assertThatThrownBy(() -> rig.text("/")).hasMessageContaining("the retry budget is used up");
            assertThat(rig.outcomes()).hasSize(1);
        }
    }

    @Test
    void aServerErrorIsAnAnswerAndNotRepeated() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            server.answers(new MockResponse.Builder().code(503).body("busy"));
            assertThat(rig.text("/")).isEqualTo("busy");
            assertThat(server.log).hasSize(1);
            assertThat(rig.outcomes()).containsExactly(Outcome.ERROR_RESPONSE);
        }
    }

    @Test
    void aFailureOfTheUsersOwnInterceptorSaysNothingAboutTheEndpoint() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            TestServer server = rig.servers(1).get(0);
            okhttp3.OkHttpClient broken = rig.client
                    .newBuilder()
                    .addInterceptor(chain -> {
                        throw new IOException("no token today");
                    })
                    .build();
            assertThatThrownBy(() -> broken.newCall(Rig.get("/")).execute()).hasMessage("no token today");
            assertThat(server.log).isEmpty();
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
        }
    }

    @Test
    void aFailureOfTheRequestBodySaysNothingAboutTheEndpoint() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            rig.servers(1);
            RequestBody broken = new RequestBody() {
                @Override
                public MediaType contentType() {
                    return null;
                }

                @Override
                public void writeTo(BufferedSink sink) throws IOException {
                    throw new IOException("file is gone");
                }
            };
            assertThatThrownBy(() -> rig.text(new Request.Builder()
                            .url("http://orders/")
                            .put(broken)
                            .tag(Idempotent.class, Idempotent.YES)
                            .build()))
                    .hasMessage("file is gone");
            assertThat(rig.outcomes()).containsExactly(Outcome.CANCELLED);
            assertThat(rig.inFlight()).isZero();
        }
    }

    private static Rig h2() {
        return new Rig(
                TestPolicies.roundRobin(3),
                UnaryOperator.identity(),
                builder -> builder.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE)));
    }

    /** Refuses before it reads: MockWebServer looks at what comes next for that. */
    private static final class RefusingDispatcher extends mockwebserver3.Dispatcher {
        private final MockResponse refusal = new MockResponse.Builder()
                .onRequestStart(new SocketEffect.CloseStream(7))
                .build();

        @Override
        public MockResponse dispatch(mockwebserver3.RecordedRequest request) {
            return refusal;
        }

        @Override
        public MockResponse peek() {
            return refusal;
        }
    }

    private static final class OneShot extends RequestBody {
        private final AtomicInteger written;

        OneShot(AtomicInteger written) {
            this.written = written;
        }

        @Override
        public MediaType contentType() {
            return null;
        }

        @Override
        public boolean isOneShot() {
            return true;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            written.incrementAndGet();
            sink.writeUtf8("once");
        }
    }
}
