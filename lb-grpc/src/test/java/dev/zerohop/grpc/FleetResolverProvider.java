package dev.zerohop.grpc;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import java.util.Locale;

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

    /** More schemes than gRPC finds by itself. */
    abstract static class More implements ResolverProvider {
        @Override
        public final String scheme() {
            return getClass().getSimpleName().toLowerCase(Locale.ROOT);
        }

        @Override
        public final Resolver newResolver(Target target, Env env) {
            throw target.error(0, "never asked for");
        }
    }

    public static final class More1 extends More {}

    public static final class More2 extends More {}

    public static final class More3 extends More {}

    public static final class More4 extends More {}
}
