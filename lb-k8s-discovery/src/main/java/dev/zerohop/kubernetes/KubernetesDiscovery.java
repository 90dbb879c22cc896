package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.watch.Reflector;
import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * A connection to one API server, and the local copies that are read over it: all followers of the same objects share one copy and one watch.
 *
 * <p>Building it and every call of it return at once, also while the API server is down; what was asked for comes when it answers. Thread-safe.
 */
public final class KubernetesDiscovery implements AutoCloseable {
    private static volatile KubernetesOptions optionsForTargets = KubernetesOptions.defaults();

    private final Env env;
    private final KubernetesOptions options;
    private final HttpApiServer server;
    private final SharedReflectors reflectors;

    KubernetesDiscovery(KubernetesOptions options, Env env) {
        this.env = env;
        this.options = options;
        this.server = new HttpApiServer(options);
        this.reflectors = new SharedReflectors(server, env);
    }

    /** A connection as {@link KubernetesOptions} say. Nothing is read or connected before it is used. */
    public static KubernetesDiscovery of(KubernetesOptions options) {
        return of(Env.system(), options);
    }

    /** A connection with its own clock, dice and threads. */
    public static KubernetesDiscovery of(Env env, KubernetesOptions options) {
        return new KubernetesDiscovery(requireNonNull(options, "options"), requireNonNull(env, "env"));
    }

    /**
     * Sets which API server the targets of this process are about, from the next resolver on that is made of one; those that there are keep theirs. Call it
     * once, before the first target is used. Default: {@link KubernetesOptions#defaults}.
     */
    public static void useForTargets(KubernetesOptions options) {
        optionsForTargets = requireNonNull(options, "options");
    }

    static KubernetesOptions optionsForTargets() {
        return optionsForTargets;
    }

    /**
     * A resolver of a service, or of pods, over this connection, not started yet. Closing it leaves the connection open.
     *
     * @param target such as {@code k8s:///shop/orders:grpc} or {@code k8s-pods:///shop?label=app%3Dorders&port=grpc}
     * @throws IllegalArgumentException if the target is refused, or is of another scheme
     */
    public Resolver resolver(String target) {
        Target parsed = Target.parse(target);
        if (parsed.scheme().equals("k8s-pods")) {
            return KubernetesResolverProviders.pods(parsed, options, env, this::follow);
        }
        if (!parsed.scheme().equals("k8s")) {
            throw parsed.error(0, "found scheme '" + parsed.scheme() + "', expected " + ServiceTarget.FORM);
        }
        return KubernetesResolverProviders.resolver(parsed, options, env, this::follow);
    }

    /** Follows a selection until cancelled. */
    <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber) {
        return reflectors.follow(what, subscriber);
    }

    HttpApiServer server() {
        return server;
    }

    Env env() {
        return env;
    }

    /** How many copies are kept. */
    int reflectors() {
        return reflectors.size();
    }

    /** Ends every watch and closes the connection. Resolvers keep what they said last. Idempotent. */
    @Override
    public void close() {
        // The server is told that the watches end before the connections go.
        reflectors.close(server::close);
    }

    @Override
    public String toString() {
        return server.toString();
    }
}
