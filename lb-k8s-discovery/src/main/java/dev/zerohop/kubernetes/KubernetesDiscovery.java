package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connection to one API server, and the local copies that are read over it: all followers of the same objects share one copy and one watch.
 *
 * <p>No method blocks, even while the API server is down; results are published when it answers. Thread-safe.
 */
public final class KubernetesDiscovery implements AutoCloseable {
    private static volatile KubernetesOptions optionsForTargets = KubernetesOptions.defaults();

    private final Env env;
    private final KubernetesOptions options;
    private final ApiServer server;
    private final SharedPool<Selection<?>, Reflector<?, String>> reflectors = new SharedPool<>(Reflector::close);

    KubernetesDiscovery(KubernetesOptions options, Env env, ApiServer server) {
        this.env = env;
        this.options = options;
        this.server = server;
    }

    /** A connection with these options. Nothing is read or connected before the first use. */
    public static KubernetesDiscovery of(KubernetesOptions options) {
        return of(Env.system(), options);
    }

    /** A connection with its own clock, dice and threads. */
    public static KubernetesDiscovery of(Env env, KubernetesOptions options) {
        return new KubernetesDiscovery(
                requireNonNull(options, "options"), requireNonNull(env, "env"), new HttpApiServer(options));
    }

    /**
     * Sets the API server of this process's targets. It applies to resolvers that are created from now on; existing ones keep theirs. Call it once, before
     * the first target is used. Default: {@link KubernetesOptions#defaults}.
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
     * @throws IllegalArgumentException if the target is rejected, or is of another scheme
     */
    public Resolver resolver(String target) {
        return KubernetesResolverProviders.resolver(Target.parse(target), options, env, this::follow);
    }

    /**
     * Follows a selection until cancelled. Returns at once; the subscriber is notified on another thread.
     *
     * @throws IllegalStateException if this is closed
     */
    <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber) {
        SharedPool.Use<Reflector<?, String>> use = reflectors.use(
                what,
                selection -> new Reflector<>(new SelectionWatch<>(server, selection), SelectionWatch.POLICY, env));
        // Equal selections have the same type of objects.
        @SuppressWarnings("unchecked")
        Reflector<T, String> reflector = (Reflector<T, String>) use.get();
        reflector.subscribe(subscriber);
        return () -> {
            reflector.unsubscribe(subscriber);
            use.close();
        };
    }

    /** How many selections are followed. */
    int reflectors() {
        return reflectors.size();
    }

    /** Ends every watch and closes the connection. Resolvers keep what they published last. Idempotent. */
    @Override
    public void close() {
        List<Reflector<?, String>> open = reflectors.drain();
        // The connection closes only after the ends of the watches were sent.
        AtomicInteger left = new AtomicInteger(open.size() + 1);
        Runnable ended = () -> {
            if (left.decrementAndGet() == 0) {
                server.close();
            }
        };
        open.forEach(reflector -> reflector.close(ended));
        ended.run();
    }

    @Override
    public String toString() {
        return server.toString();
    }
}
