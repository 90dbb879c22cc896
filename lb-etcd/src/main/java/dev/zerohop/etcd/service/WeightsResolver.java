package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.Refused;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Somebody else's members with weights from etcd; see {@code EtcdWeights}. */
public final class WeightsResolver implements Resolver {
    private static final Log LOG = Log.of(WeightsResolver.class);

    /** How long the first members wait for the first weights. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final String name;
    private final Resolver members;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final Env env;
    private final Lifecycle lifecycle;

    // Touched by the lifecycle's tasks only.
    private final LastGood<Weights> value = new LastGood<>(Weights::parse);
    private final SmoothWeights smooth = new SmoothWeights();
    private @Nullable Listener listener;
    private @Nullable Running running;
    private Weights weights = Weights.NONE;
    private List<Refused> refused = List.of();
    private boolean etcdSpoke;
    private boolean failing;
    private @Nullable EndpointSet given;
    private @Nullable EndpointSet told;
    private @Nullable Cancellable timer;

    /** What etcd is followed with. */
    private record Running(ClientSource.Use use, Consumer<List<Refused>> status, Cancellable following) {}

    public WeightsResolver(String name, Resolver members, ClientSource source, ServiceKeys keys) {
        this.name = name;
        this.members = members;
        this.source = source;
        this.keys = keys;
        this.env = source.env();
        this.lifecycle = new Lifecycle(name, env);
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener);
        lifecycle.run(() -> {
            this.listener = listener;
            try {
                running = follow(source.uses().get());
                timer = env.time().schedule(PATIENCE.toNanos(), () -> lifecycle.run(this::waitNoLonger));
            } catch (RuntimeException unusable) {
                LOG.warn("{}: etcd cannot be followed; the members' own weights hold", name, unusable);
                etcdSpoke = true;
                tell(l -> l.onError(unusable));
            }
            members.start(new FromMembers());
        });
    }

    private Running follow(ClientSource.Use use) {
        try {
            return new Running(
                    use, use.status(keys), use.follow(List.of(KeyRange.key(keys.weights())), new FromEtcd()));
        } catch (RuntimeException unusable) {
            use.close();
            throw unusable;
        }
    }

    @Override
    public void refresh() {
        members.refresh();
    }

    @Override
    public void close() {
        lifecycle.close(() -> {
            cancelTimer();
            members.close();
            Running open = running;
            if (open != null) {
                open.following().cancel();
                open.status().accept(List.of());
                open.use().close();
            }
        });
    }

    /** What etcd says. */
    private final class FromEtcd implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            lifecycle.run(() -> {
                List<Refused> present = new ArrayList<>();
                Weights read = value.read(state.values().get(keys.weights()), present);
                weights = read == null ? Weights.NONE : read;
                tellRefusals(present);
                etcdSpoke = true;
                tellMembers(false);
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {}

        @Override
        public void onFailure(SourceFailure cause) {
            lifecycle.run(WeightsResolver.this::waitNoLonger);
        }
    }

    /** What the members' source says. */
    private final class FromMembers implements Listener {
        @Override
        public void onEndpoints(EndpointSet all) {
            lifecycle.run(() -> {
                given = all;
                failing &= all.stale();
                tellMembers(true);
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            lifecycle.run(() -> {
                EndpointSet set = given;
                EndpointSet before = told;
                if (set != null) {
                    given = set.confirmed(asOf);
                }
                if (before != null) {
                    told = before.confirmed(asOf);
                    tell(listener -> listener.onConfirmed(asOf));
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            lifecycle.run(() -> {
                failing = true;
                tell(listener -> listener.onError(cause));
            });
        }

        @Override
        public void onConfiguration(String json) {
            lifecycle.run(() -> tell(listener -> listener.onConfiguration(json)));
        }

        @Override
        public void onConfigurationRejected(String reason) {
            lifecycle.run(() -> tell(listener -> listener.onConfigurationRejected(reason)));
        }

        @Override
        public void onRefused(String reason) {
            lifecycle.run(() -> tell(listener -> listener.onRefused(reason)));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            lifecycle.run(() -> tell(listener -> listener.onVerdicts(verdicts)));
        }
    }

    private void waitNoLonger() {
        if (!etcdSpoke) {
            etcdSpoke = true;
            LOG.warn("{}: etcd does not answer; the members' own weights hold until it does", name);
            tellMembers(true);
        }
    }

    private void tellRefusals(List<Refused> present) {
        if (present.equals(refused)) {
            return;
        }
        refused = List.copyOf(present);
        Running open = running;
        if (open != null) {
            open.status().accept(refused);
        }
        for (Refused bad : refused) {
            LOG.warn("{}: {}", name, bad.text());
            tell(listener -> listener.onRefused(bad.text()));
        }
    }

    /** {@code news} says that the members' source has spoken; else only what changes is told. */
    private void tellMembers(boolean news) {
        EndpointSet set = given;
        if (set == null || !etcdSpoke) {
            return;
        }
        cancelTimer();
        List<Endpoint> weighted = smooth.apply(
                weights.over(set.endpoints()), weights.smoothing(), env.time().nanoTime());
        if (smooth.dueInNanos() != Long.MAX_VALUE) {
            timer = env.time().schedule(smooth.dueInNanos(), () -> lifecycle.run(() -> tellMembers(false)));
        }
        EndpointSet next = set.toBuilder()
                .endpoints(weighted)
                .stale(set.stale() || failing)
                .build();
        EndpointSet before = told;
        if (news || before == null || !before.endpoints().equals(next.endpoints())) {
            told = next;
            tell(listener -> listener.onEndpoints(next));
        }
    }

    private void tell(Consumer<Listener> call) {
        Listener hearing = listener;
        if (hearing != null && !lifecycle.closed()) {
            call.accept(hearing);
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
