package dev.zerohop.etcd.service;

import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Time;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * Reports the verdicts on a service's endpoints, separately from the endpoints, so that a verdict does not rebuild a set. While etcd is unreachable nothing
 * is reported, and verdicts expire by their time to live. A stale state is ignored; it is reported again when etcd answers.
 */
final class HealthSubscriber implements Reflector.Subscriber<Entry, Version> {
    private static final Log LOG = Log.of(HealthSubscriber.class);

    private final String name;
    private final HealthView view;
    private final Time time;
    private final Executor serial;
    private final BiConsumer<HealthSource.Verdicts, List<String>> report;
    private HealthSource.Verdicts verdicts = HealthSource.Verdicts.NONE;
    private List<String> rejected = List.of();

    /** {@code serial} runs nothing once the resolver is closed; {@code report} takes all verdicts, and the values that are rejected. */
    HealthSubscriber(
            String name,
            ServiceKeys keys,
            Time time,
            Executor serial,
            BiConsumer<HealthSource.Verdicts, List<String>> report) {
        this.name = name;
        this.view = new HealthView(keys);
        this.time = time;
        this.serial = serial;
        this.report = report;
    }

    @Override
    public void onState(Reflector.State<Entry, Version> state, boolean stale) {
        if (stale) {
            return;
        }
        // Their time to live begins when they arrive, not when the tasks queued before are done.
        long now = time.nanoTime();
        serial.execute(() -> {
            List<String> present = new ArrayList<>();
            if (view.read(state, now, present)) {
                verdicts = new HealthSource.Verdicts(view.live(now), now);
            }
            Collections.sort(present);
            Set<String> known = new HashSet<>(rejected);
            present.stream().filter(each -> !known.contains(each)).forEach(each -> LOG.warn("{}: {}", name, each));
            rejected = present;
            report.accept(verdicts, rejected);
        });
    }

    @Override
    public void onConfirmed(Instant asOf) {}

    @Override
    public void onFailure(SourceFailure cause) {}
}
