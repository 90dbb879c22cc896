package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A source whose endpoints the application sets: fixed ones, or ones that it learns in its own way.
 *
 * <p>What the application sets is meant: removals are obeyed at once. Setting the same endpoints again only confirms their age. Thread-safe; a
 * call from several threads takes effect in one order. May be set before it is started; calls after {@link #close} do nothing.
 */
public final class ManualResolver implements Resolver {
    private final String source;
    private final Env env;
    private final Lifecycle lifecycle = new Lifecycle(this);

    // Touched by the lifecycle's tasks only.
    private @Nullable EndpointSet current;
    private @Nullable Throwable error;
    private @Nullable String configuration;
    private long version;

    /**
     * A resolver that says nothing until it is told to.
     *
     * @param source the source in words, for logs and explanations
     * @param env its clock dates the sets
     */
    public ManualResolver(String source, Env env) {
        this.source = requireNonNull(source, "source");
        this.env = requireNonNull(env, "env");
    }

    /**
     * Sets the complete membership; an empty list means that nobody is there.
     *
     * @throws IllegalArgumentException if two endpoints have the same id; nothing changes then
     */
    public void set(List<Endpoint> endpoints) {
        set(endpoints, null);
    }

    /**
     * Sets the complete membership and the desired number of shards.
     *
     * @param shards null when the application does not state it
     * @throws IllegalArgumentException if two endpoints have the same id; nothing changes then
     */
    public void set(List<Endpoint> endpoints, @Nullable ShardCount shards) {
        EndpointSet checked = EndpointSet.builder(source)
                .endpoints(endpoints)
                .asOf(env.time().now())
                .removals(EndpointSet.Removals.MEANT)
                .shards(shards)
                .build();
        lifecycle.run(() -> take(checked));
    }

    /** Says that the application cannot tell at present: the last set stays in force and is stale until the next {@link #set}. */
    public void fail(Throwable cause) {
        requireNonNull(cause, "cause");
        lifecycle.run(() -> {
            error = cause;
            lifecycle.listener().onError(cause);
        });
    }

    /** Gives a configuration of the balancer, JSON in the format of the configuration reference. */
    public void configure(String json) {
        requireNonNull(json, "json");
        lifecycle.run(() -> {
            configuration = json;
            lifecycle.listener().onConfiguration(json);
        });
    }

    private void take(EndpointSet next) {
        EndpointSet before = current;
        boolean same = before != null
                && before.endpoints().equals(next.endpoints())
                && Objects.equals(before.shardMap(), next.shardMap());
        boolean repaired = error != null;
        error = null;
        current = next.toBuilder().version(same ? version : ++version).build();
        if (same && !repaired) {
            lifecycle.listener().onConfirmed(next.asOf());
        } else {
            lifecycle.listener().onEndpoints(current);
        }
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener, () -> {
            if (configuration != null) {
                lifecycle.listener().onConfiguration(configuration);
            }
            if (current != null) {
                lifecycle.listener().onEndpoints(error == null ? current : current.asStale());
            }
            if (error != null) {
                lifecycle.listener().onError(error);
            }
        });
    }

    @Override
    public void close() {
        lifecycle.close(() -> {});
    }

    @Override
    public String toString() {
        return source;
    }
}
