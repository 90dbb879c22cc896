package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Makes resolvers that need no client. Resolvers for targets come from {@link dev.zerohop.Target#newResolver}; endpoints that change as the
 * application says, from {@link ManualResolver}.
 */
public final class Resolvers {

    /** How long a source of {@link #fallback} that has answered before must have failed until a later one serves. */
    public static final Duration FALLBACK_AFTER = Duration.ofSeconds(10);

    /** How long a source of {@link #fallback} may be silent after the start until a later one serves. */
    static final Duration FALLBACK_SILENCE = Duration.ofSeconds(1);

    private Resolvers() {}

    /**
     * These endpoints and no others, for ever.
     *
     * @throws IllegalArgumentException if two endpoints have the same id
     */
    public static Resolver of(List<Endpoint> endpoints) {
        ManualResolver resolver = new ManualResolver("endpoints given by the application", Env.system());
        resolver.set(endpoints);
        return resolver;
    }

    /**
     * A JSON file, read every 500 ms (with 15 % of jitter) and compared by content, so that writes in place, renames and the link swap of a
     * mounted ConfigMap are all seen. What it no longer names is meant to go.
     *
     * <pre>{@code
     * {"endpoints": [{"id": "orders-0", "host": "10.0.0.1", "port": 8080, "weight": 3, "zone": "a", "node": "n1", "ordinal": 0,
     *                 "ready": true, "draining": false, "attributes": {"version": "2"}},
     *                {"address": "[::1]:8080"}],
     *  "shards": {"count": 5, "firstOrdinal": 0},
     *  "config": {"policy": "least_request"}}
     * }</pre>
     *
     * <p>{@code endpoints} is required, and of each endpoint {@code host} and {@code port}, or {@code address}. {@code shards} may be a plain
     * number. {@code config} goes to the balancer; when it is taken out of the file, what the
     * application configured or the defaults hold again. The file is taken whole or not
     * at all: one that is missing, empty, half-written or has anything unknown in it is an error, reported once per distinct problem, and the last
     * good content stays in force.
     */
    public static Resolver file(Path file, Env env) {
        requireNonNull(file, "file");
        return new PollingResolver(
                "file " + file, env, FileSource.INTERVAL, EndpointSet.Removals.MEANT, new FileSource(file));
    }

    /**
     * Several sources in order of preference: the first that can be asked serves. {@link #fallback(List, Env, Duration)} with
     * {@link #FALLBACK_AFTER}.
     */
    public static Resolver fallback(List<? extends Resolver> sources, Env env) {
        return fallback(sources, env, FALLBACK_AFTER);
    }

    /**
     * Several sources in order of preference: the first that can be asked serves. All are followed from the start and closed with the result.
     *
     * <p>A later source serves only while each one before it has never answered and has failed, or has been silent for 1 s after the start;
     * or has answered and has then failed for {@code failedFor} without a break. Until then its last good set stays in force. As soon as an
     * earlier source answers, it serves again.
     *
     * <p>Changing over is make-before-break: the next source has its answer before the other one's is let go, and the first set after a change has
     * {@linkplain dev.zerohop.EndpointSet.Removals#GUARDED guarded} removals, since another source's not seeing an endpoint does not mean that it
     * is gone. An empty set is an answer. When no source can be asked, the one that served last goes on with its last good set. The
     * configuration in force is the one of the source that serves, or the last one if that source configures nothing.
     *
     * @param sources not started; at least one
     * @param failedFor 0 to change over at the first error
     * @throws IllegalArgumentException if there is no source or {@code failedFor} is negative
     */
    public static Resolver fallback(List<? extends Resolver> sources, Env env, Duration failedFor) {
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("sources was empty, expected at least one");
        }
        if (failedFor.isNegative()) {
            throw new IllegalArgumentException("failedFor was " + failedFor + ", expected 0 or more");
        }
        return new FallbackResolver(List.copyOf(sources), requireNonNull(env, "env"), failedFor, FALLBACK_SILENCE);
    }

    /**
     * Several sources at once, each a priority group of its own: with the stage {@code priority} the endpoints of a later one take calls as far as those before it cannot, for example those of another
     * cluster.
     *
     * <p>The first set is published when each source has answered or failed, or after 1 s if one has. A source that cannot be read leaves its last endpoints as they are; the set's note says so, and when none
     * can be read that is an error. Endpoints of the second source on have {@code @2}, {@code @3} and so on behind their ids, the attribute {@link Endpoint#PRIORITY}, and no ordinal: of
     * shards and of a directory the first source speaks. The configuration is that of the first source that states one.
     *
     * @param sources not started, 1 to 16; closed with the result
     * @throws IllegalArgumentException if there is no source, or more than 16
     */
    public static Resolver priority(List<? extends Resolver> sources, Env env) {
        if (sources.isEmpty() || sources.size() > 16) {
            throw new IllegalArgumentException("sources were " + sources.size() + ", expected 1 to 16");
        }
        return new PriorityResolver(List.copyOf(sources), requireNonNull(env, "env"), FALLBACK_SILENCE);
    }

    /**
     * Keeps the last good set of a source in a file, so that a process can start while its source is down.
     *
     * <p>At the start the stored set is served when the source reports an error, or has not answered for 1 s. It is marked
     * {@linkplain dev.zerohop.EndpointSet#stale() stale} and bears the instant at which the source vouched for it. The source's configuration is
     * kept with it. The first answer of the source replaces it, but for {@linkplain dev.zerohop.EndpointSet#missingOrdinals ordinals that are missing} in it: they are
     * remembered, and a first set that has ordinals and states no number of shards waits until the file is read, for 1 s at the most.
     *
     * <p>Each good set is written on {@link Env#blocking}: at once, but no more than one write a second, and once a minute while nothing changes,
     * so that the age is true to within a minute. An empty set is not kept, nor one of more than 64 MiB. The file is replaced in one step; what a process that died while it wrote left beside it is removed. One that is torn, is larger, was edited, is of
     * another target or of a later format is ignored with one warning; a directory that cannot be written to is warned of once, and balancing goes
     * on.
     *
     * @param source not started; closed with the result
     * @param target names the source in the file; a file that names another one is ignored
     * @param file its directory is made if need be
     */
    public static Resolver lastGood(Resolver source, String target, Path file, Env env) {
        requireNonNull(source, "source");
        requireNonNull(target, "target");
        return new LastGoodResolver(source, new LastGoodFile(file, target), requireNonNull(env, "env"));
    }
}
