package dev.zerohop.monitor;

import dev.zerohop.Cancellable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/** Meters of one service, which go together. Not thread-safe. */
final class Registrations implements Cancellable {
    private final MeterBackend backend;
    private final String service;
    private final List<Cancellable> registered = new ArrayList<>();

    Registrations(MeterBackend backend, String service) {
        this.backend = backend;
        this.service = service;
    }

    void counter(Meter meter, LongAdder count, String... values) {
        registered.add(backend.counter(meter, tags(meter, values), count::sum));
    }

    <E extends Enum<E>> void counters(Meter meter, Tally<E> tally) {
        tally.counts().forEach((constant, count) -> counter(meter, count, Meters.value(constant)));
    }

    void gauge(Meter meter, DoubleSupplier value, String... values) {
        registered.add(backend.gauge(meter, tags(meter, values), value));
    }

    MeterBackend.Recorder recorder(Meter meter, String... values) {
        MeterBackend.Recorder recorder = backend.recorder(meter, tags(meter, values));
        registered.add(recorder);
        return recorder;
    }

    private Map<String, String> tags(Meter meter, String... values) {
        Map<String, String> tags = new LinkedHashMap<>();
        tags.put(Meter.SERVICE, service);
        for (int i = 0; i < values.length; i++) {
            tags.put(meter.tags().get(i).key(), values[i]);
        }
        return tags;
    }

    @Override
    public void cancel() {
        registered.forEach(Cancellable::cancel);
        registered.clear();
    }
}
