package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.Refused;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.SourceConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A service of the etcd layout, or what its alias names. Changing over is make-before-break: the service's own keys are followed all the time, what an alias
 * names is followed beside them, and serves from its first set with a usable endpoint on. What served before is then gone on purpose.
 *
 * <p>Endpoints, weights, shards and verdicts are those of the one that serves. The configuration is the service's own if it has one, else that of the one
 * that serves.
 */
public final class ServiceResolver implements Resolver {
    private static final Log LOG = Log.of(ServiceResolver.class);

    /** An alias whose target gives nothing usable for so long is reported, and keeps nobody waiting who has just started. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final Aliases aliases;
    private final Env env;
    private final Lifecycle lifecycle;
    private final Followed own;

    // Touched by the lifecycle's tasks only.
    private Listener listener = new Deaf();
    private ClientSource.@Nullable Use use;
    private Consumer<List<Refused>> status = present -> {};
    private @Nullable Followed wanted;
    private @Nullable Followed serving;
    private boolean impatient;
    private SourceConfiguration configuration = SourceConfiguration.NONE;
    private boolean judging;
    private List<Refused> refusals = List.of();
    private @Nullable Refused unanswered;
    private @Nullable Cancellable timer;

    ServiceResolver(String name, ClientSource source, String service, Aliases aliases) {
        this.name = name;
        this.source = source;
        this.keys = new ServiceKeys(service);
        this.aliases = aliases;
        this.env = source.env();
        this.lifecycle = new Lifecycle(name, env);
        this.own = new Followed(
                null,
                new EtcdResolver(
                        name,
                        EndpointSet.Removals.GUARDED,
                        new ServiceView(keys, source.id(), aliases),
                        env,
                        subscriber -> source.follow(keys.followed(), subscriber),
                        new OwnAside(),
                        new EtcdResolver.Health(keys, subscriber -> source.follow(keys.judged(), subscriber))));
    }

    /** A service that somebody named himself, not by way of an alias. */
    public static ServiceResolver of(String name, ClientSource source, String service) {
        return new ServiceResolver(name, source, service, Aliases.of(source, service));
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener);
        lifecycle.run(() -> {
            this.listener = listener;
            try {
                ClientSource.Use opened = source.uses().get();
                use = opened;
                status = opened.status(keys);
                own.resolver.start(own);
            } catch (RuntimeException unusable) {
                LOG.warn("{}: etcd cannot be followed", name, unusable);
                tell(l -> l.onError(unusable));
            }
        });
    }

    @Override
    public void close() {
        lifecycle.close(() -> {
            cancelTimer();
            own.close();
            for (Followed followed : new Followed[] {wanted, serving}) {
                if (followed != null) {
                    followed.close();
                }
            }
            status.accept(List.of());
            if (use != null) {
                use.close();
            }
        });
    }

    @Override
    public void refresh() {
        lifecycle.run(() -> {
            if (serving != null) {
                serving.resolver.refresh();
            }
        });
    }

    /** What one of the two said last. Its methods enqueue; its fields are touched by the lifecycle's tasks only. */
    private final class Followed implements Listener {
        private final @Nullable Alias alias;
        private final Resolver resolver;
        private boolean closed;
        private @Nullable EndpointSet set;
        private @Nullable Throwable error;
        private SourceConfiguration configuration = SourceConfiguration.NONE;
        private Map<String, HealthSource.Verdict> verdicts = Map.of();
        private long verdictsNanos;

        Followed(@Nullable Alias alias, Resolver resolver) {
            this.alias = alias;
            this.resolver = resolver;
        }

        void close() {
            closed = true;
            resolver.close();
        }

        private void heard(Runnable task) {
            lifecycle.run(() -> {
                if (!closed) {
                    task.run();
                }
            });
        }

        @Override
        public void onEndpoints(EndpointSet all) {
            heard(() -> {
                set = all;
                if (!all.stale()) {
                    error = null;
                }
                if (serving == this) {
                    tell(l -> l.onEndpoints(all));
                }
                choose();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            heard(() -> {
                if (set != null) {
                    set = set.confirmed(asOf);
                }
                if (serving == this) {
                    tell(l -> l.onConfirmed(asOf));
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            heard(() -> {
                error = cause;
                if (this == wanted && this != serving) {
                    impatient = true;
                    report(String.valueOf(cause.getMessage()));
                }
                choose();
                if (serving == this || serving == null) {
                    tell(l -> l.onError(cause));
                }
            });
        }

        @Override
        public void onConfiguration(String json) {
            heard(() -> {
                configuration = configuration.stated(json);
                tellConfiguration();
            });
        }

        @Override
        public void onConfigurationRejected(String reason) {
            heard(() -> {
                configuration = configuration.rejected(reason);
                tellConfiguration();
            });
        }

        /** Worth hearing from both: it is a mistake of somebody's. */
        @Override
        public void onRefused(String reason) {
            heard(() -> tell(l -> l.onRefused(reason)));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> given) {
            heard(() -> {
                verdicts = Map.copyOf(given);
                verdictsNanos = env.time().nanoTime();
                if (serving == this) {
                    tellVerdicts();
                }
            });
        }

        private boolean usable() {
            return set != null
                    && set.endpoints().stream()
                            .anyMatch(e -> e.readiness() == Endpoint.Readiness.READY && e.weight() > 0);
        }
    }

    /** What the service's own keys say besides. */
    private final class OwnAside implements EtcdResolver.Aside {
        @Override
        public void onAlias(@Nullable Alias alias) {
            lifecycle.run(() -> want(alias));
        }

        @Override
        public void onRefusals(List<Refused> present) {
            lifecycle.run(() -> {
                refusals = present;
                tellStatus();
            });
        }
    }

    // ---- who serves ----

    private void want(@Nullable Alias alias) {
        Followed before = wanted;
        if (alias == null ? before == null : before != null && names(before, alias)) {
            return;
        }
        cancelTimer();
        impatient = false;
        if (unanswered != null) {
            unanswered = null;
            tellStatus();
        }
        wanted = null;
        if (before != null && before != serving) {
            before.close();
        }
        if (alias != null) {
            Followed now = serving;
            wanted = now != null && names(now, alias) ? now : follow(alias);
        }
        choose();
    }

    private static boolean names(Followed followed, Alias alias) {
        return followed.alias != null && followed.alias.target().equals(alias.target());
    }

    private Followed follow(Alias alias) {
        LOG.info("{} now means {}, which serves as soon as it has a usable endpoint", name, alias.target());
        Resolver target;
        try {
            target = aliases.open(alias.target());
        } catch (RuntimeException unusable) {
            // Known to be wanted all the same, so that nothing else takes over from what serves.
            Followed unopened = new Followed(alias, new Unopened());
            unopened.onError(unusable);
            return unopened;
        }
        Followed next = new Followed(alias, target);
        timer = env.time()
                .schedule(
                        PATIENCE.toNanos(),
                        () -> next.heard(() -> {
                            impatient = true;
                            if (serving != next) {
                                report(next.set == null ? "it is silent" : "it names nobody who takes calls");
                            }
                            choose();
                        }));
        try {
            target.start(next);
        } catch (RuntimeException unusable) {
            next.onError(unusable);
        }
        return next;
    }

    private void choose() {
        Followed target = wanted;
        if (target == null) {
            if (serving != own && own.set != null) {
                serve(own);
            }
        } else if (target != serving && target.usable()) {
            serve(target);
        } else if (serving == null && impatient && own.usable()) {
            serve(own);
        }
    }

    private void serve(Followed next) {
        Followed before = serving;
        serving = next;
        if (before != null) {
            LOG.info("{} is served by {} from now on, by {} until now", name, next.resolver, before.resolver);
        }
        if (unanswered != null) {
            unanswered = next == own && wanted != null ? unanswered : null;
            tellStatus();
        }
        tellConfiguration();
        tellVerdicts();
        EndpointSet set = next.set;
        if (set != null) {
            // Whoever served before is gone because somebody said so.
            EndpointSet first = before == null
                    ? set
                    : set.toBuilder().removals(EndpointSet.Removals.MEANT).build();
            Throwable cause = next.error;
            tell(l -> l.onEndpoints(cause == null ? first : first.asStale()));
            if (cause != null) {
                tell(l -> l.onError(cause));
            }
        }
        if (before != null && before != own) {
            before.close();
        }
    }

    /** Once per alias. */
    private void report(String why) {
        Followed target = wanted;
        if (unanswered != null || target == null || target.alias == null) {
            return;
        }
        Refused refused = new Refused(
                keys.alias(),
                target.alias.revision(),
                "target '" + target.alias.target() + "' has given no usable endpoint: " + why
                        + "; it takes over when it does",
                true);
        unanswered = refused;
        LOG.warn("{}: {}", name, refused.text());
        tell(l -> l.onRefused(refused.text()));
        tellStatus();
    }

    // ---- telling ----

    private void tell(Consumer<Listener> call) {
        if (!lifecycle.closed()) {
            call.accept(listener);
        }
    }

    private void tellConfiguration() {
        SourceConfiguration next =
                own.configuration.states() || serving == null ? own.configuration : serving.configuration;
        if (!next.equals(configuration)) {
            SourceConfiguration before = configuration;
            configuration = next;
            tell(l -> next.tellAfter(before, l));
        }
    }

    private void tellVerdicts() {
        Followed now = serving;
        Map<String, HealthSource.Verdict> left = now == null
                ? Map.of()
                : HealthSource.Verdict.after(now.verdicts, env.time().nanoTime() - now.verdictsNanos);
        if (judging || !left.isEmpty()) {
            judging = !left.isEmpty();
            tell(l -> l.onVerdicts(left));
        }
    }

    private void tellStatus() {
        List<Refused> all = new ArrayList<>(refusals);
        if (unanswered != null) {
            all.add(unanswered);
        }
        status.accept(all);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** Stands for what could not be opened. */
    private static final class Unopened implements Resolver {
        @Override
        public void start(Listener listener) {}

        @Override
        public void close() {}
    }

    /** Before the start. */
    private static final class Deaf implements Listener {
        @Override
        public void onEndpoints(EndpointSet all) {}

        @Override
        public void onError(Throwable cause) {}
    }

    @Override
    public String toString() {
        return name;
    }
}
