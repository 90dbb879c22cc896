package dev.zerohop.grpc;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;

/** Finds the source of a {@link Fleet}, as {@link java.util.ServiceLoader} finds every source. */
public final class FleetResolverProvider implements ResolverProvider {
    static final String SCHEME = "fleet";

    @Override
    public String scheme() {
        return SCHEME;
    }

    @Override
    public Resolver newResolver(Target target, Env env) {
        return Fleet.source(target);
    }

    @Override
    public String tlsName(Target target) {
        return "orders";
    }
}
