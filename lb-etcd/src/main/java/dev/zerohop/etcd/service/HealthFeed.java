package dev.zerohop.etcd.service;

import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.Time;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Tells a resolver's listener the verdicts on its endpoints. Apart from the endpoints, so that a verdict rebuilds no set. While etcd is away nothing is
 * told: what was said runs out by its time to live. What nobody vouches for is not believed; it is told again when etcd answers.
 */
final class HealthFeed implements Reflector.Subscriber<Entry, Version> {
    private static final Log LOG = Log.of(HealthFeed.class);

    private final String name;
    private final HealthView view;
    private final Time time;
    private final Executor serial;
    private final Resolver.Listener listener;

    /** {@code serial} is the resolver's: its listener hears one thing at a time, and nothing once it is closed. */
    HealthFeed(String name, ServiceKeys keys, Time time, Executor serial, Resolver.Listener listener) {
        this.name = name;
        this.view = new HealthView(keys);
        this.time = time;
        this.serial = serial;
        this.listener = listener;
    }

    @Override
    public void onState(Reflector.State<Entry, Version> state, boolean stale) {
        if (stale) {
            return;
        }
        serial.execute(() -> {
            List<String> refusals = new ArrayList<>();
            boolean changed = view.read(state, time.nanoTime(), refusals);
            for (String refusal : refusals) {
                LOG.warn("{}: {}", name, refusal);
                listener.onRefused(refusal);
            }
            if (changed) {
                listener.onVerdicts(view.live(time.nanoTime()));
            }
        });
    }

    @Override
    public void onConfirmed(Instant asOf) {}

    @Override
    public void onFailure(SourceFailure cause) {}
}
