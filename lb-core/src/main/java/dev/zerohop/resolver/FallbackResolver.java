package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several sources in order of preference; see {@link Resolvers#fallback}. */
final class FallbackResolver extends AbstractResolver {
    private final List<Source> sources = new ArrayList<>();
    private final Env env;
    private final long failedForNanos;
    private final long silentForNanos;

    // Touched by tasks only.
    private long startedNanos;
    private @Nullable Source serving;
    private @Nullable Cancellable timer;

    FallbackResolver(List<Resolver> resolvers, Env env, Duration failedFor, Duration silentFor) {
        super("first of " + resolvers, env, Runnable::run);
        for (Resolver resolver : resolvers) {
            sources.add(new Source(resolver));
        }
        this.env = env;
        this.failedForNanos = failedFor.toNanos();
        this.silentForNanos = silentFor.toNanos();
    }

    /** One source and its latest resolution. */
    private final class Source {
        final Resolver resolver;
        Resolution latest = Resolution.NONE;
        private long failingSinceNanos;

        Source(Resolver resolver) {
            this.resolver = resolver;
        }

        void take(Resolution now) {
            boolean before = failing();
            latest = now;
            if (failing() && !before) {
                failingSinceNanos = env.time().nanoTime();
            }
            choose();
        }

        /** Whether its source cannot be read at present. */
        boolean failing() {
            EndpointSet last = latest.endpoints();
            return latest.error() != null || (last != null && last.stale());
        }

        /** How long it may still keep the later ones waiting; 0 or less when they may serve. */
        long patienceNanos(long now) {
            if (latest.endpoints() == null) {
                return latest.error() != null ? 0 : startedNanos + silentForNanos - now;
            }
            return failing() ? failingSinceNanos + failedForNanos - now : Long.MAX_VALUE;
        }
    }

    @Override
    protected void onStart() {
        startedNanos = env.time().nanoTime();
        for (Source source : sources) {
            follow(source.resolver, source::take);
        }
        choose();
    }

    /** Decides which one serves, and looks again when the patience with one of them ends. */
    private void choose() {
        long now = env.time().nanoTime();
        long review = Long.MAX_VALUE;
        Source best = null;
        for (Source source : sources) {
            long patience = source.patienceNanos(now);
            if (patience > 0) {
                best = source.latest.endpoints() == null ? null : source;
                review = patience;
                break;
            }
        }
        if (best == null && review == Long.MAX_VALUE) {
            // None can be read: the one that serves goes on, as a set that was good is better than a change to
            // another such set.
            best = serving != null ? serving : firstWithSet();
        }
        boolean changed = best != null && best != serving && serving != null;
        serving = best != null ? best : serving;
        publish(changed ? resolution().mapEndpoints(FallbackResolver::guarded) : resolution());
        cancelTimer();
        if (review != Long.MAX_VALUE) {
            timer = env.time().schedule(review, () -> run(this::choose));
        }
    }

    private @Nullable Source firstWithSet() {
        for (Source source : sources) {
            if (source.latest.endpoints() != null) {
                return source;
            }
        }
        return null;
    }

    /** Another source does not see an endpoint: that does not mean that it is gone. The guard keeps it while the new ones connect. */
    private static EndpointSet guarded(EndpointSet first) {
        return first.toBuilder().removals(EndpointSet.Removals.GUARDED).build();
    }

    /** What the one that serves says. A configuration stays until another source states one; values that cannot be used are reported from each. */
    private Resolution resolution() {
        Resolution latest = serving == null ? unserved() : serving.latest;
        List<String> rejected = new ArrayList<>();
        sources.forEach(source -> rejected.addAll(source.latest.rejected()));
        SourceConfiguration before = current().configuration();
        SourceConfiguration next = latest.configuration();
        return latest.rejecting(rejected).with(next.equals(SourceConfiguration.NONE) ? before : next.orGoodOf(before));
    }

    /** An error if all sources have one. */
    private Resolution unserved() {
        if (sources.stream().anyMatch(source -> source.latest.error() == null)) {
            return Resolution.NONE;
        }
        IOException all =
                new IOException(Printable.text("none of " + sources.size() + " sources can be read: " + causes()));
        sources.forEach(source -> all.addSuppressed(source.latest.error()));
        return Resolution.NONE.failed(all);
    }

    private String causes() {
        List<String> causes = new ArrayList<>();
        for (Source source : sources) {
            Throwable error = source.latest.error();
            causes.add(source.resolver + ": " + (error == null ? "silent" : error.getMessage()));
        }
        return String.join("; ", causes);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public void refresh() {
        sources.forEach(source -> refreshSource(source.resolver));
    }

    @Override
    protected void onClose() {
        cancelTimer();
        sources.forEach(source -> closeSource(source.resolver));
    }
}
