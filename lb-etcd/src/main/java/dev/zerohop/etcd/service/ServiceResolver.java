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
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.directory.EtcdDirectory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A service of the etcd layout, or the target of its alias. The service's own keys are always watched. The target of an alias is followed beside them, and
 * takes over with its first set that has a usable endpoint; the endpoints before it then count as removed on purpose.
 *
 * <p>Endpoints, weights, shards and verdicts are those of the one that serves. The configuration is the service's own if it has one, else that of the one
 * that serves. A set without a directory gets that of the service.
 */
public final class ServiceResolver extends EtcdResolver {
    private static final Log LOG = Log.of(ServiceResolver.class);

    /** The time after which an alias without a usable endpoint is reported, and a client that has just started no longer waits for it. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final ClientSource source;
    private final ServiceKeys keys;
    private final Aliases aliases;
    private final DirectoryOptions directoryOptions;
    private final Env env;
    private final Upstream own;

    // Touched by tasks only.
    private @Nullable EtcdDirectory directory;
    private @Nullable String rejectedEntry;
    private Consumer<List<RejectedValue>> status = present -> {};
    private @Nullable Upstream wanted;
    private @Nullable Upstream serving;
    private boolean impatient;
    private List<RejectedValue> rejected = List.of();
    private @Nullable RejectedValue unanswered;
    private @Nullable Cancellable timer;

    ServiceResolver(
            String name, ClientSource source, ServiceKeys keys, Aliases aliases, DirectoryOptions directoryOptions) {
        super(
                name,
                source.env(),
                new Reading(
                        new ServiceView(keys, source.id(), aliases),
                        EndpointSet.Removals.GUARDED,
                        subscriber -> source.follow(keys.followed(), subscriber)));
        this.name = name;
        this.source = source;
        this.keys = keys;
        this.aliases = aliases;
        this.directoryOptions = directoryOptions;
        this.env = source.env();
        this.own = new Upstream(null, null);
    }

    /** A service that a target names directly, not through an alias. */
    public static ServiceResolver of(
            String name, ClientSource source, String service, DirectoryOptions directoryOptions) {
        return new ServiceResolver(
                name, source, new ServiceKeys(service), Aliases.of(source, service), directoryOptions);
    }

    @Override
    protected void onStart() {
        ClientSource.Use use = source.uses().get();
        try {
            status = use.status(keys);
            directory = new EtcdDirectory(
                    use.store(), keys.directory(), env, directoryOptions, this::rejectEntry, use::close);
        } catch (RuntimeException | Error failed) {
            use.close();
            throw failed;
        }
        super.onStart();
        addSubscription(source.follow(
                keys.judged(), new HealthSubscriber(name, keys, env.time(), this::run, this::takeVerdicts)));
    }

    @Override
    protected void onClose() {
        cancelTimer();
        super.onClose();
        targets().forEach(Upstream::close);
        status.accept(List.of());
        if (directory != null) {
            directory.close();
        }
    }

    @Override
    public void refresh() {
        run(() -> {
            if (serving != null && serving.resolver != null) {
                refreshSource(serving.resolver);
            }
        });
    }

    /** The service's own keys, or the target of an alias, and what it published last. */
    private final class Upstream {
        private final @Nullable Alias alias;
        private final @Nullable Resolver resolver;
        private boolean closed;
        private Resolution last = Resolution.NONE;

        /** {@code resolver} is null for the service's own keys and for a target that could not be opened. */
        Upstream(@Nullable Alias alias, @Nullable Resolver resolver) {
            this.alias = alias;
            this.resolver = resolver;
        }

        void close() {
            closed = true;
            if (resolver != null) {
                closeSource(resolver);
            }
        }

        void take(Resolution now) {
            if (closed) {
                return;
            }
            Throwable before = last.error();
            last = now;
            Throwable cause = now.error();
            if (cause != null && cause != before && this == wanted && this != serving) {
                impatient = true;
                report(String.valueOf(cause.getMessage()));
            }
            choose();
            publish(resolution());
        }

        boolean names(Alias other) {
            return alias != null && alias.target().equals(other.target());
        }

        boolean usable() {
            EndpointSet set = last.endpoints();
            return set != null
                    && set.endpoints().stream()
                            .anyMatch(e -> e.readiness() == Endpoint.Readiness.READY && e.weight() > 0);
        }

        @Override
        public String toString() {
            return resolver == null ? name : resolver.toString();
        }
    }

    @Override
    protected void onKeys(Resolution now) {
        own.take(now);
    }

    @Override
    protected void onRejected(List<RejectedValue> present) {
        rejected = present;
        reportStatus();
    }

    private void rejectEntry(String reason) {
        run(() -> {
            rejectedEntry = reason;
            publish(resolution());
        });
    }

    // ---- which one serves ----

    @Override
    protected void onAlias(@Nullable Alias alias) {
        Upstream before = wanted;
        if (alias == null ? before == null : before != null && before.names(alias)) {
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
            wanted = now != null && now.names(alias) ? now : follow(alias);
        }
        choose();
        publish(resolution());
    }

    private Upstream follow(Alias alias) {
        LOG.info("{} is now an alias of {}, which takes over once it has a usable endpoint", name, alias.target());
        Resolver target;
        try {
            target = aliases.open(alias.target());
        } catch (RuntimeException unusable) {
            // It is still the wanted one, so that no other upstream replaces the one that serves.
            Upstream unopened = new Upstream(alias, null);
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
            report(target.last.endpoints() == null ? "it has not answered" : "it has no endpoint that takes calls");
        }
        choose();
        publish(resolution());
    }

    private void choose() {
        Upstream target = wanted;
        if (target == null) {
            if (serving != own && own.last.endpoints() != null) {
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
        LOG.info("{} is served by {} from now on, by {} until now", name, next, before);
        // The endpoints before it count as removed on purpose.
        publish(resolution()
                .mapEndpoints(set ->
                        set.toBuilder().removals(EndpointSet.Removals.MEANT).build()));
        if (before != own) {
            before.close();
        }
    }

    /** The resolution of the one that serves, with the rejected values of all. */
    private Resolution resolution() {
        Upstream now = serving;
        List<String> all = new ArrayList<>(own.last.rejected());
        targets().forEach(target -> all.addAll(target.last.rejected()));
        if (unanswered != null) {
            all.add(unanswered.text());
        }
        if (rejectedEntry != null) {
            all.add(rejectedEntry);
        }
        SourceConfiguration configuration = own.last.configuration().configures() || now == null
                ? own.last.configuration()
                : now.last.configuration();
        // If it is rejected, the last good one stays in force, even one of another upstream.
        SourceConfiguration next = configuration.orGoodOf(current().configuration());
        return (now == null ? unserved() : now.last)
                .with(next)
                .rejecting(all)
                .mapEndpoints(set -> set.directory() == null ? set.withDirectory(directory) : set);
    }

    /** The targets of aliases that are followed: the one that is wanted, and the one that serves until then. */
    private Stream<Upstream> targets() {
        return Stream.of(wanted, serving)
                .filter(each -> each != null && each != own)
                .distinct();
    }

    private Resolution unserved() {
        Throwable cause = wanted == null ? null : wanted.last.error();
        cause = cause == null ? own.last.error() : cause;
        return cause == null ? Resolution.NONE : Resolution.NONE.failed(cause);
    }

    /** Reports once per alias. */
    private void report(String why) {
        Upstream target = wanted;
        if (unanswered != null || target == null || target.alias == null) {
            return;
        }
        RejectedValue value = new RejectedValue(
                keys.alias(),
                target.alias.revision(),
                "target '" + target.alias.target() + "' has no usable endpoint: " + why
                        + "; it takes over when it has one",
                true);
        unanswered = value;
        LOG.warn("{}: {}", name, value.text());
        reportStatus();
    }

    private void reportStatus() {
        List<RejectedValue> all = new ArrayList<>(rejected);
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
}
