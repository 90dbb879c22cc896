package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.ShardCount;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A source whose endpoints the application sets.
 *
 * <p>What the application sets is meant: removals are obeyed at once. Setting the same endpoints again only confirms their age. Thread-safe; a
 * call from several threads takes effect in one order. May be set before it is started; calls after {@link #close} do nothing.
 */
public final class ManualResolver extends AbstractResolver {
    private final String source;
    private final Env env;

    /**
     * A resolver without an answer until one is set.
     *
     * @param source the source in words, for logs and explanations
     * @param env its clock dates the sets
     */
    public ManualResolver(String source, Env env) {
        super(source, env, Runnable::run);
        this.source = source;
        this.env = env;
    }

    /**
     * Sets the complete membership; an empty list means that there is no endpoint.
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
        run(() -> {
            EndpointSet before = current().endpoints();
            long version = before == null ? 0 : before.version();
            publish(current().answered(checked.toBuilder().version(version + 1).build()));
        });
    }

    /** Reports that the application does not know the endpoints at present: the last set stays in force and is stale until the next {@link #set}. */
    @Override
    public void fail(Throwable cause) {
        super.fail(requireNonNull(cause, "cause"));
    }

    /** Gives a configuration of the balancer, JSON in the format of the configuration reference. */
    public void configure(String json) {
        requireNonNull(json, "json");
        // Before the start no listener has been without it.
        run(() -> publish(
                attached()
                        ? current().configured(json)
                        : current().with(current().configuration().configured(json))));
    }

    @Override
    protected void onStart() {}

    @Override
    protected void onClose() {}
}
