package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Several sources at once, each a group of its own; see {@link Resolvers#priority}. */
final class PriorityResolver extends AbstractResolver {
    private final List<Source> sources = new ArrayList<>();
    private final Env env;
    private final long silentForNanos;

    // Touched by tasks only.
    private boolean waitedLongEnough;
    private HealthSource.Verdicts verdicts = HealthSource.Verdicts.NONE;
    private @Nullable Cancellable timer;

    PriorityResolver(List<Resolver> resolvers, Env env, Duration silentFor) {
        super("all of " + resolvers, env, Runnable::run);
        for (Resolver resolver : resolvers) {
            sources.add(new Source(resolver, sources.size()));
        }
        this.env = env;
        this.silentForNanos = silentFor.toNanos();
    }

    /** One source and its last resolution. */
    private static final class Source {
        final Resolver resolver;
        private final int group;
        private final String suffix;
        Resolution latest = Resolution.NONE;
        List<Endpoint> endpoints = List.of();

        Source(Resolver resolver, int group) {
            this.resolver = resolver;
            this.group = group;
            this.suffix = group == 0 ? "" : "@" + (group + 1);
        }

        void take(Resolution next) {
            EndpointSet before = latest.endpoints();
            latest = next.following(latest);
            EndpointSet set = latest.endpoints();
            if (set != null && set != before && (before == null || !set.hasSameContentAs(before))) {
                endpoints = set.endpoints().stream().map(this::marked).toList();
            }
        }

        /** The group is that of the source, whatever the source itself states. Clusters may name their pods alike. An ordinal makes an owner of keys in the first source only. */
        private Endpoint marked(Endpoint endpoint) {
            if (group == 0 && !endpoint.attributes().containsKey(Endpoint.PRIORITY)) {
                return endpoint;
            }
            Map<String, String> attributes = new HashMap<>(endpoint.attributes());
            if (group == 0) {
                attributes.remove(Endpoint.PRIORITY);
                return endpoint.toBuilder().attributes(attributes).build();
            }
            attributes.put(Endpoint.PRIORITY, String.valueOf(group));
            return endpoint.toBuilder()
                    .id(endpoint.id() + suffix)
                    .ordinal(Endpoint.NO_ORDINAL)
                    .attributes(attributes)
                    .build();
        }

        boolean silent() {
            return latest.endpoints() == null && latest.error() == null;
        }
    }

    @Override
    protected void onStart() {
        for (Source source : sources) {
            follow(source.resolver, now -> {
                HealthSource.Verdicts before = source.latest.verdicts();
                source.take(now);
                if (source.latest.verdicts() != before) {
                    verdicts = verdicts();
                }
                combine();
            });
        }
        timer = env.time()
                .schedule(
                        silentForNanos,
                        () -> run(() -> {
                            waitedLongEnough = true;
                            combine();
                        }));
    }

    private void combine() {
        boolean anySilent = sources.stream().anyMatch(Source::silent);
        if (anySilent && !waitedLongEnough) {
            return;
        }
        EndpointSet first = firstSet();
        List<String> problems = new ArrayList<>();
        List<String> rejected = new ArrayList<>();
        SourceConfiguration configuration = SourceConfiguration.NONE;
        for (Source source : sources) {
            Throwable error = source.latest.error();
            if (error != null) {
                problems.add(source.resolver + ": " + error.getMessage());
            }
            rejected.addAll(source.latest.rejected());
            if (configuration.equals(SourceConfiguration.NONE)) {
                configuration = source.latest.configuration();
            }
        }
        Resolution next = current().with(configuration).with(verdicts).rejecting(rejected);
        if (first != null) {
            try {
                next = next.answered(combined(first, problems));
            } catch (IllegalArgumentException colliding) {
                // Such as an id that two of them name once it has its suffix.
                publish(next.failed(new IOException(
                        Printable.text("the sources cannot be put together: " + colliding.getMessage()), colliding)));
                return;
            }
        }
        if (!problems.isEmpty() && (first == null || problems.size() == sources.size())) {
            for (Source source : sources) {
                if (source.silent()) {
                    problems.add(source.resolver + ": it has not answered yet");
                }
            }
            IOException all = new IOException(Printable.text(
                    "none of " + sources.size() + " sources can be read: " + String.join("; ", problems)));
            for (Source source : sources) {
                Throwable error = source.latest.error();
                if (error != null) {
                    all.addSuppressed(error);
                }
            }
            next = next.failed(all);
        }
        publish(next);
    }

    private @Nullable EndpointSet firstSet() {
        for (Source source : sources) {
            if (source.latest.endpoints() != null) {
                return source.latest.endpoints();
            }
        }
        return null;
    }

    /** Shards, a directory and the client's place are those of the first source. The set is as old as the oldest, so that a source that no longer answers shows. */
    private EndpointSet combined(EndpointSet any, List<String> problems) {
        EndpointSet first = sources.get(0).latest.endpoints();
        EndpointSet.Builder builder = first == null
                ? EndpointSet.builder(toString()).client(any.client())
                : EndpointSet.builder(toString())
                        .client(first.client())
                        .shardMap(first.shardMap())
                        .slices(first.slices())
                        .directory(first.directory())
                        .missingOrdinals(first.missingOrdinals())
                        .unnumbered(first.unnumbered());
        List<Endpoint> all = new ArrayList<>();
        List<EndpointSet.Removals> removals = new ArrayList<>();
        boolean stale = true;
        EndpointSet oldest = any;
        for (Source source : sources) {
            EndpointSet set = source.latest.endpoints();
            removals.add(set == null ? EndpointSet.Removals.GUARDED : set.removals());
            if (set != null) {
                all.addAll(source.endpoints);
                stale &= set.stale();
                oldest = set.asOf().isBefore(oldest.asOf()) ? set : oldest;
            }
        }
        return builder.endpoints(all)
                .after(current().endpoints())
                .asOf(oldest.asOf())
                .stale(stale)
                .removalsBySource(removals)
                .note(problems.isEmpty() ? "" : "cannot be read: " + Printable.text(String.join("; ", problems)))
                .build();
    }

    private HealthSource.Verdicts verdicts() {
        Map<String, HealthSource.Verdict> all = new HashMap<>();
        long asOf = env.time().nanoTime();
        for (Source source : sources) {
            HealthSource.Verdicts its = source.latest.verdicts();
            for (String id : its.byEndpoint().keySet()) {
                HealthSource.Verdict left = its.on(id, asOf);
                if (left != null) {
                    all.put(id + source.suffix, left);
                }
            }
        }
        return new HealthSource.Verdicts(all, asOf);
    }

    @Override
    public void refresh() {
        sources.forEach(source -> refreshSource(source.resolver));
    }

    @Override
    protected void onClose() {
        if (timer != null) {
            timer.cancel();
        }
        sources.forEach(source -> closeSource(source.resolver));
    }
}
