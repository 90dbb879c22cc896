package dev.zerohop.micrometer;

import dev.zerohop.Cancellable;
import dev.zerohop.monitor.Meter;
import dev.zerohop.monitor.MeterBackend;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/** Meters in a registry. */
final class MicrometerBackend implements MeterBackend {
    private final MeterRegistry registry;
    private final Duration[] buckets;

    MicrometerBackend(MeterRegistry registry, List<Duration> buckets) {
        this.registry = registry;
        this.buckets = buckets.toArray(new Duration[0]);
    }

    @Override
    public Cancellable counter(Meter meter, Map<String, String> tags, DoubleSupplier total) {
        return new Registered(
                FunctionCounter.builder(meter.name(), total, DoubleSupplier::getAsDouble)
                        .tags(tagsOf(tags))
                        .description(meter.description())
                        .register(registry),
                total);
    }

    @Override
    public Cancellable gauge(Meter meter, Map<String, String> tags, DoubleSupplier value) {
        if (meter.unit().equals("s")) {
            return new Registered(
                    TimeGauge.builder(meter.name(), value, TimeUnit.SECONDS, DoubleSupplier::getAsDouble)
                            .tags(tagsOf(tags))
                            .description(meter.description())
                            .register(registry),
                    value);
        }
        Gauge.Builder<DoubleSupplier> gauge = Gauge.builder(meter.name(), value, DoubleSupplier::getAsDouble)
                .tags(tagsOf(tags))
                .description(meter.description());
        // Registries append units to names; "endpoints" would stand there twice.
        if (meter.unit().equals("1")) {
            gauge.baseUnit("ratio");
        }
        return new Registered(gauge.register(registry), value);
    }

    @Override
    public Recorder recorder(Meter meter, Map<String, String> tags) {
        Tags given = tagsOf(tags);
        if (registry.find(meter.name()).tags(given).meter() != null) {
            throw new IllegalStateException("the registry had " + meter.name() + " of " + tags
                    + " already, expected none: make one ZerohopMetrics for a registry, and give it to all clients");
        }
        Timer.Builder timer = Timer.builder(meter.name()).tags(given).description(meter.description());
        if (meter.type() == Meter.Type.HISTOGRAM && buckets.length > 0) {
            timer.serviceLevelObjectives(buckets);
        }
        return new RegisteredTimer(timer.register(registry));
    }

    private static Tags tagsOf(Map<String, String> tags) {
        return Tags.of(tags.entrySet().stream()
                .map(tag -> Tag.of(tag.getKey(), tag.getValue()))
                .toList());
    }

    /** Keeps what the meter reads, which the registry refers to weakly. */
    private final class Registered implements Cancellable {
        private final io.micrometer.core.instrument.Meter meter;

        @SuppressWarnings("unused")
        private final DoubleSupplier read;

        Registered(io.micrometer.core.instrument.Meter meter, DoubleSupplier read) {
            this.meter = meter;
            this.read = read;
        }

        @Override
        public void cancel() {
            registry.remove(meter);
        }
    }

    private final class RegisteredTimer implements Recorder {
        private final Timer timer;

        RegisteredTimer(Timer timer) {
            this.timer = timer;
        }

        @Override
        public void record(long nanos) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void cancel() {
            registry.remove(timer);
        }
    }
}
