package dev.zerohop.config;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.Env;
import dev.zerohop.Target;
import dev.zerohop.resolver.SharedResolvers;

/**
 * The shortest way from a target to a balancer: {@code Balancers.forTarget("k8s:///shop/orders:grpc").build()}.
 *
 * <p>Stateless and thread-safe.
 */
public final class Balancers {

    private Balancers() {}

    /** {@link #forTarget(String, Env)} on the real clock. */
    public static Balancer.Builder forTarget(String target) {
        return forTarget(target, Env.system());
    }

    /**
     * A builder that has everything: the target's resolver ({@linkplain SharedResolvers shared} by all balancers of the same target), {@link Configurations#defaults}, {@link Configurations#parse(String)} for what the source
     * configures, and as its name the last part of the target's path, else the whole target. All of it
     * can still be replaced.
     *
     * @throws IllegalArgumentException if the target is rejected; the message names the position and what was expected
     */
    public static Balancer.Builder forTarget(String target, Env env) {
        Target parsed = Target.parse(requireNonNull(target, "target"));
        return Balancer.builder(name(parsed))
                .env(requireNonNull(env, "env"))
                .resolver(SharedResolvers.of(parsed, env))
                .defaults(Configurations.defaults())
                .followSourceConfiguration();
    }

    static String name(Target target) {
        String path = target.path();
        String last = path.substring(path.lastIndexOf('/') + 1);
        return last.isEmpty() ? target.text() : last;
    }
}
