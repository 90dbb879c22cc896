package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a {@link Reflector} holds into endpoints, by way of a {@link View}. */
public final class EtcdResolver extends AbstractResolver {
    private static final Log LOG = Log.of(EtcdResolver.class);

    /** Learns what no resolution says; called before the listener. */
    public interface StatusReporter {
        /** What the target now means instead; called with every reading. */
        void onAlias(@Nullable Alias alias);

        /** All that is refused at present, whenever that changes. */
        void onRejected(List<RejectedValue> present);

        /** For a target that has neither aliases nor a status. */
        StatusReporter NONE = new StatusReporter() {
            @Override
            public void onAlias(@Nullable Alias alias) {}

            @Override
            public void onRejected(List<RejectedValue> present) {}
        };
    }

    /**
     * What is read.
     *
     * @param removals how to take endpoints that are no longer named
     * @param source subscribes to the keys that {@code view} reads
     */
    public record Reading(
            View view,
            EndpointSet.Removals removals,
            Function<Reflector.Subscriber<Entry, Version>, Cancellable> source) {}

    private final String name;
    private final Env env;
    private final Reading reading;
    private final StatusReporter reporter;
    private final @Nullable Health health;

    // Touched by tasks only.
    private final RemovalBuffer losses = new RemovalBuffer();
    private final SmoothWeights weights = new SmoothWeights();
    private final List<Cancellable> subscriptions = new ArrayList<>();
    private List<RejectedValue> refused = List.of();
    private List<String> badVerdicts = List.of();
    private @Nullable Known known;
    private @Nullable Cancellable timer;

    /** What etcd says, whatever of it was published. */
    private record Known(
            View.Content content, List<Endpoint> endpoints, Reflector.State<Entry, Version> state, boolean stale) {}

    /**
     * Where the verdicts on the endpoints are.
     *
     * @param source subscribes to the keys under {@link ServiceKeys#health}
     */
    record Health(ServiceKeys keys, Function<Reflector.Subscriber<Entry, Version>, Cancellable> source) {}

    /** A resolver whose tasks run on threads of its own; there are no verdicts on its endpoints. */
    public EtcdResolver(String name, Env env, Reading reading, StatusReporter reporter) {
        this(name, env, env.blocking(), reading, reporter, null);
    }

    /** {@code threads} as in {@link AbstractResolver}: a resolver within another runs on the threads that bring it news. */
    EtcdResolver(String name, Env env, Executor threads, Reading reading, StatusReporter reporter, @Nullable Health health) {
        super(name, env, threads);
        this.name = name;
        this.env = env;
        this.reading = reading;
        this.reporter = reporter;
        this.health = health;
    }

    @Override
    protected void onStart() {
        subscriptions.add(reading.source().apply(new KeySubscriber()));
        if (health != null) {
            subscriptions.add(health.source()
                    .apply(new HealthSubscriber(name, health.keys(), env.time(), this::run, (verdicts, rejected) -> {
                        badVerdicts = rejected;
                        publish(said().with(verdicts));
                    })));
        }
    }

    @Override
    protected void onClose() {
        cancelTimer();
        subscriptions.forEach(Cancellable::cancel);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            run(() -> take(state, stale));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                if (current().error() == null) {
                    publish(current().mapEndpoints(set -> set.confirmed(asOf)));
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                Known now = known;
                if (now != null) {
                    // What timers still make of it is not vouched for.
                    known = new Known(now.content(), now.endpoints(), now.state(), true);
                }
                publish(current().failed(cause));
            });
        }
    }

    private void take(Reflector.State<Entry, Version> state, boolean stale) {
        View.Content content = reading.view().read(state.values());
        takeRejected(content.rejections());
        reporter.onAlias(content.alias());
        Resolution next = configured(said(), content);
        List<Endpoint> endpoints = content.endpoints();
        if (endpoints != null) {
            known = new Known(content, endpoints, state, stale);
            publish(answered(next, known));
        } else {
            // The one value that names all endpoints is bad, and no good one came before it.
            publish(
                    refused.isEmpty()
                            ? next
                            : next.failed(new IllegalArgumentException(
                                    content.rejections().get(0).text())));
        }
    }

    private void takeRejected(List<RejectedValue> present) {
        List<RejectedValue> sorted = new ArrayList<>(present);
        sorted.sort(Comparator.comparing(RejectedValue::key));
        if (!sorted.equals(refused)) {
            sorted.stream()
                    .filter(each -> !refused.contains(each))
                    .forEach(each -> LOG.warn("{}: {}", name, each.text()));
            refused = List.copyOf(sorted);
            reporter.onRejected(refused);
        }
    }

    /** What was published last, with the values that cannot be used at present. */
    private Resolution said() {
        List<String> rejected = new ArrayList<>(badVerdicts);
        refused.forEach(each -> rejected.add(each.text()));
        return current().rejecting(rejected);
    }

    private static Resolution configured(Resolution said, View.Content content) {
        if (content.rejectedConfiguration() != null) {
            return said.configurationRejected(content.rejectedConfiguration().text());
        }
        if (content.configuration() != null) {
            return said.with(content.configuration());
        }
        return said.configuration().configures() ? said.configured("") : said;
    }

    private void lookAgain() {
        if (known != null) {
            publish(answered(current(), known));
        }
    }

    private Resolution answered(Resolution said, Known now) {
        EndpointSet before = current().endpoints();
        cancelTimer();
        long nanos = env.time().nanoTime();
        List<Endpoint> weighted = weights.apply(now.endpoints(), now.content().smoothing(), nanos);
        List<Endpoint> named = before == null || reading.removals() == EndpointSet.Removals.MEANT
                ? weighted
                : losses.gather(before.endpoints(), weighted, lost -> false, nanos);
        weights.stillNamed(named);
        // When a loss is to be believed, or weights may step.
        long due = Math.min(weights.dueInNanos(), losses.dueInNanos(nanos));
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, () -> run(this::lookAgain));
        }
        return said.answered(EndpointSet.builder(name)
                .endpoints(named)
                .shardMap(now.content().shards())
                .version(now.state().version().revision())
                .asOf(now.state().asOf())
                .stale(now.stale())
                .removals(reading.removals())
                .build());
    }
}
