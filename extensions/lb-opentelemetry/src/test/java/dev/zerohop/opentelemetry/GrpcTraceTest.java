package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.EndpointSelector;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.grpc.stub.ClientCalls;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Traces of gRPC calls to real servers. */
class GrpcTraceTest {
    private static final String ATTEMPT = "Attempt.test.Who.Who";

    private final Traces traces = new Traces();
    private WhoServers servers;

    @BeforeEach
    void serve() throws IOException {
        servers = new WhoServers(2);
    }

    @AfterEach
    void stop() {
        traces.close();
        servers.close();
    }

    private ManagedChannel channel(Map<String, ?> policy, Map<String, ?> repeats, ClientInterceptor... interceptors) {
        return Grpc.newChannelBuilder(servers.target(), InsecureChannelCredentials.create())
                .defaultServiceConfig(Map.of(
                        "loadBalancingConfig", List.of(Map.of("zerohop", policy)), "methodConfig", List.of(repeats)))
                .intercept(interceptors)
                .build();
    }

    private static Map<String, ?> retries() {
        return Map.of(
                "name",
                List.of(Map.of()),
                "retryPolicy",
                Map.of(
                        "maxAttempts",
                        3.0,
                        "initialBackoff",
                        "0.001s",
                        "maxBackoff",
                        "0.001s",
                        "backoffMultiplier",
                        1.0,
                        "retryableStatusCodes",
                        List.of("UNAVAILABLE")));
    }

    private static Map<String, ?> hedges() {
        return Map.of(
                "name",
                List.of(Map.of()),
                "hedgingPolicy",
                Map.of("maxAttempts", 2.0, "hedgingDelay", "0s", "nonFatalStatusCodes", List.of("UNAVAILABLE")));
    }

    private String call(Channel channel, String request) throws Exception {
        return traces.below(
                "call",
                SpanKind.CLIENT,
                () -> ClientCalls.blockingUnaryCall(
                        channel, WhoServers.WHO, CallOptions.DEFAULT.withWaitForReady(), request));
    }

    @Test
    void aRetryIsTwoEventsOfTheCallWhichIsDescribedByTheLast() throws Exception {
        ManagedChannel channel = channel(Map.of(), retries(), ZerohopGrpc.interceptor(OpenTelemetryTracer.create()));
        try {
            connectToAll(channel);
            servers.failing.set(1);
            call(channel, "who");
        } finally {
            channel.shutdownNow();
        }
        SpanData span = traces.finished("call");
        List<EventData> attempts = Traces.events(span, "zerohop.attempt");
        assertThat(Traces.values(attempts, TraceAttributes.ATTEMPT)).containsExactly(1L, 2L);
        assertThat(Traces.values(attempts, TraceAttributes.ENDPOINT_ID))
                .containsExactlyInAnyOrderElementsOf(servers.ids());
        assertThat(Traces.values(attempts, TraceAttributes.OUTCOME)).containsExactly("error_response", "success");
        EventData last = attempts.get(1);
        assertThat(span.getAttributes().get(TraceAttributes.PEER_ADDRESS)).isEqualTo("127.0.0.1");
        assertThat(span.getAttributes().get(TraceAttributes.PEER_PORT))
                .isEqualTo(last.getAttributes().get(TraceAttributes.PEER_PORT));
        assertThat("127.0.0.1:" + last.getAttributes().get(TraceAttributes.PEER_PORT))
                .isEqualTo(last.getAttributes().get(TraceAttributes.ENDPOINT_ID));
        assertThat(span.getAttributes().get(TraceAttributes.ENDPOINT_ID))
                .isEqualTo(last.getAttributes().get(TraceAttributes.ENDPOINT_ID));
        assertThat(span.getAttributes().get(TraceAttributes.ATTEMPT)).isEqualTo(2);
        assertThat(span.getAttributes().get(TraceAttributes.OUTCOME)).isEqualTo("success");
        assertThat(span.getAttributes().get(TraceAttributes.POLICY)).isNotBlank();
    }

    @Test
    void withSpansOfItsOwnARetryIsTwoOfThemAndEachServerHearsOfItsOwn() throws Exception {
        ManagedChannel channel = channel(
                Map.of(),
                retries(),
                ZerohopGrpc.interceptor(
                        OpenTelemetryTracer.builder().attemptSpans(traces.sdk).build()));
        try {
            connectToAll(channel);
            servers.failing.set(1);
            call(channel, "who");
        } finally {
            channel.shutdownNow();
        }
        SpanData call = traces.finished("call");
        List<SpanData> attempts = traces.finished(ATTEMPT, 2);
        assertThat(attempts).allSatisfy(span -> {
            assertThat(span.getParentSpanId()).isEqualTo(call.getSpanId());
            assertThat(span.getAttributes().get(TraceAttributes.RPC_SYSTEM)).isEqualTo("grpc");
            assertThat(span.getAttributes().get(TraceAttributes.RPC_METHOD)).isEqualTo("test.Who/Who");
            // Two addresses are no name: the target stands for them.
            assertThat(span.getAttributes().get(TraceAttributes.SERVER_ADDRESS)).isEqualTo(servers.target());
            assertThat(span.getAttributes().get(TraceAttributes.SERVER_PORT)).isNull();
            assertThat(span.getAttributes().get(TraceAttributes.PEER_PORT)).isNotNull();
        });
        assertThat(attempts)
                .extracting(span -> span.getAttributes().get(TraceAttributes.RPC_STATUS_CODE))
                .containsExactly("UNAVAILABLE", "OK");
        assertThat(servers.traceparents).containsExactly(traceparent(attempts.get(0)), traceparent(attempts.get(1)));
        assertThat(Traces.events(call, "zerohop.attempt")).isEmpty();
    }

    private static String traceparent(SpanData span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getSpanContext().getTraceFlags().asHex();
    }

    @Test
    void hedgesAreOneSpanEachAndEndOnce() throws Exception {
        ManagedChannel channel = channel(
                Map.of(),
                hedges(),
                ZerohopGrpc.interceptor(
                        OpenTelemetryTracer.builder().attemptSpans(traces.sdk).build()));
        try {
            connectToAll(channel);
            servers.hanging.set(1);
            call(channel, "who");
        } finally {
            channel.shutdownNow();
        }
        assertThat(traces.finished(ATTEMPT, 2))
                .extracting(span -> span.getAttributes().get(TraceAttributes.OUTCOME))
                .containsExactlyInAnyOrder("cancelled", "success");
    }

    @Test
    void ofHedgesTheOneThatAnsweredDescribesTheCall() throws Exception {
        ManagedChannel channel = channel(Map.of(), hedges(), ZerohopGrpc.interceptor(OpenTelemetryTracer.create()));
        String answered;
        try {
            connectToAll(channel);
            servers.hanging.set(1);
            answered = call(channel, "who");
        } finally {
            channel.shutdownNow();
        }
        SpanData call = traces.finished("call");
        assertThat(call.getAttributes().get(TraceAttributes.ENDPOINT_ID)).isEqualTo(answered);
        assertThat(call.getAttributes().get(TraceAttributes.OUTCOME)).isEqualTo("success");
    }

    /** Hedges go to what is connected. */
    private static void connectToAll(ManagedChannel channel) {
        channel.getState(true);
        Traces.await(() -> ZerohopGrpc.explain(channel).contains("2 of 2 endpoints connected"));
    }

    @Test
    void aCallThatIsCancelledEndsItsAttemptOnce() throws Exception {
        ManagedChannel channel = channel(
                Map.of(),
                retries(),
                ZerohopGrpc.interceptor(
                        OpenTelemetryTracer.builder().attemptSpans(traces.sdk).build()));
        servers.hanging.set(1);
        Context.CancellableContext context = Context.current().withCancellation();
        try {
            Thread caller = new Thread(() -> context.run(
                    () -> assertThatThrownBy(() -> call(channel, "who")).isInstanceOf(StatusRuntimeException.class)));
            caller.start();
            Traces.await(() -> servers.hung.get() == 1);
            context.cancel(null);
            caller.join(TimeUnit.MINUTES.toMillis(1));
        } finally {
            channel.shutdownNow();
        }
        assertThat(traces.finished(ATTEMPT, 1))
                .extracting(span -> span.getAttributes().get(TraceAttributes.OUTCOME))
                .containsExactly("cancelled");
        channel.awaitTermination(1, TimeUnit.MINUTES);
        assertThat(traces.finished(ATTEMPT, 1)).hasSize(1);
    }

    /** As an agent does it: its interceptor is the first of the channel, and so the innermost. */
    @Test
    void theSpanOfAnInterceptorFurtherInIsTheCalls() throws Exception {
        ClientInterceptor agent = new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        Span span = traces.start("agent", SpanKind.CLIENT);
                        try (Scope ignored = span.makeCurrent()) {
                            super.start(
                                    new io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener<>(
                                            listener) {
                                        @Override
                                        public void onClose(io.grpc.Status status, Metadata trailers) {
                                            span.end();
                                            super.onClose(status, trailers);
                                        }
                                    },
                                    headers);
                        }
                    }
                };
            }
        };
        ManagedChannel channel =
                channel(Map.of(), retries(), agent, ZerohopGrpc.interceptor(OpenTelemetryTracer.create()));
        try {
            connectToAll(channel);
            traces.below(
                    "caller",
                    SpanKind.SERVER,
                    () -> ClientCalls.blockingUnaryCall(
                            channel, WhoServers.WHO, CallOptions.DEFAULT.withWaitForReady(), "who"));
        } finally {
            channel.shutdownNow();
        }
        SpanData caller = traces.finished("caller");
        // One more is of the look at the channel's state.
        SpanData call = traces.finished("agent", 2).stream()
                .filter(span -> span.getParentSpanId().equals(caller.getSpanId()))
                .findFirst()
                .orElseThrow();
        assertThat(call.getAttributes().get(TraceAttributes.OUTCOME)).isEqualTo("success");
        assertThat(Traces.events(call, "zerohop.attempt")).hasSize(1);
        assertThat(caller.getEvents()).isEmpty();
    }

    /** Its spans are current nowhere, so ours stands beside them. */
    @Test
    void besideTheTracesOfGrpcItselfTheCallersSpanSaysWhereTheAttemptsWent() throws Exception {
        String flag = "GRPC_EXPERIMENTAL_ENABLE_OTEL_TRACING";
        System.setProperty(flag, "true");
        ManagedChannel channel;
        try {
            ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(
                            servers.target(), InsecureChannelCredentials.create())
                    .defaultServiceConfig(Map.of(
                            "loadBalancingConfig",
                            List.of(Map.of("zerohop", Map.of())),
                            "methodConfig",
                            List.of(retries())))
                    .intercept(ZerohopGrpc.interceptor(OpenTelemetryTracer.create()));
            GrpcOpenTelemetry.newBuilder().sdk(traces.sdk).build().configureChannelBuilder(builder);
            channel = builder.build();
        } finally {
            System.clearProperty(flag);
        }
        try {
            connectToAll(channel);
            servers.failing.set(1);
            call(channel, "who");
        } finally {
            channel.shutdownNow();
        }
        SpanData call = traces.finished("call");
        SpanData sent = traces.finished("Sent.test.Who.Who", 1).get(0);
        assertThat(sent.getParentSpanId()).isEqualTo(call.getSpanId());
        assertThat(traces.finished(ATTEMPT, 2)).allSatisfy(attempt -> {
            assertThat(attempt.getParentSpanId()).isEqualTo(sent.getSpanId());
            assertThat(attempt.getAttributes().get(TraceAttributes.ENDPOINT_ID)).isNull();
        });
        List<EventData> attempts = Traces.events(call, "zerohop.attempt");
        assertThat(Traces.values(attempts, TraceAttributes.OUTCOME)).containsExactly("error_response", "success");
        assertThat(call.getAttributes().get(TraceAttributes.ATTEMPT)).isEqualTo(2);
        assertThat(call.getAttributes().get(TraceAttributes.ENDPOINT_ID))
                .isEqualTo(attempts.get(1).getAttributes().get(TraceAttributes.ENDPOINT_ID));
    }

    @Test
    void theSpanOfARequestThatIsServedKeepsItsOwnPeer() throws Exception {
        ManagedChannel channel = channel(Map.of(), retries(), ZerohopGrpc.interceptor(OpenTelemetryTracer.create()));
        try {
            traces.below(
                    "served",
                    SpanKind.SERVER,
                    () -> ClientCalls.blockingUnaryCall(
                            channel, WhoServers.WHO, CallOptions.DEFAULT.withWaitForReady(), "who"));
        } finally {
            channel.shutdownNow();
        }
        SpanData served = traces.finished("served");
        assertThat(served.getAttributes().isEmpty()).isTrue();
        assertThat(Traces.events(served, "zerohop.attempt")).hasSize(1);
    }

    @Test
    void theKeyIsNeverWrittenAndItsHashOnlyWhereItIsWanted() throws Exception {
        EndpointSelector key = EndpointSelector.of("customer-4711");
        Map<String, ?> policy = Map.of("policy", Map.of("rendezvous", Map.of()));
        for (OpenTelemetryTracer tracer : List.of(
                OpenTelemetryTracer.create(),
                OpenTelemetryTracer.builder().keyHash().build())) {
            ManagedChannel channel = channel(policy, retries(), ZerohopGrpc.interceptor(tracer));
            try {
                traces.below(
                        "call",
                        SpanKind.CLIENT,
                        () -> ClientCalls.blockingUnaryCall(
                                channel,
                                WhoServers.WHO,
                                CallOptions.DEFAULT.withWaitForReady().withOption(ZerohopGrpc.SELECTOR, key),
                                "who"));
            } finally {
                channel.shutdownNow();
            }
        }
        assertThat(traces.finished("call", 2))
                .extracting(span -> span.getAttributes().get(TraceAttributes.KEY_HASH))
                .containsExactly(null, String.format("%08x", (int) key.hash()));
        assertThat(traces.finished().toString()).doesNotContain("4711");
    }
}
