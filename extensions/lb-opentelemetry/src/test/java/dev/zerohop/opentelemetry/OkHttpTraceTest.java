package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.testing.FreePorts;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.instrumentation.okhttp.v3_0.OkHttpTelemetry;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Traces of OkHttp calls over real sockets, beside OpenTelemetry's own instrumentation and without it. */
class OkHttpTraceTest {
    private static final AttributeKey<String> URL = AttributeKey.stringKey("url.full");

    private final Traces traces = new Traces();
    private final List<MockWebServer> servers = new ArrayList<>();
    private final ConcurrentLinkedQueue<RecordedRequest> requests = new ConcurrentLinkedQueue<>();

    /** So many requests get no answer but the end of their connection, whichever server they come to. */
    private final AtomicInteger dropping = new AtomicInteger();

    private int serve() throws IOException {
        MockWebServer server = new MockWebServer();
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                requests.add(request);
                return dropping.getAndDecrement() > 0
                        ? new MockResponse.Builder()
                                .onResponseStart(new SocketEffect.CloseSocket())
                                .build()
                        : new MockResponse.Builder()
                                .code(request.getUrl().encodedPath().equals("/broken") ? 500 : 200)
                                .build();
            }
        });
        server.start(InetAddress.getByName("127.0.0.1"), 0);
        servers.add(server);
        return server.getPort();
    }

    @AfterEach
    void stop() {
        traces.close();
        servers.forEach(MockWebServer::close);
    }

    private static ZerohopOkHttp routing(OpenTelemetryTracer tracer, int... ports) {
        String endpoints = java.util.Arrays.stream(ports)
                .mapToObj(port -> "127.0.0.1:" + port + ";id=orders-" + port + ";zone=a")
                .collect(Collectors.joining(","));
        return ZerohopOkHttp.builder()
                .route("orders", "static:///" + endpoints)
                .tracer(tracer)
                .build();
    }

    private static OkHttpClient client(ZerohopOkHttp routing) {
        return routing.install(new OkHttpClient.Builder()).build();
    }

    private Call.Factory instrumented(OkHttpClient client) {
        return OkHttpTelemetry.create(traces.sdk).createCallFactory(client);
    }

    private int get(Call.Factory client, String path) throws Exception {
        return traces.below("caller", SpanKind.SERVER, () -> {
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders" + path).build())
                    .execute()) {
                response.body().bytes();
                return response.code();
            }
        });
    }

    private List<SpanData> gets() {
        return traces.finished().stream()
                .filter(span -> span.getName().equals("GET"))
                .toList();
    }

    @Test
    void eachAttemptOnTheWireIsASpanOfTheInstrumentationThatSaysWhereItWent() throws Exception {
        try (ZerohopOkHttp routing = routing(OpenTelemetryTracer.create(), serve(), serve())) {
            dropping.set(1);
            assertThat(get(instrumented(client(routing)), "/v1/7")).isEqualTo(200);
        }
        List<SpanData> gets = gets();
        assertThat(gets).hasSize(2).extracting(SpanData::getKind).containsOnly(SpanKind.CLIENT);
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.HTTP_RESEND_COUNT))
                .containsExactly(null, 1L);
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.SERVER_ADDRESS))
                .containsOnly("orders");
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.PEER_ADDRESS))
                .containsOnly("127.0.0.1");
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.PEER_PORT))
                .containsExactlyInAnyOrder(
                        (long) servers.get(0).getPort(), (long) servers.get(1).getPort());
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.ENDPOINT_ID))
                .containsExactly(
                        "orders-" + gets.get(0).getAttributes().get(TraceAttributes.PEER_PORT),
                        "orders-" + gets.get(1).getAttributes().get(TraceAttributes.PEER_PORT));
        assertThat(gets)
                .extracting(span -> span.getAttributes().get(TraceAttributes.ATTEMPT))
                .containsExactly(1L, 2L);
        SpanData last = gets.get(1);
        assertThat(last.getAttributes().get(TraceAttributes.SERVICE)).isEqualTo("orders");
        assertThat(last.getAttributes().get(TraceAttributes.POLICY)).isEqualTo("weighted_round_robin");
        assertThat(last.getAttributes().get(TraceAttributes.ENDPOINT_ZONE)).isEqualTo("a");
        assertThat(last.getAttributes().get(TraceAttributes.ENDPOINT_ORDINAL)).isNull();
        assertThat(last.getAttributes().get(TraceAttributes.SHARD_EPOCH)).isNull();
        assertThat(last.getAttributes().get(TraceAttributes.OUTCOME)).isEqualTo("success");

        // The span of the caller is that of a server: it gets no attribute of any call, and of attempts that have a
        // span
        // those that failed.
        SpanData caller = traces.finished("caller");
        assertThat(caller.getAttributes().isEmpty()).isTrue();
        List<EventData> attempts = Traces.events(caller, "zerohop.attempt");
        assertThat(Traces.values(attempts, TraceAttributes.ENDPOINT_ID))
                .containsExactly(gets.get(0).getAttributes().get(TraceAttributes.ENDPOINT_ID));
        assertThat(Traces.values(attempts, TraceAttributes.OUTCOME)).containsExactly("transport_failure");
    }

    @Test
    void aConnectionThatIsRefusedHasNoSpanAndIsAnEventOfTheCaller() throws Exception {
        int dead = FreePorts.next();
        int alive = serve();
        try (ZerohopOkHttp routing = routing(OpenTelemetryTracer.create(), dead, alive)) {
            Call.Factory client = instrumented(client(routing));
            while (connectFailures().isEmpty()) {
                assertThat(get(client, "/")).isEqualTo(200);
            }
        }
        EventData failure = connectFailures().get(0);
        assertThat(failure.getAttributes().get(TraceAttributes.ENDPOINT_ID)).isEqualTo("orders-" + dead);
        assertThat(failure.getAttributes().get(TraceAttributes.ATTEMPT)).isEqualTo(1);
        assertThat(failure.getAttributes().get(TraceAttributes.PEER_ADDRESS)).isNull();
        assertThat(gets())
                .extracting(span -> span.getAttributes().get(TraceAttributes.ENDPOINT_ID))
                .containsOnly("orders-" + alive);
    }

    private List<EventData> connectFailures() {
        return traces.finished().stream()
                .filter(span -> span.getName().equals("caller"))
                .flatMap(span -> Traces.events(span, "zerohop.attempt").stream())
                .filter(event -> "connect_failure".equals(event.getAttributes().get(TraceAttributes.OUTCOME)))
                .toList();
    }

    @Test
    void withoutAnInstrumentationEachAttemptIsAnEventOfTheCaller() throws Exception {
        try (ZerohopOkHttp routing = routing(OpenTelemetryTracer.create(), serve(), serve())) {
            dropping.set(1);
            assertThat(get(client(routing), "/")).isEqualTo(200);
        }
        assertThat(traces.finished()).hasSize(1);
        SpanData caller = traces.finished("caller");
        assertThat(caller.getAttributes().isEmpty()).isTrue();
        List<EventData> attempts = Traces.events(caller, "zerohop.attempt");
        assertThat(Traces.values(attempts, TraceAttributes.OUTCOME)).containsExactly("transport_failure", "success");
        assertThat(Traces.values(attempts, TraceAttributes.PEER_PORT))
                .containsExactlyInAnyOrder(
                        (long) servers.get(0).getPort(), (long) servers.get(1).getPort());
    }

    @Test
    void withSpansOfItsOwnEachAttemptIsOneAfterTheConventionsAndTheServerHearsOfIt() throws Exception {
        OpenTelemetryTracer tracer =
                OpenTelemetryTracer.builder().attemptSpans(traces.sdk).build();
        try (ZerohopOkHttp routing = routing(tracer, serve(), serve())) {
            dropping.set(1);
            assertThat(get(client(routing), "/broken")).isEqualTo(500);
        }
        SpanData caller = traces.finished("caller");
        List<SpanData> attempts = traces.finished("GET", 2);
        assertThat(attempts).allSatisfy(span -> {
            assertThat(span.getKind()).isEqualTo(SpanKind.CLIENT);
            assertThat(span.getParentSpanId()).isEqualTo(caller.getSpanId());
            assertThat(span.getAttributes().get(TraceAttributes.HTTP_METHOD)).isEqualTo("GET");
            assertThat(span.getAttributes().get(TraceAttributes.SERVER_ADDRESS)).isEqualTo("orders");
            assertThat(span.getAttributes().get(TraceAttributes.SERVER_PORT)).isEqualTo(80);
            assertThat(span.getAttributes().get(TraceAttributes.PEER_ADDRESS)).isEqualTo("127.0.0.1");
            assertThat(span.getAttributes().get(URL)).isNull();
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        });
        assertThat(attempts)
                .extracting(span -> span.getAttributes().get(TraceAttributes.HTTP_RESEND_COUNT))
                .containsExactly(null, 1L);
        assertThat(attempts)
                .extracting(span -> span.getAttributes().get(TraceAttributes.HTTP_STATUS_CODE))
                .containsExactly(null, 500L);
        assertThat(attempts)
                .extracting(span -> span.getAttributes().get(TraceAttributes.ERROR_TYPE))
                .containsExactly("transport_failure", "500");
        assertThat(requests)
                .extracting(request -> request.getHeaders().get("traceparent"))
                .containsExactly(traceparent(attempts.get(0)), traceparent(attempts.get(1)));
        assertThat(Traces.events(caller, "zerohop.attempt")).isEmpty();
    }

    private static String traceparent(SpanData span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getSpanContext().getTraceFlags().asHex();
    }

    @Test
    void withSpansOfItsOwnTheServerHearsThatACallIsNotSampled() throws Exception {
        try (Traces unsampled = new Traces(Sampler.alwaysOff());
                ZerohopOkHttp routing = routing(
                        OpenTelemetryTracer.builder()
                                .attemptSpans(unsampled.sdk)
                                .build(),
                        serve())) {
            String trace = unsampled.below("caller", SpanKind.SERVER, () -> {
                client(routing)
                        .newCall(new Request.Builder().url("http://orders/").build())
                        .execute()
                        .close();
                return Span.current().getSpanContext().getTraceId();
            });
            assertThat(requests)
                    .extracting(request -> request.getHeaders().get("traceparent"))
                    .singleElement()
                    .satisfies(sent -> assertThat(sent).startsWith("00-" + trace + "-"))
                    .satisfies(sent -> assertThat(Integer.parseInt(sent.substring(sent.length() - 2), 16) & 1)
                            .isZero());
            assertThat(unsampled.finished()).isEmpty();
        }
    }

    @Test
    void aCallThatBeginsATraceHasItsAttributesToo() throws Exception {
        try (ZerohopOkHttp routing = routing(OpenTelemetryTracer.create(), serve());
                Response response = instrumented(client(routing))
                        .newCall(new Request.Builder().url("http://orders/").build())
                        .execute()) {
            assertThat(response.code()).isEqualTo(200);
        }
        assertThat(traces.finished("GET").getAttributes().get(TraceAttributes.OUTCOME))
                .isEqualTo("success");
    }
}
