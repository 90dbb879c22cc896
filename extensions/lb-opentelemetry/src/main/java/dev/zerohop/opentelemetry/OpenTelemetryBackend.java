package dev.zerohop.opentelemetry;

import dev.zerohop.Cancellable;
import dev.zerohop.monitor.Meter;
import dev.zerohop.monitor.MeterBackend;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/** Instruments of a meter provider: one for each meter, which all services share. Instruments that are read are closed with the last service; histograms cannot be. */
final class OpenTelemetryBackend implements MeterBackend {
    private final io.opentelemetry.api.metrics.Meter api;
    private final List<Double> bounds;
    private final Map<Meter, DoubleHistogram> histograms = new HashMap<>();
    private final Map<Meter, ReadInstrument> instruments = new HashMap<>();

    OpenTelemetryBackend(io.opentelemetry.api.metrics.Meter api, List<Duration> buckets) {
        this.api = api;
        this.bounds = buckets.stream().map(bound -> bound.toNanos() / 1e9).toList();
    }

    /** An instrument with a callback, and what is read for each set of attributes. */
    private static final class ReadInstrument {
        final Map<Attributes, DoubleSupplier> values = new ConcurrentHashMap<>();
        AutoCloseable handle = () -> {};

        void open(io.opentelemetry.api.metrics.Meter api, Meter meter) {
            handle = meter.type() == Meter.Type.COUNTER
                    ? api.counterBuilder(meter.name())
                            .setUnit(meter.unit())
                            .setDescription(meter.description())
                            .buildWithCallback(to -> values.forEach(
                                    (attributes, total) -> to.record((long) total.getAsDouble(), attributes)))
                    : api.gaugeBuilder(meter.name())
                            .setUnit(meter.unit())
                            .setDescription(meter.description())
                            .buildWithCallback(to -> values.forEach((attributes, value) -> {
                                double now = value.getAsDouble();
                                if (!Double.isNaN(now)) {
                                    to.record(now, attributes);
                                }
                            }));
        }

        void close() {
            try {
                handle.close();
            } catch (Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    @Override
    public Cancellable counter(Meter meter, Map<String, String> tags, DoubleSupplier total) {
        return read(meter, attributes(tags), total);
    }

    @Override
    public Cancellable gauge(Meter meter, Map<String, String> tags, DoubleSupplier value) {
        return read(meter, attributes(tags), value);
    }

    private synchronized Cancellable read(Meter meter, Attributes attributes, DoubleSupplier value) {
        ReadInstrument instrument = instruments.get(meter);
        if (instrument == null) {
            instrument = new ReadInstrument();
            instrument.open(api, meter);
            instruments.put(meter, instrument);
        }
        instrument.values.put(attributes, value);
        return () -> forget(meter, attributes, value);
    }

    private synchronized void forget(Meter meter, Attributes attributes, DoubleSupplier value) {
        ReadInstrument instrument = instruments.get(meter);
        if (instrument != null && instrument.values.remove(attributes, value) && instrument.values.isEmpty()) {
            instruments.remove(meter);
            instrument.close();
        }
    }

    @Override
    public synchronized Recorder recorder(Meter meter, Map<String, String> tags) {
        DoubleHistogram histogram = histograms.computeIfAbsent(
                meter,
                fresh -> api.histogramBuilder(fresh.name())
                        .setUnit(fresh.unit())
                        .setDescription(fresh.description())
                        .setExplicitBucketBoundariesAdvice(fresh.type() == Meter.Type.HISTOGRAM ? bounds : List.of())
                        .build());
        return new Durations(histogram, attributes(tags));
    }

    private record Durations(DoubleHistogram histogram, Attributes attributes) implements Recorder {
        @Override
        public void record(long nanos) {
            histogram.record(nanos / 1e9, attributes);
        }

        /** OpenTelemetry forgets no histogram. */
        @Override
        public void cancel() {}
    }

    private static Attributes attributes(Map<String, String> tags) {
        AttributesBuilder attributes = Attributes.builder();
        tags.forEach(attributes::put);
        return attributes.build();
    }
}
