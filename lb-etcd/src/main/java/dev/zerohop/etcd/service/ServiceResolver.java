package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.AbstractResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A service of the etcd layout, or what its alias names. Changing over is make-before-break: the service's own keys are followed all the time, what an alias
 * names is followed beside them, and serves from its first set with a usable endpoint on. What served before is then gone on purpose.
 *
 * <p>Endpoints, weights, shards and verdicts are those of the one that serves. The configuration is the service's own if it has one, else that of the one
 * that serves.
 */
public final class ServiceResolver extends AbstractResolver {
    private static final Log LOG = Log.of(ServiceResolver.class);

    /** An alias whose target gives nothing usable for so long is reported, and keeps no client waiting that has just started. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final Aliases aliases;
    private final Env env;
    private final Upstream own;

    // Touched by tasks only.
    private ClientSource.@Nullable Use use;
    private Consumer<List<RejectedValue>> status = present -> {};
    private @Nullable Upstream wanted;
    private @Nullable Upstream serving;
    private boolean impatient;
    private List<RejectedValue> rejections = List.of();
    private @Nullable RejectedValue unanswered;
    private @Nullable Cancellable timer;

    ServiceResolver(String name, ClientSource source, String service, Aliases aliases) {
        super(name, source.env());
        this.name = name;
        this.source = source;
        this.keys = new ServiceKeys(service);
        this.aliases = aliases;
        this.env = source.env();
        this.own = new Upstream(
                null,
                new EtcdResolver(
                        name,
                        env,
                        Runnable::run,
                        new EtcdResolver.Reading(
                                new ServiceView(keys, source.id(), aliases),
                                EndpointSet.Removals.GUARDED,
                                subscriber -> source.follow(keys.followed(), subscriber)),
                        new OwnReporter(),
                        new EtcdResolver.Health(keys, subscriber -> source.follow(keys.judged(), subscriber))));
    }

    /** A service that is named itself, not by way of an alias. */
    public static ServiceResolver of(String name, ClientSource source, String service) {
        return new ServiceResolver(name, source, service, Aliases.of(source, service));
    }

    @Override
    protected void onStart() {
        ClientSource.Use opened = source.uses().get();
        use = opened;
        status = opened.status(keys);
        follow(own.resolver, own::take);
    }

    @Override
    protected void onClose() {
        cancelTimer();
        own.close();
        for (Upstream upstream : new Upstream[] {wanted, serving}) {
            if (upstream != null) {
                upstream.close();
            }
        }
        status.accept(List.of());
        if (use != null) {
            use.close();
        }
    }

    @Override
    public void refresh() {
        run(() -> {
            if (serving != null) {
                refreshSource(serving.resolver);
            }
        });
    }

    /** What one of the two said last. */
    private final class Upstream {
        private final @Nullable Alias alias;
        private final Resolver resolver;
        private boolean closed;
        private Resolution said = Resolution.NONE;

        Upstream(@Nullable Alias alias, Resolver resolver) {
            this.alias = alias;
            this.resolver = resolver;
        }

        void close() {
            closed = true;
            closeSource(resolver);
        }

        void take(Resolution now) {
            if (closed) {
                return;
            }
            Throwable before = said.error();
            said = now;
            Throwable cause = now.error();
            if (cause != null && cause != before && this == wanted && this != serving) {
                impatient = true;
                report(String.valueOf(cause.getMessage()));
            }
            choose();
            publish(resolution());
        }

        private boolean usable() {
            EndpointSet set = said.endpoints();
            return set != null
                    && set.endpoints().stream()
                            .anyMatch(e -> e.readiness() == Endpoint.Readiness.READY && e.weight() > 0);
        }
    }

    /** What the service's own keys say besides. */
    private final class OwnReporter implements EtcdResolver.StatusReporter {
        @Override
        public void onAlias(@Nullable Alias alias) {
            run(() -> want(alias));
        }

        @Override
        public void onRejected(List<RejectedValue> present) {
            run(() -> {
                rejections = present;
                reportStatus();
            });
        }
    }

    // ---- which one serves ----

    private void want(@Nullable Alias alias) {
        Upstream before = wanted;
        if (alias == null ? before == null : before != null && names(before, alias)) {
            return;
        }
        cancelTimer();
        impatient = false;
        if (unanswered != null) {
            unanswered = null;
            reportStatus();
        }
        wanted = null;
        if (before != null && before != serving) {
            before.close();
        }
        if (alias != null) {
            Upstream now = serving;
            wanted = now != null && names(now, alias) ? now : follow(alias);
        }
        choose();
        publish(resolution());
    }

    private static boolean names(Upstream upstream, Alias alias) {
        return upstream.alias != null && upstream.alias.target().equals(alias.target());
    }

    private Upstream follow(Alias alias) {
        LOG.info("{} now means {}, which serves as soon as it has a usable endpoint", name, alias.target());
        Resolver target;
        try {
            target = aliases.open(alias.target());
        } catch (RuntimeException unusable) {
            // Known to be wanted all the same, so that nothing else takes over from what serves.
            Upstream unopened = new Upstream(alias, new Unopened());
            run(() -> unopened.take(Resolution.NONE.failed(unusable)));
            return unopened;
        }
        Upstream next = new Upstream(alias, target);
        timer = env.time().schedule(PATIENCE.toNanos(), () -> run(() -> waitNoLonger(next)));
        follow(target, next::take);
        return next;
    }

    private void waitNoLonger(Upstream target) {
        if (target.closed) {
            return;
        }
        impatient = true;
        if (serving != target) {
            report(target.said.endpoints() == null ? "it is silent" : "it names no endpoint that takes calls");
        }
        choose();
        publish(resolution());
    }

    private void choose() {
        Upstream target = wanted;
        if (target == null) {
            if (serving != own && own.said.endpoints() != null) {
                serve(own);
            }
        } else if (target != serving && target.usable()) {
            serve(target);
        } else if (serving == null && impatient && own.usable()) {
            serve(own);
        }
    }

    private void serve(Upstream next) {
        Upstream before = serving;
        serving = next;
        if (unanswered != null) {
            unanswered = next == own && wanted != null ? unanswered : null;
            reportStatus();
        }
        if (before == null) {
            return;
        }
        LOG.info("{} is served by {} from now on, by {} until now", name, next.resolver, before.resolver);
        // What served before is gone because the alias says so.
        publish(resolution()
                .mapEndpoints(set ->
                        set.toBuilder().removals(EndpointSet.Removals.MEANT).build()));
        if (before != own) {
            before.close();
        }
    }

    /** What the one that serves says; values that cannot be used are worth hearing of from both. */
    private Resolution resolution() {
        Upstream now = serving;
        List<String> rejected = new ArrayList<>(own.said.rejected());
        for (Upstream upstream : wanted == serving ? new Upstream[] {wanted} : new Upstream[] {wanted, serving}) {
            if (upstream != null && upstream != own) {
                rejected.addAll(upstream.said.rejected());
            }
        }
        if (unanswered != null) {
            rejected.add(unanswered.text());
        }
        SourceConfiguration configuration = own.said.configuration().configures() || now == null
                ? own.said.configuration()
                : now.said.configuration();
        // One that is rejected leaves what was good before it, also what another one stated.
        SourceConfiguration next = configuration.orGoodOf(current().configuration());
        return (now == null ? unserved() : now.said).with(next).rejecting(rejected);
    }

    private Resolution unserved() {
        Throwable cause = wanted == null ? null : wanted.said.error();
        cause = cause == null ? own.said.error() : cause;
        return cause == null ? Resolution.NONE : Resolution.NONE.failed(cause);
    }

    /** Once per alias. */
    private void report(String why) {
        Upstream target = wanted;
        if (unanswered != null || target == null || target.alias == null) {
            return;
        }
        RejectedValue refused = new RejectedValue(
                keys.alias(),
                target.alias.revision(),
                "target '" + target.alias.target() + "' has given no usable endpoint: " + why
                        + "; it takes over when it does",
                true);
        unanswered = refused;
        LOG.warn("{}: {}", name, refused.text());
        reportStatus();
    }

    private void reportStatus() {
        List<RejectedValue> all = new ArrayList<>(rejections);
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
}
