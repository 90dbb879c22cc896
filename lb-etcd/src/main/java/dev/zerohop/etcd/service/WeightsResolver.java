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
    private ClientSource.@Nullable Use use;
    private Consumer<List<RejectedValue>> status = present -> {};
    private @Nullable Cancellable following;
    private Weights weights = Weights.NONE;
    private List<RejectedValue> rejected = List.of();
    private boolean etcdAnswered;
    private Resolution lastMembers = Resolution.NONE;

    /** The last input and result of the weighting; null when the weights must be applied again. */
    private @Nullable List<Endpoint> weightedOf;

    private @Nullable List<Endpoint> weighted;
    private @Nullable Cancellable timer;

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
            ClientSource.Use opened = source.uses().get();
            use = opened;
            status = opened.status(keys);
            following = opened.follow(List.of(KeyRange.key(keys.weights())), new KeySubscriber());
            timer = env.time().schedule(PATIENCE.toNanos(), () -> run(this::waitNoLonger));
        } catch (RuntimeException unusable) {
            LOG.warn("{}: etcd cannot be followed; the members' own weights hold", name, unusable);
            etcdAnswered = true;
            publish(current().failed(unusable));
        }
        follow(members, now -> {
            lastMembers = now;
            update();
        });
    }

    @Override
    public void refresh() {
        refreshSource(members);
    }

    @Override
    protected void onClose() {
        cancelTimer();
        closeSource(members);
        if (following != null) {
            following.cancel();
        }
        status.accept(List.of());
        if (use != null) {
            use.close();
        }
    }

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            run(() -> {
                List<RejectedValue> present = new ArrayList<>();
                Weights read = value.read(state.values().get(keys.weights()), present);
                weights = read == null ? Weights.NONE : read;
                takeRejected(present);
                etcdAnswered = true;
                reweight();
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
        if (!etcdAnswered) {
            etcdAnswered = true;
            LOG.warn("{}: etcd does not answer; the members' own weights hold until it does", name);
            update();
        }
    }

    private void takeRejected(List<RejectedValue> present) {
        if (present.equals(rejected)) {
            return;
        }
        rejected = List.copyOf(present);
        status.accept(rejected);
        rejected.forEach(bad -> LOG.warn("{}: {}", name, bad.text()));
    }

    /** The members' source with etcd's weights; its endpoints once those are known. */
    private void update() {
        List<String> all = new ArrayList<>(lastMembers.rejected());
        rejected.forEach(bad -> all.add(bad.text()));
        Resolution next = lastMembers.rejecting(all);
        publish(etcdAnswered ? next.mapEndpoints(this::weighted) : next.withoutEndpoints());
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
                timer = env.time().schedule(smooth.dueInNanos(), () -> run(this::reweight));
            }
        }
        return set.toBuilder().endpoints(weighted).build();
    }

    private void reweight() {
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
