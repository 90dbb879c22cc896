package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Publishes the endpoints that a {@link View} reads from a local copy of keys. */
public class EtcdResolver extends AbstractResolver {
    private static final Log LOG = Log.of(EtcdResolver.class);

    /**
     * The keys to read, and how.
     *
     * @param removals how removed endpoints are treated
     * @param source subscribes to the keys that {@code view} reads
     */
    public record Reading(
            View view,
            EndpointSet.Removals removals,
            Function<Reflector.Subscriber<Entry, Version>, Cancellable> source) {}

    private final String name;
    private final Env env;
    private final Reading reading;

    // Touched by tasks only.
    private final RemovalBuffer losses = new RemovalBuffer();
    private final SmoothWeights weights = new SmoothWeights();
    private final List<Cancellable> subscriptions = new ArrayList<>();
    private Resolution last = Resolution.NONE;
    private List<RejectedValue> rejectedValues = List.of();
    private List<String> rejectedVerdicts = List.of();
    private @Nullable Known known;
    private @Nullable Cancellable timer;

    /** The content of the keys, published or not. */
    private record Known(
            View.Content content, List<Endpoint> endpoints, Reflector.State<Entry, Version> state, boolean stale) {}

    public EtcdResolver(String name, Env env, Reading reading) {
        super(name, env);
        this.name = name;
        this.env = env;
        this.reading = reading;
    }

    /** Called with the alias of the target, for every reading and before {@link #onKeys}. A task. */
    protected void onAlias(@Nullable Alias alias) {}

    /** Called with all values that are rejected at present, whenever they change. A task. */
    protected void onRejected(List<RejectedValue> present) {}

    /** Called with the content of the keys when it has changed. Default: publishes it. A task. */
    protected void onKeys(Resolution now) {
        publish(now);
    }

    @Override
    protected void onStart() {
        addSubscription(reading.source().apply(new KeySubscriber()));
    }

    /** Adds a subscription that is cancelled when this is closed. For tasks. */
    protected final void addSubscription(Cancellable subscription) {
        subscriptions.add(subscription);
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
                if (last.error() == null) {
                    update(last.mapEndpoints(set -> set.confirmed(asOf)));
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                Known now = known;
                if (now != null) {
                    // Marks later steps of its weights as stale too.
                    known = new Known(now.content(), now.endpoints(), now.state(), true);
                }
                update(last.failed(cause));
            });
        }
    }

    private void update(Resolution next) {
        Resolution now = next.following(last);
        if (now != last) {
            last = now;
            onKeys(now);
        }
    }

    private void take(Reflector.State<Entry, Version> state, boolean stale) {
        View.Content content = reading.view().read(state.values());
        takeRejected(content.rejections());
        onAlias(content.alias());
        Resolution next = configured(rejecting(), content);
        List<Endpoint> endpoints = content.endpoints();
        if (endpoints != null) {
            known = new Known(content, endpoints, state, stale);
            update(answered(next, known));
        } else {
            // The one value with all endpoints is rejected, and there is no good one before it.
            update(
                    rejectedValues.isEmpty()
                            ? next
                            : next.failed(new IllegalArgumentException(
                                    content.rejections().get(0).text())));
        }
    }

    /** Publishes the verdicts on the endpoints, and the rejected ones. */
    final void takeVerdicts(HealthSource.Verdicts verdicts, List<String> rejected) {
        rejectedVerdicts = rejected;
        update(rejecting().with(verdicts));
    }

    private void takeRejected(List<RejectedValue> present) {
        List<RejectedValue> sorted = present.stream()
                .sorted(Comparator.comparing(RejectedValue::key))
                .toList();
        if (!sorted.equals(rejectedValues)) {
            sorted.stream()
                    .filter(each -> !rejectedValues.contains(each))
                    .forEach(each -> LOG.warn("{}: {}", name, each.text()));
            rejectedValues = sorted;
            onRejected(sorted);
        }
    }

    private Resolution rejecting() {
        List<String> rejected = new ArrayList<>(rejectedVerdicts);
        rejectedValues.forEach(each -> rejected.add(each.text()));
        return last.rejecting(rejected);
    }

    private static Resolution configured(Resolution before, View.Content content) {
        if (content.rejectedConfiguration() != null) {
            return before.configurationRejected(content.rejectedConfiguration().text());
        }
        if (content.configuration() != null) {
            return before.with(content.configuration());
        }
        return before.configuration().configures() ? before.configured("") : before;
    }

    private void review() {
        if (known != null) {
            update(answered(last, known));
        }
    }

    private Resolution answered(Resolution next, Known now) {
        EndpointSet before = last.endpoints();
        cancelTimer();
        long nanos = env.time().nanoTime();
        List<Endpoint> weighted = weights.apply(now.endpoints(), now.content().smoothing(), nanos);
        List<Endpoint> named = before == null || reading.removals() == EndpointSet.Removals.MEANT
                ? weighted
                : losses.gather(before.endpoints(), weighted, lost -> false, nanos);
        weights.stillNamed(named);
        // When a removal becomes final or a step of weights is due.
        long due = Math.min(weights.dueInNanos(), losses.dueInNanos(nanos));
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, () -> run(this::review));
        }
        return next.answered(EndpointSet.builder(name)
                .after(before)
                .endpoints(named)
                .shardMap(now.content().shards())
                .slices(now.content().slices())
                .version(now.state().version().revision())
                .asOf(now.state().asOf())
                .stale(now.stale())
                .removals(reading.removals())
                .build());
    }
}
