package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.okhttp.ZerohopOkHttp;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
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
