package dev.zerohop.resolver;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolution;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a source at once, and then again and again on a jittered timer. Asking may block and runs on {@link Env#blocking}, never twice at a time. What
 * has not changed is confirmed, not repeated; a problem is reported once, until it goes away or turns into another. Thread-safe.
 */
public final class PollingResolver extends AbstractResolver {

    /** Clients that started together drift apart by this share of the interval in either direction. */
    static final double JITTER = 0.15;

    /** Connections fail in bursts; the source is asked once for all of them. */
    static final Duration REFRESH_GAP = Duration.ofSeconds(1);

    /** A source that hangs is reported after this time; its answer is still welcome. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Where the answers come from. Asked by one thread at a time. */
    @FunctionalInterface
    public interface Source {
        /** The present answer. Blocks; whatever it throws means that the source could not be asked. */
        Answer ask() throws IOException;
    }

    /**
     * What a source says. An immutable value.
     *
     * @param endpoints the complete membership
     * @param shards the shard map, if there is one
     * @param configuration JSON for the balancer, if the source configures it
     * @param goodFor for how long there is nothing new to be had; null for the resolver's interval
     * @param rejected what the answer holds that cannot be used and was left out: the value and what was expected; each is reported once
     * @param note how the source came to this, for {@code explain}; see {@link EndpointSet#note}
     * @param slices the assignment of keys, if there is one
     */
    public record Answer(
            List<Endpoint> endpoints,
            @Nullable ShardMap shards,
            @Nullable String configuration,
            @Nullable Duration goodFor,
            List<String> rejected,
            String note,
            @Nullable SliceMap slices) {

        /** Copies the lists. */
        public Answer {
            endpoints = List.copyOf(endpoints);
            rejected = List.copyOf(rejected);
        }

        /** All but an assignment. */
        public Answer(
                List<Endpoint> endpoints,
                @Nullable ShardMap shards,
                @Nullable String configuration,
                @Nullable Duration goodFor,
                List<String> rejected,
                String note) {
            this(endpoints, shards, configuration, goodFor, rejected, note, null);
        }

        /** Endpoints, shard map and configuration. */
        public Answer(List<Endpoint> endpoints, @Nullable ShardMap shards, @Nullable String configuration) {
            this(endpoints, shards, configuration, null, List.of(), "");
        }

        Answer withSlices(@Nullable SliceMap map) {
            return new Answer(endpoints, shards, configuration, goodFor, rejected, note, map);
        }

        /** Endpoints and nothing else. */
        public Answer(List<Endpoint> endpoints) {
            this(endpoints, null, null);
        }
    }

    private final String name;
    private final Env env;
    private final long intervalNanos;
    private final EndpointSet.Removals removals;
    private final Source source;

    // Touched by tasks only.
    private @Nullable Cancellable timer;
    private @Nullable Cancellable watchdog;
    private long timerDueNanos;
    private boolean asking;
    private long askedNanos;
    /** The last shard map; a document without one does not take an epoch back. */
    private @Nullable ShardMap lastMap;
    /** The last assignment; a later one has a higher generation. */
    private @Nullable SliceMap lastSlices;

    /**
     * A resolver over this source.
     *
     * @param name the source in words: usually the target
     * @param interval from one answer, or failure, to the next question, with {@value #JITTER} of it as jitter in either direction; an answer that says for how long it is
     *     good is waited for as long, and up to that share longer
     * @param removals how to take endpoints that an answer no longer names
     */
    public PollingResolver(String name, Env env, Duration interval, EndpointSet.Removals removals, Source source) {
        super(name, env, Runnable::run);
        this.name = name;
        this.env = env;
        this.intervalNanos = interval.toNanos();
        this.removals = removals;
        this.source = source;
    }

    @Override
    protected void onStart() {
        ask();
    }

    @Override
    public void refresh() {
        run(() -> {
            // An answer is under way.
            if (asking || !attached()) {
                return;
            }
            long wait = askedNanos + REFRESH_GAP.toNanos() - env.time().nanoTime();
            if (wait <= 0) {
                ask();
            } else if (wait < timerDueNanos - env.time().nanoTime()) {
                schedule(wait);
            }
        });
    }

    private void ask() {
        asking = true;
        askedNanos = env.time().nanoTime();
        cancelTimers();
        watchdog = env.time()
                .schedule(
                        PATIENCE.toNanos(),
                        () -> fail(new IOException("no answer for " + PATIENCE.toSeconds() + " s, still waiting")));
        try {
            env.blocking().execute(this::askNow);
        } catch (RejectedExecutionException refused) {
            failed(refused);
        }
    }

    private void askNow() {
        if (closed()) {
            return;
        }
        Answer answer;
        try {
            answer = source.ask();
        } catch (Throwable cause) {
            // Whatever it is, an Error included: the polling must go on.
            run(() -> failed(cause));
            return;
        }
        run(() -> take(answer));
    }

    private void take(Answer answer) {
        Resolution before = current();
        EndpointSet last = before.endpoints();
        EndpointSet next;
        ShardMap map;
        SliceMap slices;
        try {
            map = answer.shards() == null ? null : answer.shards().following(lastMap);
            slices = answer.slices() == null ? null : answer.slices().following(lastSlices);
            next = EndpointSet.builder(name)
                    .endpoints(answer.endpoints())
                    .shardMap(map)
                    .slices(slices)
                    .asOf(env.time().now())
                    .version(last == null ? 1 : last.version() + 1)
                    .removals(removals)
                    .note(answer.note())
                    .build();
        } catch (IllegalArgumentException unusable) {
            failed(unusable);
            return;
        }
        lastMap = map == null ? lastMap : map;
        lastSlices = slices == null ? lastSlices : slices;
        settled(answer.goodFor());
        String json = answer.configuration();
        Resolution configured = json == null && !before.configuration().configures()
                ? before
                : before.configured(json == null ? "" : json);
        publish(configured.rejecting(answer.rejected()).answered(next));
    }

    private void failed(Throwable cause) {
        settled(null);
        publish(current().failed(cause));
    }

    /** The question is answered: the next one is due after the interval, or when the answer is no longer good. */
    private void settled(@Nullable Duration goodFor) {
        asking = false;
        double chance = env.dice().nextDouble();
        schedule((long)
                (goodFor == null
                        ? intervalNanos * (1 - JITTER + 2 * JITTER * chance)
                        : goodFor.toNanos() * (1 + JITTER * chance)));
    }

    private void schedule(long delayNanos) {
        cancelTimers();
        timerDueNanos = env.time().nanoTime() + delayNanos;
        timer = env.time().schedule(delayNanos, () -> run(this::askUnlessAsking));
    }

    private void askUnlessAsking() {
        if (!asking) {
            ask();
        }
    }

    private void cancelTimers() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (watchdog != null) {
            watchdog.cancel();
            watchdog = null;
        }
    }

    @Override
    protected void onClose() {
        cancelTimers();
    }
}
