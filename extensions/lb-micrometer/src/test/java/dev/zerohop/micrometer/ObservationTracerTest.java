package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.zerohop.AttemptTrace;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.ShardMap;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObservationTracerTest {
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final List<String> events = new ArrayList<>();
    private final List<MockWebServer> servers = new ArrayList<>();
    private final AtomicInteger dropping = new AtomicInteger();

    @BeforeEach
    void serve() throws IOException {
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onEvent(Observation.Event event, Observation.Context context) {
                events.add(event.getName() + " | " + event.getContextualName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        for (int i = 0; i < 2; i++) {
            MockWebServer server = new MockWebServer();
            server.setDispatcher(new Dispatcher() {
                @Override
                public MockResponse dispatch(RecordedRequest request) {
                    MockResponse.Builder answer = new MockResponse.Builder();
                    return (dropping.getAndDecrement() > 0
                                    ? answer.onResponseStart(new SocketEffect.CloseSocket())
                                    : answer)
                            .build();
                }
            });
            server.start(InetAddress.getByName("127.0.0.1"), 0);
            servers.add(server);
        }
    }

    @AfterEach
    void stop() {
        servers.forEach(MockWebServer::close);
    }

    /** A GET that is repeated once, within an observation of this context. */
    private Map<String, String> call(Observation.Context context) {
        String target = "static:///127.0.0.1:" + servers.get(0).getPort() + ";id=a,127.0.0.1:"
                + servers.get(1).getPort() + ";id=b";
        dropping.set(1);
        Observation observation = Observation.start("call", () -> context, registry);
        try (ZerohopOkHttp routing = ZerohopOkHttp.builder()
                .route("orders", target)
                .tracer(ObservationTracer.of(registry))
                .build()) {
            OkHttpClient client = routing.install(new OkHttpClient.Builder()).build();
            observation.observe(() -> {
                try (Response response = client.newCall(
                                new Request.Builder().url("http://orders/").build())
                        .execute()) {
                    assertThat(response.code()).isEqualTo(200);
                } catch (IOException failed) {
                    throw new IllegalStateException(failed);
                }
            });
        }
        Map<String, String> values = new HashMap<>();
        for (KeyValue value : context.getHighCardinalityKeyValues()) {
            values.put(value.getKey(), value.getValue());
        }
        assertThat(context.getLowCardinalityKeyValues()).isEmpty();
        return values;
    }

    @Test
    void theObservationOfACallIsDescribedByItsLastAttempt() throws IOException {
        Map<String, String> values = call(new SenderContext<>((carrier, key, value) -> {}, Kind.CLIENT));
        assertThat(values)
                .containsEntry("zerohop.service", "orders")
                .containsEntry("zerohop.policy", "weighted_round_robin")
                .containsEntry("zerohop.attempt", "2")
                .containsEntry("zerohop.outcome", "success")
                .containsEntry("network.peer.address", "127.0.0.1")
                .containsEntry(
                        "network.peer.port",
                        String.valueOf(
                                servers.get(values.get("zerohop.endpoint.id").equals("a") ? 0 : 1)
                                        .getPort()));
        String page = Files.readString(Path.of("../../docs/tracing.md"));
        assertThat(values.keySet()).allSatisfy(key -> assertThat(page).contains("`" + key + "`"));
        String last = values.get("zerohop.endpoint.id");
        String first = last.equals("a") ? "b" : "a";
        assertThat(events)
                .containsExactly(
                        "zerohop.attempt | zerohop.attempt: 1 at " + first + " transport_failure",
                        "zerohop.retry | zerohop.retry: granted after transport_failure at " + first,
                        "zerohop.attempt | zerohop.attempt: 2 at " + last + " success");
    }

    private static AttemptTrace begin(CallTrace call, int number, Endpoint endpoint) {
        long epoch = endpoint.zone() == null ? ShardMap.NO_EPOCH : 3;
        AttemptTrace attempt = call.attempt(new AttemptTrace.Start("orders", "random", endpoint, number, epoch, null));
        assertThat(attempt).isNotNull();
        return attempt;
    }

    /** What is known after these steps of a call with an attempt at an endpoint that has all, and one at an endpoint that has nothing. */
    private Map<String, String> steps(BiConsumer<AttemptTrace, AttemptTrace> steps) {
        SenderContext<Object> context = new SenderContext<>((carrier, key, value) -> {}, Kind.CLIENT);
        Observation.start("call", () -> context, registry).observe(() -> {
            CallTrace call = ObservationTracer.of(registry).start("grpc", "test.Who/Who", "orders", -1);
            assertThat(call).isNotNull();
            Endpoint.Builder endpoint = Endpoint.builder("127.0.0.1", 80);
            steps.accept(
                    begin(call, 1, endpoint.id("a").zone("z").ordinal(7).build()),
                    begin(call, 2, Endpoint.builder("127.0.0.1", 80).id("b").build()));
        });
        Map<String, String> values = new TreeMap<>();
        context.getHighCardinalityKeyValues().forEach(value -> values.put(value.getKey(), value.getValue()));
        return values;
    }

    @Test
    void theObservationHasNothingOfTheAttemptBefore() {
        InetSocketAddress peer = new InetSocketAddress("127.0.0.1", 80);
        Map<String, String> begun = steps((first, second) -> {
            first.connected(peer);
            first.ended(Outcome.TIMEOUT, "DEADLINE_EXCEEDED");
            second.connected(null);
        });
        assertThat(begun)
                .containsOnly(
                        entry("zerohop.service", "orders"),
                        entry("zerohop.policy", "random"),
                        entry("zerohop.attempt", "2"),
                        entry("zerohop.endpoint.id", "b"));
        Map<String, String> ended = steps((first, second) -> {
            first.connected(peer);
            second.connected(peer);
            first.ended(Outcome.CANCELLED, "CANCELLED");
            second.ended(Outcome.SUCCESS, "OK");
        });
        assertThat(ended)
                .containsEntry("zerohop.attempt", "2")
                .containsEntry("zerohop.outcome", "success")
                .doesNotContainKeys("zerohop.endpoint.zone", "zerohop.endpoint.ordinal", "zerohop.shard.epoch");
    }

    @Test
    void anAttemptThatLosesDescribesNoCallThatAnotherHasEnded() {
        InetSocketAddress peer = new InetSocketAddress("127.0.0.1", 80);
        assertThat(steps((first, second) -> {
                    first.connected(peer);
                    first.ended(Outcome.SUCCESS, "OK");
                    second.connected(peer);
                    second.ended(Outcome.CANCELLED, "CANCELLED");
                }))
                .containsEntry("zerohop.attempt", "1")
                .containsEntry("zerohop.endpoint.zone", "z")
                .containsEntry("zerohop.endpoint.ordinal", "7")
                .containsEntry("zerohop.shard.epoch", "3")
                .containsEntry("zerohop.outcome", "success");
    }

    @Test
    void anObservationOfSomethingElseAroundTheCallHasEventsOnly() {
        assertThat(call(new Observation.Context())).isEmpty();
        assertThat(events).hasSize(3);
    }

    @Test
    void withoutAnObservationNothingIsTraced() {
        assertThat(ObservationTracer.of(registry).start("okhttp", "GET", "orders", 80))
                .isNull();
        assertThat(ObservationTracer.of(ObservationRegistry.NOOP).start("okhttp", "GET", "orders", 80))
                .isNull();
    }
}
