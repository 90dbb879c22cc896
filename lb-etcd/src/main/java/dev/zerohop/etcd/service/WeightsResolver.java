package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The members of another source with weights from etcd; see {@code EtcdWeights}. */
public final class WeightsResolver extends AbstractResolver {
    private static final Log LOG = Log.of(WeightsResolver.class);

    /** How long the first members wait for the first weights. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final String name;
    private final Resolver members;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final Env env;

    // Touched by tasks only.
    private final LastGood<Weights> value = new LastGood<>(Weights::parse);
    private final SmoothWeights smooth = new SmoothWeights();
    private @Nullable Running running;
    private Weights weights = Weights.NONE;
    private List<RejectedValue> refused = List.of();
    private boolean etcdSpoke;
    private Resolution said = Resolution.NONE;

    /** The endpoints that were weighed last, and what came of it; null when they are to be weighed anew. */
    private @Nullable List<Endpoint> weightedOf;

    private @Nullable List<Endpoint> weighted;
    private @Nullable Cancellable timer;

    /** What etcd is followed with. */
    private record Running(ClientSource.Use use, Consumer<List<RejectedValue>> status, Cancellable following) {}

    public WeightsResolver(String name, Resolver members, ClientSource source, ServiceKeys keys) {
        super(name, source.env());
        this.name = name;
        this.members = members;
        this.source = source;
        this.keys = keys;
        this.env = source.env();
    }

    @Override
    protected void onStart() {
        try {
            running = follow(source.uses().get());
            timer = env.time().schedule(PATIENCE.toNanos(), () -> run(this::waitNoLonger));
        } catch (RuntimeException unusable) {
            LOG.warn("{}: etcd cannot be followed; the members' own weights hold", name, unusable);
            etcdSpoke = true;
            publish(current().failed(unusable));
        }
        follow(members, now -> {
            said = now;
            update();
        });
    }

    private Running follow(ClientSource.Use use) {
        try {
            return new Running(
                    use, use.status(keys), use.follow(List.of(KeyRange.key(keys.weights())), new KeySubscriber()));
        } catch (RuntimeException unusable) {
            use.close();
            throw unusable;
        }
    }

    @Override
    public void refresh() {
        refreshSource(members);
    }

    @Override
    protected void onClose() {
        cancelTimer();
        closeSource(members);
        Running open = running;
        if (open != null) {
            open.following().cancel();
            open.status().accept(List.of());
            open.use().close();
        }
    }

    /** What etcd says. */
    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            run(() -> {
                List<RejectedValue> present = new ArrayList<>();
                Weights read = value.read(state.values().get(keys.weights()), present);
                weights = read == null ? Weights.NONE : read;
                takeRejected(present);
                etcdSpoke = true;
                weighAnew();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {
            run(WeightsResolver.this::waitNoLonger);
        }
    }

    private void waitNoLonger() {
        if (!etcdSpoke) {
            etcdSpoke = true;
            LOG.warn("{}: etcd does not answer; the members' own weights hold until it does", name);
            update();
        }
    }

    private void takeRejected(List<RejectedValue> present) {
        if (present.equals(refused)) {
            return;
        }
        refused = List.copyOf(present);
        Running open = running;
        if (open != null) {
            open.status().accept(refused);
        }
        refused.forEach(bad -> LOG.warn("{}: {}", name, bad.text()));
    }

    /** What the members' source says, with etcd's weights; its endpoints once those are known. */
    private void update() {
        List<String> rejected = new ArrayList<>(said.rejected());
        refused.forEach(bad -> rejected.add(bad.text()));
        Resolution next = said.rejecting(rejected);
        publish(etcdSpoke ? next.mapEndpoints(this::weighted) : next.withoutEndpoints());
    }

    private EndpointSet weighted(EndpointSet set) {
        if (weighted == null || weightedOf != set.endpoints()) {
            cancelTimer();
            weightedOf = set.endpoints();
            weighted = List.copyOf(smooth.apply(
                    weights.over(set.endpoints()),
                    weights.smoothing(),
                    env.time().nanoTime()));
            if (smooth.dueInNanos() != Long.MAX_VALUE) {
                timer = env.time().schedule(smooth.dueInNanos(), () -> run(this::weighAnew));
            }
        }
        return set.toBuilder().endpoints(weighted).build();
    }

    private void weighAnew() {
        weighted = null;
        update();
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
