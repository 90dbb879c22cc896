package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.HealthSource;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Several sources in order of preference; see {@link Resolvers#fallback}. */
final class FallbackResolver implements Resolver {
    private final List<Source> sources = new ArrayList<>();
    private final Env env;
    private final long failedForNanos;
    private final long silentForNanos;
    private final Lifecycle lifecycle = new Lifecycle(this);

    // Touched by the lifecycle's tasks only.
    private long startedNanos;
    private @Nullable Source serving;
    private SourceConfiguration configuration = SourceConfiguration.NONE;
    private boolean told;
    private boolean judging;
    private @Nullable String problem;
    private @Nullable Cancellable timer;

    FallbackResolver(List<Resolver> resolvers, Env env, Duration failedFor, Duration silentFor) {
        for (Resolver resolver : resolvers) {
            sources.add(new Source(resolver));
        }
        this.env = env;
        this.failedForNanos = failedFor.toNanos();
        this.silentForNanos = silentFor.toNanos();
    }

    /** One source and what it has said so far. */
    private final class Source implements Listener {
        final Resolver resolver;

        @Nullable
        EndpointSet set;

        SourceConfiguration configuration = SourceConfiguration.NONE;

        @Nullable
        Throwable error;

        long failingSinceNanos;

        private Map<String, HealthSource.Verdict> verdicts = Map.of();
        private long verdictsNanos;

        Source(Resolver resolver) {
            this.resolver = resolver;
        }

        @Override
        public void onEndpoints(EndpointSet all) {
            lifecycle.run(() -> {
                boolean failing = set == null ? error != null : failing();
                set = all;
                if (!all.stale()) {
                    error = null;
                } else if (!failing) {
                    failingSinceNanos = env.time().nanoTime();
                }
                if (serving == this) {
                    tell(all);
                }
                choose();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            lifecycle.run(() -> {
                if (set != null) {
                    set = set.confirmed(asOf);
                }
                if (serving == this && told) {
                    lifecycle.listener().onConfirmed(asOf);
                }
            });
        }

        @Override
        public void onError(Throwable cause) {
            lifecycle.run(() -> {
                if (!failing()) {
                    failingSinceNanos = env.time().nanoTime();
                }
                error = cause;
                choose();
            });
        }

        @Override
        public void onConfiguration(String json) {
            lifecycle.run(() -> configured(configuration.stated(json)));
        }

        @Override
        public void onConfigurationRejected(String reason) {
            lifecycle.run(() -> configured(configuration.rejected(reason)));
        }

        private void configured(SourceConfiguration next) {
            configuration = next;
            if (serving == this) {
                tellConfiguration();
            }
        }

        /** Worth hearing from whichever source: it is a mistake of somebody's. */
        @Override
        public void onRefused(String reason) {
            lifecycle.run(() -> lifecycle.listener().onRefused(reason));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> given) {
            lifecycle.run(() -> {
                verdicts = Map.copyOf(given);
                verdictsNanos = env.time().nanoTime();
                if (serving == this) {
                    tellVerdicts(verdicts);
                }
            });
        }

        /** What is left of its verdicts. */
        Map<String, HealthSource.Verdict> verdicts() {
            return HealthSource.Verdict.after(verdicts, env.time().nanoTime() - verdictsNanos);
        }

        /** Whether its source cannot be asked at present. */
        boolean failing() {
            EndpointSet last = set;
            return error != null || (last != null && last.stale());
        }

        /** How long it may still keep the later ones waiting; 0 or less when they may serve. */
        long patienceNanos(long now) {
            if (set == null) {
                return error != null ? 0 : startedNanos + silentForNanos - now;
            }
            return failing() ? failingSinceNanos + failedForNanos - now : Long.MAX_VALUE;
        }
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener, () -> {
            startedNanos = env.time().nanoTime();
            for (Source source : sources) {
                lifecycle.startSource(source.resolver, source);
            }
            choose();
        });
    }

    /** Decides who serves, and looks again when the patience with one of them ends. */
    private void choose() {
        long now = env.time().nanoTime();
        long review = Long.MAX_VALUE;
        Source best = null;
        for (Source source : sources) {
            long patience = source.patienceNanos(now);
            if (patience > 0) {
                best = source.set == null ? null : source;
                review = patience;
                break;
            }
        }
        if (best == null && review == Long.MAX_VALUE) {
            // Nobody can be asked: the one that serves goes on, as a set that was good is better than a change to
            // another such set.
            best = serving != null ? serving : firstWithSet();
        }
        if (best != null && best != serving) {
            change(best);
        }
        tellProblem();
        cancelTimer();
        if (review != Long.MAX_VALUE) {
            timer = env.time().schedule(review, () -> lifecycle.run(this::choose));
        }
    }

    private @Nullable Source firstWithSet() {
        for (Source source : sources) {
            if (source.set != null) {
                return source;
            }
        }
        return null;
    }

    private void change(Source next) {
        boolean first = serving == null;
        serving = next;
        tellConfiguration();
        tellVerdicts(next.verdicts());
        EndpointSet set = next.set;
        if (set != null) {
            // Another source does not see an endpoint: nobody has said that it is gone. The guard keeps it while the
            // new ones connect.
            tell(
                    first
                            ? set
                            : set.toBuilder()
                                    .removals(EndpointSet.Removals.GUARDED)
                                    .build());
        }
    }

    private void tell(EndpointSet set) {
        told = true;
        problem = null;
        lifecycle.listener().onEndpoints(set);
    }

    private void tellConfiguration() {
        SourceConfiguration next = serving == null ? SourceConfiguration.NONE : serving.configuration;
        if (!next.equals(SourceConfiguration.NONE) && !next.equals(configuration)) {
            SourceConfiguration before = configuration;
            configuration = next;
            next.tellAfter(before, lifecycle.listener());
        }
    }

    private void tellVerdicts(Map<String, HealthSource.Verdict> verdicts) {
        if (judging || !verdicts.isEmpty()) {
            judging = !verdicts.isEmpty();
            lifecycle.listener().onVerdicts(verdicts);
        }
    }

    /** Passes an error on when the one that serves has it, or when all have one and nobody serves. */
    private void tellProblem() {
        Throwable cause = null;
        if (serving != null) {
            cause = serving.error;
        } else if (sources.stream().allMatch(source -> source.error != null)) {
            IOException all =
                    new IOException(Printable.text("none of " + sources.size() + " sources can be asked: " + causes()));
            sources.forEach(source -> {
                if (source.error != null) {
                    all.addSuppressed(source.error);
                }
            });
            cause = all;
        }
        String now = cause == null ? null : cause.toString();
        if (cause != null && !cause.toString().equals(problem)) {
            lifecycle.listener().onError(cause);
        }
        problem = now;
    }

    private String causes() {
        List<String> causes = new ArrayList<>();
        for (Source source : sources) {
            Throwable error = source.error;
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
        for (Source source : sources) {
            lifecycle.refreshSource(source.resolver);
        }
    }

    @Override
    public void close() {
        lifecycle.close(this::cancelTimer);
        for (Source source : sources) {
            lifecycle.closeSource(source.resolver);
        }
    }

    @Override
    public String toString() {
        return "first of "
                + sources.stream().map(source -> source.resolver.toString()).toList();
    }
}
