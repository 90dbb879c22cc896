package dev.zerohop.resolver;

import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.Time;
import dev.zerohop.internal.FaultCount;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One watch with its users and what it said last. Users are notified in serial tasks. */
final class SharedWatch {
    private static final Log LOG = Log.of(SharedWatch.class);

    private final Resolver source;
    private final Time time;
    private final Lifecycle lifecycle;

    // Touched by the lifecycle's tasks only.
    private final List<User> users = new ArrayList<>();
    private boolean started;
    private @Nullable EndpointSet set;
    private @Nullable Throwable error;
    private SourceConfiguration configuration = SourceConfiguration.NONE;
    private Map<String, HealthSource.Verdict> verdicts = Map.of();
    private long verdictsNanos;

    /** One listener; deaf once it has left. */
    static final class User {
        private final Resolver.Listener listener;
        private volatile boolean left;

        private final FaultCount failures = new FaultCount();

        User(Resolver.Listener listener) {
            this.listener = listener;
        }

        void tell(Resolver source, Consumer<Resolver.Listener> call) {
            if (left) {
                return;
            }
            try {
                call.accept(listener);
            } catch (Throwable thrown) {
                long count = failures.next();
                if (count != 0) {
                    LOG.error(
                            "{}: one of its listeners threw ({} times so far); others are still notified",
                            source,
                            count,
                            thrown);
                }
            }
        }
    }

    SharedWatch(Resolver source, Time time) {
        this.source = source;
        this.time = time;
        this.lifecycle = new Lifecycle(source);
    }

    boolean uses(Resolver candidate) {
        return source == candidate;
    }

    // ---- telling ----

    void attach(User user) {
        lifecycle.run(() -> {
            if (user.left) {
                return;
            }
            users.add(user);
            if (!started) {
                started = true;
                lifecycle.startSource(source, new FromSource());
                return;
            }
            SourceConfiguration stated = configuration;
            EndpointSet last = set;
            Throwable cause = error;
            user.tell(source, stated::tell);
            Map<String, HealthSource.Verdict> left =
                    HealthSource.Verdict.after(verdicts, time.nanoTime() - verdictsNanos);
            if (!left.isEmpty()) {
                user.tell(source, listener -> listener.onVerdicts(left));
            }
            if (last != null) {
                user.tell(source, listener -> listener.onEndpoints(cause == null ? last : last.asStale()));
            }
            if (cause != null) {
                user.tell(source, listener -> listener.onError(cause));
            }
        });
    }

    void detach(User user) {
        user.left = true;
        lifecycle.run(() -> users.remove(user));
    }

    void refresh() {
        source.refresh();
    }

    void close() {
        lifecycle.closeSource(source);
        lifecycle.close(() -> {});
    }

    private void tellAll(Consumer<Resolver.Listener> call) {
        for (User user : List.copyOf(users)) {
            user.tell(source, call);
        }
    }

    private final class FromSource implements Resolver.Listener {
        @Override
        public void onEndpoints(EndpointSet all) {
            lifecycle.run(() -> {
                // Users that join later know of the ordinals that were there before them.
                EndpointSet next = all.rememberingOrdinals(set);
                set = next;
                if (!all.stale()) {
                    error = null;
                    configuration = configuration.answered();
                }
                tellAll(listener -> listener.onEndpoints(next));
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            lifecycle.run(() -> {
                if (set != null) {
                    set = set.confirmed(asOf);
                }
                tellAll(listener -> listener.onConfirmed(asOf));
            });
        }

        @Override
        public void onError(Throwable cause) {
            lifecycle.run(() -> {
                error = cause;
                tellAll(listener -> listener.onError(cause));
            });
        }

        @Override
        public void onConfiguration(String json) {
            lifecycle.run(() -> {
                configuration = configuration.stated(json);
                tellAll(listener -> listener.onConfiguration(json));
            });
        }

        @Override
        public void onConfigurationRejected(String reason) {
            lifecycle.run(() -> {
                configuration = configuration.rejected(reason);
                tellAll(listener -> listener.onConfigurationRejected(reason));
            });
        }

        @Override
        public void onRefused(String reason) {
            lifecycle.run(() -> tellAll(listener -> listener.onRefused(reason)));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> given) {
            lifecycle.run(() -> {
                verdicts = Map.copyOf(given);
                verdictsNanos = time.nanoTime();
                tellAll(listener -> listener.onVerdicts(verdicts));
            });
        }
    }
}
