package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.AttemptTrace;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.ShardMap;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a span of the real SDK says after what an adapter tells. */
class DescribedSpanTest {
    private static final SocketAddress PEER = new InetSocketAddress("127.0.0.1", 8080);

    private final Traces traces = new Traces();

    @AfterEach
    void close() {
        traces.close();
    }

    private static Endpoint plain(String id) {
        return Endpoint.builder("127.0.0.1", 8080).id(id).build();
    }

    /** One that has all that an endpoint can have. */
    private static Endpoint rich(String id) {
        return Endpoint.builder("127.0.0.1", 8080)
                .id(id)
                .zone("zone-" + id)
                .ordinal(7)
                .build();
    }

    private static AttemptTrace begin(CallTrace call, int number, Endpoint endpoint) {
        boolean rich = endpoint.zone() != null;
        AttemptTrace attempt = call.attempt(new AttemptTrace.Start(
                "orders", "random", endpoint, number, rich ? 3 : ShardMap.NO_EPOCH, rich ? Integer.valueOf(5) : null));
        assertThat(attempt).isNotNull();
        return attempt;
    }

    private SpanData call(OpenTelemetryTracer tracer, Consumer<CallTrace> what) {
        Span span = traces.start("call", SpanKind.CLIENT);
        try (Scope ignored = span.makeCurrent()) {
            CallTrace call = tracer.start("grpc", "test.Who/Who", "orders.example:50051", -1);
            assertThat(call).isNotNull();
            what.accept(call);
        } finally {
            span.end();
        }
        return traces.finished("call");
    }

    private static Map<AttributeKey<?>, Object> event(SpanData span, int number) {
        List<EventData> events = Traces.events(span, TraceAttributes.ATTEMPT_EVENT);
        return events.stream()
                .map(EventData::getAttributes)
                .filter(attributes -> Long.valueOf(number).equals(attributes.get(TraceAttributes.ATTEMPT)))
                .findFirst()
                .orElseThrow()
                .asMap();
    }

    @Test
    void theLastAttemptTakesThePlaceOfTheOneBefore() {
        SpanData span = call(OpenTelemetryTracer.create(), call -> {
            AttemptTrace first = begin(call, 1, plain("a"));
            first.connected(PEER);
            first.ended(Outcome.ERROR_RESPONSE, "UNAVAILABLE");
            AttemptTrace second = begin(call, 2, rich("b"));
            second.connected(PEER);
            second.ended(Outcome.SUCCESS, "OK");
        });
        assertThat(span.getAttributes().asMap()).isEqualTo(event(span, 2));
        assertThat(span.getAttributes().get(TraceAttributes.ENDPOINT_ZONE)).isEqualTo("zone-b");
        assertThat(span.getAttributes().get(TraceAttributes.OUTCOME)).isEqualTo("success");
    }

    @Test
    void anAttemptThatLacksWhatAnEarlierOneHasLeavesItWhole() {
        SpanData span = call(OpenTelemetryTracer.create(), call -> {
            AttemptTrace first = begin(call, 1, rich("a"));
            first.connected(PEER);
            first.ended(Outcome.ERROR_RESPONSE, "UNAVAILABLE");
            AttemptTrace second = begin(call, 2, plain("b"));
            second.connected(PEER);
            second.ended(Outcome.SUCCESS, "OK");
        });
        assertThat(span.getAttributes().asMap()).as("not of both").isEqualTo(event(span, 1));
        assertThat(event(span, 2).get(TraceAttributes.ENDPOINT_ID)).isEqualTo("b");
    }

    @Test
    void anAttemptWithoutAPeerDoesNotGetThatOfTheOneBefore() {
        SpanData span = call(OpenTelemetryTracer.create(), call -> {
            AttemptTrace first = begin(call, 1, plain("a"));
            first.connected(PEER);
            first.ended(Outcome.ERROR_RESPONSE, "UNAVAILABLE");
            AttemptTrace second = begin(call, 2, plain("b"));
            second.connected(null);
            second.ended(Outcome.SUCCESS, "OK");
        });
        assertThat(span.getAttributes().asMap()).isEqualTo(event(span, 1));
    }

    @Test
    void aCallThatEndsBeforeItsAttemptIsDescribedByIt() {
        SpanData span = call(
                OpenTelemetryTracer.create(), call -> begin(call, 1, rich("a")).connected(PEER));
        assertThat(span.getAttributes().get(TraceAttributes.ENDPOINT_ID)).isEqualTo("a");
        assertThat(span.getAttributes().get(TraceAttributes.PEER_PORT)).isEqualTo(8080);
    }

    @Test
    void ofHedgesTheOneThatAnswersDescribesTheCallWhateverIsLast() {
        SpanData span = call(OpenTelemetryTracer.create(), call -> {
            AttemptTrace first = begin(call, 1, plain("a"));
            AttemptTrace second = begin(call, 2, plain("b"));
            AttemptTrace third = begin(call, 3, plain("c"));
            first.connected(PEER);
            second.connected(PEER);
            first.ended(Outcome.CANCELLED, "CANCELLED");
            second.ended(Outcome.SUCCESS, "OK");
            third.connected(PEER);
            third.ended(Outcome.CANCELLED, "CANCELLED");
        });
        assertThat(span.getAttributes().asMap()).isEqualTo(event(span, 2));
    }

    @Test
    void attemptsThatEndAtOnceAreNeverMixed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 300; round++) {
                Span span = traces.start("call-" + round, SpanKind.CLIENT);
                CallTrace call;
                try (Scope ignored = span.makeCurrent()) {
                    call = OpenTelemetryTracer.create().start("grpc", "test.Who/Who", "orders", -1);
                }
                CountDownLatch begin = new CountDownLatch(1);
                Future<?>[] ends = new Future<?>[2];
                for (int i = 0; i < 2; i++) {
                    AttemptTrace attempt = begin(call, i + 1, i == 0 ? rich("a") : rich("b"));
                    Outcome outcome = i == 0 ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
                    ends[i] = threads.submit(() -> {
                        begin.await();
                        attempt.connected(PEER);
                        attempt.ended(outcome, outcome == Outcome.SUCCESS ? "OK" : "UNAVAILABLE");
                        return null;
                    });
                }
                begin.countDown();
                for (Future<?> end : ends) {
                    end.get(60, TimeUnit.SECONDS);
                }
                span.end();
                SpanData done = traces.finished("call-" + round);
                assertThat(done.getAttributes().asMap()).isIn(event(done, 1), event(done, 2));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    // ---- spans of our own ----

    private SpanData own(String adapter, String host, int port, Outcome outcome, String status) {
        OpenTelemetryTracer tracer =
                OpenTelemetryTracer.builder().attemptSpans(traces.sdk).build();
        CallTrace call = tracer.start(adapter, adapter.equals("grpc") ? "test.Who/Who" : "GET", host, port);
        AttemptTrace attempt = begin(call, 1, plain("a"));
        attempt.connected(PEER);
        attempt.ended(outcome, status);
        List<SpanData> all = traces.finished();
        return all.get(all.size() - 1);
    }

    @Test
    void anOwnSpanOfGrpcNamesTheServerByItsAuthorityAndNotByItsEndpoint() {
        SpanData named = own("grpc", "orders.example:50051", -1, Outcome.SUCCESS, "OK");
        assertThat(named.getAttributes().get(TraceAttributes.SERVER_ADDRESS)).isEqualTo("orders.example");
        assertThat(named.getAttributes().get(TraceAttributes.SERVER_PORT)).isEqualTo(50051);
        SpanData nameless = own("grpc", "no-name.static.invalid", -1, Outcome.SUCCESS, "OK");
        assertThat(nameless.getAttributes().get(TraceAttributes.SERVER_ADDRESS)).isEqualTo("orders");
        assertThat(nameless.getAttributes().get(TraceAttributes.SERVER_PORT)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "grpc, SUCCESS, OK, -",
                // Answers of the application are no failures of the endpoint, and errors of the call all the same.
                "grpc, SUCCESS, NOT_FOUND, NOT_FOUND",
                "grpc, ERROR_RESPONSE, UNAVAILABLE, UNAVAILABLE",
                "grpc, CANCELLED, CANCELLED, CANCELLED",
                "grpc, TIMEOUT, DEADLINE_EXCEEDED, DEADLINE_EXCEEDED",
                "grpc, ERROR_RESPONSE, WORN_OUT, WORN_OUT",
                "grpc, TRANSPORT_FAILURE, -, transport_failure",
                "grpc, LEAKED, -, -",
                "okhttp, SUCCESS, 204, -",
                "okhttp, SUCCESS, 404, 404",
                "okhttp, ERROR_RESPONSE, 503, 503",
                "okhttp, TRANSPORT_FAILURE, 200, transport_failure",
                "okhttp, ERROR_RESPONSE, worn out, error_response",
                "okhttp, ERROR_RESPONSE, 99999, error_response",
                "okhttp, SUCCESS, -1, -",
                "okhttp, CANCELLED, -, -",
            })
    void theStatusOfAnOwnSpanIsThatOfTheConventions(String adapter, Outcome outcome, String status, String error) {
        SpanData span = own(adapter, "orders", 80, outcome, status);
        assertThat(span.getAttributes().get(TraceAttributes.ERROR_TYPE)).isEqualTo(error);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(error == null ? StatusCode.UNSET : StatusCode.ERROR);
        boolean grpc = adapter.equals("grpc");
        assertThat(span.getAttributes().get(TraceAttributes.RPC_STATUS_CODE)).isEqualTo(grpc ? status : null);
        Long number = !grpc && status != null && status.matches("[1-5]\\d\\d") ? Long.valueOf(status) : null;
        assertThat(span.getAttributes().get(TraceAttributes.HTTP_STATUS_CODE)).isEqualTo(number);
    }
}
