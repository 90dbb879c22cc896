package dev.zerohop.testing;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ShardCount;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A resolver that publishes what a test sets, on the test's thread. Calls before {@link #start} and after {@link #close} go nowhere. */
public final class ScriptedResolver implements Resolver {
    private @Nullable Listener listener;
    private Resolution said = Resolution.NONE;
    private boolean closed;
    private int refreshes;
    private long version;
    private EndpointSet.Removals removals = EndpointSet.Removals.MEANT;
    private @Nullable ShardCount shards;
    private @Nullable KeyDirectory directory;
    private Instant asOf = Instant.parse("2026-01-01T00:00:00Z");

    /** Sets how later sets say that a missing endpoint is to be taken. Default: meant. */
    public ScriptedResolver removals(EndpointSet.Removals removals) {
        this.removals = removals;
        return this;
    }

    /** Sets the desired number of shards in later sets. */
    public ScriptedResolver shards(int count) {
        this.shards = new ShardCount(count, 0);
        return this;
    }

    /** Sets the directory of later sets. */
    public ScriptedResolver directory(@Nullable KeyDirectory directory) {
        this.directory = directory;
        return this;
    }

    /** Sets when later sets were vouched for. */
    public ScriptedResolver asOf(Instant instant) {
        this.asOf = instant;
        return this;
    }

    /** Gives a complete set. */
    public void push(Endpoint... endpoints) {
        push(List.of(endpoints));
    }

    /** Gives a complete set. */
    public void push(List<Endpoint> endpoints) {
        push(EndpointSet.builder("scripted")
                .after(said.endpoints())
                .endpoints(endpoints)
                .version(++version)
                .asOf(asOf)
                .removals(removals)
                .shards(shards)
                .directory(directory)
                .build());
    }

    /** Gives this very set. */
    public void push(EndpointSet set) {
        publish(said.answered(set));
    }

    /** Says that the last set still holds. */
    public void confirm(Instant instant) {
        publish(said.mapEndpoints(set -> set.confirmed(instant)));
    }

    /** Says that the source cannot be read. */
    public void fail(Throwable cause) {
        publish(said.failed(cause));
    }

    /** Gives a configuration. */
    public void configure(String json) {
        publish(said.configured(json));
    }

    /** Says that it states a configuration, which it rejects itself, and has no good one. */
    public void rejectConfiguration(String reason) {
        publish(said.configurationRejected(reason));
    }

    /** Says that a value, and no other, cannot be used. */
    public void reject(String reason) {
        publish(said.rejecting(List.of(reason)));
    }

    /** Judges endpoints at this instant of the monotonic clock. */
    public void judge(Map<String, HealthSource.Verdict> verdicts, long nowNanos) {
        publish(said.with(new HealthSource.Verdicts(verdicts, nowNanos)));
    }

    /** Says all of this. */
    public void publish(Resolution now) {
        if (listener != null && !closed) {
            said = now;
            listener.onResolution(now);
        }
    }

    @Override
    public void start(Listener listener) {
        if (this.listener != null || closed) {
            throw new IllegalStateException("scripted resolver was started twice or after close, expected once");
        }
        this.listener = listener;
    }

    @Override
    public void refresh() {
        refreshes++;
    }

    /** How often it was asked to refresh. */
    public int refreshes() {
        return refreshes;
    }

    /** Whether it is started and not closed. */
    public boolean running() {
        return listener != null && !closed;
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public String toString() {
        return "scripted";
    }
}
