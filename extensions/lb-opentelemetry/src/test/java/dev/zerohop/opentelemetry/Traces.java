package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** OpenTelemetry's real SDK, and what it exports. Its end checks that nothing was written that the page does not name. */
final class Traces implements AutoCloseable {
    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    final OpenTelemetrySdk sdk;

    Traces() {
        this(Sampler.alwaysOn());
    }

    Traces(Sampler sampler) {
        sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    Span start(String name, SpanKind kind) {
        return sdk.getTracer("test").spanBuilder(name).setSpanKind(kind).startSpan();
    }

    /** Does it below a span of this name. */
    <T> T below(String name, SpanKind kind, Callable<T> what) throws Exception {
        Span span = start(name, kind);
        try (Scope ignored = span.makeCurrent()) {
            return what.call();
        } finally {
            span.end();
        }
    }

    List<SpanData> finished() {
        return exporter.getFinishedSpanItems();
    }

    SpanData finished(String name) {
        List<SpanData> found =
                finished().stream().filter(span -> span.getName().equals(name)).toList();
        assertThat(found).as("spans %s", name).hasSize(1);
        return found.get(0);
    }

    List<SpanData> finished(String name, int count) {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(
                        () -> finished().stream()
                                .filter(span -> span.getName().equals(name))
                                .toList(),
                        found -> found.size() == count);
    }

    static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(condition);
    }

    static List<EventData> events(SpanData span, String name) {
        return span.getEvents().stream()
                .filter(event -> event.getName().equals(name))
                .toList();
    }

    static <T> List<T> values(List<EventData> events, AttributeKey<T> key) {
        return events.stream().map(event -> event.getAttributes().get(key)).toList();
    }

    @Override
    public void close() {
        Set<String> documented = TracingPage.names();
        for (SpanData span : finished()) {
            String scope = span.getInstrumentationScopeInfo().getName();
            boolean foreign = scope.startsWith("io.opentelemetry.") || scope.equals("grpc-java");
            // Of an instrumentation's own attributes some are those that it shares with us, and its events are its own.
            assertThat(names(span.getAttributes()).stream().filter(name -> !foreign || name.startsWith("zerohop.")))
                    .isSubsetOf(documented);
            for (EventData event : span.getEvents()) {
                if (foreign
                        ? event.getName().startsWith("zerohop.")
                        : !event.getName().equals("exception")) {
                    assertThat(documented).contains(event.getName());
                    assertThat(names(event.getAttributes())).isSubsetOf(documented);
                }
            }
        }
        sdk.close();
    }

    private static Set<String> names(Attributes attributes) {
        Set<String> names = new TreeSet<>();
        attributes.forEach((key, value) -> names.add(key.getKey()));
        return names;
    }
}
