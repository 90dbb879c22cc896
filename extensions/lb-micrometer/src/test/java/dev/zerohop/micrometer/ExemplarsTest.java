package dev.zerohop.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A registry that asks for the current span gets that of OkHttp's caller. */
class ExemplarsTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String OPEN_METRICS = "application/openmetrics-text";

    /** As of a tracing library: the span belongs to one thread. */
    private static final class SpanOfOneThread implements SpanContext {
        private final Thread thread = Thread.currentThread();

        private boolean current() {
            return Thread.currentThread() == thread;
        }

        @Override
        public String getCurrentTraceId() {
            return current() ? TRACE : null;
        }

        @Override
        public String getCurrentSpanId() {
            return current() ? SPAN : null;
        }

        @Override
        public boolean isCurrentSpanSampled() {
            return current();
        }

        @Override
        public void markCurrentSpanAsExemplar() {
            // Nobody looks.
        }
    }

    @Test
    void anAttemptOverOkHttpLeadsToTheTraceOfItsCaller() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(
                PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM, new SpanOfOneThread());
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = {'x'};
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try (ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///127.0.0.1:" + server.getAddress().getPort())
                .listener(ZerohopMetrics.of(registry))
                .build()) {
            OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/1").build())
                    .execute()) {
                assertThat(response.body().string()).isEqualTo("x");
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(
                                    registry.scrape(OPEN_METRICS).lines())
                            .anySatisfy(line -> assertThat(line)
                                    .startsWith("zerohop_attempts_seconds_bucket{")
                                    .contains("outcome=\"success\"")
                                    .contains("trace_id=\"" + TRACE + "\"", "span_id=\"" + SPAN + "\"")));
        } finally {
            server.stop(0);
            registry.close();
        }
    }
}
